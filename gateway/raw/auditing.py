"""An audit: the distinguishing game against exactly what a policy would measure, on rows made up from its schema.

No row of a person is read, so an audit costs no budget. Four kinds of evidence, each from every game:

1. Record and replay: with the same noisy answers nothing else may differ, byte for byte. A difference is a certainty.
2. Sensitivity: how far the numbers below each answer moved, over what its event claims. Exact.
3. Guesses: how well the two neighbours can be told apart, with lower bounds on mu and epsilon.
4. Noise: whether the draws are as wide, as far out and as independent as is claimed; and what they cost, by a formula
   that shares no code with the accountant.

What they say together is in ``weighing``. Who finds nothing has not proved the claim: these are games with a few chosen
targets, and other ones may show more.
"""

from __future__ import annotations

import inspect
import math
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NoReturn, cast

import numba
import numpy as np

from gateway import plugins
from gateway.privacy import accountant, calibration
from gateway.raw import accepting, handover, making
from gateway.raw.generate import database
from gateway.raw.generate.database import Counters
from gateway.raw.generate.deriving import derive
from gateway.raw.generate.measuring import RELATIONSHIPS_FROM
from gateway.raw.generate.noise import DiscreteGaussian
from gateway.raw.judge import acceptance
from gateway.raw.judge.claims import account
from gateway.raw.judge.game import game
from gateway.raw.judge.neighbours import TARGETS, families
from gateway.raw.weighing import Played, Setting, held, weigh
from gateway.release.audits import find
from gateway.release.evidence import WORDS, AuditReport
from gateway.vocabulary.digest import canonical_json, sha256
from gateway.vocabulary.errors import ArtefactFailed, GatewayError, Refused, Unsupported
from gateway.vocabulary.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pyarrow as pa

    from gateway.policy.model import Policy
    from gateway.raw.family import Family
    from gateway.raw.folder import RunFolder
    from gateway.raw.generate.counting import Counter
    from gateway.raw.generate.generator import Generator, Measurements
    from gateway.raw.generate.noise import Noise
    from gateway.raw.generate.schedule import Aside
    from gateway.release.candidate import ReleaseCandidate
    from gateway.release.reports import StewardReport
    from gateway.release.synthetic_table import SyntheticTable
    from gateway.vocabulary.names import ColumnName, TableName

GAMES = 48
"""Played when nobody says how many: a minute and a half of one core for the demo's database."""
FEW = 300
"""Ordinary units of a small game."""
PLAIN = "nothing owned"
"""A target that is there for every plan."""
KEPT = 400
"""Games of which the draws are kept, to see whether any two games have the same."""
MANY = 20_000
"""Ordinary units of a large game, at most."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Bundled:
    """The tables of a release, planned from as a source is: shapes as published, and rows of public tables alone."""

    schema: Schema
    tables: Mapping[TableName, SyntheticTable]

    def batches(self, table: TableName, columns: Sequence[ColumnName]) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a public ``table``, as they were copied."""
        for batch in self.tables[table].batches():
            yield batch.select(list(columns))


def of_release(candidate: ReleaseCandidate, *, progress: making.Progress) -> making.Plan:
    """Return what was measured for ``candidate``, from what lies in its bundle: no source, and no person's row.

    What is published of a table is all of it that is measured, so that the plan is the run's own, unless the program is
    another version. ``ArtefactFailed`` when the policy does not fit the shapes that lie beside it.
    """
    tables = {table.table.name: table for table in candidate.tables}
    bundled = Bundled(schema=Schema(tables=tuple(table.table for table in candidate.tables)), tables=tables)
    try:
        return making.plan(
            candidate.policy, cast("Any", bundled), generator=generator(candidate.policy), progress=progress
        )
    except (GatewayError, KeyError):
        raise ArtefactFailed(
            "what was measured cannot be told from the release: its policy does not fit its tables. Audit it where the "
            "policy and the source are: gateway audit POLICY"
        ) from None


def generator(policy: Policy) -> Generator:
    """Return the generator that ``policy`` names; ``Unsupported`` for one whose noise cannot be taken down."""
    plugin: Generator = plugins.load("gateway.raw.generate.generators", policy.generate.generator)
    if "noise" not in inspect.signature(plugin.measure).parameters:
        raise Unsupported(
            f"generator {policy.generate.generator} cannot be audited: it does not say where its noise comes from. Use "
            "one that counts, such as `pairwise`"
        )
    return plugin


def demand(plan: making.Plan, folder: Path, *, run: RunFolder) -> None:
    """Keep with the ``run`` what was found, in ``folder``, of exactly the configuration of ``plan``.

    ``Refused`` when the policy asks for games and there are not as many, or when they contradicted the claim.
    """
    needed = plan.policy.criteria.audit_games
    found = find(configuration(plan), folder)
    if needed and (found is None or found.games.count < needed):
        there = "there was none yet" if found is None else f"its audit had {found.games.count:,}"
        raise Refused(
            f"policy {plan.policy.name} asks for an audit of {needed:,} games of exactly this configuration; {there}. "
            f"It reads no person's row and costs no budget: gateway audit POLICY --games {needed}"
        )
    if needed and found is not None and found.contradicted:
        raise Refused(f"an audit of this configuration contradicted its claim: {WORDS[found.faults[0]]}. Report it")
    if found is not None:
        with run.written(run.audit) as partial:
            partial.write_text(found.model_dump_json(), encoding="utf-8")


def left(run: RunFolder) -> AuditReport | None:
    """Return what ``demand`` kept with a ``run``; None for nothing, ``ArtefactFailed`` when it is damaged."""
    if not run.audit.exists():
        return None
    try:
        return AuditReport.model_validate_json(run.audit.read_bytes())
    except ValueError:
        raise ArtefactFailed(f"{run.audit} is damaged: restore it from a backup, or start a new run") from None


def checked(report: StewardReport, policy: Policy, *, run: RunFolder) -> StewardReport:
    """Return ``report`` with the audit among its checks, if ``policy`` asks for one. What is lost could not run."""
    if not policy.criteria.audit_games:
        return report
    return report.model_copy(update={"checks": (*report.checks, held(left(run)))})


def configuration(plan: making.Plan) -> str:
    """Return the digest of all that measuring under ``plan`` is a function of, but for the rows."""
    kindred, policy = plan.kindred, plan.policy
    tables = {
        name: {
            "columns": [column.to_json() for column in shape.columns],
            "owner": kindred.owner_of.get(name),
            **_planned(kindred.plans[name]),
        }
        for name, shape in kindred.shapes.items()
    }
    return sha256(
        canonical_json(
            {
                "unit": [kindred.unit, *plan.key],
                "tables": tables,
                "budget": [policy.budget.epsilon, policy.budget.delta, policy.budget.acceptance],
                "generator": policy.generate.generator,
                "holdout": policy.generate.holdout,
                "seed": policy.generate.seed,
                "rows_stay": policy.source.rows_stay,
                "code": handover.code_digest(),
            }
        )
    )


def _planned(plan: Any) -> dict[str, Any]:  # noqa: ANN401 - every field of a TablePlan, whatever is added to it
    domains = [
        [name, None if clause is None else clause.model_dump(mode="json")] for name, clause in plan.domains.items()
    ]
    order = None if plan.order_domain is None else plan.order_domain.model_dump(mode="json")
    knowledge = None if plan.knowledge is None else plan.knowledge.to_json()
    rest = {name: value for name, value in vars(plan).items() if name not in {"domains", "order_domain", "knowledge"}}
    return {"domains": domains, "order_domain": order, "knowledge": knowledge, **rest}


def settings(plan: making.Plan) -> list[Setting]:
    """Return which neighbours there are to play on: every target beside few others and beside many.

    Where units are few, relationships between columns are not measured; where there are many, they are.
    """
    mu = calibration.mu(plan.budget) * math.sqrt(plan.kindred.plans[plan.kindred.unit].share)
    many = max(2 * FEW, min(MANY, math.ceil(1.25 * RELATIONSHIPS_FROM / mu)))
    names = [name for name, target in TARGETS.items() if plan.tree.owned or (target.rows is None and target.alike)]
    return [Setting(target=name, units=units) for units in (FEW, many) for name in names]


@dataclass(kw_only=True, eq=False)
class Table:
    """Where games of one plan are played; keeps the neighbours that were made up."""

    plan: making.Plan
    noise: Callable[[], Noise] = DiscreteGaussian
    made: dict[Setting, tuple[Any, Any]] = field(default_factory=dict)
    synthetic: dict[int, Counters] = field(default_factory=dict)
    """What the acceptance test compares people with. Its sensitivity has to hold whatever rows these are: where people
    are few there are none, so that all that one person adds is new, and where they are many they are ordinary."""
    aside: Aside = field(init=False)

    def __post_init__(self) -> None:
        """Look up, once, what of the budget is left for the acceptance test."""
        self.aside = accepting.aside(self.plan)

    def play(self, setting: Setting, *, target: bool) -> Played:
        """Play one game, on the neighbour with or without the ``target``."""
        begun = time.process_time()
        pair = self._neighbours(setting)

        def measure(counters: Any, noise: Noise) -> object:  # noqa: ANN401 - of a table, or of a database
            return self._measured(counters, noise, beside=setting.units)

        try:
            played = game(measure, pair, target=target, noise=self.noise())
        except Exception:  # noqa: BLE001 - it may have failed over the rows of one of the two: then this shows there
            target = not target
            played = game(measure, pair, target=target, noise=self.noise())
        measured = cast("tuple[Measurements, object]", played.output)[0]
        events = (*measured.events, self.aside.event)
        return Played(
            setting=setting,
            target=target,
            score=played.score,
            difference=played.difference,
            account=account(played.recording, played.replay, events),
            claimed=accountant.parameter(events),
            events=events,
            seconds=time.process_time() - begun,
        )

    def _measured(self, counters: Counter | Counters, noise: Noise, *, beside: int) -> tuple[Measurements, object]:
        """Return all that a run lets out: measurements, and what the acceptance test answers of some synthetic rows."""
        plan = self.plan
        measured = making.ask(plan, counters, lambda _stage, _share: None, noise=noise)
        whole = making.of_database(measured)
        if beside not in self.synthetic:
            made = plan.kinship.empty() if beside == FEW else self._families(Setting(target=PLAIN, units=FEW))[0]
            self.synthetic[beside] = database.in_memory(derive(made, plan.tree), plan.kindred.plans)
        answers = acceptance.ask(
            acceptance.questions(whole, plan.tree.unit.table, seed=plan.seed),
            counters if isinstance(counters, Counters) else Counters(unit=counters, owned=_nobody),
            self.synthetic[beside],
            rows=measured.rows,
            aside=self.aside,
            noise=noise,
        )
        return measured, answers

    def _neighbours(self, setting: Setting) -> tuple[Any, Any]:
        if setting not in self.made:
            one, other = (making.counters(self.plan, derive(each, self.plan.tree)) for each in self._families(setting))
            self.made[setting] = one, other
        return self.made[setting]

    def _families(self, setting: Setting) -> tuple[Family, Family]:
        empty = self.plan.kinship.empty()
        shapes = {name: empty.rows_of(name).table for name in (empty.unit, *empty.owned)}
        return families(
            shapes, empty.owner_of, self.plan.kindred.plans, units=setting.units, target=TARGETS[setting.target]
        )


def _nobody(table: TableName) -> NoReturn:
    raise AssertionError(f"unreachable: nothing is owned, {table} least of all")


def audit(
    plan: making.Plan,
    *,
    games: int,
    processes: int,
    progress: making.Progress,
    noise: Callable[[], Noise] = DiscreteGaussian,
) -> AuditReport:
    """Play ``games`` games under ``plan`` and return what came out; ``noise`` other than the product's is for tests.

    Each setting is played on both sides first; all games that are left, on the one whose target moved the most. When it
    is interrupted, what was played so far counts; ``KeyboardInterrupt`` when that is nothing.
    """
    played: list[Played] = []
    spread = [(setting, side) for setting in settings(plan) for side in (False, True)][:games]

    def take(found: Played) -> None:
        if len(played) >= KEPT:
            found = replace(found, events=(), account=replace(found.account, start=np.zeros(0)))
        played.append(found)
        progress(f"playing: game {len(played)} of {games}", len(played) / games)

    try:
        with _players(plan, processes, noise) as play:
            for found in play(spread):
                take(found)
            # beside few others nearly as much moves as beside many, and a game is several times as quick
            most = max(played, key=lambda each: (-each.setting.units, each.account.moved)).setting
            for found in play([(most, bool(number % 2)) for number in range(games - len(spread))]):
                take(found)
    except KeyboardInterrupt:
        if not played:
            raise
    return weigh(played, policy=plan.policy, configuration=configuration(plan))


Play = Callable[[Sequence[tuple[Setting, bool]]], Iterator[Played]]


@contextmanager
def _players(plan: making.Plan, processes: int, noise: Callable[[], Noise]) -> Iterator[Play]:
    """Yield what plays games: here, or in so many processes of their own, where they are played side by side."""
    if processes == 1:
        table = Table(plan=plan, noise=noise)
        yield lambda games: (table.play(setting, target=side) for setting, side in games)
        return
    # started afresh: a fork of a process with threads may hang
    context, others = multiprocessing.get_context("spawn"), set(multiprocessing.active_children())
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_sit_down, initargs=(plan, noise)) as pool:

        def play(games: Sequence[tuple[Setting, bool]]) -> Iterator[Played]:
            with _deaf():
                waiting = [pool.submit(_play, setting, side) for setting, side in games]
            for each in as_completed(waiting):
                yield each.result()

        try:
            yield play
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in set(multiprocessing.active_children()) - others:
                process.terminate()  # a game is not worth waiting for
            raise


@contextmanager
def _deaf() -> Iterator[None]:
    """Let processes that are started now ignore interrupts: they are the parent's, who keeps what was played."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


_here: list[Table] = []
"""Where a process of its own plays."""


def _sit_down(plan: making.Plan, noise: Callable[[], Noise]) -> None:
    numba.set_num_threads(1)
    _here.append(Table(plan=plan, noise=noise))


def _play(setting: Setting, side: bool) -> Played:  # noqa: FBT001 - a task of a pool
    return _here[0].play(setting, target=side)
