"""An audit finds nothing against an honest generator, and every planted fault, in its default games or fewer."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.plugins import load
from gateway.policy.loading import parse_policy
from gateway.policy.model import Policy
from gateway.privacy import accountant, calibration
from gateway.privacy.draws import STARTS, Draws, Starts, alike, gaussian_epsilon
from gateway.privacy.events import Event, SelectionEvent
from gateway.raw import auditing, making
from gateway.raw.generate.counting import Axis, Counter
from gateway.raw.generate.domain import Ranges
from gateway.raw.generate.noise import DiscreteGaussian, Noise
from gateway.raw.judge import acceptance
from gateway.release.evidence import AuditReport, Fault
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Reference, Schema, Table

ONE_TABLE = """
version: 1
name: hospital
purpose: To try an audit on
source: {name: hospital, url: "${HOSPITAL_URL}"}
unit: {name: patient, table: patients, key: [id], meaning: one patient of the hospital}
generate: {generator: independent}
target: {name: sharing, url: "${SHARING_URL}", schema: hospital}
tables:
  patients:
    treatment: synthesize
    columns:
      id: {role: key, treatment: key}
      ward: {role: quasi, treatment: learn}
      stay: {role: sensitive, treatment: learn, domain: {lowest: 0, highest: 6}}
      town: {role: quasi, treatment: learn}
"""
OWNED = """
  visits:
    treatment: synthesize
    owner: {table: patients, columns: [patient]}
    order: day
    kind: test
    most: 50
    columns:
      id: {role: key, treatment: key}
      patient: {role: key, treatment: key}
      day: {role: quasi, treatment: learn, domain: {lowest: 2000-01-01, highest: 2020-12-31}}
      test: {role: sensitive, treatment: learn}
      value: {role: sensitive, treatment: learn}
  drugs:
    treatment: synthesize
    owner: {table: visits, columns: [visit]}
    most: 3
    columns:
      id: {role: key, treatment: key}
      visit: {role: key, treatment: key}
      drug: {role: sensitive, treatment: learn}
"""


def _column(name: str, kind: Kind, **more: object) -> Column:
    return Column(name=ColumnName(name), kind=kind, native=str(kind), **more)  # type: ignore[arg-type]


def _table(name: str, *columns: Column, owner: tuple[str, str] | None = None) -> Table:
    key = _column("id", Kind.INTEGER, nullable=False)
    to = () if owner is None else (Reference(columns=(ColumnName(owner[0]),), target=TableName(owner[1]),
                                             target_columns=(ColumnName("id"),)),)  # fmt: skip
    own = () if owner is None else (_column(owner[0], Kind.INTEGER, nullable=False),)
    return Table(name=TableName(name), columns=(key, *own, *columns), primary_key=(key.name,), references=to)


SCHEMA = Schema(
    tables=(
        _table(
            "patients",
            _column("ward", Kind.ENUM, values=("north", "south", "west")),
            _column("stay", Kind.INTEGER),
            _column("town", Kind.TEXT),
        ),
        _table("visits", _column("day", Kind.DATE), _column("test", Kind.TEXT), _column("value", Kind.FLOAT),
               owner=("patient", "patients")),
        _table("drugs", _column("drug", Kind.TEXT), owner=("visit", "visits")),
    )
)  # fmt: skip


def plan(text: str = ONE_TABLE, **more: str) -> making.Plan:
    policy = parse_policy(text + "".join(f"{key}: {value}\n" for key, value in more.items()), name="hospital")
    return planned(policy)


def planned(policy: Policy) -> making.Plan:
    snapshot: Any = auditing.Bundled(schema=SCHEMA, tables={})
    generator = load("gateway.raw.generate.generators", policy.generate.generator)
    return making.plan(policy, snapshot, generator=generator, progress=lambda *_: None)


def audited(what: making.Plan, *, games: int = 12, noise: Callable[[], Noise] = DiscreteGaussian) -> AuditReport:
    return auditing.audit(what, games=games, processes=1, progress=lambda *_: None, noise=noise)


# -- honest


def test_nothing_is_found_against_one_table() -> None:
    found = audited(plan(), games=44)
    assert found.faults == ()
    assert not found.contradicted
    assert found.games.count == 44
    assert found.differences.count == found.unmetered.count == 0
    assert found.share == pytest.approx(1.0)
    assert 0.9 < found.width < 1.1
    assert found.epsilon_recomputed is not None
    assert 0.9 < found.epsilon_recomputed <= 1.01
    assert found.mu_at_least <= found.mu
    assert {each.units.count for each in found.targets} == {each.units for each in auditing.settings(plan())}


@pytest.mark.audit
def test_nothing_is_found_against_a_database_whose_targets_use_all_that_is_claimed() -> None:
    found = audited(plan(ONE_TABLE + OWNED), games=7)
    assert found.faults == ()
    most = max(each.moved or 0 for each in found.targets)
    assert 0.9 * found.mu < most <= found.mu
    assert found.share is not None
    assert 0.99 < found.share <= 1 + 1e-9
    assert len({each.target for each in found.targets}) == 4


# -- planted


class TooQuiet(DiscreteGaussian):
    """Half the noise that was asked for."""

    by = 2.0

    def add(self, counts: NDArray[np.int64], *, sigma: float, times: int = 1) -> NDArray[np.int64]:
        return super().add(counts, sigma=sigma / self.by, times=times)


class ALittleTooQuiet(TooQuiet):
    by = 1.25


class Seeded:
    """The same noise at every run."""

    seed: int | None = 7

    def __init__(self) -> None:
        self._generator = np.random.default_rng(self.seed)

    def add(self, counts: NDArray[np.int64], *, sigma: float, times: int = 1) -> NDArray[np.int64]:
        drawn = np.rint(self._generator.normal(scale=sigma * math.sqrt(times), size=counts.shape))
        return np.asarray(counts * times + drawn.astype(np.int64))


class SeededAtEachCall(Seeded):
    """The same noise for every query of a run, another at the next run."""

    seed = None

    def __init__(self) -> None:
        super().__init__()
        self._mine = int(self._generator.integers(2**32))

    def add(self, counts: NDArray[np.int64], *, sigma: float, times: int = 1) -> NDArray[np.int64]:
        self._generator = np.random.default_rng(self._mine)
        return super().add(counts, sigma=sigma, times=times)


class Copied(Seeded):
    """One draw for all cells of a query."""

    seed = None

    def add(self, counts: NDArray[np.int64], *, sigma: float, times: int = 1) -> NDArray[np.int64]:
        one = super().add(np.zeros(1, dtype=np.int64), sigma=sigma, times=times)
        return np.asarray(counts * times + one[0])


class CutOff(DiscreteGaussian):
    """No draw beyond two deviations, and as wide as claimed all the same."""

    def add(self, counts: NDArray[np.int64], *, sigma: float, times: int = 1) -> NDArray[np.int64]:
        wide = sigma * math.sqrt(times)
        drawn = np.random.default_rng().uniform(-math.sqrt(3) * wide, math.sqrt(3) * wide, counts.shape)
        return np.asarray(counts * times + np.rint(drawn).astype(np.int64))


@pytest.mark.parametrize(
    ("noise", "games", "fault"),
    [
        (TooQuiet, 6, Fault.NARROW),
        (ALittleTooQuiet, auditing.GAMES, Fault.NARROW),
        (Seeded, 12, Fault.REPEATED),
        (SeededAtEachCall, 12, Fault.REPEATED),
        (Copied, 12, Fault.REPEATED),
    ],
)
def test_noise_that_is_not_what_it_should_be_is_found(noise: Callable[[], Noise], games: int, fault: Fault) -> None:
    found = audited(plan(), games=games, noise=noise)
    assert fault in found.faults
    assert found.contradicted


@pytest.mark.parametrize(("noise", "fault"), [(ALittleTooQuiet, Fault.NARROW), (CutOff, Fault.CUT_OFF)])
def test_noise_that_is_a_little_wrong_is_found_in_a_database(noise: Callable[[], Noise], fault: Fault) -> None:
    assert fault in audited(plan(ONE_TABLE + OWNED), games=1, noise=noise).faults


class Planted:
    """A generator with something wrong in how it measures."""

    def __init__(self, fault: Callable[[Any, Counter, Noise], Any]) -> None:
        self._honest: Any = load("gateway.raw.generate.generators", "independent")
        self._fault = fault

    def measure(self, counter: Counter, task: Any, progress: Any, *, noise: Noise) -> Any:
        def honest(counter: Counter, noise: Noise) -> Any:
            return self._honest.measure(counter, task, progress, noise=noise)

        return self._fault(honest, counter, noise)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._honest, name)


def _telling(honest: Any, counter: Counter, noise: Noise) -> Any:
    """Let out how many rows there are, in words that nobody metered."""
    result = honest(counter, noise)
    return dataclasses.replace(result, notes=(*result.notes, f"{int(counter.count([[]])[0])} rows"))


def _peeking(honest: Any, counter: Counter, noise: Noise) -> Any:
    """Ask once more if the exact counts say so."""
    stays = Ranges(starts=(0, 6), last=6, rest=True)
    if counter.count([[Axis(column=ColumnName("stay"), domain=stays)]])[0][-1]:
        noise.add(counter.count([[]])[0], sigma=1e3)
    return honest(counter, noise)


def _unmetered(honest: Any, counter: Counter, noise: Noise) -> Any:
    """Ask once more, always, and tell the noisy answer: there is noise on it, and no event."""
    told = int(noise.add(counter.count([[]])[0], sigma=20.0))
    result = honest(counter, noise)
    return dataclasses.replace(result, notes=(*result.notes, f"about {told} rows"))


def _failing(honest: Any, counter: Counter, noise: Noise) -> Any:
    """Break down over a value that one person alone has."""
    if any(text.startswith("\U0010ffff") for text in counter.values(ColumnName("town"))[0]):
        raise ZeroDivisionError
    return honest(counter, noise)


def _doubled(honest: Any, counter: Counter, noise: Noise) -> Any:
    """Count every row twice."""

    class Twice:
        def count(self, queries: Any) -> list[NDArray[np.int64]]:
            return [2 * each for each in counter.count(queries)]

        def __getattr__(self, name: str) -> Any:
            return getattr(counter, name)

    twice: Any = Twice()
    return honest(twice, noise)


def _forgetting(honest: Any, counter: Counter, noise: Noise) -> Any:
    """Leave the last event out of what was spent."""
    result = honest(counter, noise)
    priced = [event for event in result.events if not isinstance(event, SelectionEvent)]
    return dataclasses.replace(result, events=tuple(event for event in result.events if event is not priced[-1]))


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (_telling, Fault.DIFFERENCE),
        (_peeking, Fault.DIFFERENCE),
        (_unmetered, Fault.UNMETERED),
        (_failing, Fault.DIFFERENCE),
        (_doubled, Fault.SENSITIVITY),
        (_forgetting, Fault.UNMETERED),
    ],
)
def test_what_leaves_without_being_metered_is_found(fault: Callable[..., Any], found: Fault) -> None:
    planted: Any = Planted(fault)
    result = audited(dataclasses.replace(plan(), generator=planted))
    assert found in result.faults


def test_a_value_that_is_kept_without_a_threshold_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "threshold", lambda *_args, **_more: -(2**50))
    assert Fault.DIFFERENCE in audited(plan()).faults


def _half(honest: Callable[[Sequence[Event], float], float]) -> Callable[[Sequence[Event], float], float]:
    return lambda events, delta: honest(events, delta) / 2


def test_an_accountant_that_claims_too_little_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    calibration.scales.cache_clear()
    monkeypatch.setattr(accountant, "epsilon", _half(accountant.epsilon))
    try:
        found = audited(plan(), games=6)
    finally:
        calibration.scales.cache_clear()
    assert found.faults == (Fault.ACCOUNTING,)


def test_an_accountant_whose_formula_is_wrong_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that the noise is calibrated by says that half as much is lost."""
    exact, claim = accountant.gaussian_delta, accountant.epsilon
    for cached in (calibration.scales, calibration.mu):
        cached.cache_clear()
    monkeypatch.setattr(accountant, "gaussian_delta", lambda mu, epsilon: exact(mu / 2, epsilon))
    monkeypatch.setattr(accountant, "epsilon", _half(claim))
    try:
        found = audited(plan(), games=6)
    finally:
        for cached in (calibration.scales, calibration.mu):
            cached.cache_clear()
    assert Fault.ACCOUNTING in found.faults
    assert found.epsilon_recomputed is not None
    assert found.epsilon_recomputed > 1.5


def test_a_generator_that_forgets_its_budget_is_found() -> None:
    honest = plan()
    lavish = planned(
        honest.policy.model_copy(update={"budget": honest.policy.budget.model_copy(update={"epsilon": 2.0})})
    )
    claimed = dataclasses.replace(lavish, policy=honest.policy)
    generous: Any = Planted(lambda measure, counter, noise: measure(counter, noise))
    generous.measure = lambda counter, task, progress, *, noise: generous._honest.measure(
        counter, dataclasses.replace(task, budget=lavish.budget, schedule=None), progress, noise=noise
    )
    assert Fault.ACCOUNTING in audited(dataclasses.replace(claimed, generator=generous), games=2).faults


def test_noise_that_is_too_narrow_for_its_event_costs_more_than_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = calibration.width
    monkeypatch.setattr(calibration, "width", lambda sigma, *, squared: honest(sigma / 2, squared=squared))
    assert Fault.ACCOUNTING in audited(plan(ONE_TABLE + OWNED), games=1).faults


def test_an_acceptance_test_that_one_person_moves_too_far_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = acceptance.Question.weight
    monkeypatch.setattr(acceptance.Question, "weight", property(lambda each: 3 * honest.__get__(each)))
    found = audited(plan(), games=2)
    assert Fault.SENSITIVITY in found.faults


@pytest.mark.audit
def test_games_catch_by_guesses_too_what_loses_much() -> None:
    planted: Any = Planted(_telling)
    found = audited(dataclasses.replace(plan(), generator=planted), games=44)
    assert Fault.BOUND in found.faults
    assert found.mu_at_least > found.mu


# -- the parts


def test_widths_of_true_noise_are_called_narrow_no_more_often_than_they_say() -> None:
    generator = np.random.default_rng(5)
    narrow = 0
    for _ in range(500):
        draws = Draws()
        draws.take(np.rint(generator.normal(0, 30, 400)).astype(np.int64), 30.0)
        narrow += draws.widest(0.1) < 1
    assert narrow <= 75  # 50 expected, deviation 6.7


def test_chances_of_likeness_are_bounds() -> None:
    generator = np.random.default_rng(6)
    for size in (50, 5000):
        sums = [abs(float(one @ other)) for one, other in generator.normal(size=(400, 2, size))]
        for share in (0.5, 0.9, 0.99):
            at = float(np.quantile(sums, share))
            assert alike(at, size) >= (1 - share) * 0.6
    assert alike(4000.0, 5000) < 1e-100
    assert alike(0.0, 5000) == 1.0


def test_two_games_with_the_same_start_are_seen_among_many() -> None:
    rows = list(np.random.default_rng(7).normal(size=(50, STARTS)))
    assert Starts(rows=rows).likest() > 0.01
    assert Starts(rows=[*rows, rows[17]]).likest() < 1e-100
    few = [row[:12] for row in rows]
    assert Starts(rows=few).likest() > 0.01
    assert Starts(rows=[*few, few[17]]).likest() < 1e-4


@pytest.mark.parametrize("mu", [0.05, 0.23, 1.0, 4.0])
@pytest.mark.parametrize("delta", [1e-9, 1e-6, 1e-3])
def test_epsilon_of_the_audit_is_that_of_the_accountant(mu: float, delta: float) -> None:
    assert gaussian_epsilon(mu, delta) == pytest.approx(accountant.gaussian_epsilon(mu, delta), abs=1e-6)
    assert gaussian_epsilon(0.0, delta) == 0.0
    assert gaussian_epsilon(mu, 0.0) == math.inf
