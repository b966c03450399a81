from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.document import MOST_BYTES
from gateway.policy.loading import json_schema, load_policy, locate, parse_policy, policy_digest
from gateway.policy.model import Policy
from gateway.vocabulary.digest import canonical_json, sha256
from gateway.vocabulary.entities import Entity
from gateway.vocabulary.errors import PolicyError, Problem

GOOD = """\
# yaml-language-server: $schema=schema.json
version: 1
name: clinic
purpose: Teach analysts on data that holds nobody
source:
  name: clinic
  url: ${CLINIC_URL}
unit:
  name: patient
  table: patients
  key: [id]
  meaning: One patient of the clinic
tables:
  patients:
    treatment: synthesize
    columns:
      id: {role: key, treatment: key}
      name: {role: direct, treatment: replace, entity: full_name}
      sex:
        role: quasi
        treatment: learn
        domain: {values: [f, m]}
      born:
        role: quasi
        treatment: learn
        domain: {lowest: 1900-01-01, highest: 2020-12-31}
      stage: {role: sensitive, treatment: learn, domain: {values: [1, 2.50, no, true]}}
      note: {role: direct, treatment: drop, reason: Free text names people}
  visits:
    treatment: drop
    reason: Child tables come later
criteria: {task: sex}
target: {name: sharing, url: "${SHARING_URL}", schema: clinic}
"""


def problems(text: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, name="p.yaml")
    return [str(problem) for problem in caught.value.problems]


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_a_good_policy_loads_with_dates_and_with_categories_as_they_are_written() -> None:
    columns = parse_policy(GOOD, name="p").tables["patients"].columns
    assert columns["born"].domain is not None
    assert columns["born"].domain.lowest == dt.date(1900, 1, 1)
    assert type(columns["born"].domain.lowest) is dt.date
    assert columns["stage"].domain is not None
    assert columns["stage"].domain.values == ["1", "2.50", "no", "true"]


def test_an_unknown_key_is_told_with_its_line_and_the_nearest_name_and_nothing_that_follows_from_it() -> None:
    text = GOOD.replace("treatment: learn", "treatmnt: learn", 1)
    told = f"line {line_of(text, 'treatmnt')}, tables.patients.columns.sex.treatmnt: unknown key `treatmnt`"
    assert problems(text) == [f"{told}; did you mean `treatment`?"]


def test_what_stands_under_a_misspelt_key_is_read_on_with_its_own_lines() -> None:
    assert [
        line.split(":")[0] for line in problems(GOOD.replace("tables:", "tabels:").replace("[f, m]", "[f, f]"))
    ] == [
        "line 13, tabels",
        "line 22, tables.patients.columns.sex.domain.values",
    ]


def test_an_unknown_enum_value_is_told_with_the_nearest_one() -> None:
    assert problems(changed("role: sensitive", "role: Sensitiv")) == [
        "line 27, tables.patients.columns.stage.role: unknown role `Sensitiv`; did you mean `sensitive`?"
    ]
    (told,) = problems(changed("entity: full_name", "entity: xxxxx"))
    assert "unknown entity `xxxxx`; known here: given_name" in told


def test_all_problems_of_a_file_come_at_once_in_line_order() -> None:
    text = (
        GOOD.replace("version: 1", "version: 2")
        .replace("purpose: ", "purpos: ")
        .replace("url: ${CLINIC_URL}", "url: postgresql://u:hunter2@host/db")
        .replace("key: [id]", "key: [idd]")
        .replace("role: key, treatment: key", "role: key, treatment: learn")
        .replace("highest: 2020-12-31", "highest: 1800-01-01")
        .replace("  visits:\n    treatment: drop", "  visits:\n    treatment: dorp")
        .replace("task: sex", "task: name")
    )
    told = problems(text)
    assert [line.split(":")[0] for line in told] == [
        "line 2, version",
        "line 4, purpos",
        "line 7, source.url",
        "line 11, unit.key",
        "line 17, tables.patients.columns.id",
        "line 26, tables.patients.columns.born.domain",
        "line 30, tables.visits.treatment",
        "line 32, criteria.task",
    ]
    assert "hunter2" not in "".join(told)


def test_a_url_is_never_echoed_wherever_it_stands() -> None:
    url = "postgresql://bob:hunter2@host/db"
    for text in (
        changed("${CLINIC_URL}", url),
        changed("url: ${CLINIC_URL}", f"? {url}\n  : x"),
        changed("name: clinic\npurpose", f"name: {url}\npurpose"),
        changed("role: sensitive", f"role: '{url}'"),
        changed("task: sex", f"task: '{url}'"),
        changed("table: patients", f"table: {url}"),
        changed("key: [id]", f"key: ['{url}']"),
        changed("  visits:", f"  '{url}':\n    treatment: nothing\n  visits:"),
        changed("url: ${CLINIC_URL}", f'url: "{url}'),
        changed("url: ${CLINIC_URL}", f"url: *{url}"),
        changed("url: ${CLINIC_URL}", f"url: !{url}"),
        url,
    ):
        told = "\n".join(problems(text))
        assert "hunter2" not in told
        assert "bob" not in told
    assert "never written into a policy" in problems(changed("${CLINIC_URL}", url))[0]


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("", 0, "is empty"),
        ("# only a comment\n", 0, "is empty"),
        ("- a\n- b\n", 1, "is not a mapping"),
        ("hello", 1, "is not a mapping"),
        ("version: 1\nname:\n\tx: 1\n", 3, "tab"),
        ("version: 1\nname: [a, b\npurpose: c\n", 3, "is not YAML here"),
        ("version: 1\nname: 'x\npurpose: c\n", 2, "never closed"),
        ("version: 1\nname: a: b\n", 2, "second `:`"),
        ("version: 1\n---\nversion: 1\n", 2, "one document"),
        ("version: 1\nname: \x07\n", 2, "control character"),
        ("version: 1\nname: *x\n", 2, "aliases"),
        ("version: 1\nname: !a!b c\n", 2, "tags"),
        ("[" * 1200, 0, "nested too deeply"),
    ],
)
def test_what_is_not_yaml_is_refused_with_its_line(text: str, line: int, told: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, name="p.yaml")
    (problem,) = caught.value.problems
    assert problem.line == line
    assert told in problem.message


CHILD = "    treatment: drop\n    reason: Child tables come later"
CHILD_KEPT = "    treatment: synthesize\n    columns: {id: {role: key, treatment: key}}"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("name: clinic\npurpose", "name: clinic\nname: other\npurpose", "name: is given twice, first on line 3"),
        ("table: patients", "table: &p patients", "line 10, unit.table: anchors and aliases"),
        ("${CLINIC_URL}", "!!python/object/apply:os.system [ls]", "line 7, source.url: tags"),
        ("${CLINIC_URL}", "!!binary aGk=", "line 7, source.url: tags"),
        ("version: 1", "version: yes", "line 2, version: must be 1"),
        ("version: 1", "version: true", "line 2, version: true or false is not expected here"),
        ("name: patient\n", "name: 2024-01-01\n", "line 9, unit.name: a date is not expected here"),
        ("name: patient\n", "name: 7\n", "line 9, unit.name: expected a text; put it in quotes"),
        ("name: patient\n", "name: A Patient\n", "line 9, unit.name: expected a short name"),
        ("lowest: 1900-01-01", "lowest: 1900-13-41", "is not a number or date that exists"),
        ("lowest: 1900-01-01", "lowest: '1900-01-01'", "expected a number, or a date"),
        ("lowest: 1900-01-01", "lowest: [1]", "expected a number, or a date"),
        ("lowest: 1900-01-01", "lowest: 2021-01-01", "`lowest` is not below `highest`"),
        ("lowest: 1900-01-01", "lowest: 5", "`lowest` and `highest` are of different types"),
        ("lowest: 1900-01-01", "lowest: true", "true or false is not expected here"),
        ("lowest: 1900-01-01", "lowest: 1900-01-01T00:00:00+02:00", "has a time zone"),
        ("lowest: 1900-01-01, highest: 2020-12-31", "lowest: -.inf, highest: .inf", "is not a finite number"),
        ("lowest: 1900-01-01, highest: 2020-12-31", "lowest: 1900-01-01", "go together"),
        ("lowest: 1900-01-01, highest: 2020-12-31", f"lowest: 0, highest: {'9' * 5000}", "is not a number or date"),
        ("values: [f, m]", "values: [f, ~]", "NULL is always modelled"),
        ("values: [f, m]", "values: []", "is empty; name at least one"),
        ("values: [f, m]", "values: f", "expected a list"),
        ("values: [f, m]", "values: [f, m, f]", "is listed twice"),
        ("values: [f, m]", 'values: [f, "\\ud800"]', "lone surrogate"),
        ("criteria: {task: sex}", "criteria: [task]", "line 32, criteria: expected entries `key: value`"),
        ("criteria: {task: sex}", "criteria: {task: sexx}", "the unit's table `patients`; did you mean `sex`?"),
        ("criteria: {task: sex}", "criteria: {verbatim: 2}", "line 32, criteria.verbatim: must be 1 or less"),
        ("criteria: {task: sex}", "budget: {epsilon: 2}", "needs a `reason`"),
        ("criteria: {task: sex}", "budget: {epsilon: .nan}", "is not a finite number"),
        ("criteria: {task: sex}", "budget: {lifetime_epsilon: 11}", "must be 10 or less"),
        ("criteria: {task: sex}", "approvals: {needed: 1.5}", "line 32, approvals.needed: expected a whole number"),
        ("key: [id]", "key: id", "line 11, unit.key: expected a list, such as `[id]`"),
        ("key: [id]", "key: [id, id]", "names the column `id` twice"),
        ("key: [id]", "key: [sex]", "line 19, tables.patients.columns.sex: names the unit of protection"),
        ("key: [id]", "key: [name2]", "did you mean `name`?"),
        ("table: patients", "table: visits", "which has not `treatment: synthesize`"),
        ("table: patients", "table: Patient", "did you mean `patients`?"),
        (CHILD, CHILD_KEPT, "line 29, tables.visits: has no `owner`: say whose rows these are"),
        (CHILD, CHILD_KEPT + "\n    owner: {table: patiens, columns: [id]}", "owner.table: names `patiens`"),
        (CHILD, CHILD_KEPT + "\n    owner: {table: visits, columns: [id]}", "tables.visits.owner: leads in a circle"),
        (CHILD, CHILD_KEPT + "\n    owner: {table: patients}", "line 32, tables.visits.owner: an owner has either"),
        (CHILD, CHILD_KEPT + "\n    order: id", "`order` is said of the rows of one owner, and the table has no"),
        (CHILD, "    treatment: reference", "line 29, tables.visits: `reference` needs a `reason`"),
        (CHILD, "    treatment: reference\n    reason: To be confirmed", "has the `reason` of a draft still"),
        ("treatment: drop\n    reason: Child", "treatment: drop\n    without: [id]\n    reason: Child", "no `without`"),
        ("criteria: {task: sex}", "budget: {split: {patients: .5}}", "do not add up to 1"),
        ("criteria: {task: sex}", "budget: {split: {patients: .5, visits: .5}}", "split.visits: is not a synthesized"),
        ("criteria: {task: sex}", "budget: {split: {patient: 1}}", "did you mean `patients`?"),
        ("  patients:\n", "  patients:\n    owner: {table: patients, columns: [id]}\n", "the unit's own table"),
        (CHILD, "    treatment: drop", "line 29, tables.visits: `drop` needs a `reason`"),
        ("    reason: Child tables come later", "    reason: none", "line 31, tables.visits.reason: needs at least 8"),
        ("schema: clinic}", "schema: Public}", "target.schema: is a schema of the database itself"),
        ("schema: clinic}", "schema: pg_toast}", "target.schema: is a schema of the database itself"),
        ("${SHARING_URL}", "${CLINIC_URL}", "target.url: is the reference of `source` too"),
        ("role: direct, treatment: replace", "role: direct, treatment: learn", "is never learned"),
        ("note:", "NAME: {role: none, treatment: learn}\n      note:", "differs from `NAME` in capitals only"),
        ("  visits:", "  P: {treatment: drop, reason: Old copy}\n  visits: 3\n  other:", "30, tables.visits: expected"),
        ("meaning: One patient of the clinic", "? [a, b]\n  : c", "a name is expected before the `:`"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_in_a_sentence(old: str, new: str, told: str) -> None:
    said = problems(changed(old, new))
    assert any(told in line for line in said), said
    for line in said:
        assert "Input should" not in line
        assert "pydantic" not in line


def test_a_table_called_as_the_gateways_own_is_not_released() -> None:
    text = GOOD.replace("  patients:", "  Release_Info:").replace("table: patients", "table: Release_Info")
    assert any("a name the gateway publishes under itself" in line for line in problems(text))


def test_a_policy_without_a_learned_column_is_refused() -> None:
    text = GOOD.replace("treatment: learn", "treatment: drop").replace(
        "role: quasi", "role: quasi\n        reason: Not needed here"
    )
    assert any("no column with `treatment: learn`" in line for line in problems(text))  # fmt: skip


def test_twins_in_capitals_are_fine_when_one_is_dropped() -> None:
    parse_policy(changed("note:", "NOTE: {role: none, treatment: learn}\n      note:"), name="p")


def test_an_alias_bomb_is_refused_without_growing() -> None:
    levels = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30))
    told = problems(f"a0: &a0 [x]\n{levels}\n")
    assert any("anchors and aliases" in line for line in told)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"version: 1\nname: M\xfcller\n")
    huge = tmp_path / "huge.yaml"
    with huge.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    for path, told in (
        (latin, "line 2: is not UTF-8"),
        (huge, "is larger than 4 MiB"),
        (Path("/dev/zero"), "is larger than 4 MiB"),
        (tmp_path, "cannot be read: Is a directory"),
        (tmp_path / "none.yaml", "cannot be read: No such file or directory"),
    ):
        with pytest.raises(PolicyError) as caught:
            load_policy(path)
        assert told in str(caught.value)
        assert caught.value.exit_code == 2
        assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load_policy(path) == parse_policy(GOOD, name="p")


def test_locate_gives_each_problem_the_line_of_the_nearest_entry(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(GOOD.replace("note:", "a.b:"), encoding="utf-8")
    found = locate(
        path,
        [
            Problem(0, "tables.patients.columns.new", "n"),
            Problem(0, "tables.patients.columns.a.b", "d"),
            Problem(0, "tables.patients.columns.sex", "s"),
            Problem(0, "tables.other", "o"),
            Problem(3, "name", "kept"),
            Problem(0, "", "everywhere"),
        ],
    )
    assert [(p.line, p.message) for p in found] == [
        (1 + 1, "everywhere"), (3, "kept"), (13, "o"), (16, "n"), (19, "s"), (28, "d"),
    ]  # fmt: skip
    gone = [Problem(0, "x", "y")]
    assert locate(tmp_path / "gone.yaml", gone) == tuple(gone)


def test_the_digest_is_of_what_is_said_not_of_how() -> None:
    policy = parse_policy(GOOD, name="p")
    assert policy_digest(policy) == policy_digest(parse_policy(GOOD + "\n# said\nexpires_after_days: 90\n", name="q"))
    assert policy_digest(policy) != policy_digest(parse_policy(changed("[f, m]", "[m, f]"), name="p"))
    assert policy_digest(policy) == sha256(canonical_json(json.loads(policy.model_dump_json(by_alias=True))))
    again = Policy.model_validate_json(policy.model_dump_json(by_alias=True))
    assert again == policy
    assert policy_digest(again) == policy_digest(policy)


def test_the_checked_in_schema_is_current() -> None:
    path = Path(__file__).parents[2] / "policies" / "schema.json"
    assert path.read_text(encoding="utf-8") == json_schema(), (
        "run: python -c 'from gateway.policy.loading import json_schema; print(json_schema(), end=\"\")' "
        "> policies/schema.json"
    )


def test_the_schema_knows_what_the_models_know() -> None:
    schema = json.loads(json_schema())
    assert schema["additionalProperties"] is False
    assert "schema" in schema["$defs"]["TargetClause"]["properties"]
    assert schema["$defs"]["Entity"]["enum"] == [entity.value for entity in Entity]


@given(text=st.text(alphabet=st.sampled_from("ab:-[]{}&*!|>'\"#%@`,? \n\t01.~\\\x00\ud800é"), max_size=80))
def test_any_text_is_a_policy_or_a_policy_error(text: str) -> None:
    with pytest.raises(PolicyError):
        parse_policy(text, name="p")


JUNK = ["null", "true", "3", "2.5", "1900-01-01", "text", "[1, a]", "{a: 1}", "[]", "{}", "''", "[[x]]", "{1: {2: 3}}"]


@given(lines=st.lists(st.integers(1, GOOD.count("\n") - 1), min_size=1, max_size=3), junk=st.sampled_from(JUNK))
def test_any_entry_may_be_of_any_shape_and_the_answer_is_still_in_sentences(lines: list[int], junk: str) -> None:
    written = GOOD.split("\n")
    for line in lines:
        key, colon, _ = written[line].partition(":")
        written[line] = f"{key}{colon} {junk}"
    try:
        parse_policy("\n".join(written), name="p")
    except PolicyError as refused:
        text = str(refused)
        assert "Input should" not in text
        assert "is not what belongs here" not in text


def test_every_error_the_models_can_raise_has_a_sentence() -> None:
    """The kinds of types used in the models, so that a new kind is given its words."""
    kinds: set[str] = set()

    def walk(schema: object) -> None:
        if isinstance(schema, dict):
            if isinstance(kind := schema.get("type"), str):
                kinds.add(kind)
            for part in schema.values():
                walk(part)
        elif isinstance(schema, (list, tuple)):
            for part in schema:
                walk(part)

    walk(pydantic.TypeAdapter(Policy).core_schema)
    known = {
        "bool",
        "str",
        "int",
        "float",
        "date",
        "datetime",
        "enum",
        "list",
        "dict",
        "literal",
        "union",
        "nullable",
        "default",
    }
    shapes = {
        "model",
        "model-fields",
        "model-field",
        "function-after",
        "function-plain",
        "definitions",
        "definition-ref",
    }
    assert not {kind for kind in kinds if not kind.startswith("pydantic")} - known - shapes - {"with-info", "no-info"}
