"""Mutants of lines 10 to 14: errors, rules, artefacts, what happens twice, and what real rows choose or show."""

from __future__ import annotations

from typing import Final

from tests.mutants.planting import Mutant

MISTAKES: Final = "tests/statistical/test_generate_mistakes.py"
NOTHING_BUT_NOISE: Final = f"{MISTAKES}::test_mistake_01_nothing_but_noisy_counts_is_read_from_the_data"
SUCCEEDS: Final = f"{MISTAKES}::test_mistake_10_one_person_never_changes_whether_a_run_succeeds"
RULES: Final = f"{MISTAKES}::test_mistake_11_what_always_holds_in_the_data_is_not_learned_as_a_rule"
RARE: Final = f"{MISTAKES}::test_mistake_12_no_artefact_event_note_or_log_line_holds_a_rare_value"
RUNS: Final = "tests/integration/test_small_runs.py"
RUN: Final = "gateway/raw/run.py"

ERRORS: Final = (
    Mutant(
        row=10,
        name="a-bad-cell-ends-the-run",
        mistake="a cell that its type has no value for ends the run, instead of being NULL",
        path="gateway/raw/connect/cells.py",
        old="            return pa.nulls(1, to)\n",
        new="            raise\n",
        killer="tests/unit/test_connect_parts.py::test_cells_in_text_are_read_exactly_and_bad_ones_are_null",
        by=("ArrowInvalid",),
    ),
    Mutant(
        row=10,
        name="an-infinity-ends-the-run",
        mistake="one infinite or missing number ends the run",
        path="gateway/raw/generate/physical.py",
        old="        finite = np.isfinite(values)\n",
        new="        finite = np.isfinite(values)\n"
        "        if not finite.all():\n"
        '            raise ConfigurationError("the column holds numbers that are none")\n',
        killer=f"{SUCCEEDS}[not a number]",
        by=("ConfigurationError",),
    ),
    Mutant(
        row=10,
        name="too-many-values-are-refused",
        mistake="a column with more than so many distinct values is refused: one more person may be the one too many",
        path="gateway/raw/generate/surveying.py",
        old='            label = f"values of {self.name(position)}"\n',
        new='            label = f"values of {self.name(position)}"\n'
        "            if len(values) > 3:\n"
        '                raise ValueError("too many distinct values; declare them")\n',
        killer=f"{NOTHING_BUT_NOISE}[('independent', 500)-unique category]",
        by=("ValueError",),
    ),
    Mutant(
        row=10,
        name="two-rows-of-one-key-are-refused",
        mistake="that two rows have one key is an error, which tells that somebody has two",
        path="gateway/raw/generate/counters/memory.py",
        old="    kept[at[first[times == 1]]] = True\n",
        new="    if times.max(initial=0) > 1:\n"
        '        raise ValueError("a key of the unit is there twice")\n'
        "    kept[at[first[times == 1]]] = True\n",
        killer=f"{MISTAKES}::test_mistake_03_many_rows_of_one_person_do_not_count_and_one_row_does",
        by=("ValueError",),
    ),
    Mutant(
        row=10,
        name="the-drivers-own-words",
        mistake="a failed statement is told in the driver's own words, which quote the cell",
        path="gateway/raw/generate/counters/sql.py",
        old="    return code or (first if isinstance(first, int) else type(cause).__name__)\n",
        new="    return str(cause)\n",
        killer="tests/unit/test_generate_error_codes.py::test_a_driver_is_not_repeated",
    ),
    Mutant(
        row=10,
        name="a-broken-attack-speaks",
        mistake="why a check could not run is told in the words of the exception, which may quote a row",
        path="gateway/raw/judge/verdict.py",
        old='reason = f"{type(error).__name__} inside the check"',
        new='reason = f"{error} inside the check"',
        killer="tests/integration/test_judge_verdict.py::test_an_attack_that_breaks_fails_alone_and_without_its_text",
    ),
    Mutant(
        row=10,
        name="rows-of-another-shape-are-shown",
        mistake="rows of another shape are refused with the first of them",
        path="gateway/raw/rows.py",
        old='raise ValueError(f"the rows of table {table.name} do not',
        new='raise ValueError(f"the rows of table {table.name} {rows.slice(0, 1).to_pylist()} do not',
        killer="tests/unit/test_raw_rows.py::test_rows_of_another_shape_are_refused_without_showing_them",
    ),
)

MINED: Final = (
    Mutant(
        row=11,
        name="a-step-read-off-the-rows",
        mistake="that all numbers of a column are multiples of ten is read off exact remainders",
        path="gateway/raw/generate/locating.py",
        old="        more = discovery.lattice(counts, found, sigma=answer.sigma)\n",
        new="        more = discovery.lattice(exact[int(column.nullable) :, 0], found, sigma=0.5)\n",
        killer=f"{RULES}[('independent', 500)]",
    ),
    Mutant(
        row=11,
        name="heavy-numbers-read-off-the-rows",
        mistake="which single numbers many rows have is read off exact counts",
        path="gateway/raw/generate/locating.py",
        old="    return discovery.heavy(answer.counts, every, sigma=answer.sigma)\n",
        new="    return discovery.heavy(exact, every, sigma=0.5)\n",
        killer=f"{MISTAKES}::test_mistake_06_every_choice_follows_from_the_noisy_answers_whatever_the_rows_are"
        "[('independent', 500)]",
    ),
    Mutant(
        row=11,
        name="the-most-rows-of-an-owner-read-off",
        mistake="how many rows one owner has at most is read off the rows where the policy says it",
        path="gateway/raw/generate/database.py",
        old="        return cls(unit=family.unit, shapes=shapes, owner_of=family.owner_of, plans=plans",
        new="        most = {name: int(np.diff(each.starts).max(initial=1)) for name, each in family.owned.items()}\n"
        "        plans = {name: dataclasses.replace(plan, most=most.get(name, plan.most))\n"
        "                 for name, plan in plans.items()}\n"
        "        return cls(unit=family.unit, shapes=shapes, owner_of=family.owner_of, plans=plans",
        killer="tests/unit/test_generate_databases.py::test_nothing_but_noisy_answers_decides",
    ),
)

ARTEFACTS: Final = (
    Mutant(
        row=12,
        name="values-in-a-label",
        mistake="an event's label holds the values that were searched among",
        path="gateway/raw/generate/surveying.py",
        old='label = f"values of {self.name(position)}"',
        new='label = f"values of {self.name(position)}: {values}"',
        killer=f"{RARE}[independent]",
    ),
    Mutant(
        row=12,
        name="values-in-the-log",
        mistake="a line of the log holds the values that were searched among",
        path="gateway/raw/generate/measuring.py",
        old='log.info("measured", extra={"table": counter.table.name, ',
        new='log.info("measured", extra={"found": [s._values for s in known.searches.values()], ',
        killer=f"{RARE}[independent]",
    ),
    Mutant(
        row=12,
        name="values-in-the-progress",
        mistake="the line that shows progress names the values that were searched among",
        path="gateway/raw/generate/surveying.py",
        old='            label = f"values of {self.name(position)}"\n',
        new='            label = f"values of {self.name(position)}"\n'
        "            self.progress(f\"searching among {', '.join(values)}\", 0.0)\n",
        killer=f"{RARE}[independent]",
    ),
    Mutant(
        row=12,
        name="an-exact-figure-in-a-note",
        mistake="a note in the measurements tells the exact number of rows, as a scaler's state would",
        path="gateway/raw/generate/measuring.py",
        old="        notes=(*notes, expecting.columns(known, tables)),\n",
        new="        notes=(*notes, expecting.columns(known, tables), str(int(known.counter.count([[]])[0]))),\n",
        killer=f"{NOTHING_BUT_NOISE}[('independent', 500)-a copy]",
    ),
    Mutant(
        row=12,
        name="an-exact-table-beside-the-noisy-one",
        mistake="of histories, the exact table is kept where the noisy one belongs",
        path="gateway/raw/generate/remembering.py",
        old="counts=answer.counts, sigma=answer.sigma, clip=clip)",
        new="counts=exact / 2**20, sigma=answer.sigma, clip=clip)",
        killer="tests/unit/test_generate_databases.py::test_nothing_but_noisy_answers_decides",
    ),
    Mutant(
        row=12,
        name="rows-that-stay-are-read",
        mistake="the policy says that rows stay in their source, and whoever asks for them gets them",
        path="gateway/raw/connect/staying.py",
        old="        if table not in self._public:\n",
        new="        if table is self._public:\n",
        killer="tests/integration/test_rows_stay.py::test_a_view_of_a_source_whose_rows_stay_gives_none",
    ),
    Mutant(
        row=12,
        name="a-recognizers-sentence-crosses",
        mistake="what a recognizer says crosses into the report as it is, and it may say a value",
        path="gateway/raw/handover.py",
        old='    return name if re.fullmatch(NAME, name) else "unnamed"\n',
        new="    return name\n",
        killer="tests/unit/test_raw_handover.py"
        "::test_no_sentence_or_shape_of_a_recognizer_crosses_and_figures_are_coarse",
        by=("ValidationError",),
    ),
)

TWICE: Final = (
    Mutant(
        row=13,
        name="measured-again-after-a-kill",
        mistake="a run that was killed before its measurements were on record measures again",
        path=RUN,
        old="    if not folder.exists():\n",
        new="    if not job.reached(RunState.MEASURED):\n"
        "        if folder.exists():\n"
        '            folder.rename(folder.with_name("old"))\n',
        killer=f"{RUNS}::test_what_was_measured_and_is_not_on_record_yet_is_not_measured_again",
    ),
    Mutant(
        row=13,
        name="measured-again-after-a-loss",
        mistake="a run whose folder lost the measurements makes them again",
        path=RUN,
        old="    if (job.reached(RunState.MEASURED) and not measured) or (measured and not held_out):\n",
        new="    if measured and not held_out:\n",
        killer="tests/integration/test_resuming_runs.py"
        "::test_a_run_that_lost_its_measurements_does_not_measure_again[measured]",
        by=("SourceFailed",),
    ),
    Mutant(
        row=13,
        name="asked-again-after-a-kill",
        mistake="a run that was killed before its acceptance test was on record asks again, with fresh noise",
        path=RUN,
        old="    if not file.exists():\n        left =",
        new="    if not job.reached(RunState.SAMPLED):\n        left =",
        killer=f"{RUNS}::test_what_the_acceptance_test_answered_is_not_asked_again",
    ),
    Mutant(
        row=13,
        name="asked-again-after-a-loss",
        mistake="a run whose folder lost the acceptance test's answer asks again",
        path=RUN,
        old="    if job.reached(RunState.SAMPLED) and not job.folder.acceptance.exists():\n",
        new="    if job.reached(RunState.HANDED_OVER) and not job.folder.acceptance.exists():\n",
        killer=f"{RUNS}::test_an_answer_of_the_acceptance_test_that_was_lost_is_not_asked_for_again",
        by=("KilledError",),
    ),
    Mutant(
        row=13,
        name="a-new-control-at-every-start",
        mistake="a resumed run holds other people out, and so measures others",
        path="gateway/raw/folder.py",
        old="        if not self.control.exists():\n",
        new="        if True:\n",
        killer="tests/unit/test_raw_folder.py::test_the_control_secret_is_made_once_and_is_private",
    ),
    Mutant(
        row=13,
        name="people-are-read-first",
        mistake="people are read before their budget is reserved: a kill in between leaves no trace of the reading",
        path=RUN,
        old="_reserve(job)\n",
        new="making.read(plan, snapshot, secret=job.folder.control_secret(), progress=job.progress); _reserve(job)\n",
        killer=f"{RUNS}::test_the_whole_budget_is_reserved_before_people_are_read",
    ),
    Mutant(
        row=13,
        name="damaged-measurements-are-read",
        mistake="measurements are read back without a look at their digests",
        path="gateway/raw/generate/measurements.py",
        old="written = all(digests.get(name) == sha256(content) for name, content in data.items())",
        new="written = bool(digests) or all(sha256(content) for content in data.values())",
        killer="tests/unit/test_generate_counts.py::test_damaged_measurements_are_refused_without_being_quoted",
    ),
    Mutant(
        row=13,
        name="committed-twice",
        mistake="a run may record twice what it spent, and so measure twice",
        path="gateway/records/ledger.py",
        old="        if self._row(run, Kind.COMMITTED) is not None:\n",
        new="        if self._row(run, Kind.COMMITTED) is self:\n",
        killer="tests/integration/test_records_writing.py"
        "::test_what_was_spent_is_recorded_once_beside_the_reservation[sqlite]",
        by=("RecordsFailed", "IntegrityError"),
    ),
    Mutant(
        row=13,
        name="two-workers-on-one-run",
        mistake="two processes may work on one run at once, and both measure",
        path="gateway/raw/folder.py",
        old="fcntl.LOCK_EX | fcntl.LOCK_NB",
        new="fcntl.LOCK_SH | fcntl.LOCK_NB",
        killer="tests/unit/test_raw_folder.py::test_a_second_worker_is_refused_while_the_first_works",
    ),
)

SHOWN: Final = (
    Mutant(
        row=14,
        name="the-seed-that-fits-best",
        mistake="rows are drawn with a seed that is chosen by the real rows",
        path=RUN,
        old="            making.draw(rows.plan, measurements, partial, job.progress)\n",
        new="            real = getattr(rows, 'train', None) or rows.people.training\n"
        "            seed = real.units.expose().num_rows\n"
        "            how = job.policy.generate.model_copy(update={'seed': seed})\n"
        "            plan = replace(rows.plan, policy=job.policy.model_copy(update={'generate': how}))\n"
        "            making.draw(plan, measurements, partial, job.progress)\n",
        killer=f"{RUNS}::test_rows_follow_from_the_measurements_and_the_public_seed_alone",
    ),
    Mutant(
        row=14,
        name="a-verdict-on-exact-figures",
        mistake="the verdict that needs no steward is on the exact distances; the noisy ones are paid for and dropped",
        path="gateway/raw/judge/acceptance.py",
        old="    noisy = iter(answer_aside(noise or DiscreteGaussian(), exact, aside).tolist())\n",
        new="    answer_aside(noise or DiscreteGaussian(), exact, aside)\n    noisy = iter(exact.tolist())\n",
        killer="tests/statistical/test_judge_acceptance_game.py::test_with_the_same_answers_nothing_else_differs[much]",
    ),
    Mutant(
        row=14,
        name="figures-in-the-log",
        mistake="the log keeps what the judge found of real rows, not only how it ended",
        path=RUN,
        old="with job.step(Action.JUDGED, RunState.JUDGED, passed=report.passed):",
        new="with job.step(Action.JUDGED, RunState.JUDGED, passed=report.passed, "
        "**{check.name: check.got.rate for check in report.checks if check.got}):",
        killer=f"{RUNS}::test_the_log_tells_one_bit_of_what_the_judge_found",
    ),
    Mutant(
        row=14,
        name="a-name-that-tells",
        mistake="a release's name is a hash over the steward's figures without anything random in it",
        path="gateway/raw/handover.py",
        old="blinding=secrets.token_hex(32)",
        new='blinding="0" * 64',
        killer="tests/unit/test_raw_handover.py::test_the_digest_of_a_report_tells_nothing_to_who_guesses_its_figures",
    ),
    Mutant(
        row=14,
        name="figures-to-the-last-digit",
        mistake="the steward's figures are exact",
        path="gateway/release/figures.py",
        old="return cls(rate=round(float(value), 3))",
        new="return cls(rate=float(value))",
        killer="tests/unit/test_raw_handover.py"
        "::test_no_sentence_or_shape_of_a_recognizer_crosses_and_figures_are_coarse",
    ),
    Mutant(
        row=14,
        name="a-report-for-everybody",
        mistake="a release's folder, with the steward's report in it, can be read by any user of the machine",
        path="gateway/release/bundle.py",
        old="partial.chmod(0o750)",
        new="partial.chmod(0o755)",
        killer="tests/unit/test_release_bundle.py::test_a_stranger_on_the_machine_cannot_read_the_report",
    ),
    Mutant(
        row=14,
        name="readers-are-told-of-the-checks",
        mistake="readers of the published tables are told the steward's figures",
        path="gateway/synthetic/publish/publishing.py",
        old='        "generator": certificate.generator,\n',
        new='        "generator": certificate.generator, "checks": str(case.candidate.report.checks),\n',
        killer="tests/integration/test_publish_way.py::test_nothing_of_the_stewards_report_reaches_readers",
    ),
    Mutant(
        row=14,
        name="what-could-not-run-has-passed",
        mistake="a check that could not run counts as passed",
        path="gateway/raw/judge/verdict.py",
        old="ended <= {Outcome.PASSED, Outcome.NOT_RUN_ACCEPTED}",
        new="Outcome.FAILED not in ended",
        killer="tests/unit/test_judge_outcomes.py::test_the_judge_passes_what_ran_and_passed",
    ),
    Mutant(
        row=14,
        name="a-report-passes-what-could-not-run",
        mistake="the same in the report that the gate reads",
        path="gateway/release/reports.py",
        old="ended <= {Outcome.PASSED, Outcome.NOT_RUN_ACCEPTED}",
        new="Outcome.FAILED not in ended",
        killer="tests/unit/test_judge_outcomes.py::test_the_report_that_the_gate_reads_says_the_same",
    ),
    Mutant(
        row=14,
        name="a-gate-without-a-report",
        mistake="the gate publishes what failed its checks",
        path="gateway/synthetic/publish/gate.py",
        old="    if not case.candidate.report.passed:\n",
        new="    if not case.candidate.report:\n",
        killer="tests/integration/test_publish_way.py::test_the_gate_is_closed_by_each_condition_alone",
    ),
    Mutant(
        row=14,
        name="attacks-that-nobody-accepted-as-not-run",
        mistake="the gate takes a report's word for it that its policy accepted attacks as not run",
        path="gateway/synthetic/publish/gate.py",
        old="if beyond := [name for name in not_run if name not in accepted]:",
        new="if beyond := [name for name in not_run if name in accepted and False]:",
        killer="tests/integration/test_publish_way.py::test_the_gate_is_closed_by_each_condition_alone",
    ),
)

MUTANTS: Final = (*ERRORS, *MINED, *ARTEFACTS, *TWICE, *SHOWN)
