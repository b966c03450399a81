"""Mutants of lines 1 to 3: what is read from the data, what is shown of it, and how far one person moves it."""

from __future__ import annotations

from typing import Final

from tests.mutants.planting import Mutant

MISTAKES: Final = "tests/statistical/test_generate_mistakes.py"
NOTHING_BUT_NOISE: Final = f"{MISTAKES}::test_mistake_01_nothing_but_noisy_counts_is_read_from_the_data"
DATABASES: Final = "tests/unit/test_generate_databases.py"
ACCEPTANCE: Final = "tests/unit/test_judge_acceptance.py"

READ_FROM_THE_DATA: Final = (
    Mutant(
        row=1,
        name="null-flag-read",
        mistake="whether a text column has NULLs is read from the rows instead of the catalogue",
        path="gateway/raw/generate/surveying.py",
        old="domain = Values(values=(), rest=tally.column.nullable, other=True)",
        new="domain = Values(values=(), other=True, rest=bool("
        "self.counter.count([[Axis(column=tally.column.name, domain=_NULL_OR_NOT)]])[0][0]))",
        killer=f"{NOTHING_BUT_NOISE}[('independent', 0)-only NULLs]",
    ),
    Mutant(
        row=1,
        name="bounds-from-exact-counts",
        mistake="the least and the greatest number come from exact counts; the noisy ones are paid for and ignored",
        path="gateway/raw/generate/surveying.py",
        old="tally.domain = discovery.bounds(answer.counts, ",
        new="tally.domain = discovery.bounds(exact * 10**6, ",
        killer=f"{NOTHING_BUT_NOISE}[('independent', 0)-largest]",
    ),
    Mutant(
        row=1,
        name="values-in-the-order-of-rows",
        mistake="values that were found are listed in the order in which rows first hold them",
        path="gateway/raw/generate/metering.py",
        old="        passing.sort(key=lambda at: self._values[at - self._public])\n",
        new="",
        killer=f"{MISTAKES}::test_mistake_01_nor_the_order_of_rows[independent]",
    ),
    Mutant(
        row=1,
        name="bins-of-exact-counts",
        mistake="a column is cut into bins by what it holds, and then counted in them with noise",
        path="gateway/raw/generate/surveying.py",
        old="                bins(c.counts, c.sigma, total=size, domain=c.domain, nullable=c.column.nullable, "
        "told=t.fixed)\n",
        new="                bins(self.counter.count([[Axis(column=c.column.name, domain=c.domain)]])[0], c.sigma, "
        "total=size, domain=c.domain, nullable=c.column.nullable, told=t.fixed)\n",
        killer=f"{NOTHING_BUT_NOISE}[('independent', 500)-largest]",
    ),
    Mutant(
        row=1,
        name="clip-of-exact-norms",
        mistake="the bound on what one person adds is the exact quantile of the norms that persons have",
        path="gateway/raw/generate/history_survey.py",
        old="        return clip_of(answer)\n",
        new="        return clip_of(type(answer)(self.counter.norms(coding, [term])[0], answer.sigma))\n",
        killer=f"{DATABASES}::test_nothing_but_noisy_answers_decides",
    ),
    Mutant(
        row=1,
        name="gaps-as-long-as-the-longest",
        mistake="the cells of gaps between rows reach as far as the longest time that a row has",
        path="gateway/raw/generate/history_survey.py",
        old="    domain = gap_domain(order)\n",
        new="    domain = gap_domain(order)\n"
        "    there = 2 + int(np.searchsorted(domain.starts, known.counter._time.max(initial=0)))\n"
        "    domain = Ranges(starts=domain.starts[:there], last=domain.last, rest=False)\n",
        killer=f"{DATABASES}::test_nothing_but_noisy_answers_decides",
    ),
)

THRESHOLDS: Final = (
    Mutant(
        row=2,
        name="threshold-of-three-sigma",
        mistake="a value shows from three standard deviations on, whatever delta is",
        path="gateway/raw/generate/metering.py",
        old="return calibration.threshold(sigma, delta, times=quanta, one=one, most=most)",
        new="return int(3 * sigma * quanta**0.5) + quanta * one",
        killer=f"{MISTAKES}::test_mistake_02_a_value_of_one_person_passes_with_probability_delta_at_most",
    ),
    Mutant(
        row=2,
        name="threshold-off-by-one",
        mistake="the threshold is one lower than the least that keeps delta",
        path="gateway/privacy/calibration.py",
        old="return highest + times * one",
        new="return highest + times * one - 1",
        killer="tests/unit/test_privacy_calibration.py::test_the_threshold_is_the_least_that_keeps_delta",
    ),
    Mutant(
        row=2,
        name="threshold-forgets-the-person",
        mistake="the threshold is that of pure noise: that the value's one person adds 1 to each answer is forgotten",
        path="gateway/privacy/calibration.py",
        old="return highest + times * one",
        new="return highest",
        killer="tests/unit/test_privacy_calibration.py::test_the_threshold_of_a_sum_is_the_least_that_keeps_delta",
    ),
    Mutant(
        row=2,
        name="exact-counts-pass",
        mistake="exact counts are held against the threshold, and the noisy ones shown",
        path="gateway/raw/generate/metering.py",
        old="self._shown |= self._sums >= self._meter.bar(",
        new="self._shown |= self._exact * self._quanta >= self._meter.bar(",
        killer=f"{MISTAKES}::test_mistake_02_a_value_of_one_person_passes_with_probability_delta_at_most",
    ),
    Mutant(
        row=2,
        name="one-value-a-person",
        mistake="of histories, each of a person's many values is given all of delta",
        path="gateway/privacy/calibration.py",
        old="    delta /= most\n",
        new="",
        killer="tests/unit/test_privacy_clipped_tables.py"
        "::test_any_of_several_values_of_one_unit_passes_with_a_chance_of_delta_at_most",
    ),
    Mutant(
        row=2,
        name="a-list-is-believed-from-hidden-values",
        mistake="the rest of a well-known list is shown because of values that have not passed the threshold",
        path="gateway/raw/generate/surveying.py",
        old="rest_of([str(value) for value in domain.values])",
        new="rest_of(self.searches[position]._values)",
        killer="tests/unit/test_generate_spending.py"
        "::test_a_well_known_list_is_completed_from_values_that_have_shown_alone",
    ),
)

SENSITIVITY: Final = (
    Mutant(
        row=3,
        name="clip-forgotten",
        mistake="nobody's part of a table of histories is scaled down",
        path="gateway/estimation/histories/clipping.py",
        old="weight = SCALE if square <= clip else whole_root(bound // square)",
        new="weight = SCALE",
        killer="tests/unit/test_estimation_histories_clipping.py"
        "::test_taking_a_unit_away_moves_the_table_by_no_more_than_the_bound",
    ),
    Mutant(
        row=3,
        name="clip-by-rows",
        mistake="a person's part is scaled by the root of their rows, which bounds rows in cells of their own alone",
        path="gateway/estimation/histories/clipping.py",
        old="        weight = SCALE if square <= clip",
        new="        square = end - start\n        weight = SCALE if square <= clip",
        killer="tests/unit/test_generate_histories.py::test_no_unit_moves_an_answer_further_than_is_promised",
    ),
    Mutant(
        row=3,
        name="root-rounded-up",
        mistake="the weight of a person who is scaled down is rounded up",
        path="gateway/estimation/histories/clipping.py",
        old="whole_root(bound // square)",
        new="whole_root(bound // square) + 1",
        killer="tests/unit/test_estimation_histories_clipping.py::test_equals_integers_of_any_length",
    ),
    Mutant(
        row=3,
        name="first-of-two-rows-counts",
        mistake="of two rows with one key the first counts: take its person away, and the second steps into its place",
        path="gateway/raw/generate/counters/memory.py",
        old="kept[at[first[times == 1]]] = True",
        new="kept[at[first]] = True",
        killer="tests/unit/test_generate_counts.py"
        "::test_one_row_more_or_less_moves_one_kept_row_even_where_keys_read_alike",
    ),
    Mutant(
        row=3,
        name="every-row-counts",
        mistake="rows are counted without a look at whose they are",
        path="gateway/raw/generate/counters/memory.py",
        old="kept[at[first[times == 1]]] = True",
        new="kept[at] = True",
        killer=f"{MISTAKES}::test_mistake_03_many_rows_of_one_person_do_not_count_and_one_row_does",
    ),
    Mutant(
        row=3,
        name="a-second-row-counts-in-sql",
        mistake="counted inside the database, rows with the same key count as often as they are there",
        path="gateway/raw/generate/counters/sql.py",
        old=".having(times == sql_cells.whole(1))",
        new=".having(times >= sql_cells.whole(1))",
        killer="tests/conformance/test_generate_counters.py::test_rows_count_when_their_key_is_theirs_alone[sqlite-1]",
    ),
    Mutant(
        row=3,
        name="a-key-names-its-last-row",
        mistake="a key that two rows have names one of them: whose rows are whose hangs on other people",
        path="gateway/raw/connect/matching.py",
        old="        self._row[times > 1] = NOBODY\n",
        new="",
        killer="tests/unit/test_connect_owning.py::test_removing_a_unit_removes_its_rows_and_changes_nothing_else",
    ),
    Mutant(
        row=3,
        name="one-text-too-many",
        mistake="in a search over histories a person counts for one value more than was paid for",
        path="gateway/raw/generate/counters/histories_memory.py",
        old="place_in_unit < most",
        new="place_in_unit <= most",
        killer="tests/unit/test_generate_histories.py::test_no_unit_moves_an_answer_further_than_is_promised",
    ),
    Mutant(
        row=3,
        name="one-text-too-many-in-sql",
        mistake="the same inside the database",
        path="gateway/raw/generate/counters/histories_sql.py",
        old="sa.case((ranked.c.place <= whole(most), whole(1)), else_=whole(0))",
        new="sa.case((ranked.c.place <= whole(most + 1), whole(1)), else_=whole(0))",
        killer="tests/conformance/test_generate_history_counters.py::test_hostile_histories_are_counted_as_in_memory[sqlite-2]",
    ),
    Mutant(
        row=3,
        name="a-square-is-scored",
        mistake="the score of a pair is its squared distance, which one row moves by more than one",
        path="gateway/raw/generate/selecting.py",
        old="distance = np.abs(counts - whole).sum()",
        new="distance = ((counts - whole) ** 2).sum()",
        killer=f"{MISTAKES}::test_mistake_03_nor_do_the_scores_that_choose_pairs",
    ),
    Mutant(
        row=3,
        name="noise-of-a-smaller-bound",
        mistake="the noise of a clipped table is made for a bound of one row, whatever its bound is",
        path="gateway/raw/generate/metering.py",
        old="squared=clip * SCALE**2",
        new="squared=SCALE**2",
        killer="tests/unit/test_generate_schedules.py::test_noise_of_a_clipped_table_is_what_it_says",
    ),
    Mutant(
        row=3,
        name="public-cells-move-too",
        mistake="in a search over histories the noise covers a person's values and not the cell of NULL beside them",
        path="gateway/raw/generate/metering.py",
        old="self._clip = most + public.size if meter.plan.histories else 1",
        new="self._clip = most if meter.plan.histories else 1",
        killer="tests/unit/test_generate_schedules.py"
        "::test_the_noise_of_a_search_covers_every_cell_that_one_unit_may_move",
    ),
    Mutant(
        row=3,
        name="counts-overflow",
        mistake="counts are multiplied before noise without being cut to what fits into 64 bits",
        path="gateway/raw/generate/metering.py",
        old="np.clip(counts, -MOST, MOST) * SCALE",
        new="counts * SCALE",
        killer="tests/unit/test_generate_schedules.py::test_counts_beyond_all_rows_stay_inside_the_numbers",
    ),
    Mutant(
        row=3,
        name="an-infinity-is-a-number",
        mistake="an infinite cell is counted as a number, and lands in whichever cell the machine says",
        path="gateway/raw/generate/physical.py",
        old="        finite = np.isfinite(values)\n",
        new="        finite = np.ones(values.size, dtype=np.bool_)\n",
        killer="tests/unit/test_generate_cells.py::test_nan_and_infinities_are_null",
    ),
    Mutant(
        row=3,
        name="clip-forgotten-in-sql",
        mistake="counted inside the database, nobody's part of a table of histories is scaled down",
        path="gateway/raw/generate/counters/histories_sql_terms.py",
        old="weight = sa.case((under.c.inside == whole(1), whole(SCALE)), else_=whole_root(under.c.q, speech))",
        new="weight = whole(SCALE)",
        killer="tests/conformance/test_generate_history_counters.py"
        "::test_hostile_histories_are_counted_as_in_memory[sqlite-2]",
    ),
    Mutant(
        row=3,
        name="every-row-a-whole-person-in-sql",
        mistake="counted inside the database for the acceptance test, every row weighs as much as a person",
        path="gateway/raw/generate/counters/histories_sql_terms.py",
        old="sa.cast(rows.c.c, sa.BigInteger()) * whole(weight), rows.c.k)",
        new="sa.cast(rows.c.c, sa.BigInteger()) * whole(weight), whole(1))",
        killer="tests/conformance/test_generate_history_counters.py"
        "::test_hostile_histories_are_counted_as_in_memory[sqlite-2]",
    ),
    Mutant(
        row=3,
        name="every-row-a-whole-person",
        mistake="in the acceptance test a person adds a whole weight for each row they own",
        path="gateway/estimation/histories/sharing.py",
        old="table[cells[row]] += weight * seen[cells[row]] // count",
        new="table[cells[row]] += weight * seen[cells[row]]",
        killer=f"{ACCEPTANCE}::test_one_person_moves_an_owned_figure_by_one_weight_whatever_they_own",
    ),
    Mutant(
        row=3,
        name="every-comparison-a-whole-person",
        mistake="in the acceptance test a person moves each of a hundred comparisons by all that was paid for",
        path="gateway/raw/judge/acceptance.py",
        old="return math.isqrt(WEIGHT**2 // max(1, sum(many**2 for many in self.shares)))",
        new="return WEIGHT",
        killer=f"{ACCEPTANCE}::test_one_person_whoever_it_is_moves_the_units_figure_by_one_weight_at_most",
    ),
    Mutant(
        row=3,
        name="figures-of-several-tables-as-one",
        mistake="the acceptance test's noise is made for one figure, and a person moves one for each table",
        path="gateway/raw/generate/metering.py",
        old="squared=aside.tables * WEIGHT**2",
        new="squared=WEIGHT**2",
        killer="tests/statistical/test_judge_acceptance_game.py"
        "::test_one_person_moves_measurements_and_the_test_no_more_than_is_claimed[much]",
    ),
)

MUTANTS: Final = (*READ_FROM_THE_DATA, *THRESHOLDS, *SENSITIVITY)
