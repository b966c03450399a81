"""Shadow models: train the generator with and without a person, many times, and learn to tell which it was."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from gateway.raw.judge.attack import AttackResult
from gateway.raw.judge.codes import NULL
from gateway.raw.judge.confidence import exact, excess
from gateway.raw.judge.traces import traces
from gateway.vocabulary.errors import CheckFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from gateway.raw.judge.attack import Arena
    from gateway.raw.judge.choosing import Chosen
    from gateway.raw.judge.codes import Codes

_FEWEST_MODELS = 20
"""Fewer models of a target teach nothing, and could not show that a leak is there."""
_BASE = 600
"""Control rows that every model learns from beside its target: few, so that the target weighs much."""
_FOLDS = 5
_SHRINKAGE = 0.5
"""How far features are taken to have nothing to do with each other: there are about as many as models."""
_MOST_FALSE = 0.3


class Shadow:
    """Trains models of a few control rows, half of them with a target among the rows, and learns to tell them apart.

    Averages hide those who stand out, so each target is one of the oddest persons who were trained on, by another
    measure: farthest from everybody, rarest values, most extreme number (Stadler et al. 2022; Houssiau et al. 2022;
    Meeus et al. 2023). Every model spends a budget like the release's, with fresh noise of its own, on up to 600
    control rows; all models of one target learn from the same ones. What a model's rows tell of the target (``traces``)
    teaches a linear discriminant, on one half of the models, what rows look like that come of a table with the target;
    it is tried on the other half, both ways round. The threshold is chosen by cross-validation inside the half that
    teaches. Success is "was there" said of a model that had the target, the control that of one without. The intervals
    are exact (Clopper and Pearson 1934). The noise cannot be repeated, so the figures differ a little from run to run.

    This attacks the generator under the policy's budget, not the released rows. Not checked: models of whole histories;
    of a database the unit's table is trained, with what is made from histories beside (``remaking.trainer``).
    """

    name = "shadow"
    asked_by = "shadow_models"
    criterion = "shadow"
    question = (
        "Does one person's being there change what the generator makes so much that models trained for it can tell?"
    )
    means = (
        "The generator was trained many times on the same few rows, each time with or without one person who stands "
        "out. The figure says how often the rows it made gave away that the person was there, beyond false alarms."
    )
    not_shown = (
        "It was tried for a handful of persons, with as many models as the policy allows. With more computers, or for "
        "another person, it may go better; the budget bounds that, this attack does not."
    )

    def run(self, arena: Arena) -> AttackResult:
        """Train and attack. ``CheckFailed`` without a generator, with fewer than 20 models, or no synthetic rows."""
        codes, random = arena.codes, arena.random(self.name)
        if arena.retrain is None:
            raise CheckFailed("the generator could not be trained anew; this attack needs the run's policy")
        if arena.shadow_models < _FEWEST_MODELS:
            raise CheckFailed(f"fewer than {_FEWEST_MODELS} `shadow_models` for each target cannot show anything")
        own = _those_alone(arena)
        base = own.control.take(np.sort(random.permutation(codes.control)[:_BASE]))
        targets = _targets(codes, arena.chosen)
        tried = []
        for place, (kind, row) in enumerate(targets.items()):
            person = own.train.slice(row, 1)
            heard = _told(arena.progress, place, len(targets))
            with_target = np.arange(arena.shadow_models) % 2 == 1
            found = np.stack([
                traces(rows, person, base)
                for rows in _models(arena.retrain, (base, pa.concat_tables([base, person])), with_target, random, heard)
            ])  # fmt: skip
            tried.append((kind, with_target, _told_apart(found, with_target, random)))
        whole = _result(self.name, np.concatenate([t[1] for t in tried]), np.concatenate([t[2] for t in tried]), random)
        parts = tuple(_result(f"{self.name}/{kind}", member, said, random) for kind, member, said in tried)
        return replace(whole, parts=parts)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class _Rows:
    train: pa.Table
    control: pa.Table


def _those_alone(arena: Arena) -> _Rows:
    """Return the training and control rows with the columns of attacks alone."""
    columns = list(arena.columns)
    return _Rows(train=arena.train.select(columns), control=arena.control.select(columns))


def _targets(codes: Codes, chosen: Chosen) -> dict[str, int]:
    """Return the training row that is oddest by each measure, by the measure's name; every row once."""
    ours = np.flatnonzero(chosen.member)
    rows = chosen.rows[ours]
    measures = {
        "farthest from everybody": chosen.oddness[ours].astype(np.float64),
        "rarest values": _rarity(codes)[rows],
        "most extreme number": _extremity(codes, rows),
    }
    found: dict[str, int] = {}
    for kind, measure in measures.items():
        left = [row for row in rows[np.argsort(-measure, kind="stable")].tolist() if row not in found.values()]
        if left and np.isfinite(measure).any():
            found[kind] = left[0]
    return found


def _rarity(codes: Codes) -> NDArray[np.float64]:
    """Return, per real row, minus the logarithm of how common its values are among real rows, over all columns."""
    found = np.zeros(len(codes.real))
    for column in codes.real.T - NULL:
        found -= np.log(np.bincount(column)[column] / len(column))
    return found


def _extremity(codes: Codes, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return, per row, how far its farthest number lies outside what is usual; minus infinity without numbers."""
    found = np.full(len(rows), -np.inf)
    for cells, numbers, ordered in zip(codes.real.T, codes.numbers, codes.ordered, strict=True):
        known = numbers[cells[cells != NULL]]
        if not ordered or not len(known):
            continue
        low, middle, high = np.quantile(known, [0.05, 0.5, 0.95])
        away = np.abs(numbers[cells[rows]] - middle) / max(high - low, 1e-9 * max(1.0, abs(middle)))
        found = np.fmax(found, np.where(np.isnan(away), -np.inf, away))
    return found


def _models(
    retrain: Callable[[pa.Table, int], pa.Table],
    tables: tuple[pa.Table, pa.Table],
    with_target: NDArray[np.bool_],
    random: np.random.Generator,
    heard: Callable[[float], None],
) -> Iterator[pa.Table]:
    """Yield the rows of one model after the other, trained on the table without the target or on that with her."""
    for number, there in enumerate(with_target):
        heard(number / len(with_target))
        yield retrain(tables[int(there)], int(random.integers(2**31)))


def _told(progress: Callable[[str, float], None], place: int, many: int) -> Callable[[float], None]:
    return lambda share: progress("training shadow models", (place + share) / many)


def _told_apart(
    found: NDArray[np.float64], with_target: NDArray[np.bool_], random: np.random.Generator
) -> NDArray[np.bool_]:
    """Return, per model, whether it is said to have had the target, by what the other half of the models teaches."""
    half = np.zeros(len(found), dtype=np.bool_)
    for kind in (True, False):
        those = np.flatnonzero(with_target == kind)
        half[random.permutation(those)[: len(those) // 2]] = True
    said = np.zeros(len(found), dtype=np.bool_)
    for tried in (half, ~half):
        taught, truth = found[~tried], with_target[~tried]
        threshold = _threshold(_out_of_fold(taught, truth, random), truth)
        said[tried] = _scored(taught, truth, found[tried]) >= threshold
    return said


def _out_of_fold(
    found: NDArray[np.float64], truth: NDArray[np.bool_], random: np.random.Generator
) -> NDArray[np.float64]:
    fold = np.zeros(len(found), dtype=np.int64)
    for kind in (True, False):
        those = random.permutation(np.flatnonzero(truth == kind))
        fold[those] = np.arange(len(those)) % _FOLDS
    scores = np.zeros(len(found))
    for number in range(_FOLDS):
        scores[fold == number] = _scored(found[fold != number], truth[fold != number], found[fold == number])
    return scores


def _scored(taught: NDArray[np.float64], truth: NDArray[np.bool_], asked: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the scores of a linear discriminant with shrinkage, in standard deviations of those of the taught."""
    centre, spread = taught.mean(axis=0), taught.std(axis=0)
    kept = spread > 0
    if not kept.any():
        return np.zeros(len(asked))
    known, new = ((each[:, kept] - centre[kept]) / spread[kept] for each in (taught, asked))
    ours, theirs = known[truth], known[~truth]
    inside = np.concatenate([ours - ours.mean(axis=0), theirs - theirs.mean(axis=0)])
    covariance = inside.T @ inside / len(inside)
    diagonal = np.diag(np.maximum(np.diag(covariance), 0.01))
    shrunk = (1 - _SHRINKAGE) * covariance + _SHRINKAGE * diagonal
    weights = np.linalg.solve(shrunk, ours.mean(axis=0) - theirs.mean(axis=0))
    scores, usual = new @ weights, known @ weights
    return np.asarray((scores - usual.mean()) / max(float(usual.std()), 1e-12))


def _threshold(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """Return the score from which "was there" is said: the one whose excess is surely largest."""
    ours, theirs = np.sort(scores[truth]), np.sort(scores[~truth])
    best, choice = -np.inf, np.inf
    distinct = np.unique(scores)
    # between two scores, so that one which differs by a rounding error is on the right side
    for threshold in (distinct - np.diff(distinct, prepend=distinct[:1]) / 2)[::-1]:
        hit = len(ours) - int(np.searchsorted(ours, threshold))
        false = len(theirs) - int(np.searchsorted(theirs, threshold))
        if false > _MOST_FALSE * len(theirs):
            break
        surely = excess(exact(hit, len(ours)), exact(false, len(theirs))).low
        if surely > best:
            best, choice = surely, float(threshold)
    return choice


def _result(name: str, member: NDArray[np.bool_], said: NDArray[np.bool_], random: np.random.Generator) -> AttackResult:
    trials = int(member.sum())
    rate = exact(int(said[member].sum()), trials)
    control = exact(int(said[~member].sum()), int((~member).sum()))
    return AttackResult(
        attack=name,
        targets=trials,
        rate=rate,
        control=control,
        # a coin that says "was there" as often as is said of models without the target
        baseline=exact(int(random.binomial(trials, control.value)), trials),
        excess=excess(rate, control),
    )


plugin = Shadow
