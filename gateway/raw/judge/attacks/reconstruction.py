"""Reconstruction: rebuild people's rows from what was published, and see whether those learned from come back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from gateway.raw.judge.attack import AttackResult
from gateway.raw.judge.codes import NULL, code_column, has_order, numbers_of, row_ids
from gateway.raw.judge.confidence import excess, wilson
from gateway.raw.judge.guessing import Targets, guess
from gateway.raw.judge.targets import attacked
from gateway.vocabulary.errors import CheckFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from gateway.raw.judge.attack import Arena
    from gateway.raw.judge.choosing import Chosen
    from gateway.raw.judge.codes import Codes
    from gateway.vocabulary.names import ColumnName

_MOST_DRAWS, _FEWEST_DRAWS = 7, 3
_MOST_ROWS = 700_000
"""Rows drawn in all, about: fewer draws of a large table, never fewer rows of one."""
_BINS = 20
"""Parts of a column that has an order, in which two numbers count as the same."""
_SURENESS = 3.0
"""Of three scores, with 200 thresholds each, one looks good by chance."""
_CONFIDENT, _FEWEST_CONFIDENT = 100, 40
"""Of the targets most surely rebuilt so many are looked at together, or none."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class _Found:
    """What came back of each target. Raw: does not print itself."""

    whole: NDArray[np.float64]
    """In how many draws the row came back as it is."""
    coarse: NDArray[np.float64]
    """In how many it came back with numbers in the same twentieth of their column."""
    surprise: NDArray[np.float64]
    """How much oftener it came back so than if columns had nothing to do with each other: the logarithm."""

    def __repr__(self) -> str:
        """Say nothing of the rows."""
        return "<_Found: rows withheld>"


class Reconstruction:
    """Draws many times from the published measurements, and believes in the rows that keep coming back.

    Whoever has the measurements can fit the model and draw as many rows as they like; rows that come back in draw after
    draw are candidates for real ones, the surer the more often (Dick et al. 2023, confidence-ranked reconstruction).
    A row that many share says nothing about anybody, so only people whose row is theirs alone, among all real rows,
    count as rebuilt. Three scores compete: in how many draws the row came back word for word, with numbers in the same
    twentieth of their column, and how much oftener than by chance; score and threshold are chosen on one half of the
    targets and applied to the other. Of the targets most surely rebuilt the share that were learned from is a part of
    its own: it shows a leak of a few rows. Not shown: what is rebuilt of some columns of a row.
    """

    name = "reconstruction"
    question = "Can people's rows be rebuilt from the measurements that are published with the release?"
    means = (
        "The program was asked for new rows again and again, as anybody can do with the release. The figure says how "
        "many more rows came back of people whose data was used than of people whose data was not."
    )
    not_shown = (
        "Only whole rows are looked for, and only those that one person alone has. That two or three facts about "
        "somebody can be told is the question of other attacks."
    )

    def run(self, arena: Arena) -> AttackResult:
        """Attack the targets; all drawn rows are searched. ``CheckFailed`` when nothing can be drawn anew."""
        codes, chosen, random = arena.codes, arena.chosen, arena.random(self.name)
        if arena.redraw is None:
            raise CheckFailed("no other rows of the model could be drawn; this attack needs the run's measurements")
        many = int(np.clip(_MOST_ROWS // codes.synthetic, _FEWEST_DRAWS, _MOST_DRAWS))
        seeds = [int(seed) for seed in random.integers(2**31, size=many)]
        draws = (arena.synthetic if place == 0 else arena.redraw(seeds[place - 1]) for place in range(many + 1))
        edges = _edges(codes)
        found = _found(arena, chosen, draws, edges)
        scores = _scores(found, codes, chosen, edges)
        hit = np.zeros(len(chosen.rows), dtype=np.bool_)
        for among in (chosen.outlier, chosen.drawn):
            targets = Targets(scores=scores[:, among], member=chosen.member[among], oddness=chosen.oddness[among])
            hit[among] = guess(targets, random, sureness=_SURENESS)
        strangers = float(hit[chosen.drawn & ~chosen.member].mean())
        coin = random.random(len(hit)) < strangers
        sure = _most_sure(self.name, scores, chosen, random)
        return attacked(self.name, chosen, hit, coin, columns=arena.columns, parts=[sure])


def _edges(codes: Codes) -> list[NDArray[np.float64]]:
    """Return where each column that has an order is cut, by the synthetic rows: none for the others."""
    found = []
    for cells, numbers, ordered in zip(codes.invented.T, codes.numbers, codes.ordered, strict=True):
        known = numbers[cells[cells != NULL]]
        cut = np.quantile(known, np.arange(1, _BINS) / _BINS) if ordered and len(known) else np.zeros(0)
        found.append(np.unique(cut))
    return found


def _coarse(
    cells: NDArray[np.int32], numbers: Sequence[NDArray[np.float64] | None], edges: Sequence[NDArray[np.float64]]
) -> NDArray[np.int32]:
    """Return rows x columns with every number, those behind the codes of ``cells``, as the part its column it is in."""
    found = cells.copy()
    for column, (behind, cut) in enumerate(zip(numbers, edges, strict=True)):
        if behind is not None:
            part = np.append(np.searchsorted(cut, behind[:-1], side="right"), NULL).astype(np.int32)
            found[:, column] = part[cells[:, column]]
    return found


def _coded(
    frames: Sequence[pa.Table], columns: Sequence[ColumnName]
) -> tuple[NDArray[np.int32], list[NDArray[np.float64] | None]]:
    """Return the cells of frames, one after the other, and the numbers behind the codes of columns with an order."""
    if any(name not in frame.column_names for frame in frames for name in columns):
        raise CheckFailed("the rows that were drawn anew lack a column")
    cells = np.empty((sum(frame.num_rows for frame in frames), len(columns)), dtype=np.int32)
    numbers: list[NDArray[np.float64] | None] = []
    for place, name in enumerate(columns):
        if len({frame.schema.field(name).type for frame in frames}) > 1:
            raise CheckFailed(f"column {name} has another type in the rows that were drawn anew")
        cells[:, place], values = code_column([frame.column(name) for frame in frames])
        numbers.append(np.append(numbers_of(values), np.nan) if has_order(values.type) else None)
    return cells, numbers


def _found(arena: Arena, chosen: Chosen, draws: Iterable[pa.Table], edges: Sequence[NDArray[np.float64]]) -> _Found:
    """Return what came back of the targets: one draw is held at a time."""
    columns = list(arena.columns)
    real = pa.concat_tables([frame.select(columns) for frame in (arena.train, arena.control)])
    people, targets = real.take(chosen.rows), len(chosen.rows)
    whole, coarse, times = np.zeros(targets), np.zeros(targets), np.zeros(targets)
    likely, rows = np.zeros(targets), 0
    for drawn in draws:
        cells, numbers = _coded([people, drawn], columns)
        rough = _coarse(cells, numbers, edges)
        whole += _times(cells, targets) > 0
        back = _times(rough, targets)
        coarse += back > 0
        times += back
        rows += drawn.num_rows
        likely += drawn.num_rows * np.exp(_independently(rough, targets))
    return _Found(whole=whole, coarse=coarse, surprise=np.log((times + 0.1) / (likely + 0.1)))


def _times(cells: NDArray[np.int32], targets: int) -> NDArray[np.int64]:
    """Return how many of the later rows are equal to each of the first ``targets``."""
    ids = row_ids(cells)
    counts: NDArray[np.int64] = np.bincount(ids[targets:], minlength=int(ids.max(initial=0)) + 1)[ids[:targets]]
    return counts


def _independently(cells: NDArray[np.int32], targets: int) -> NDArray[np.float64]:
    """Return the logarithm of how likely each of the first rows is where columns have nothing to do with each other."""
    found = np.zeros(targets)
    for column in cells.T - NULL:
        counts = np.bincount(column[targets:], minlength=int(column.max(initial=0)) + 1)
        found += np.log((counts[column[:targets]] + 0.5) / (len(column) - targets + 0.5 * len(counts)))
    return found


def _scores(found: _Found, codes: Codes, chosen: Chosen, edges: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return kinds of score x targets; the lowest for people whose row others have too, or that never came back."""
    numbers = [n if ordered else None for n, ordered in zip(codes.numbers, codes.ordered, strict=True)]
    alone = _alone(codes.real)[chosen.rows]
    own = _alone(_coarse(codes.real, numbers, edges))[chosen.rows]
    lowest = min(float(found.surprise.min(initial=0.0)), 0.0) - 1.0
    return np.stack([
        np.where(alone, found.whole, 0.0),
        np.where(alone, found.coarse, 0.0),
        np.where(own & (found.coarse > 0), found.surprise + found.coarse, lowest),
    ])  # fmt: skip


def _alone(cells: NDArray[np.int32]) -> NDArray[np.bool_]:
    ids = row_ids(cells)
    return np.asarray(np.bincount(ids)[ids] == 1)


def _most_sure(
    name: str, scores: NDArray[np.float64], chosen: Chosen, random: np.random.Generator
) -> AttackResult | None:
    """Return which share of the targets most surely rebuilt was learned from: half, where nothing leaks.

    The two shares make one, so a share r of those learned from is an excess of 2 - 1 / r, and so are the ends.
    """
    whole, coarse, surprise = (kind[chosen.drawn] for kind in scores)
    member = chosen.member[chosen.drawn]
    order = np.lexsort((random.random(len(member)), surprise, coarse, whole))[::-1]
    most = order[: min(_CONFIDENT, int((surprise > surprise.min()).sum()))]
    if len(most) < _FEWEST_CONFIDENT:
        return None
    ours = int(member[most].sum())
    rate, control = wilson(ours, len(most)), wilson(len(most) - ours, len(most))
    ends = {end: max(-1.0, 2 - 1 / max(getattr(rate, end), 1e-9)) for end in ("low", "high")}
    return AttackResult(
        attack=f"{name}/most sure",
        targets=len(most),
        rate=rate,
        control=control,
        baseline=wilson(len(most) // 2, len(most)),
        excess=replace(excess(rate, control), **ends),
    )


plugin = Reconstruction
