"""The people that a run learns from and attacks: read into memory, or counted in their source, where their rows stay.

Where they stay, one view of the source is open until the release is judged, so that those who are attacked are those
who were learned from; a resumed run opens another one. Who is held out is decided in the source then, by a secret of
the run.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.policy.model import TableTreatment
from gateway.raw import accepting, making
from gateway.raw.connect.staying import RowsStay
from gateway.raw.generate.counters.histories_sql import SqlHistories
from gateway.raw.generate.counters.histories_sql_members import HeldOut
from gateway.raw.generate.counters.rules_sql import SqlMatches
from gateway.raw.generate.counters.units_sql import SqlUnits
from gateway.raw.generate.database import Counters, in_memory
from gateway.raw.judge.acceptance import questions
from gateway.raw.judge.in_source import SourceArena
from gateway.raw.judge.remaking import roles_of
from gateway.raw.judge.staying import judge_staying
from gateway.vocabulary.errors import Unsupported
from gateway.vocabulary.names import TableName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from gateway.policy.model import Policy
    from gateway.raw.connect.source import Lent, Snapshot
    from gateway.raw.family import Family
    from gateway.raw.generate.generator import Measurements
    from gateway.raw.judge.verdict import Judgement
    from gateway.raw.making import Plan
    from gateway.release.synthetic_table import SyntheticTable

    Progress = Callable[[str, float], None]

_WAY_OUT = "or let rows be read: take `rows_stay` out of the policy's `source`"


def closed(policy: Policy, snapshot: Snapshot) -> Snapshot:
    """Return ``snapshot``, or, where the policy says that rows stay, a view of it that reads public tables alone."""
    if not policy.source.rows_stay:
        return snapshot
    tables = policy.tables.items()
    public = {TableName(n): clause.without for n, clause in tables if clause.treatment is TableTreatment.REFERENCE}
    return RowsStay(snapshot, public)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class People:
    """Those in training, and those held out: as rows, or as what counts them (then ``aside`` says who is held out)."""

    plan: Plan
    snapshot: Snapshot
    rows: tuple[Family, Family] | None
    aside: HeldOut

    @classmethod
    def of(cls, plan: Plan, snapshot: Snapshot, *, secret: bytes, progress: Progress) -> People:
        """Hold people out by ``secret``, and read all of them, unless the policy says that rows stay."""
        stay = plan.policy.source.rows_stay
        rows = None if stay else making.read(plan, snapshot, secret=secret, progress=progress)
        aside = HeldOut.of(secret, share=plan.policy.generate.holdout)
        return cls(plan=plan, snapshot=snapshot, rows=rows, aside=aside)

    def __repr__(self) -> str:
        """Say nothing of the rows."""
        return "<People: rows withheld>"

    @property
    def are_read(self) -> bool:
        """Whether their rows were read, and the snapshot is not needed any more."""
        return self.rows is not None

    @property
    def training(self) -> Family | Counters:
        """Those in training, for the acceptance test."""
        return self._counters() if self.rows is None else self.rows[0]

    def measure(self, progress: Progress) -> Measurements:
        """Spend all but what is left to the acceptance test; see ``making.measure``."""
        if self.rows is not None:
            return making.measure(self.plan, self.rows[0], progress)
        counters = self._counters()
        return making.ask(self.plan, counters if self.plan.tree.owned else counters.unit, progress)

    def judge(
        self,
        tables: Sequence[SyntheticTable],
        progress: Progress,
        *,
        measured: Measurements,
        kept: Mapping[TableName, float],
    ) -> Judgement:
        """Attack the tables that are to be published, and measure their use: see ``making.judge``, or by counts."""
        plan = self.plan
        if self.rows is not None:
            return making.judge(plan, *self.rows, tables, progress, measured=measured, kept=kept)
        made = accepting.made(plan, tables)

        def arena() -> SourceArena:
            roles = roles_of(plan.policy, plan.kinship.unit)
            return SourceArena(matches=self.matches(), synthetic=made.units.expose(), seed=plan.seed, roles=roles)

        return judge_staying(
            arena,
            self._counters(),
            in_memory(made, plan.kindred.plans),
            questions(making.of_database(measured), plan.tree.unit.table, seed=plan.seed),
            criteria=plan.policy.criteria,
            of_histories=bool(plan.tree.owned),
            progress=progress,
            published=None if plan.is_alone else making.references(tables),
            kept=kept,
            stored=tables,
        )

    def matches(self) -> SqlMatches:
        """Return what tells of rules whom they match in the source, on either side."""
        lent, plan = self._lent(), self.plan
        return SqlMatches(lent.connection, plan.kinship, schema=lent.schema, key=plan.key, aside=self.aside)

    def _counters(self) -> Counters:
        lent, plan = self._lent(), self.plan
        unit = SqlUnits(lent.connection, plan.kinship, schema=lent.schema, key=plan.key, aside=self.aside)
        return Counters(unit=unit, owned=self._histories)

    def _histories(self, table: TableName) -> SqlHistories:
        lent = self._lent()
        # more rows than an owner may have move no answer further: what a person moves is bounded by clipping
        return SqlHistories(
            lent.connection, self.plan.kinship, table, schema=lent.schema, key=self.plan.key, within_most=True,
            aside=self.aside,
        )  # fmt: skip

    def rehearse(self) -> None:
        """Raise what counting would raise for what is declared; nothing is counted."""
        self._counters()
        self.matches()
        for portrait in self.plan.kinship.owned:
            self._histories(portrait.name).rehearse()

    def _lent(self) -> Lent:
        """Borrow the connection for every table of people, each of which has to be as it was planned."""
        (*_, lent) = [self.snapshot.lend(name) for name in self.plan.kinship.portraits]
        return lent


def rehearse(plan: Plan, snapshot: Snapshot) -> None:
    """Refuse what cannot be counted in the source, before anything is spent; ``Unsupported`` names the declaration.

    Nothing is done where rows are read.
    """
    if not plan.policy.source.rows_stay:
        return
    if problem := next(_uncountable(plan), None):
        raise Unsupported(f"rows stay in the source by the policy, and {problem}, {_WAY_OUT}")
    nobody = People.of(plan, snapshot, secret=secrets.token_bytes(32), progress=lambda _stage, _share: None)
    try:
        nobody.rehearse()
    except Unsupported as error:
        raise Unsupported(f"rows stay in the source by the policy, and {error}; {_WAY_OUT}") from None


def _uncountable(plan: Plan) -> Iterator[str]:
    """Yield what the policy declares that is not counted in a source."""
    for portrait in (plan.kinship.unit, *plan.kinship.owned):
        for other in portrait.named:
            yield (
                f"table {other.name} is owned through `named_by` of {portrait.name}: rows that others name are not "
                f"counted there. Drop {other.name} with a reason"
            )
        for public in portrait.public:
            if len(public.reference.columns) > 1:
                columns = ", ".join(public.reference.columns)
                yield (
                    f"table {portrait.name} refers to the public table {public.reference.target} by several columns "
                    f"({columns}), which is not counted there. Drop one of the columns"
                )
        if portrait.kin.until is not None:
            yield (
                f"table {portrait.name} declares `until: {portrait.kin.until}`, which is not counted there. Declare no "
                "`until`"
            )
