"""Mutants of lines 4 and 5: what is counted as spent, and who is in a sample."""

from __future__ import annotations

from typing import Final

from tests.mutants.planting import Mutant

MISTAKES: Final = "tests/statistical/test_generate_mistakes.py"
DRAWN_IS_RECORDED: Final = (
    f"{MISTAKES}::test_mistake_04_what_is_drawn_is_what_is_recorded_and_what_was_planned_without_rows"
)
ACCOUNTANT: Final = "tests/unit/test_privacy_accountant.py"
CLIPPED: Final = "tests/unit/test_privacy_clipped_tables.py"
FILTER: Final = "tests/unit/test_privacy_filter.py"
RECORDS: Final = "tests/integration/test_records_writing.py"
LEDGER: Final = "gateway/records/ledger.py"

EVENTS: Final = (
    Mutant(
        row=4,
        name="a-score-without-an-event",
        mistake="noise is drawn for a score, and no event recorded: a read that nobody meters",
        path="gateway/raw/generate/metering.py",
        old="        self._events.append(DiscreteGaussianEvent(label=label, sigma=self._plan.score, cells=1))\n",
        new="",
        killer=f"{DRAWN_IS_RECORDED}[500-pairwise]",
        quick=True,
    ),
    Mutant(
        row=4,
        name="a-search-drawn-twice",
        mistake="a search draws its noise twice and records it once",
        path="gateway/raw/generate/metering.py",
        old="        return self._spend(label, self._kept(counts), quanta=quanta, cells=0, clip=clip)\n",
        new="        self._noisy(self._kept(counts), quanta=quanta, clip=clip)\n"
        "        return self._spend(label, self._kept(counts), quanta=quanta, cells=0, clip=clip)\n",
        killer=f"{DRAWN_IS_RECORDED}[1-independent]",
    ),
    Mutant(
        row=4,
        name="a-score-of-another-sigma",
        mistake="a score gets the noise of a quantum, and the event says that of a score",
        path="gateway/raw/generate/metering.py",
        old="sigma=self._plan.score, times=1)",
        new="sigma=self._plan.quantum, times=1)",
        killer=f"{DRAWN_IS_RECORDED}[500-pairwise]",
    ),
    Mutant(
        row=4,
        name="answers-counted-once",
        mistake="an event of k answers is recorded as one answer",
        path="gateway/raw/generate/metering.py",
        old="event: Event = DiscreteGaussianEvent(label=label, sigma=sigma, cells=cells, times=quanta)",
        new="event: Event = DiscreteGaussianEvent(label=label, sigma=sigma, cells=cells, times=1)",
        killer="tests/unit/test_generate_spending.py::test_k_quanta_make_one_event_of_k_answers_and_a_mean",
    ),
    Mutant(
        row=4,
        name="a-selection-of-several-pieces-is-one",
        mistake="a search that uses several pieces of delta records one of them",
        path="gateway/raw/generate/metering.py",
        old="[SelectionEvent(label=label, delta=delta)] * pieces",
        new="[SelectionEvent(label=label, delta=delta)]",
        killer=f"{DRAWN_IS_RECORDED}[0-independent]",
    ),
    Mutant(
        row=4,
        name="a-schedule-half-spent",
        mistake="a measurement may end with quanta unspent: what was spent then tells of the rows",
        path="gateway/raw/generate/metering.py",
        old="        if self._quanta or self._scores or self._selections:\n",
        new="        if self._scores or self._selections:\n",
        killer="tests/unit/test_generate_spending.py::test_events_are_not_given_before_all_is_spent[quanta]",
    ),
    Mutant(
        row=4,
        name="an-acceptance-test-for-nothing",
        mistake="the private acceptance test is made, and its event left out of what is committed",
        path="gateway/raw/run.py",
        old="        tested = [accepting.left(folder).event]\n        certificate",
        new="        tested = [accepting.left(folder).event][:0]\n        certificate",
        killer="tests/integration/test_small_runs.py::test_the_acceptance_test_is_paid_for_with_the_measurements",
    ),
)

PRICES: Final = (
    Mutant(
        row=4,
        name="k-answers-priced-as-one",
        mistake="the accountant counts an event of k answers once",
        path="gateway/privacy/accountant.py",
        old="spent.discrete[event.sigma] += _times(event)",
        new="spent.discrete[event.sigma] += min(_times(event), 1)",
        killer=f"{ACCOUNTANT}::test_an_event_that_happened_k_times_costs_as_much_as_k_events",
        quick=True,
    ),
    Mutant(
        row=4,
        name="clipped-tables-at-half-price",
        mistake="the accountant takes half of mu for all clipped tables",
        path="gateway/privacy/accountant.py",
        old="deviation = 1 / _parameter(spent.clipped)",
        new="deviation = 2 / _parameter(spent.clipped)",
        killer=f"{CLIPPED}::test_the_claim_is_that_of_a_gaussian_and_never_less",
    ),
    Mutant(
        row=4,
        name="noise-added-up-wrongly",
        mistake="the accountant adds up 1/sigma^2 over the different sigmas, not over the draws",
        path="gateway/privacy/accountant.py",
        old="return math.sqrt(math.fsum(times / sigma**2 for sigma, times in drawn.items()))",
        new="return math.sqrt(math.fsum(1 / sigma**2 for sigma, times in drawn.items()))",
        killer=f"{CLIPPED}::test_mistake_04_two_routes_agree_on_discrete_and_clipped_noise_together",
    ),
    Mutant(
        row=4,
        name="selections-share-a-delta",
        mistake="of several selections the dearest is charged, not their sum",
        path="gateway/privacy/accountant.py",
        old="    left = delta - math.fsum(spent.selected)\n    if not spent.mu or left < 0:\n",
        new="    left = delta - max(spent.selected, default=0.0)\n    if not spent.mu or left < 0:\n",
        killer=f"{ACCOUNTANT}::test_selections_add_up_for_they_may_be_pieces_of_one",
    ),
    Mutant(
        row=4,
        name="discrete-noise-at-the-continuous-price",
        mistake="discrete Gaussian noise is priced by the formula of the continuous one",
        path="gateway/privacy/accountant.py",
        old="one = pld.from_discrete_gaussian_mechanism(sigma, ",
        new="one = pld.from_gaussian_mechanism(sigma, ",
        killer=f"{ACCOUNTANT}::test_the_claim_is_never_below_the_exact_figure_and_hardly_above",
    ),
    Mutant(
        row=4,
        name="noise-without-rounding-up",
        mistake="the noise of a clipped table is rounded down to a whole number, below what its price needs",
        path="gateway/privacy/calibration.py",
        old="return math.isqrt(least - 1) + 1",
        new="return math.isqrt(least - 1)",
        killer=f"{CLIPPED}::test_the_width_is_the_least_whole_number_that_the_proof_asks_for",
    ),
    Mutant(
        row=4,
        name="an-acceptance-test-on-top",
        mistake="the budget is divided as if nothing were kept aside for the acceptance test",
        path="gateway/raw/generate/schedule.py",
        old="    sigmas = iter(calibration.scales(tuple(demands), budget, selections=tuple(selections)))\n",
        new="    kept = demands[: len(demands) - bool(acceptance)]\n"
        "    found = calibration.scales(tuple(kept), budget, selections=tuple(selections))\n"
        "    sigmas = iter((*found, found[-1]))\n",
        killer="tests/unit/test_judge_acceptance.py"
        "::test_the_test_and_the_measurements_cost_the_budget_by_both_accounts",
    ),
    Mutant(
        row=4,
        name="a-claim-that-nobody-checks",
        mistake="what was spent is certified without a look at what was allowed",
        path="gateway/raw/handover.py",
        old="    if spent > budget.epsilon:\n",
        new="    if spent > 2 * budget.epsilon:\n",
        killer="tests/unit/test_raw_spending.py::test_a_run_that_cost_more_than_was_allowed_is_certified_by_nobody",
    ),
    Mutant(
        row=4,
        name="the-gate-believes-the-certificate",
        mistake="before publishing, epsilon is not recomputed from the events",
        path="gateway/synthetic/publish/gate.py",
        old="    if again > policy.budget.epsilon * _CROSS_CHECK:\n",
        new="    if certificate.epsilon > policy.budget.epsilon * _CROSS_CHECK < again:\n",
        killer="tests/integration/test_publish_way.py::test_the_gate_is_closed_by_each_condition_alone",
    ),
)

LIFETIMES: Final = (
    Mutant(
        row=4,
        name="failed-runs-get-it-back",
        mistake="the ledger counts what was committed: a run that failed after reading gets its reservation back",
        path=LEDGER,
        old="for entry in self.entries(unit, source) if entry.kind is Kind.RESERVED]",
        new="for entry in self.entries(unit, source) if entry.kind is Kind.COMMITTED]",
        killer=f"{RECORDS}::test_reservations_compose_and_are_never_refunded[sqlite]",
    ),
    Mutant(
        row=4,
        name="a-lifetime-for-each-policy",
        mistake="the ledger adds up the runs of one policy, so that a second policy spends the same people anew",
        path=LEDGER,
        old="        after = admit(self.reservations(unit, source), new, lifetime_epsilon=allowed)\n",
        new="        runs = self._writing.connection.execute(sa.select(RUNS.c.run, RUNS.c.policy))\n"
        "        of = {known.run: known.policy for known in runs}\n"
        "        own = [_reservation(e) for e in self.entries(unit, source)\n"
        "               if e.kind is Kind.RESERVED and of[e.run] == of[run]]\n"
        "        after = admit(own, new, lifetime_epsilon=allowed)\n",
        killer=f"{RECORDS}::test_two_policies_of_one_unit_share_its_lifetime[sqlite]",
    ),
    Mutant(
        row=4,
        name="a-lifetime-for-each-run",
        mistake="a reservation is held against the lifetime by itself",
        path=LEDGER,
        old="admit(self.reservations(unit, source), new, ",
        new="admit([], new, ",
        killer=f"{RECORDS}::test_what_exceeds_the_lifetime_is_refused_and_leaves_no_trace[sqlite]",
    ),
    Mutant(
        row=4,
        name="the-last-release-is-free",
        mistake="the filter looks at what was spent before and not at what it would be with the next release",
        path="gateway/privacy/filter.py",
        old="    if after.epsilon > lifetime_epsilon:\n",
        new="    if before.epsilon > lifetime_epsilon:\n",
        killer=f"{FILTER}::test_what_would_lie_above_the_lifetime_is_refused_with_figures",
    ),
    Mutant(
        row=4,
        name="a-refund-by-the-back-door",
        mistake="the filter converts the sum of all reservations: one of little epsilon and much delta lowers it",
        path="gateway/privacy/filter.py",
        old="    return sorted({*alone, *((rho, min(delta, _BELOW_ONE)) for rho, delta in first)})\n",
        new="    return [(rho, min(delta, _BELOW_ONE)) for rho, delta in first][-1:]\n",
        killer=f"{FILTER}::test_a_little_epsilon_with_much_delta_buys_nothing_back",
    ),
    Mutant(
        row=4,
        name="no-hard-stop",
        mistake="a policy may raise the lifetime above the hard stop",
        path=LEDGER,
        old="        allowed = min(lifetime_epsilon, HARD_STOP_EPSILON)\n",
        new="        allowed = lifetime_epsilon\n",
        killer=f"{RECORDS}::test_no_lifetime_is_above_the_hard_stop[sqlite]",
    ),
    Mutant(
        row=4,
        name="two-look-and-both-reserve",
        mistake="two processes may both read the ledger before either writes to it",
        path="gateway/records/connecting.py",
        old='"BEGIN IMMEDIATE" if writes else "BEGIN"',
        new='"BEGIN"',
        killer="tests/integration/test_records_faults.py::test_two_processes_cannot_overspend_together[sqlite]",
    ),
    Mutant(
        row=4,
        name="two-look-and-both-reserve-on-a-server",
        mistake="the same on PostgreSQL: the lock is taken for reading",
        path="gateway/records/connecting.py",
        old="pg_advisory_xact_lock(_LOCK)",
        new="pg_advisory_xact_lock_shared(_LOCK)",
        killer="tests/integration/test_records_faults.py::test_two_processes_cannot_overspend_together[postgresql]",
    ),
    Mutant(
        row=4,
        name="spent-more-than-reserved",
        mistake="what a run spent is recorded without a look at what it had reserved",
        path=LEDGER,
        old="            if not 0 <= value <= getattr(reserved, name) * _ROUNDING:\n",
        new="            if not 0 <= value:\n",
        killer=f"{RECORDS}::test_spending_above_the_reservation_is_found[sqlite]",
    ),
    Mutant(
        row=4,
        name="an-edited-ledger",
        mistake="the log's chain does not cover the rows of the ledger, so that one can be lowered unseen",
        path="gateway/records/log.py",
        old='(row["writes"] == _digest(writes), ',
        new="(True, ",
        killer="tests/integration/test_records_log.py::test_what_was_changed_is_found_where_it_was_changed",
    ),
)

SAMPLES: Final = (
    Mutant(
        row=5,
        name="held-out-by-place",
        mistake="the first people that a table happens to list are held out, instead of each by a chance of their own",
        path="gateway/raw/connect/holdout.py",
        old="    return np.asarray(np.append(aside, False)[places])\n",
        new="    return np.asarray((np.arange(places.size) < share * places.size) & (places >= 0))\n",
        killer="tests/unit/test_connect_holdout.py::test_share_is_kept_and_sides_follow_from_the_secret_alone",
    ),
    Mutant(
        row=5,
        name="held-out-without-a-secret",
        mistake="who is held out follows from the key alone, so that anybody can tell",
        path="gateway/raw/connect/holdout.py",
        old="keyed = hashlib.blake2b(digest_size=8, key=short, person=_PURPOSE)",
        new="keyed = hashlib.blake2b(digest_size=8, person=_PURPOSE)",
        killer="tests/unit/test_connect_holdout.py::test_share_is_kept_and_sides_follow_from_the_secret_alone",
    ),
    Mutant(
        row=5,
        name="the-control-is-learned-from-in-sql",
        mistake="counted inside the database, people who are held out are counted too",
        path="gateway/raw/generate/counters/units_sql.py",
        old="schema=schema, key=key, aside=aside)",
        new="schema=schema, key=key)",
        killer="tests/integration/test_rows_stay.py"
        "::test_people_are_held_out_in_the_source_as_often_as_declared_and_with_all_they_own[sqlite]",
    ),
)

MUTANTS: Final = (*EVENTS, *PRICES, *LIFETIMES, *SAMPLES)
