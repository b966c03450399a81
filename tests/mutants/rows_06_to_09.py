"""Mutants of lines 6 to 9: what choices are made by, where noise comes from, what numbers it is, and how many rows."""

from __future__ import annotations

from typing import Final

from tests.mutants.planting import Mutant

MISTAKES: Final = "tests/statistical/test_generate_mistakes.py"
CHOICES: Final = f"{MISTAKES}::test_mistake_06_every_choice_follows_from_the_noisy_answers_whatever_the_rows_are"
NOISE: Final = "tests/statistical/test_generate_noise.py"
OF_NOISE: Final = "gateway/raw/generate/noise.py"
DRAWING: Final = (
    "def _drawn(size: int, variance: Fraction) -> NDArray[np.int64]:\n"
    '    """Return ``size`` draws: from a table, or as a sum of two where it would be too wide."""\n'
)

CHOSEN: Final = (
    Mutant(
        row=6,
        name="pairs-by-exact-scores",
        mistake="scores are paid for, and pairs chosen by the exact distances all the same",
        path="gateway/raw/generate/selecting.py",
        old='scores.append(known.meter.score(f"distance of {known.name(*pair)}", int(distance)))',
        new='scores.append((known.meter.score(f"distance of {known.name(*pair)}", int(distance)), int(distance))[1])',
        killer=f"{CHOICES}[('pairwise', 500)]",
    ),
    Mutant(
        row=6,
        name="related-by-the-real-number-of-rows",
        mistake="whether relationships are worth measuring is decided by the real number of rows",
        path="gateway/raw/generate/measuring.py",
        old="    if known.size < needed:\n",
        new="    if int(known.counter.count([[]])[0]) < needed:\n",
        killer=f"{CHOICES}[('pairwise', 500)]",
    ),
    Mutant(
        row=6,
        name="shares-by-the-real-number-of-rows",
        mistake="how much one-way counts get is decided by the real number of rows",
        path="gateway/raw/generate/surveying.py",
        old="for bar, s in ONE_WAYS if known.size * known.mu >= bar)",
        new="for bar, s in ONE_WAYS if int(known.counter.count([[]])[0]) * known.mu >= bar)",
        killer=f"{CHOICES}[('pairwise', 500)]",
    ),
    Mutant(
        row=6,
        name="generator-by-the-real-number-of-rows",
        mistake="generator `auto` chooses by the real number of rows",
        path="gateway/raw/generate/choosing.py",
        old='chosen = "tree" if len(known.columns) > WIDE else "pairwise"',
        new='chosen = "tree" if int(known.counter.count([[]])[0]) < WIDE else "pairwise"',
        killer=f"{CHOICES}[('auto', 500)]",
    ),
    Mutant(
        row=6,
        name="a-schedule-by-the-rows",
        mistake="the budget is cut by the number of rows: sigmas are not fixed before anything is read",
        path="gateway/raw/generate/measuring.py",
        old="rounds=relate.rounds if relate else 0)\n    return Survey(",
        new="rounds=relate.rounds if relate and counter.count([[]])[0] > 9 else 0)\n    return Survey(",
        killer=f"{MISTAKES}::test_mistake_04_what_is_drawn_is_what_is_recorded_and_what_was_planned_without_rows"
        "[1-pairwise]",
    ),
    Mutant(
        row=6,
        name="a-second-look-where-rows-are",
        mistake="cells are cut where exact counts are high",
        path="gateway/raw/generate/locating.py",
        old="    counts = known.tally.of(position).counts.astype(np.float64)\n",
        new="    counts = known.counter.count([[known.axis(position)]])[0].astype(np.float64)\n",
        killer=f"{CHOICES}[('independent', 500)]",
    ),
)

SOURCES: Final = (
    Mutant(
        row=7,
        name="a-seed-in-the-code",
        mistake="noise comes from a seeded generator: every run has the same",
        path=OF_NOISE,
        old="np.frombuffer(os.urandom(8 * size), dtype=np.uint64)",
        new="np.frombuffer(np.random.default_rng(20_240_501).bytes(8 * size), dtype=np.uint64)",
        killer=f"{NOISE}::test_two_calls_differ",
        quick=True,
    ),
    Mutant(
        row=7,
        name="numpys-own-generator",
        mistake="noise comes from numpy's global generator, which anybody in the process can seed",
        path=OF_NOISE,
        old="np.frombuffer(os.urandom(8 * size), dtype=np.uint64)",
        new="np.frombuffer(np.random.bytes(8 * size), dtype=np.uint64)",
        killer=f"{NOISE}::test_seeding_numpy_has_no_influence",
    ),
    Mutant(
        row=7,
        name="a-pool-that-forks-share",
        mistake="random bytes are kept in a pool of the process: two forks of it draw the same noise",
        path=OF_NOISE,
        old=DRAWING,
        new="_POOL = np.random.default_rng(int.from_bytes(os.urandom(16)))\n\n\n"
        "class os:\n    urandom = staticmethod(lambda size: _POOL.bytes(size))\n\n\n" + DRAWING,
        killer=f"{NOISE}::test_forked_processes_draw_apart",
    ),
    Mutant(
        row=7,
        name="the-same-noise-for-the-same-question",
        mistake="draws are remembered by how many were asked for: the same question has the same noise",
        path=OF_NOISE,
        old=DRAWING,
        new="@lru_cache(maxsize=64)\n" + DRAWING,
        killer=f"{NOISE}::test_two_calls_differ",
    ),
    Mutant(
        row=7,
        name="the-seed-is-kept",
        mistake="a seed of the noise is written beside the measurements",
        path="gateway/raw/generate/measurements.py",
        old='                "version": VERSION,\n',
        new='                "version": VERSION, "noise_seed": id(self),\n',
        killer=f"{MISTAKES}::test_mistake_07_one_measurement_gives_the_same_rows_for_the_same_public_seed",
    ),
)

NUMBERS: Final = (
    Mutant(
        row=8,
        name="a-rounded-continuous-gaussian",
        mistake="noise is a continuous Gaussian, rounded afterwards",
        path=OF_NOISE,
        old=DRAWING,
        new=DRAWING + "    draws = np.random.default_rng().normal(0, float(variance) ** 0.5, size)\n"
        "    return np.rint(draws).astype(np.int64)\n",
        killer=f"{MISTAKES}::test_mistake_08_noise_follows_the_discrete_gaussian[0.8]",
    ),
    Mutant(
        row=8,
        name="floats-get-noise",
        mistake="noise is added to floating-point sums",
        path=OF_NOISE,
        old="        if counts.dtype != np.int64:\n",
        new="        if counts.dtype == np.bool_:\n",
        killer=f"{NOISE}::test_only_int64_counts_get_noise",
        by=("UFuncTypeError", "_UFuncOutputCastingError"),
    ),
    Mutant(
        row=8,
        name="a-table-of-53-bits",
        mistake="the table of probabilities is computed in doubles",
        path=OF_NOISE,
        old="        found.append(low >> spare)\n",
        new="        found.append(min(int(float(low >> spare)), MOST))\n",
        killer=f"{NOISE}::test_the_table_is_the_distribution_function_cut_to_63_digits",
    ),
    Mutant(
        row=8,
        name="on-the-border-nothing-decides",
        mistake="where the bits that were read do not decide between two numbers, the lower one is taken",
        path=OF_NOISE,
        old="        if thresholds[low] == start:\n            return lane\n",
        new="",
        killer=f"{NOISE}::test_on_every_border_more_digits_decide_and_still_more_when_those_are_on_it_too",
    ),
    Mutant(
        row=8,
        name="sums-that-wrap-around",
        mistake="a noisy sum that leaves 64 bits wraps around",
        path=OF_NOISE,
        old="    return np.where(wrapped, np.where(left < 0, LEAST, MOST), total)\n",
        new="    return total\n",
        killer=f"{NOISE}::test_sums_stop_at_the_ends_of_int64",
    ),
    Mutant(
        row=8,
        name="wide-noise-is-too-wide",
        mistake="the coarse part of wide noise has the variance of the whole: it is not the noise that is recorded",
        path=OF_NOISE,
        old="coarse = _drawn(size, (variance - ROUGH**2) / STEP**2)",
        new="coarse = _drawn(size, variance / STEP**2)",
        killer=f"{NOISE}::test_very_wide_noise_is_as_wide_as_it_should_be",
    ),
    Mutant(
        row=8,
        name="weights-of-floats",
        mistake="a person's weight is computed in floating point, and rounded as the processor likes",
        path="gateway/estimation/histories/clipping.py",
        old="whole_root(bound // square)",
        new="int(round(math.sqrt(bound / square)))",
        killer="tests/unit/test_estimation_histories_clipping.py::test_equals_integers_of_any_length",
    ),
)

COUNTS: Final = (
    Mutant(
        row=9,
        name="the-real-number-of-rows",
        mistake="the number of rows that is published is the real one",
        path="gateway/raw/generate/measuring.py",
        old="        total=known.tally.size()[0],\n",
        new="        total=float(known.counter.count([[]])[0]),\n",
        killer=f"{MISTAKES}::test_mistake_09_the_row_count_published_is_the_noisy_one",
    ),
    Mutant(
        row=9,
        name="the-total-without-noise",
        mistake="the number of rows is paid for, and kept without its noise",
        path="gateway/raw/generate/surveying.py",
        old='        self.tally.totals.append(self.meter.histogram(f"rows of {self.counter.table.name}", exact, '
        "quanta=quanta))\n",
        new='        answer = self.meter.histogram(f"rows of {self.counter.table.name}", exact, quanta=quanta)\n'
        "        self.tally.totals.append(type(answer)(exact, 1e-6))\n",
        killer=f"{MISTAKES}::test_mistake_09_the_row_count_published_is_the_noisy_one",
    ),
    Mutant(
        row=9,
        name="a-frame-tells-its-length",
        mistake="what is printed of production rows says how many there are",
        path="gateway/raw/rows.py",
        old='return f"<RawTable {self.table.name}: rows withheld>"',
        new='return f"<RawTable {self.table.name}: {self._rows.num_rows} rows withheld>"',
        killer="tests/unit/test_raw_rows.py::test_printing_shows_the_name_and_not_even_how_many_rows",
    ),
)

MUTANTS: Final = (*CHOSEN, *SOURCES, *NUMBERS, *COUNTS)
