"""Builds with one deliberate mistake each: the test that is named for it fails on every one, and on nothing else.

`make test` plants a handful, which shows that the planting works; `make audit` all of them.
"""

from __future__ import annotations

import ast
import dataclasses
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.mutants.killing import Trial, Trials
from tests.mutants.planting import ROOT, Mutant, NotApplicableError, copied, defines, mutated, planted
from tests.mutants.table import MISTAKES, MUTANTS, PAGE, page

pytestmark = pytest.mark.timeout(1800)  # whoever asks first waits for all killers to pass on the sound build

QUICK = [mutant for mutant in MUTANTS if mutant.quick]
PLANTED = [pytest.param(mutant, id=mutant.name, marks=() if mutant.quick else pytest.mark.audit) for mutant in MUTANTS]


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Where mutants are tried: a sound copy, how all killers ended on it, and a folder for the others."""

    trials: Trials
    sound: Path
    before: Trial
    folder: Path

    def tried(self, mutant: Mutant) -> Trial:
        """Plant ``mutant`` and run its killer; the copy is gone afterwards but for what was told."""
        folder = mutated(mutant, sound=self.sound, folder=self.folder / mutant.name)
        return self.trials.tried(folder, [mutant.killer], to_the_first=True)


@pytest.fixture(scope="module")
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Run all killers that will be needed on a copy without a mistake, which also compiles what they need."""
    folder = tmp_path_factory.mktemp("mutants")
    items = [item for item in request.session.items if isinstance(item, pytest.Function)]
    asked = [item.callspec.params.get("mutant") for item in items if "bench" in item.fixturenames and _has_cases(item)]
    killers = {mutant.killer for mutant in (*QUICK, *(each for each in asked if isinstance(each, Mutant)))}
    sound = copied(folder / "sound")
    with Trials.open() as trials:
        before = trials.tried(sound, killers, to_the_first=False)
        yield Bench(trials=trials, sound=sound, before=before, folder=folder)


def _has_cases(item: pytest.Function) -> bool:
    return hasattr(item, "callspec")


@pytest.mark.parametrize("mutant", PLANTED)
def test_the_test_that_is_named_for_a_planted_mistake_fails_on_it(mutant: Mutant, bench: Bench) -> None:
    assert bench.before.is_of_the_copy
    assert bench.before.passed(mutant.killer), f"{mutant.killer} fails without any mistake:\n{bench.before.output}"
    trial = bench.tried(mutant)
    assert trial.is_of_the_copy
    assert trial.killed(mutant), (
        f"NOT FOUND: {mutant.mistake} ({mutant.path}). {mutant.killer} does not fail on it as a test does: exit code "
        f"{trial.returncode}, {[(r['outcome'], r['errors']) for r in trial.reports]}\n{trial.output}"
    )


def test_a_harmless_change_is_not_taken_for_a_mistake(bench: Bench) -> None:
    harmless = dataclasses.replace(QUICK[0], name="harmless", new=QUICK[0].old + "        # no more than a remark\n")
    trial = bench.tried(harmless)
    assert trial.returncode == 0
    assert not trial.killed(harmless)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (
            "does-not-load",
            "from __future__ import annotations\n",
            "from __future__ import annotations\nimport nowhere\n",
        ),
        ("breaks-otherwise", "class Meter:\n", "class Meter:\n    _spend = None\n\n    def __new__(cls): ...\n\n"),
    ],
)
def test_a_build_that_is_broken_otherwise_is_not_taken_for_a_mistake_found(
    bench: Bench, name: str, old: str, new: str
) -> None:
    broken = dataclasses.replace(QUICK[0], name=name, old=old, new=new)
    trial = bench.tried(broken)
    assert trial.returncode != 0
    assert not trial.killed(broken)


@pytest.mark.parametrize("old", ["no such text anywhere", "self"])
def test_a_mutant_that_no_longer_fits_the_source_is_told(old: str) -> None:
    stale = dataclasses.replace(QUICK[0], old=old)
    with pytest.raises(NotApplicableError, match="has to occur once"):
        planted(stale, (ROOT / stale.path).read_text(encoding="utf-8"))


@pytest.mark.parametrize("mutant", [pytest.param(mutant, id=mutant.name) for mutant in MUTANTS])
def test_a_mutant_fits_the_source_and_is_a_program(mutant: Mutant) -> None:
    source = (ROOT / mutant.path).read_text(encoding="utf-8")
    changed = planted(mutant, source)
    assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(source)), "nothing but its looks has changed"


@pytest.mark.parametrize("mutant", [pytest.param(mutant, id=mutant.name) for mutant in MUTANTS])
def test_the_test_that_a_mutant_names_is_there(mutant: Mutant) -> None:
    file, _, test = mutant.test.partition("::")
    assert defines(ROOT / file, test), f"{file} defines no {test}"


def test_every_line_of_the_table_has_mutants_and_every_mutant_a_name_of_its_own() -> None:
    many = Counter(mutant.row for mutant in MUTANTS)
    assert set(many) == set(MISTAKES) == set(range(1, 15))
    assert min(many.values()) >= 2
    assert [name for name, times in Counter(mutant.name for mutant in MUTANTS).items() if times > 1] == []
    assert {4, 7} <= {mutant.row for mutant in QUICK}


def test_line_5_wakes_up_when_something_is_trained_by_gradients() -> None:
    """Its mutants have to be written then: a scale from the batch, shuffling instead of sampling, and so on."""
    trained = {"torch", "opacus", "jax", "flax", "tensorflow", "tensorflow_privacy", "keras"}
    loading = set()
    for path in sorted((ROOT / "gateway").rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if not any(name in source for name in trained):
            continue
        for node in ast.walk(ast.parse(source)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            loading |= {str(path.relative_to(ROOT)) for name in names if name.split(".")[0] in trained}
    assert loading == set()


def test_the_page_lists_all_mutants() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.mutants"
