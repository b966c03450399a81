"""`gateway synthesize` from a file to rows: what is made, what is spent, what is told, and what never is."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from pydantic import SecretStr

from gateway.cli.printing import Format
from gateway.cli.synthesis import show
from gateway.policy.one_table import parse_domain
from gateway.privacy.accountant import epsilon_independently
from gateway.privacy.budget import Budget
from gateway.privacy.events import event_from_json
from gateway.raw.delivering import Wanted
from gateway.raw.detect.domain_draft import draft_domain
from gateway.raw.generate.marginals import MarginalGenerator
from gateway.raw.planning import Spending, plan
from gateway.raw.synthesize import Outcome, sample_again, synthesize
from gateway.records.database import Records
from gateway.records.runs import RunState
from gateway.release.certificate import Certificate
from gateway.settings import RawSettings
from gateway.vocabulary.digest import sha256_file
from gateway.vocabulary.errors import (
    ArtefactFailed,
    BudgetRefused,
    ConfigurationError,
    GatewayError,
    PolicyError,
    Refused,
    Unsupported,
)
from tests.forks import KILLED_AFTER, Forks, Job

CANARY = "ZQXV"
DOMAIN = """
columns:
  age: {kind: integer, lowest: 18, highest: 90}
  sex: {kind: text, values: [f, m]}
  town: {discover: true}
  weight: {kind: "decimal(5,1)"}
ignore: [name]
"""
COLUMNS = ("age", "sex", "town", "weight")


def nothing(_phase: str, _share: float) -> None:
    """Hear no progress."""


def people(rows: int, *, seed: int = 1) -> pa.Table:
    drawn = np.random.default_rng(seed)
    sex = drawn.choice(["f", "m"], rows)
    return pa.table({
        "name": [f"{CANARY}-{k}" for k in range(rows)],
        "age": drawn.integers(18, 91, rows),
        "sex": sex,
        "town": np.where(sex == "f", drawn.choice(["Ulm", "Köln, am Rhein"], rows), "Ulm"),
        "weight": np.round(drawn.normal(70, 8, rows), 1),
        "note": [f"{CANARY} {k}" for k in range(rows)],
    })  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A folder with a file and records of its own."""

    folder: Path
    records: Records

    def spending(self, *, domain: str = DOMAIN, table: str = "people.csv", **changed: Any) -> Spending:
        asked = {"budget": Budget(1.0, 1e-6), "generator": "independent", "lifetime_epsilon": 8.0} | changed
        return Spending(table=self.folder / table, domain=parse_domain(domain, name="d"), **asked)

    def make(self, spending: Spending, out: str = "out.csv", *, resume: bool = False, **wanted: Any) -> Outcome:
        return synthesize(
            spending, Wanted(out=self.folder / out, **wanted), records=self.records, settings=RawSettings(person="ada"),
            progress=nothing, resume=resume,
        )  # fmt: skip

    def rows(self, out: str = "out.csv") -> pa.Table:
        return pacsv.read_csv(self.folder / out)

    def kinds(self) -> list[str]:
        return [entry.kind.value for entry in self.records.ledger.entries()]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A file of 1,500 people."""
    pacsv.write_csv(people(1500), tmp_path / "people.csv")
    return Place(tmp_path, Records.open(SecretStr(f"sqlite:///{tmp_path}/records.db")))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the command has ended once."""
    folder = tmp_path_factory.mktemp("made")
    pacsv.write_csv(people(1500), folder / "people.csv")
    place = Place(folder, Records.open(SecretStr(f"sqlite:///{folder}/records.db")))
    place.make(place.spending())
    return folder


@pytest.fixture
def done(made: Path, tmp_path: Path) -> Place:
    """A copy of that folder."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return Place(tmp_path, Records.open(SecretStr(f"sqlite:///{tmp_path}/records.db")))


def test_rows_come_with_a_certificate_and_an_entry_in_the_ledger(place: Place) -> None:
    outcome = place.make(place.spending())
    rows = place.rows()
    assert tuple(rows.column_names) == COLUMNS
    assert rows.num_rows == outcome.rows
    assert abs(outcome.rows - 1500) < 300
    assert outcome.left_out == {"name": "ignored", "note": "is not declared"}
    assert set(rows["sex"].to_pylist()) <= {"f", "m", ""}
    assert set(rows["town"].to_pylist()) <= {"Ulm", "Köln, am Rhein", ""}
    certificate = Certificate.model_validate_json((place.folder / "out.csv.certificate.json").read_bytes())
    assert certificate == outcome.certificate
    assert (certificate.unit, certificate.meaning, certificate.source) == ("row", "one row of the file", "people.csv")
    again = epsilon_independently([event_from_json(event) for event in certificate.events], certificate.delta)
    assert again == pytest.approx(certificate.epsilon, rel=0.01)
    assert certificate.epsilon <= 1.0
    assert place.kinds() == ["reserved", "committed"]
    assert [run.state for run in place.records.runs.list()] == [RunState.SAMPLED]
    place.records.log.verify()


@pytest.mark.parametrize("generator", ["independent", "pairwise"])
def test_declared_steps_sentinels_and_prefixes_are_kept_in_the_rows(place: Place, generator: str) -> None:
    drawn = np.random.default_rng(2)
    rare = [f"B{k:03}.{k % 7}" for k in range(700)]
    table = pa.table({
        "dose": np.where(drawn.random(1_500) < 0.3, 999, 5 * drawn.integers(0, 400, 1_500)),
        "weight": np.round(drawn.normal(70, 8, 1_500) * 2) / 2,
        "code": np.where(drawn.random(1_500) < 0.5, "A01.1", drawn.choice(rare, 1_500)),
    })  # fmt: skip
    pacsv.write_csv(table, place.folder / "doses.csv")
    domain = """
columns:
  dose: {kind: integer, lowest: 0, highest: 2000, step: 5, sentinels: [999]}
  weight: {kind: "decimal(5,1)", step: 0.5}
  code: {kind: text, prefixes: [1, 3]}
"""
    place.make(place.spending(domain=domain, table="doses.csv", generator=generator, budget=Budget(3.0, 1e-6)))
    made = place.rows()
    doses = [dose for dose in made["dose"].to_pylist() if dose is not None]
    assert {dose % 5 for dose in doses if dose != 999} == {0}
    assert abs(doses.count(999) / len(doses) - 0.3) < 0.06
    assert {weight * 2 % 1 for weight in made["weight"].to_pylist() if weight is not None} == {0}
    codes = made["code"].to_pylist()
    assert abs(codes.count("A01.1") / len(codes) - 0.5) < 0.1
    assert abs(codes.count("B") / len(codes) - 0.5) < 0.1


def test_a_parquet_file_needs_no_domain_for_its_numbers(place: Place) -> None:
    pq.write_table(people(400), place.folder / "people.parquet")
    outcome = place.make(place.spending(domain="version: 1", table="people.parquet"), "out.parquet")
    assert outcome.columns == ("age", "weight")
    assert set(outcome.left_out.values()) == {"is not declared"}
    made = pq.read_table(place.folder / "out.parquet")
    assert made.schema.types == [pa.int64(), pa.float64()]


def test_one_person_per_key_is_protected_as_declared(place: Place) -> None:
    domain = DOMAIN.replace("ignore: [name]", "unit: {name: person, key: [name], meaning: one person and their row}")
    outcome = place.make(place.spending(domain=domain + "source: survey\n"))
    assert (outcome.certificate.unit, outcome.certificate.source) == ("person", "survey")
    assert outcome.certificate.meaning == "one person and their row"
    assert "name" not in outcome.columns
    assert abs(outcome.rows - 1500) < 300


def test_rows_that_share_a_key_count_nowhere(place: Place) -> None:
    doubled = pa.concat_tables([people(300), people(300)])
    pacsv.write_csv(doubled, place.folder / "people.csv")
    domain = DOMAIN.replace("ignore: [name]", "unit: {key: [name], meaning: one person and their row}")
    assert place.make(place.spending(domain=domain)).rows < 200


def test_an_output_that_exists_is_never_overwritten(place: Place) -> None:
    out = place.folder / "out.csv"
    out.write_text("mine")
    with pytest.raises(Refused, match="is not overwritten"):
        place.make(place.spending())
    assert out.read_text() == "mine"
    assert place.kinds() == []
    with pytest.raises(ConfigurationError, match=r"\.csv or \.parquet"):
        place.make(place.spending(), "out.xlsx")
    with pytest.raises(ConfigurationError, match="there is no folder"):
        place.make(place.spending(), "nowhere/out.csv")


def test_an_output_that_appears_meanwhile_is_not_overwritten(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    link = os.link

    def too_late(source: Path, target: Path) -> None:
        target.write_text("mine")
        link(source, target)

    monkeypatch.setattr(os, "link", too_late)
    with pytest.raises(Refused, match="is not overwritten"):
        place.make(place.spending())
    assert (place.folder / "out.csv").read_text() == "mine"


def test_another_output_spends_anew_and_says_so(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    first = place.make(place.spending())
    second = place.make(place.spending(), "other.csv")
    for outcome, told in ((first, "in all on people.csv"), (second, "MORE on people.csv")):
        show(outcome, style=Format.TABLE)
        said = capsys.readouterr().out
        assert told in said
        assert "can become 73 % sure" in said
        assert "left out   note: is not declared" in said
    assert first.spent_before == 0
    assert second.spent_before == pytest.approx(first.spent)
    assert second.spent > first.spent
    assert place.kinds() == ["reserved", "committed"] * 2


def test_a_budget_that_is_used_up_refuses_before_reading_and_leaves_no_trace(done: Place) -> None:
    with pytest.raises(BudgetRefused):
        done.make(done.spending(lifetime_epsilon=1.2), "other.csv")
    assert not (done.folder / "other.csv.gateway" / "run.json").exists()
    assert done.make(done.spending(), "other.csv").measured_now


def test_the_same_command_after_the_end_makes_the_same_rows_and_spends_nothing(done: Place) -> None:
    before = (done.folder / "out.csv").read_bytes()
    (done.folder / "out.csv").unlink()
    outcome = done.make(done.spending(), resume=True)
    assert not outcome.measured_now
    assert (done.folder / "out.csv").read_bytes() == before
    assert done.kinds() == ["reserved", "committed"]


def test_what_is_not_the_same_run_is_not_taken_up(done: Place) -> None:
    (done.folder / "out.csv").unlink()
    for changed in (
        {"budget": Budget(2.0, 1e-6)},
        {"generator": "pairwise"},
        {"domain": "columns: {age: {kind: integer}}"},
    ):
        with pytest.raises(Refused, match="belongs to another run"):
            done.make(done.spending(**changed))
    with pytest.raises(Refused, match="no run to resume"):
        done.make(done.spending(), "other.csv", resume=True)
    other = Records.open(SecretStr(f"sqlite:///{done.folder}/other.db"))
    with pytest.raises(Refused, match="is not in these records"):
        Place(done.folder, other).make(done.spending())


def test_a_run_that_is_interrupted_says_how_to_go_on_and_spends_once(place: Place) -> None:
    def interrupt(phase: str, _share: float) -> None:
        if phase == "reading":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        synthesize(
            place.spending(), Wanted(out=place.folder / "out.csv"), records=place.records,
            settings=RawSettings(person="ada"), progress=interrupt,
        )  # fmt: skip
    assert caught.value.__notes__ == [
        "Nothing is lost. The same command takes up what had begun; it never measures twice."
    ]
    assert place.kinds() == ["reserved"]
    assert place.make(place.spending(), resume=True).measured_now
    assert place.kinds() == ["reserved", "committed"]


def test_what_lies_on_disk_before_the_ledger_knows_of_it_is_not_measured_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gateway.raw.synthesize.certify_spending", die)
    with pytest.raises(KeyboardInterrupt):
        place.make(place.spending())
    monkeypatch.undo()
    assert place.kinds() == ["reserved"]
    measured = place.folder / "out.csv.gateway" / "measurements" / "measurements.json"
    before = sha256_file(measured)
    assert not place.make(place.spending()).measured_now
    assert sha256_file(measured) == before
    assert place.kinds() == ["reserved", "committed"]


def test_what_a_generator_refuses_is_told_before_anything_is_reserved(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise Unsupported("not with these columns")

    monkeypatch.setattr(MarginalGenerator, "measure", refuse)
    with pytest.raises(Unsupported):
        place.make(place.spending())
    assert place.kinds() == []
    monkeypatch.undo()
    assert place.make(place.spending()).measured_now


def test_lost_measurements_are_not_made_again(done: Place) -> None:
    (done.folder / "out.csv").unlink()
    measurements = done.folder / "out.csv.gateway" / "measurements"
    measurements.rename(done.folder / "elsewhere")
    with pytest.raises(ArtefactFailed, match="cannot be measured again"):
        done.make(done.spending())
    assert done.kinds() == ["reserved", "committed"]


def test_other_rows_of_a_model_cost_nothing(done: Place) -> None:
    folder = done.folder / "out.csv.gateway"
    (done.folder / "people.csv").unlink()
    for out in ("a.csv", "b.csv"):
        asked = Wanted(out=done.folder / out, rows=300, where=["sex = 'f'", "age >= 40"], seed=5)
        outcome = sample_again(folder, asked, progress=nothing)
        assert (outcome.rows, outcome.measured_now, outcome.certificate.sampling_seed) == (300, False, 5)
    rows = done.rows("a.csv")
    assert (rows.num_rows, set(rows["sex"].to_pylist())) == (300, {"f"})
    assert min(rows["age"].to_pylist()) >= 40
    assert (done.folder / "a.csv").read_bytes() == (done.folder / "b.csv").read_bytes()
    assert done.kinds() == ["reserved", "committed"]
    with pytest.raises(ArtefactFailed, match="holds no finished model"):
        sample_again(done.folder, Wanted(out=done.folder / "c.csv"), progress=nothing)


def test_classes_can_have_other_shares(place: Place) -> None:
    place.make(place.spending(), rows=400, shares="sex: {f: 3, m: 1}")
    sexes = place.rows()["sex"].to_pylist()
    assert len(sexes) == 400
    assert sexes.count("f") == pytest.approx(300, abs=5)


@pytest.mark.parametrize(
    ("domain", "error", "told"),
    [
        ("version: 1", ConfigurationError, "no column of people.csv is declared"),
        ("columns: {aeg: {kind: integer}}", PolicyError, "did you mean `age`"),
        ("columns: {town: {}}", ConfigurationError, "no column of people.csv is declared"),
        ("columns: {age: {kind: integer}, town: {}}\nknowledge: {target: town}", PolicyError, "is not learned"),
        ("columns: {age: {kind: integer, lowest: 0, highest: 1.5}}", PolicyError, "a whole number"),
        (DOMAIN + "csv: {delimiter: ';'}", PolicyError, "is not a column of the file"),
    ],
)
def test_what_cannot_work_is_told_before_anything_is_reserved(
    place: Place, domain: str, error: type[GatewayError], told: str
) -> None:
    with pytest.raises(error, match=told):
        place.make(place.spending(domain=domain))
    assert place.kinds() == []
    assert not (place.folder / "out.csv.gateway").exists()


@pytest.mark.parametrize("asked", [{"where": ["agee = 3"]}, {"shares": "sex"}])
def test_a_question_that_does_not_read_is_told_before_anything_is_reserved(place: Place, asked: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        place.make(place.spending(), **asked)
    with pytest.raises(ConfigurationError):
        place.make(place.spending(generator="nobody"))
    assert place.kinds() == []


@pytest.mark.parametrize("content", ["age,sex,town,weight,name\n", "age,sex,town,weight,name\n30,f,Ulm,70,x\n"])
def test_no_rows_and_a_single_row_end_as_any_other_file_does(place: Place, content: str) -> None:
    (place.folder / "people.csv").write_text(content)
    outcome = place.make(place.spending())
    assert outcome.rows < 200
    assert tuple(place.rows().column_names) == COLUMNS


def test_nothing_that_was_not_learned_is_written_anywhere(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    place.make(place.spending(generator="pairwise"))
    for path in place.folder.rglob("*"):
        if path.is_file() and path.name != "people.csv":
            assert CANARY.encode() not in path.read_bytes(), path
    assert CANARY not in "".join(capfd.readouterr())


def test_a_column_of_names_that_is_searched_gives_none_of_them(place: Place) -> None:
    place.make(place.spending(domain="columns: {name: {discover: true}, age: {kind: integer}}"))
    assert set(place.rows()["name"].to_pylist()) in ({None}, {""}, set())
    assert CANARY not in (place.folder / "out.csv.gateway" / "measurements" / "measurements.json").read_text()


def test_a_draft_loads_and_holds_kinds_but_no_value(place: Place) -> None:
    text = draft_domain(place.folder / "people.csv", parse_domain("version: 1", name="d"), progress=nothing)
    domain = parse_domain(text, name="draft")
    assert {name: clause.kind for name, clause in domain.columns.items()} == {
        "age": "integer", "sex": "text", "town": "text", "weight": "decimal(18,1)",
    }  # fmt: skip
    assert set(domain.ignore) == {"name", "note"}
    assert not any(word in text for word in (CANARY, "Ulm", "1500"))
    assert plan(place.spending(domain=text)).table.columns


def test_a_run_killed_after_measuring_is_taken_up_by_the_same_command_and_never_measures_twice(
    tmp_path: Path, forks: Forks
) -> None:
    pacsv.write_csv(people(600), tmp_path / "people.csv")
    (tmp_path / "domain.yaml").write_text(DOMAIN)
    job = Job(
        arguments=["synthesize", "people.csv", "--domain", "domain.yaml", "--epsilon", "1", "--delta", "1e-6",
                   "--generator", "independent", "-o", "out.csv", "--format", "json"],
        environment={k: v for k, v in os.environ.items() if not k.startswith("GATEWAY_")},
        folder=tmp_path, first=KILLED_AFTER.format(steps=3),
    )  # fmt: skip
    (killed,) = forks.run(job)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    records = Records.open(SecretStr(f"sqlite:///{tmp_path}/.gateway/records.db"))
    assert [run.state.value for run in records.runs.list()] == ["measured"]
    assert not (tmp_path / "out.csv").exists()
    measured = tmp_path / "out.csv.gateway" / "measurements" / "measurements.json"
    before = sha256_file(measured)
    (done,) = forks.run(dataclasses.replace(job, first=""))
    assert done.returncode == 0, done.stderr
    assert [entry.kind.value for entry in records.ledger.entries()] == ["reserved", "committed"]
    assert [run.state for run in records.runs.list()] == [RunState.SAMPLED]
    assert sha256_file(measured) == before
    assert (tmp_path / "out.csv").stat().st_size > 0
    assert json.loads(done.stdout)["measured_now"] is False
    records.log.verify()
