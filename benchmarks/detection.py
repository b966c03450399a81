"""How well and how fast detection works on hand-labelled public schemas: ``python -m benchmarks detection``.

Three measures:

1. ``schemas/``: names, declared types and keys of public projects, no values; one half was looked at while
   the word lists were written, of the other half only the figures were printed; its README says what that is worth.
2. The shared data folder, which does not ship with the project: tables with rows. Keys are not declared there, and
   types are inferred from the cells. Absent, it is left out.
3. Leave one schema out: word lists are written by hand, so nothing is refitted. The upper bound is the lists as they
   are; the lower bound reads each schema without every phrase and person's word that no other labelled schema has, as
   if nobody had thought of what only this one needs.

``--mistakes`` prints what is wrong on the shared data and the development half, never on the held-out half.
"""

from __future__ import annotations

import csv
import datetime as dt
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.schemas.declared import DEVELOPMENT, HELD_OUT, labelled_schemas
from gateway.raw.detect import wording
from gateway.raw.detect.detecting import detect
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.roles import Role
from gateway.vocabulary.schema import Column, Kind, Schema, Table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from gateway.raw.detect.findings import Finding

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
PRESIDIO_CELLS_PER_SECOND = "2,070-2,650"
_RANGES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
_ROLES = {
    "direct": Role.DIRECT,
    "quasi": Role.QUASI,
    "sensitive": Role.SENSITIVE,
    "secret": Role.SENSITIVE,
    "pseudonym": Role.KEY,
    "public_person": Role.DIRECT,
    "none": Role.NONE,
}


@dataclass(frozen=True)
class Frames:
    """A snapshot over Arrow tables in memory."""

    schema: Schema
    frames: dict[str, pa.Table]

    def batches(self, table: TableName, columns: Sequence[ColumnName]) -> Iterator[pa.RecordBatch]:
        """Stream all rows of a table."""
        yield from self.frames[table].select(list(columns)).to_batches()

    def sample(self, table: TableName, columns: Sequence[ColumnName], *, rows: int) -> pa.Table:
        """Return every k-th row, about ``rows`` of them."""
        frame = self.frames[table].select(list(columns))
        step = max(1, frame.num_rows // rows)
        return frame.take(pa.array(range(0, frame.num_rows, step), pa.int64()))


def frames_of(tables: dict[str, pa.Table]) -> Frames:
    """Give the tables of one source a schema, without any keys, whose kinds are read from the cells."""
    typed = {name: pa.table({c: _typed(t.column(c)) for c in t.column_names}) for name, t in tables.items()}
    shapes = tuple(
        Table(
            name=TableName(name),
            columns=tuple(
                Column(name=ColumnName(f.name), kind=_kind(f.type), native=str(f.type)) for f in frame.schema
            ),
        )
        for name, frame in typed.items()
    )
    return Frames(Schema(tables=shapes), typed)


def _typed(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    for matches, to in _NATIVE:
        if matches(cells.type):
            return _whole_numbers(cells.cast(to))
    text = cells.cast(pa.string())
    # codes with leading zeros are text
    numbers = [] if _has_leading_zeros(text) else [pa.int64(), pa.float64()]
    return next((found for to in (*numbers, pa.timestamp("us")) if (found := _cast(text, to)) is not None), text)


_NATIVE = (
    (pa.types.is_boolean, pa.bool_()),
    (pa.types.is_integer, pa.int64()),
    (pa.types.is_floating, pa.float64()),
    (pa.types.is_timestamp, pa.timestamp("us")),
    (pa.types.is_date32, pa.date32()),
)


def _has_leading_zeros(text: pa.ChunkedArray) -> bool:
    return bool(pc.any(pc.match_substring_regex(text, r"^0\d")).as_py())


def _cast(text: pa.ChunkedArray, to: pa.DataType) -> pa.ChunkedArray | None:
    try:
        return _whole_numbers(pc.cast(text, to))
    except pa.ArrowInvalid:
        return None


def _whole_numbers(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Undo what pandas does to integers with gaps."""
    if pa.types.is_floating(cells.type) and pc.all(pc.equal(pc.floor(cells), cells)).as_py():
        return cells.cast(pa.int64())
    return cells


def _kind(arrow: pa.DataType) -> Kind:
    if pa.types.is_integer(arrow):
        return Kind.INTEGER
    if pa.types.is_floating(arrow):
        return Kind.FLOAT
    if pa.types.is_boolean(arrow):
        return Kind.BOOLEAN
    if pa.types.is_timestamp(arrow):
        return Kind.DATETIME
    return Kind.DATE if pa.types.is_date32(arrow) else Kind.TEXT


@dataclass(frozen=True)
class Label:
    """What a person said of a column; a key's role is ``key`` whatever the file calls it."""

    source: str
    table: str
    column: str
    role: Role
    counted: bool


def bench_labels(folder: Path) -> list[Label]:
    """Read the labels of ``pii_bench``."""
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        return [
            Label(
                source=row["source"],
                table=row["table"],
                column=row["column"],
                role=Role.KEY if row["entity"] == "PERSON_KEY" else Role(row["role"]),
                counted=row["ambiguous"] == "0" and row["nonnull"] != "0",
            )
            for row in csv.DictReader(file)
        ]


def bench_sources(folder: Path) -> dict[str, Frames]:
    """Read the tables of ``pii_bench``, one snapshot per source."""
    tables: dict[str, dict[str, pa.Table]] = {}
    for path in sorted(folder.glob("*.parquet")):
        source, table = path.stem.split("__")
        tables.setdefault(source, {})[table] = pq.read_table(path)
    return {source: frames_of(found) for source, found in tables.items()}


def other_sources(data: Path) -> dict[str, Frames]:
    """Read the labelled data sets that are Parquet files outside ``pii_bench``."""
    found = {}
    for name in ("berka", "titanic", "fake_identities", "cdnow", "adult"):
        paths = [path for path in sorted((data / name).glob("*.parquet")) if path.stem != "adult_test"]
        found[name] = frames_of({path.stem: pq.read_table(path) for path in paths})
    return found


def other_labels(data: Path) -> list[Label]:
    """Read ``pii_columns.csv``; a column that it does not list holds nothing personal, keys of places are left out."""
    with (data / "pii_columns.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        Label(row["dataset"], row["table"], row["column"], _ROLES.get(row["category"], Role.NONE),
              row["category"] != "link" and not row["entity_type"].endswith(("REGION_KEY", "CITY_KEY")))
        for row in rows
    ]  # fmt: skip


def scan(sources: dict[str, Frames]) -> dict[tuple[str, str, str], Finding]:
    """Run detection over all sources."""
    return {
        (source, finding.table, finding.column): finding
        for source, frames in sources.items()
        for finding in detect(frames, progress=lambda _table, _share: None)
    }


def score(labels: list[Label], findings: dict[tuple[str, str, str], Finding]) -> dict[str, float]:
    """Return the figures: any role, direct, roles right, person keys. Keys count only in their own figures."""
    pairs = [(label, findings[label.source, label.table, label.column]) for label in labels if label.counted]
    plain = [(label, finding) for label, finding in pairs if label.role is not Role.KEY]
    flagged = [(label, finding) for label, finding in plain if finding.role not in {Role.NONE, Role.KEY}]
    personal = [(label, finding) for label, finding in plain if label.role is not Role.NONE]
    both = sum(label.role is not Role.NONE for label, _ in flagged)
    direct = [finding for label, finding in plain if label.role is Role.DIRECT]
    said_direct = [label for label, finding in plain if finding.role is Role.DIRECT]
    keys = [finding for label, finding in pairs if label.role is Role.KEY]
    said_key = [label for label, finding in pairs if finding.role is Role.KEY]
    precision, recall = both / max(1, len(flagged)), both / max(1, len(personal))
    return {
        "columns": len(pairs),
        "any role: precision": precision,
        "any role: recall": recall,
        "any role: F1": 2 * precision * recall / max(1e-9, precision + recall),
        "direct: recall": sum(f.role is Role.DIRECT for f in direct) / max(1, len(direct)),
        "direct: precision": sum(la.role is Role.DIRECT for la in said_direct) / max(1, len(said_direct)),
        "roles right, all columns": sum(la.role is f.role for la, f in pairs) / len(pairs),
        "roles right, personal columns": sum(la.role is f.role for la, f in personal) / max(1, len(personal)),
        "person keys: recall": sum(f.role is Role.KEY for f in keys) / max(1, len(keys)),
        "person keys: precision": sum(la.role is Role.KEY for la in said_key) / max(1, len(said_key)),
    }


def declared_sources(half: str | None = None) -> tuple[dict[str, Frames], list[Label]]:
    """Return the schemas of ``schemas/`` (of one half) as sources without rows, and their labels."""
    chosen = [each for each in labelled_schemas() if half in {None, each.half}]
    sources = {each.name: Frames(each.schema, each.frames) for each in chosen}
    labels = [
        Label(each.name, table.name, column.name, each.roles.get((table.name, column.name), Role.NONE), counted=known)
        for each in chosen
        for table in each.schema.tables
        for column in table.columns
        for known in [(table.name, column.name) in each.roles]
    ]
    return sources, labels


def vocabulary(frames: Frames) -> frozenset[str]:
    """Return the words of the lists, as ``wording.vocabulary`` spells them, that the names of ``frames`` meet."""
    tables = frames.schema.tables
    names = {str(table.name) for table in tables} | {str(column.name) for table in tables for column in table.columns}
    return frozenset[str]().union(*map(wording.vocabulary, names))


def scan_leaving_out(
    sources: dict[str, Frames], vocabularies: Collection[tuple[str, frozenset[str]]]
) -> dict[tuple[str, str, str], Finding]:
    """Scan each source without the words of its own that no other of ``vocabularies`` (source and words) has."""
    findings: dict[tuple[str, str, str], Finding] = {}
    for name, frames in sources.items():
        elsewhere = frozenset[str]().union(*(words for other, words in vocabularies if other != name))
        with wording.reading_without(vocabulary(frames) - elsewhere):
            findings |= scan({name: frames})
    return findings


def calibration(
    labels: list[Label], findings: dict[tuple[str, str, str], Finding]
) -> list[tuple[float, int, float, float]]:
    """Return, per range of confidence: its lower end, findings with a role, their mean confidence, the share right."""
    said = [
        (finding.confidence, finding.role is label.role)
        for label in labels
        if label.counted and (finding := findings[label.source, label.table, label.column]).role is not Role.NONE
    ]
    table = []
    for low, high in zip(_RANGES, (*_RANGES[1:], 1.01), strict=True):
        within = [(confidence, right) for confidence, right in said if low <= confidence < high]
        if within:
            mean = sum(confidence for confidence, _ in within) / len(within)
            table.append((low, len(within), mean, sum(right for _, right in within) / len(within)))
    return table


def _complete(labels: list[Label], sources: dict[str, Frames]) -> list[Label]:
    """Drop labels of absent sources and add ``none`` for columns that the list leaves out."""
    present = [label for label in labels if label.source in sources]
    known = {(label.source, label.table, label.column) for label in present}
    rest = [
        Label(source, table.name, column.name, Role.NONE, counted=True)
        for source, frames in sources.items()
        for table in frames.schema.tables
        for column in table.columns
        if (source, table.name, column.name) not in known
    ]
    return present + rest


def _print_figures(title: str, figures: dict[str, float]) -> None:
    print(f"\n{title}")
    for name, value in figures.items():
        print(f"  {name:32s} {value:8.3f}" if name != "columns" else f"  {name:32s} {value:8.0f}")


def _print_mistakes(labels: list[Label], findings: dict[tuple[str, str, str], Finding]) -> None:
    for label in labels:
        finding = findings[label.source, label.table, label.column]
        if label.counted and finding.role is not label.role:
            where = f"{label.source}.{label.table}.{label.column}"
            print(f"  {where:60s} label {label.role:10s} found {finding.role:10s} {finding.entity}")


def _print_calibration(labels: list[Label], findings: dict[tuple[str, str, str], Finding]) -> None:
    print("  confidence from   findings   mean confidence   role right")
    for low, count, mean, right in calibration(labels, findings):
        print(f"  {low:15.2f} {count:10d} {mean:17.2f} {right:12.2f}")


def _print_speed(data: Path) -> None:
    frame = pq.read_table(data / "fake_identities" / "fake_identities_3000.parquet")
    sources = {"fake_identities": frames_of({"people": frame})}
    scan(sources)
    started = time.process_time()
    scan(sources)
    spent = time.process_time() - started
    cells = 2_000 * frame.num_columns
    print(
        f"\nspeed (fake_identities, 30 text columns of identities, sampled rows only): {cells / spent:,.0f} cells per"
    )
    print(f"CPU-second; presidio alone {PRESIDIO_CELLS_PER_SECOND}")


def _print_import_cost() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    import presidio_analyzer  # noqa: F401, PLC0415 - what is measured

    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"importing presidio_analyzer: {time.perf_counter() - started:.1f} s, {grown:.0f} MiB more at the peak")


def _print_declared(*, mistakes: bool) -> None:
    for half in (DEVELOPMENT, HELD_OUT):
        sources, labels = declared_sources(half)
        findings = scan(sources)
        left_out = sum(not label.counted for label in labels)
        title = f"schemas, {half}: {len(sources)} schemas, names, types and keys only"
        _print_figures(f"{title} ({left_out} ambiguous columns left out)", score(labels, findings))
        _print_calibration(labels, findings)
        if mistakes and half == DEVELOPMENT:
            _print_mistakes(labels, findings)


def _print_left_out(measured: list[tuple[str, dict[str, Frames], list[Label]]]) -> None:
    """Print the lower bound of every measured set: no words that only the schema at hand has."""
    vocabularies = [(name, vocabulary(frames)) for _, sources, _ in measured for name, frames in sources.items()]
    for title, sources, labels in measured:
        findings = scan_leaving_out(sources, vocabularies)
        _print_figures(f"{title}: leave one schema out, lower bound (above: upper bound)", score(labels, findings))


def main(options: Sequence[str] = ()) -> None:
    """Print the figures; without the shared data, only those of the schemas that ship with the project."""
    started = dt.datetime.now(tz=dt.UTC)
    mistakes = "--mistakes" in options
    _print_declared(mistakes=mistakes)
    measured = []
    if (SHARED_DATA / "pii_bench").is_dir():
        _print_import_cost()
        for title, sources, labels in (
            ("pii_bench", bench_sources(SHARED_DATA / "pii_bench"), bench_labels(SHARED_DATA / "pii_bench")),
            ("pii_columns (other judges' labels)", other_sources(SHARED_DATA), other_labels(SHARED_DATA)),
        ):
            complete = _complete(labels, sources)
            findings = scan(sources)
            _print_figures(title, score(complete, findings))
            _print_calibration(complete, findings)
            measured.append((title, sources, complete))
            if mistakes:
                _print_mistakes(complete, findings)
        _print_speed(SHARED_DATA)
    else:
        print("\nthe shared data folder is absent: nothing with values was measured", file=sys.stderr)
    if "--no-left-out" not in options:
        _print_left_out([*measured, ("schemas, all", *declared_sources())])
    print(f"took {(dt.datetime.now(tz=dt.UTC) - started).total_seconds():.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
