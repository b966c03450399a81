"""The contract of an attack: training rows, control rows and synthetic rows in; a success rate with its context out."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from gateway.raw.judge.choosing import Chosen, choose
from gateway.raw.judge.codes import Codes, encode
from gateway.vocabulary.roles import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pyarrow as pa

    from gateway.raw.judge.histories import History
    from gateway.vocabulary.names import ColumnName


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A figure with the ends of its 95 % confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, repr=False)
class Arena:
    """What an attack may use. Raw: does not print itself. All three frames hold the same learned columns and types.

    One row is one unit. In a whole database the frames are those of the unit's table, with columns beside that say how
    much each unit owns and when (``derived``), and ``histories`` holds what is owned.
    """

    train: pa.Table
    control: pa.Table
    """Units that were never trained on, held out before training."""
    synthetic: pa.Table
    columns: Sequence[ColumnName]
    seed: int
    derived: Sequence[ColumnName] = ()
    """Those of ``columns`` that are made from histories."""
    histories: Sequence[History] = ()
    """One for each owned table; their units are the rows of training, control and synthetic, in this order."""
    roles: Mapping[ColumnName, Role] = field(default_factory=dict)
    """What the policy says of ``columns``; those made from histories, and all where nothing is said, have none."""
    redraw: Callable[[int], pa.Table] | None = None
    """Other rows of the same model, by their seed, as ``synthetic`` are: what anybody makes of the measurements."""
    retrain: Callable[[pa.Table, int], pa.Table] | None = None
    """Rows as those of ``train`` in, rows of another model of them out: the policy's generator, under its budget. The
    noise is fresh and has no seed; the sampling has the one given."""
    shadow_models: int = 0
    """How many models the policy lets an attack train for each target."""
    progress: Callable[[str, float], None] = lambda _stage, _share: None
    """Hears of an attack that takes long what it does, and the share of that which is done, 0 to 1."""

    def __repr__(self) -> str:
        """Say nothing of the rows."""
        return "<Arena: rows withheld>"

    @property
    def secrets(self) -> tuple[ColumnName, ...]:
        """The columns whose values an attacker is after: the sensitive ones; all where none is called so."""
        return secrets_of(self.columns, self.roles)

    @cached_property
    def codes(self) -> Codes:
        """The three frames as numbers, made once for all attacks; ``CheckFailed`` when they cannot be attacked."""
        return encode(self.train, self.control, self.synthetic, self.columns)

    @cached_property
    def chosen(self) -> Chosen:
        """The people who are attacked, drawn once for all attacks; ``CheckFailed`` as ``codes``."""
        return choose(self.codes, self.random("targets"))

    @cached_property
    def own(self) -> Codes | None:
        """The three frames as numbers, without what is made from histories; None if nothing else is learned."""
        columns = [name for name in self.columns if name not in self.derived]
        return encode(self.train, self.control, self.synthetic, columns) if columns else None

    def random(self, purpose: str) -> np.random.Generator:
        """Return the random stream of one attack: the same seed and purpose give the same draws."""
        return stream(self.seed, purpose)


def secrets_of(columns: Sequence[ColumnName], roles: Mapping[ColumnName, Role]) -> tuple[ColumnName, ...]:
    """Return which of ``columns`` an attacker is after: the sensitive ones; all where none is called so."""
    return tuple(name for name in columns if roles.get(name) is Role.SENSITIVE) or tuple(columns)


def stream(seed: int, purpose: str) -> np.random.Generator:
    """Return the random stream of one attack: the same seed and purpose give the same draws."""
    return np.random.default_rng([seed, zlib.crc32(purpose.encode())])


@dataclass(frozen=True, kw_only=True)
class AttackResult:
    """How an attack went. Steward-only: rests on production rows."""

    attack: str
    targets: int
    """Attacked training units, and as many control units."""
    rate: Interval
    """Success on training units."""
    control: Interval
    """Success on control units: what the population gives away anyway."""
    baseline: Interval
    """Success of guessing without the synthetic table."""
    excess: Interval
    """What training adds over the control, (rate - control) / (1 - control), its interval included."""
    parts: tuple[AttackResult, ...] = ()
    """The same attack on subsets (outliers, the worst subgroup, one secret): too small to acquit, large enough to
    convict. Where several are alike, their intervals allow for as many looks."""

    @property
    def bound(self) -> float:
        """The figure a threshold is held against, -1 to 1.

        The upper end of the excess on all targets, so that doubt counts against the release; and the lower end on
        each part, since a part of forty targets can never show that its risk is low, but can show that it is high.
        """
        return max(self.excess.high, *(part.excess.low for part in self.parts), -1.0)


class Attack(Protocol):
    """One attack.

    Three attributes are optional. ``of_histories``: true of an attack on what units own, which is not played on one
    table alone. ``criterion``: the name of the threshold in the policy's `criteria`, if that is not the attack's own.
    ``asked_by``: a key of `criteria` without which (None, 0) the attack is not asked for at all.

    And a method is: ``run_in_source(SourceArena) -> AttackResult`` (``in_source``) of an attack that can be put as
    counts, for where rows stay in their source. What has none needs rows.
    """

    name: str
    question: str
    """The question it answers, in a sentence a steward understands."""
    means: str
    """What its figure means, for a steward who is no statistician: one to three sentences."""
    not_shown: str
    """What a low figure does not show."""

    def run(self, arena: Arena) -> AttackResult:
        """Attack. Raises ``CheckFailed`` when it cannot run (too few rows, nothing to attack): then it has failed."""
        ...
