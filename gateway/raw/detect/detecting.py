"""Look at every column of a snapshot once and say what it is, with the evidence."""

from __future__ import annotations

import dataclasses
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from gateway import plugins
from gateway.raw.connect import sampling
from gateway.raw.connect.kinds import is_document
from gateway.raw.connect.source import KeyedSnapshot
from gateway.raw.detect import flattening
from gateway.raw.detect import recognizers as recognizers_package
from gateway.raw.detect.combining import combine
from gateway.raw.detect.context import TableContext, contexts
from gateway.raw.detect.findings import ACCESS, Evidence, Finding
from gateway.raw.detect.lexicon import Need
from gateway.raw.detect.meanings import UNEXAMINED
from gateway.raw.detect.recognizer import ColumnSample
from gateway.raw.detect.weighing import weigh
from gateway.vocabulary.errors import CheckFailed, GatewayError, SourceRefused, TableUnreadable
from gateway.vocabulary.schema import Kind, Schema, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from gateway.raw.connect.source import Snapshot
    from gateway.raw.detect.caching import FindingCache
    from gateway.raw.detect.recognizer import Recognizer
    from gateway.vocabulary.names import ColumnName, TableName
    from gateway.vocabulary.schema import Column

log = logging.getLogger(__name__)

SAMPLE_ROWS = sampling.ROWS
"""Rows sampled per table; how many the promise asks for is worked out in ``sampling``."""
LONGEST_VALUE = 8_192
"""Characters of a value that are read; documents are taken apart before they are cut."""
SECONDS_PER_DOCUMENTS = 30.0
"""CPU time for the paths of one column of documents; what is then left is reported as unexamined, not as harmless."""
UNREADABLE, UNDECIDED = 0.7, 0.55
"""How much it says against a column that its table could not be read, and how sure a finding on it can be."""


def detect(
    snapshot: Snapshot,
    *,
    tables: Collection[TableName] | None = None,
    sample_rows: int = SAMPLE_ROWS,
    progress: Callable[[str, float], None],
    cache: FindingCache | None = None,
    countries: frozenset[str] = frozenset(),
    strict: bool = False,
) -> tuple[Finding, ...]:
    """Return one finding for every column of every table of ``snapshot`` (or of ``tables``), in catalogue order.

    ``progress`` is called with what is looked at and the share of columns done. With a ``cache`` (None: none) the rows
    are those that this installation drew before, and what was found of the same sample before is not worked out again;
    without one they are drawn by a secret of this process. ``countries`` are passed to the recognizers. A table that
    the role may not read, or that is gone, is reported as undecided in all its columns; with ``strict`` it ends the
    scan (``SourceRefused``, ``TableUnreadable``).

    Raises ``SourceFailed`` when the source is lost, and ``CheckFailed`` when a recognizer breaks: a column not looked
    at is not reported as harmless. What is found holds for the sample; nothing is said about values not drawn.
    """
    scan = _Scan(
        snapshot=snapshot,
        recognizers=load_recognizers(),
        contexts=contexts(snapshot.schema),
        rows=sample_rows,
        secret=sampling.of_this_process() if cache is None else cache.sampling_secret,
        cache=cache,
        countries=countries,
    )
    chosen = [table for table in snapshot.schema.tables if tables is None or table.name in tables]
    whole = max(1, sum(len(table.columns) for table in chosen))
    findings: list[Finding] = []
    for table in chosen:
        step = f"looking for people in {table.name}"
        progress(step, len(findings) / whole)
        for finding in scan.findings(table, strict=strict):
            findings.append(finding)
            progress(step, len(findings) / whole)
        log.info("table scanned", extra={"table": table.name, "columns": len(table.columns)})
    return tuple(findings)


def load_recognizers() -> tuple[Recognizer, ...]:
    """Return one recognizer of every plugin, own ones and those of other distributions, in order of their names."""
    package = recognizers_package.__name__
    return tuple(plugins.load(package, name)() for name in plugins.names(package))


def examine(sample: ColumnSample, recognizers: Sequence[Recognizer]) -> Finding:
    """Return the finding on one sampled column, whose values are taken as they are; see ``examine_documents``."""
    return weigh(sample, _evidence(sample, recognizers))


def examine_documents(sample: ColumnSample, recognizers: Sequence[Recognizer]) -> Finding:
    """Return the finding on a column that may hold documents, from the column itself and every path in them."""
    is_declared = is_document(sample.column)
    holds = bool(sample.values) if is_declared else _may_hold(sample)
    bare = dataclasses.replace(sample, values=_cut(sample.values) if not is_declared else ())
    own = examine(bare, recognizers)
    if not holds:
        return own
    paths = flattening.flatten(sample.values, name=sample.column.name)
    end = time.thread_time() + SECONDS_PER_DOCUMENTS
    found = []
    for path, inner in zip(paths, _inner_samples(sample, paths), strict=True):
        is_late = time.thread_time() > end
        found.append((path, _unexamined(inner, recognizers) if is_late else examine(inner, recognizers)))
    return flattening.combined(sample, own, found)


def sample_of(
    schema: Schema,
    table: Table,
    column: Column,
    *,
    context: TableContext,
    rows: pa.Table,
    countries: frozenset[str] = frozenset(),
) -> ColumnSample:
    """Return ``column``'s sample out of ``rows``; that of a column that is not among them is empty."""
    at = rows.schema.get_field_index(column.name)
    if at < 0:
        return ColumnSample(
            schema=schema, table=table, column=column, values=(), rows=0, nulls=0, context=context, countries=countries
        )
    cells = rows.column(at)
    return ColumnSample(
        schema=schema,
        table=table,
        column=column,
        values=_distinct(cells),
        rows=len(cells),
        nulls=cells.null_count,
        context=context,
        countries=countries,
    )


@dataclass(frozen=True, kw_only=True)
class _Scan:
    """What all tables of one scan have in common."""

    snapshot: Snapshot
    recognizers: Sequence[Recognizer]
    contexts: Mapping[TableName, TableContext]
    rows: int
    secret: bytes
    cache: FindingCache | None
    countries: frozenset[str]

    def findings(self, table: Table, *, strict: bool) -> Iterator[Finding]:
        """Yield a finding for every column of ``table``."""
        try:
            samples, rows = self._samples(table)
        except (SourceRefused, TableUnreadable) as error:
            if strict:
                raise
            log.warning("table not read", extra={"table": table.name, "reason": str(error)})
            for sample in self._of(table, pa.table({})):
                yield _undecided(sample, self.recognizers, why="may not be read by this role"
                                 if isinstance(error, SourceRefused) else "could not be read")  # fmt: skip
            return
        found = map(self._finding, samples)
        of_persons = self.contexts[table.name].nearness is Need.PERSON
        yield from combine(tuple(found), rows) if of_persons else found

    def _samples(self, table: Table) -> tuple[list[ColumnSample], pa.Table]:
        """Return what was sampled of every column, and the rows that most of it is from."""
        keyed = self.snapshot if isinstance(self.snapshot, KeyedSnapshot) else None
        wanted = [
            column.name
            for column in table.columns
            if column.kind is not Kind.UNSUPPORTED or (keyed is not None and is_document(column))
        ]
        if not wanted:
            return self._of(table, pa.table({})), pa.table({})
        if keyed is None:
            rows = self.snapshot.sample(table.name, wanted, rows=self.rows)
            return self._of(table, rows), rows
        rows = keyed.draw(table.name, wanted, rows=self.rows, secret=self.secret)
        samples = self._of(table, rows)
        if rows.num_rows < self.rows:
            return samples, rows
        # there are more rows than were drawn: columns that are mostly NULL are looked at again, where they are not
        enough = min(sampling.FILLED, self.rows)
        sparse = {
            sample.column.name: (sample.rows - sample.nulls or 0.5) / sample.rows
            for sample in samples
            if sample.rows - sample.nulls < enough and sample.rows
        }
        if not sparse:
            return samples, rows
        again = keyed.draw_filled(table.name, sparse, rows=enough, secret=self.secret)
        return [_with_cells(sample, again) for sample in samples], rows

    def _of(self, table: Table, rows: pa.Table) -> list[ColumnSample]:
        schema, context = self.snapshot.schema, self.contexts[table.name]
        return [
            sample_of(schema, table, column, context=context, rows=rows, countries=self.countries)
            for column in table.columns
        ]

    def _finding(self, sample: ColumnSample) -> Finding:
        if self.cache is None:
            return examine_documents(sample, self.recognizers)
        digest = self.cache.digest(sample)
        found = self.cache.get(digest)
        if found is None:
            found = examine_documents(sample, self.recognizers)
            self.cache.put(digest, found)
        return found


def _evidence(sample: ColumnSample, recognizers: Sequence[Recognizer]) -> list[Evidence]:
    """Return all opinions, best first."""
    evidence: list[Evidence] = []
    for recognizer in recognizers:
        try:
            evidence += recognizer.recognize(sample)
        except GatewayError:
            raise
        except Exception as error:  # noqa: BLE001 - a plugin's error may quote a value, so only its type is told
            raise CheckFailed(
                f"recognizer {recognizer.name!r} broke on column {sample.table.name}.{sample.column.name} "
                f"({type(error).__name__}): the column is undecided; remove or repair the recognizer"
            ) from None
    return sorted(evidence, key=lambda piece: -piece.score)


def _undecided(sample: ColumnSample, recognizers: Sequence[Recognizer], *, why: str) -> Finding:
    """Return the finding on a column of a table that was not read: what its name says, and that nobody looked."""
    note = Evidence(
        recognizer=ACCESS, entity=UNEXAMINED, score=UNREADABLE, share=None,
        reason=f"the table {why}: nothing of its content was looked at",
    )  # fmt: skip
    found = weigh(sample, [*_evidence(sample, recognizers), note])
    return dataclasses.replace(found, confidence=min(found.confidence, UNDECIDED))


def _unexamined(sample: ColumnSample, recognizers: Sequence[Recognizer]) -> Finding:
    bare = dataclasses.replace(sample, values=())
    note = Evidence(
        recognizer=flattening.RECOGNIZER, entity=UNEXAMINED, score=UNREADABLE, share=0.0,
        reason="the time for these documents ran out",
    )  # fmt: skip
    return weigh(bare, [*_evidence(bare, recognizers), note])


def _may_hold(sample: ColumnSample) -> bool:
    return sample.column.kind is Kind.TEXT and flattening.holds_documents(sample.values)


def _inner_samples(sample: ColumnSample, paths: Sequence[flattening.Path]) -> Iterator[ColumnSample]:
    """Yield a sample for each path, as of a column in a table of its own that is called like the real one."""
    columns = {path.column.name: path.column for path in reversed(paths)}
    table = Table(name=sample.table.name, columns=tuple(columns.values()))
    schema = Schema(tables=(table,))
    inside = contexts(schema)[table.name]
    context = dataclasses.replace(
        inside,
        nearness=max(inside.nearness, sample.context.nearness),
        named=sample.context.named,
        subject=sample.context.subject,
    )
    for path in paths:
        yield ColumnSample(
            schema=schema,
            table=table,
            column=path.column,
            values=_cut(tuple(dict.fromkeys(path.cells))),
            rows=path.rows,
            nulls=path.rows - len(path.cells),
            context=context,
            countries=sample.countries,
        )


def _with_cells(sample: ColumnSample, again: Mapping[ColumnName, pa.ChunkedArray]) -> ColumnSample:
    """Return ``sample`` with the cells of a second look, if there was one, in place of those of the first."""
    cells = again.get(sample.column.name)
    if cells is None or len(cells) <= sample.rows - sample.nulls:
        return sample
    return dataclasses.replace(sample, values=_distinct(cells), rows=sample.nulls + len(cells))


def _distinct(cells: pa.ChunkedArray) -> tuple[str, ...]:
    values = pc.drop_null(pc.unique(cells))
    texts = values if pa.types.is_string(values.type) else pc.cast(values, pa.string())
    return tuple(texts.to_pylist())


def _cut(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value[:LONGEST_VALUE] for value in values) if any(len(v) > LONGEST_VALUE for v in values) else values
