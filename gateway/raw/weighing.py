"""What the games of an audit say together, and how sure that is.

``CONFIDENCE`` is what all figures together have: a true claim is contradicted with a chance of one in a thousand at the
most, by any of them. Half of that chance is for the bounds from guesses, which split it among their own thresholds; the
rest is split evenly among the tests of the noise, which are as many for every audit. Differences, what is unmetered,
sensitivities and costs are exact, and take no part of it.

Scores of different targets are taken together: whoever knows which neighbours are played cannot do better than the
claim on any, so cannot on all of them either (a trade-off function is convex: Dong, Roth and Su 2019).
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.privacy import accountant
from gateway.privacy.distinguishing import CONFIDENCE, FEWEST, lower_bounds
from gateway.privacy.draws import Draws, Starts, alike, gaussian_epsilon
from gateway.raw import handover
from gateway.release.evidence import AuditReport, Fault, TargetReport
from gateway.release.figures import Count, Rate
from gateway.release.reports import Check, Comparison, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.policy.model import Policy
    from gateway.privacy.events import Event
    from gateway.raw.judge.claims import Account

ROUNDING = 1.01
"""Epsilon is recomputed as if noise were continuous: that is right to half a hundredth."""
SORTS = 8
"""Sorts of answers, at most, the noise of which is looked at by itself."""
ALPHA = (1 - CONFIDENCE) / 2 / (3 * SORTS + 2)
"""The chance of a false alarm of each test of the noise: three for each sort, and two for all."""
WITHIN = 1 + 1e-9
FEWEST_GAMES = 2 * FEWEST
"""With fewer, guesses prove nothing."""

READING = "reading: rows were made up as they are once they were read, held out and cut to what one unit may own"
DRAWING = "drawing rows from the model: it sees noisy answers alone"
STAYS = "counting inside the source: the same numbers were counted in memory"


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Which neighbours a game is played on."""

    target: str
    units: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Played:
    """What is kept of one game: nothing of a person, since nobody real took part."""

    setting: Setting
    target: bool
    score: float
    difference: str | None
    account: Account
    claimed: float
    """Mu of all events."""
    events: tuple[Event, ...]
    """Of the first games; of more they would only fill the memory, as would their draws."""
    seconds: float


def weigh(played: Sequence[Played], *, policy: Policy, configuration: str) -> AuditReport:
    """Return what games ``played`` under ``policy`` say of its claim; at least one game."""
    accounts = [each.account for each in played]
    epsilon, delta = policy.budget.epsilon, policy.budget.delta
    without, within = ([each.score for each in played if each.target is side] for side in (False, True))
    proven = lower_bounds([0.0] * FEWEST, [0.0] * FEWEST, delta=delta)
    if min(len(without), len(within)) >= FEWEST:
        proven = lower_bounds(without, within, delta=delta, confidence=1 - (1 - CONFIDENCE) / 2)
    mu = played[0].claimed
    recomputed = max(gaussian_epsilon(each.drawn, delta - each.selected) for each in accounts)
    sorts = _sorts(accounts)
    every = Draws()
    for draws in sorts.values():
        every.add(draws)
    share = max(each.share for each in accounts)
    differences = sum(each.difference is not None for each in played)
    unmetered = sum(each.unmetered + each.unasked for each in accounts)
    found = {
        Fault.DIFFERENCE: differences > 0,
        Fault.SENSITIVITY: share > WITHIN,
        Fault.UNMETERED: unmetered > 0,
        Fault.NARROW: any(draws.widest(ALPHA) < 1 for draws in sorts.values()),
        Fault.CUT_OFF: any(draws.cut_off() < ALPHA for draws in sorts.values()),
        Fault.REPEATED: _is_repeated(accounts, sorts),
        Fault.BOUND: proven.mu > mu * WITHIN or proven.epsilon > epsilon * WITHIN,
        Fault.ACCOUNTING: _costs_more(played, recomputed, epsilon=epsilon, delta=delta),
    }
    return AuditReport(
        configuration=configuration,
        code_digest=handover.code_digest(),
        generator=policy.generate.generator,
        created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        games=Count(count=len(played)),
        confidence=CONFIDENCE,
        epsilon=epsilon,
        delta=delta,
        mu=mu,
        mu_at_least=proven.mu,
        epsilon_at_least=proven.epsilon,
        epsilon_recomputed=_finite(recomputed),
        share=_finite(share),
        draws=Count(count=every.count),
        width=every.width,
        width_at_most=min((draws.widest(ALPHA) for draws in sorts.values() if draws.count), default=1.0),
        differences=Count(count=differences),
        unmetered=Count(count=unmetered),
        faults=tuple(fault for fault, is_there in found.items() if is_there),
        targets=_targets(played),
        not_played=(READING, DRAWING, *((STAYS,) if policy.source.rows_stay else ())),
        seconds=round(math.fsum(each.seconds for each in played), 1),
    )


def _sorts(accounts: Sequence[Account]) -> dict[str, Draws]:
    """Return all draws by their sort; sorts beyond ``SORTS`` are taken together with the last."""
    found: dict[str, Draws] = {}
    for each in accounts:
        for sort, draws in each.draws.items():
            key = sort if sort in found or len(found) < SORTS else next(reversed(found))
            found.setdefault(key, Draws()).add(draws)
    return found


def _is_repeated(accounts: Sequence[Account], sorts: dict[str, Draws]) -> bool:
    if any(draws.dependent() < ALPHA for draws in sorts.values()):
        return True
    products, pairs = (math.fsum(each.next_to[part] for each in accounts) for part in (0, 1))
    starts = Starts(rows=[each.start for each in accounts if each.start.size])
    # the draws of a call are multiplied with those before and after it
    return alike(products, int(pairs), chained=True) < ALPHA or starts.likest() < ALPHA


def _costs_more(played: Sequence[Played], recomputed: float, *, epsilon: float, delta: float) -> bool:
    """Whether the noise that was asked for costs more than the policy allows, or than the accountant says it does.

    And whether the games did not all spend the same: what is spent may not depend on the rows.
    """
    said = accountant.epsilon(played[0].events, delta)
    spent = [each.claimed for each in played]
    uneven = max(spent) > min(spent) * WITHIN
    return uneven or recomputed > min(epsilon, said) * ROUNDING


def _targets(played: Sequence[Played]) -> tuple[TargetReport, ...]:
    by: dict[Setting, list[Account]] = {}
    for each in played:
        by.setdefault(each.setting, []).append(each.account)
    return tuple(
        TargetReport(
            target=setting.target,
            units=Count(count=setting.units),
            games=Count(count=len(accounts)),
            moved=_finite(max(each.moved for each in accounts)),
        )
        for setting, accounts in by.items()
    )


def _finite(figure: float) -> float | None:
    return figure if math.isfinite(figure) else None


def held(report: AuditReport | None) -> Check:
    """Return an audit as a check of the steward's report: the largest part of an allowance that anything used."""
    got, outcome = None, Outcome.COULD_NOT_RUN
    if report is not None:
        outcome = Outcome.FAILED if report.contradicted else Outcome.PASSED
        used = [2.0 if report.share is None else report.share, report.epsilon_at_least / report.epsilon]
        got = Rate.of(min(2.0, max(used)))
    return Check(
        name="audit",
        question="In games on made-up people, does the gateway let out more about one of them than it claims?",
        comparison=Comparison.AT_MOST,
        needed=Rate.of(1.0),
        got=got,
        outcome=outcome,
        means=(
            "Two made-up databases that differ by one person were measured many times, just as this release was. The "
            "figure is the largest part of its allowance that any answer used, or that guesses proved; 1 is allowed."
        ),
        not_shown=(
            "That nothing leaks: other people, or more games, might have shown more. It looks at the program, not at "
            "the computer it runs on or the database it reads."
        ),
    )
