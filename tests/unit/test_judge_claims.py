"""Neighbours of whole databases are the worst that a policy allows, and each call is matched with its event."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gateway.estimation.histories.clipping import SCALE
from gateway.policy.model import DomainClause
from gateway.privacy import calibration
from gateway.privacy.events import ACCEPTANCE, ClippedGaussianEvent, DiscreteGaussianEvent, Event, SelectionEvent
from gateway.raw.generate.database import TablePlan
from gateway.raw.generate.metering import WEIGHT
from gateway.raw.generate.noise import DiscreteGaussian
from gateway.raw.judge.claims import Account, account
from gateway.raw.judge.neighbours import LARGEST, TARGETS, Extreme, Target, families
from gateway.raw.judge.replaying import Recording, Replay
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

UNITS, OWNED, BELOW = TableName("units"), TableName("owned"), TableName("below")


def _column(name: str, kind: Kind, **more: object) -> Column:
    return Column(name=ColumnName(name), kind=kind, native=str(kind), **more)  # type: ignore[arg-type]


SHAPES = {
    UNITS: Table(name=UNITS, columns=(_column("age", Kind.INTEGER), _column("name", Kind.TEXT))),
    OWNED: Table(
        name=OWNED,
        columns=(
            _column("day", Kind.DATE),
            _column("kind", Kind.ENUM, values=("a", "b", "c")),
            _column("x", Kind.FLOAT),
        ),
    ),
    BELOW: Table(name=BELOW, columns=(_column("what", Kind.TEXT, nullable=False),)),
}
OWNERS = {OWNED: UNITS, BELOW: OWNED}
AGE = DomainClause(lowest=0, highest=120)


def plans(*, most: int = 1000, below: int = 1000, once: bool = False) -> dict[TableName, TablePlan]:
    kind = ColumnName("kind") if once else None
    return {
        UNITS: TablePlan(domains={ColumnName("age"): AGE, ColumnName("name"): None}, share=0.3),
        OWNED: TablePlan(domains={}, share=0.4, most=most, once=once, kind=kind),
        BELOW: TablePlan(domains={}, share=0.3, most=below),
    }


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("most", [1, 7, 1000])
def test_neighbours_differ_by_one_unit_with_all_it_owns(name: str, most: int) -> None:
    without, within = families(SHAPES, OWNERS, plans(most=most), units=10, target=TARGETS[name])
    assert within.units.expose().slice(0, 10).equals(without.units.expose())
    assert within.units.expose().num_rows == 11
    for table in OWNERS:
        before, after = without.owned[table], within.owned[table]
        rows = before.rows.expose().num_rows
        assert after.rows.expose().slice(0, rows).equals(before.rows.expose())
        assert after.starts[: len(before.starts)].tolist() == before.starts.tolist()
        assert before.starts[-1] == rows
        assert after.starts[-1] == after.rows.expose().num_rows
        assert (np.diff(after.starts) <= (most if table == OWNED else 1000)).all()
    rows = TARGETS[name].rows
    assert np.diff(within.owned[OWNED].starts)[-1] == (most if rows is None else rows)


def test_the_target_has_as_many_rows_below_as_there_is_room_for() -> None:
    family = families(SHAPES, OWNERS, plans(), units=3, target=Target(extreme=Extreme.HIGHEST))[1]
    assert np.diff(family.owned[BELOW].starts)[-1000:].tolist() == [LARGEST // 1000] * 1000
    few = families(SHAPES, OWNERS, plans(most=2, below=5), units=3, target=Target(extreme=Extreme.HIGHEST))[1]
    assert np.diff(few.owned[BELOW].starts)[-2:].tolist() == [5, 5]


def test_rows_are_alike_or_not_as_asked_and_within_what_is_declared() -> None:
    alike, unlike = (
        families(SHAPES, OWNERS, plans(most=20, below=20), units=4, target=Target(extreme=Extreme.HIGHEST, alike=each))[
            1
        ]
        for each in (True, False)
    )
    for family, kinds, texts in ((alike, 1, 1), (unlike, 3, 400)):
        theirs = family.owned[OWNED].rows.expose().slice(family.owned[OWNED].starts[-2])
        below = family.owned[BELOW].rows.expose().slice(family.owned[BELOW].starts[-21])
        assert len(set(theirs.column("kind").to_pylist())) == kinds
        assert len(set(below.column("what").to_pylist())) == texts
        assert family.units.expose().column("age").to_pylist()[-1] == 120


def test_an_owner_who_has_each_kind_once_has_no_kind_twice() -> None:
    for target in TARGETS.values():
        family = families(SHAPES, OWNERS, plans(most=50, once=True), units=4, target=target)[1]
        owned = family.owned[OWNED]
        kinds = owned.rows.expose().column("kind").to_pylist()
        for start, end in zip(owned.starts[:-1], owned.starts[1:], strict=True):
            present = [kind for kind in kinds[start:end] if kind is not None]
            assert len(set(present)) == len(present)


# -- calls and events


def held(calls: list[tuple[list[int], list[int], float, int]], events: list[Event]) -> Account:
    """Hold calls (numbers on either neighbour, sigma, times) against events."""
    recording = Recording(DiscreteGaussian())
    for one, _, sigma, times in calls:
        recording.add(np.array(one), sigma=sigma, times=times)
    replay = Replay(recording)
    for _, other, sigma, times in calls:
        replay.add(np.array(other), sigma=sigma, times=times)
    return account(recording, replay, events)


def counted(sigma: float = 5.0, times: int = 1, cells: int = 2) -> DiscreteGaussianEvent:
    return DiscreteGaussianEvent(label="x", sigma=sigma, cells=cells, times=times)


def test_what_moved_is_held_against_each_event() -> None:
    clip = ClippedGaussianEvent(label="y", sigma=4.0, cells=2, clip=9)
    wide = float(calibration.width(4.0, squared=9 * SCALE**2))
    found = held(
        [([3, 4], [3, 5], 5.0, 2), ([0, SCALE], [0, 2 * SCALE], wide, 1)],
        [counted(times=2), SelectionEvent(label="s", delta=1e-7), clip],
    )
    assert found.share == pytest.approx(1.0)
    assert (found.unmetered, found.unasked, found.selected) == (0, 0, 1e-7)
    assert found.drawn == pytest.approx(math.sqrt(2 / 25 + 1 / 16), rel=1e-6)
    assert found.moved == pytest.approx(math.sqrt(2 / 25 + 1 / 16 / 9), rel=1e-6)
    assert held([([3, 4], [3, 7], 5.0, 1)], [counted()]).share == 3.0


def test_the_acceptance_test_is_held_against_its_own_weight() -> None:
    event = ClippedGaussianEvent(label=ACCEPTANCE, sigma=7.0, cells=2, clip=2)
    wide = float(calibration.width(7.0, squared=2 * WEIGHT**2))
    assert held([([0, 0], [WEIGHT, WEIGHT], wide, 1)], [event]).share == pytest.approx(1.0)
    assert held([([0, 0], [WEIGHT, 3 * WEIGHT], wide, 1)], [event]).share > 2


@pytest.mark.parametrize(
    ("calls", "events", "unmetered", "unasked"),
    [
        pytest.param([([1, 1], [1, 1], 5.0, 1)], [], 1, 0, id="no event at all"),
        pytest.param([([1, 1], [1, 1], 5.0, 1)], [counted(5.5)], 1, 1, id="of another width"),
        pytest.param([([1, 1], [1, 1], 5.0, 1)], [counted(times=2)], 1, 1, id="of another number of answers"),
        pytest.param([([1, 1], [1, 1], 5.0, 1)], [counted(cells=3)], 1, 1, id="of another number of cells"),
        pytest.param([], [counted()], 0, 1, id="an event of nothing"),
        pytest.param([([0], [0], 5.0, 3)], [], 0, 0, id="of zeros: values that nobody has"),
        pytest.param(
            [([0], [0], 5.0, 1), ([1], [1], 5.0, 1), ([2], [2], 6.0, 1)],
            [counted(cells=0), counted(6.0, cells=0)], 0, 0, id="zeros that look like the next event's",
        ),
        pytest.param(
            [([1], [1], 5.0, 1), ([9], [9], 7.0, 1), ([2], [2], 6.0, 1)],
            [counted(cells=0), counted(6.0, cells=0)], 1, 0, id="one in the midst",
        ),
    ],
)  # fmt: skip
def test_every_call_has_an_event_and_every_event_a_call(
    calls: list[tuple[list[int], list[int], float, int]], events: list[Event], unmetered: int, unasked: int
) -> None:
    found = held(calls, events)
    assert (found.unmetered, found.unasked) == (unmetered, unasked)


def test_what_moves_without_an_event_has_no_bound() -> None:
    assert held([([1], [2], 5.0, 1)], []).share == math.inf
