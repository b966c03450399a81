"""The law of counting: in memory and inside every kind of database the integers are the same, and no row leaves it."""

from __future__ import annotations

import dataclasses
import itertools
import re
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from gateway.raw.connect.reading import open_source, read_table
from gateway.raw.generate import physical
from gateway.raw.generate.counters import sql_cells, sql_plan
from gateway.raw.generate.counters.memory import MemoryCounter
from gateway.raw.generate.counters.sql import SqlCounter
from gateway.raw.generate.counting import Axis
from gateway.raw.generate.domain import Domain, Ranges, Residues, Values
from gateway.vocabulary.errors import SourceFailed, Unsupported
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import TEXT_KINDS, Column, Kind, Table

KINDS = ("postgresql", "mysql", "sqlite", "duckdb")
NAME = TableName('t"; DROP TABLE x;--')
INF, NAN = float("inf"), float("nan")
INTEGERS = [0, 1, -1, 7, -7, 127, 128, -128, 2**31, -(2**31), 2**53 + 1, 2**63 - 1, -(2**63), -(2**63) + 1]
FLOATS = [0.0, -0.0, 0.1, -0.1, 1.0, 1e-5, 123456.789, 2.0**53, 1.7976931348623157e308, -1.7976931348623157e308, 1e300]
TINY = [5e-324, -5e-324, 2.2250738585072014e-308]
TEXTS = [
    "", " ", "a", "A", "a ", " a", "á", "a\u0301", "Ä", "ä", "ss", "ß", "😀", "😀 ", "'", '"', "\\", "%s", ":x", "NULL",
    "null", "\t", "\n", "\u00a0", "i", "İ", "\u0131", "ﬁ", "fi", "x" * 1500 + "1", "x" * 1500 + "2", "{}", "0", "-0",
    "1e5", "\ufffd", "\U0010ffff", "\x01", "a'; DROP TABLE x;--", "\u200b", '{"a":1}',
]  # fmt: skip
DAYS = ["0001-01-01", "1582-10-10", "1899-12-31", "1969-12-31", "1970-01-01", "2000-02-29", "2024-12-31", "9999-12-31"]
MOMENTS = [
    "0001-01-01 00:00:00", "1969-12-31 23:59:59.999999", "1970-01-01 00:00:00", "1970-01-01 00:00:00.000001",
    "2000-02-29 12:34:56.789012", "2038-01-19 03:14:07", "9999-12-31 23:59:59.999999",
]  # fmt: skip
DECIMALS = ["0", "0.00", "0.01", "-0.01", "1.5", "-1.50", "999999.99", "-999999.99", "12345", "0.10"]
WIDE = [*DECIMALS, "922337203.6854775807", "922337203.6854775808", "-922337203.6854775809", "0.0000000001",
        "9999999999999999999999999999.9999999999", "-9999999999999999999999999999.9999999999"]  # fmt: skip
LOOSE = [*WIDE, "NaN", "1e-400", "-1e-400", "1e308", "1e309", "-1e309", "2.5e-324", "2.47032822920623e-324", "1e-323",
         "0.1000000000000000055511", str(2**1024 - 2**970), str(2**1024 - 2**970 - 1)]  # fmt: skip
UUIDS = ["00000000-0000-0000-0000-000000000000", "ABCDEF00-0000-4000-8000-00000000000A"]


@dataclasses.dataclass
class Place:
    """A database with one table of every kind of column, whose names hurt, and what a cell of each may hold."""

    dialect: str
    engine: sa.Engine
    native: dict[str, str]
    pools: dict[str, list[object]]
    url: str = ""
    after: str = ""

    def quoted(self, name: str) -> str:
        return self.engine.dialect.identifier_preparer.quote_identifier(name)

    def create(self) -> None:
        columns = ", ".join(f"{self.quoted(name)} {native}" for name, native in self.native.items())
        self.run(f"CREATE TABLE {self.quoted(NAME)} ({columns}){self.after}")

    def run(self, *statements: str) -> None:
        with self.engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def fill(self, rows: Sequence[dict[str, object]]) -> None:
        """Replace all rows; PostgreSQL and DuckDB get texts, which they parse."""
        types = {
            name: "" if self.dialect in {"mysql", "sqlite"} else bare(native) for name, native in self.native.items()
        }
        names = {name: f"p{k}" for k, name in enumerate(self.native)}
        items = ", ".join(f"CAST(:{names[n]} AS {types[n]})" if types[n] else f":{names[n]}" for n in names)
        with self.engine.begin() as connection:
            connection.exec_driver_sql(f"DELETE FROM {self.quoted(NAME).replace('%', '%%')}")
            for row in rows:
                table = sa.text(f"INSERT INTO {self.quoted(NAME).replace(':', chr(92) + ':')} VALUES ({items})")
                connection.execute(table, {names[n]: shown(row[n], as_text=bool(types[n])) for n in names})

    @contextmanager
    def opened(self) -> Iterator[tuple[sa.Connection, str | None, Table, Callable[[Table], pa.Table]]]:
        """Yield a connection inside one view, the schema's name, the table's shape and a reader of the same rows."""
        if self.dialect == "duckdb":
            with self.engine.connect() as connection:
                shape = duck_shape(self)
                yield connection, "main", shape, lambda table: duck_rows(connection, self, table)
                connection.rollback()
            return
        with closing(open_source(SecretStr(self.url), None)) as source, source.snapshot() as snapshot:
            shape = snapshot.schema.table(NAME)
            lent = snapshot.lend(NAME)
            yield lent.connection, lent.schema, shape, lambda t: read_table(snapshot, t, lambda _: None).expose()


def bare(native: str) -> str:
    return re.sub(r" (NOT NULL|COLLATE.*|PRIMARY KEY)", "", native)


def shown(value: object, *, as_text: bool) -> object:
    return None if value is None else str(value) if as_text else value


def duck_shape(place: Place) -> Table:
    kinds = {
        "BIGINT": Kind.INTEGER, "HUGEINT": Kind.INTEGER, "UBIGINT": Kind.INTEGER, "TINYINT": Kind.INTEGER,
        "FLOAT": Kind.FLOAT, "DOUBLE": Kind.FLOAT, "BOOLEAN": Kind.BOOLEAN, "DATE": Kind.DATE,
        "TIMESTAMP": Kind.DATETIME, "TIMESTAMP WITH TIME ZONE": Kind.DATETIME, "VARCHAR": Kind.TEXT,
            "UUID": Kind.TEXT,
    }  # fmt: skip
    columns = []
    for name, native in place.native.items():
        sizes = [int(size) for size in re.findall(r"\d+", native)] if native.startswith("DECIMAL") else [None, None]
        kind = Kind.DECIMAL if native.startswith("DECIMAL") else kinds.get(bare(native), Kind.ENUM)
        columns.append(
            Column(name=ColumnName(name), kind=kind, native=native.lower(), precision=sizes[0], scale=sizes[1])
        )
    return Table(name=NAME, columns=tuple(columns))


def duck_rows(connection: sa.Connection, place: Place, table: Table) -> pa.Table:
    """Read as a source must: what a column's type here has no value for is NULL."""
    items = []
    for column in table.columns:
        name = place.quoted(column.name)
        match column.kind:
            case Kind.INTEGER:
                items.append(f"TRY_CAST({name} AS BIGINT)")
            case Kind.FLOAT:
                items.append(f"CASE WHEN isfinite({name}) THEN CAST({name} AS DOUBLE) END")
            case Kind.DATE:
                items.append(f"CASE WHEN year({name}) BETWEEN 1 AND 9999 THEN {name} END")
            case Kind.DATETIME:
                zone = f"timezone('UTC', {name})" if "with time zone" in column.native else name
                items.append(
                    f"CASE WHEN isfinite({name}) AND year({zone}) BETWEEN 1 AND 9999 THEN CAST({zone} AS TIMESTAMP) END"
                )
            case Kind.TEXT | Kind.ENUM:
                items.append(f"CAST({name} AS VARCHAR)")
            case _:
                items.append(name)
    driver: Any = connection.connection.driver_connection
    found = driver.sql(f"SELECT {', '.join(items)} FROM {place.quoted(NAME)}").to_arrow_table()
    return found.rename_columns([column.name for column in table.columns]).cast(table.arrow_schema())


def postgres(url: str) -> Place:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    names = {
        'id"': ("bigint", INTEGERS), "small%s": ("smallint", [0, 1, -1, 32767, -32768]),
        "price": ("numeric(8,2)", [*DECIMALS, "NaN"]), "wide :x": ("numeric(38,10)", [*WIDE, "NaN"]),
        "loose": ("numeric", [*LOOSE, "Infinity", "-Infinity"]),
        "real": ("real", [0.1, 0.5, 16777217, 3.4e38, 1e-45, NAN, INF, -INF]),
        "select": ("double precision", [*FLOATS, *TINY, NAN, INF, -INF]), "flag": ("boolean", [True, False]),
        "day": ("date", [*DAYS, "infinity", "-infinity", "4713-01-01 BC", "0001-12-31 BC", "10000-01-01",
            "5874897-12-31"]),
        "at": ("timestamp", [*MOMENTS, "infinity", "-infinity", "0044-03-15 12:00:00 BC",
            "294276-12-31 23:59:59.999999"]),
        "atz": ("timestamptz", [*MOMENTS, "infinity", "10000-01-01 01:00:00+02", "0001-01-01 00:30:00+01",
            "2000-01-01 00:00+05:45"]),
        "word": ("text", TEXTS), "nd": ('varchar(2000) COLLATE "POSIX"', TEXTS), "code": ("character(5)", ["a",
            "a  ", "A", "", "ä"]),
        "kind": ("mood", ["a", "A", "a b", "'"]), "who": ("uuid", UUIDS), "net": ("inet", ["10.0.0.1", "10.1.0.0/16",
            "::1"]),
    }  # fmt: skip
    place = Place("postgresql", engine, *split(names), url=url)
    place.run("CREATE TYPE mood AS ENUM ('a', 'A', 'a b', '''')")
    return place


def mariadb(url: str) -> Place:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    names = {
        "id`": ("bigint", INTEGERS), "small": ("smallint", [0, 1, -1, 32767, -32768]),
        "huge": ("bigint unsigned", [0, 1, 2**63 - 1, 2**63, 2**64 - 1]), "year": ("year", [0, 1901, 2024, 2155]),
        "price": ("decimal(8,2)", DECIMALS), "wide :x": ("decimal(38,10)", WIDE), "deep": ("decimal(38,30)", ["0",
            "1e-30", "99999999.5", "0.000000000009223372036854775808"]),
        "loose": ("decimal(65,30)", ["0", "0.1", "1e-30", "99999999999999999999999999999999999.999",
            "9007199254740993", "0.100000000000000005551115123125"]),
        "float": ("float", [0.1, 0.5, 16777217, 3.4e38, 1e-38, 123456.789]),
        "select": ("double", [*FLOATS, *TINY]), "fixed": ("double(10,3)", [0.1, 2.0005, 1234567.891]),
            "flag": ("boolean", [0, 1, 2, -1]), "bit": ("bit(1)", [0, 1]),
        "day": ("date", [*DAYS, "0000-00-00", "2000-00-10", "2000-05-00", "2001-02-31", "0000-05-05"]),
        "at": ("datetime(6)", [*MOMENTS, "0000-00-00 00:00:00", "2001-02-31 10:00:00", "2000-01-00 10:00:00"]),
        "stamp": ("timestamp(3) NULL", ["1970-01-01 00:00:01", "2038-01-19 03:14:07.5", "2001-01-01 00:00:00.123"]),
        "word": ("longtext COLLATE utf8mb4_general_ci", [*TEXTS, "a\0", "\0"]),
            "short": ("varchar(40) COLLATE utf8mb4_bin", [t for t in TEXTS if len(t) < 40]),
        "latin": ("varchar(9) CHARACTER SET latin1", ["a", "A", "á", "ä", "Ä ", "ß", "ss", ""]), "code": ("char(5)",
            ["a", "a  ", "A", ""]),
        "kind": ("enum('a', 'b', 'a b', '''')", ["a", "b", "a b", "'", ""]),
    }  # fmt: skip
    place = Place("mysql", engine, *split(names), url=url)
    modes = "SET SESSION sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00'"
    sa.event.listen(engine, "connect", lambda driver, _: driver.cursor().execute(modes))
    return place


def sqlite(folder: Path) -> Place:
    url = f"sqlite:///{folder}/source.db"
    odd: list[object] = [
        "abc",
        b"\xff",
        1.5,
        7,
        "1_000",
        "\uff11\uff12",
        "",
        "  3 ",
        INF,
        "NaN",
        "t",
        "TRUE",
        "false",
        1,
        0,
    ]
    names = {
        'id"': ("BIGINT", [*INTEGERS, *odd]), "price": ("DECIMAL(8,2)", [0.005, 0.015, 2.675, 1e7, 999999.99, -0.01,
            *odd]),
        "wide :x": ("DECIMAL(38,10)", [922337203.6854775, "922337203.6854775807x", 1e27, 1e28, *odd, 2**63 - 1]),
        "loose": ("NUMERIC", [2**53 + 1, 0.1, *odd]), "select": ("DOUBLE", [*FLOATS, *TINY, INF, -INF, 2**53 + 1,
            *odd]),
        "flag": ("BOOLEAN", [*odd, "f", "T", 1.0]),
        "day": ("DATE", [*DAYS, "20240101", "2024-W01-1", "2024-13-01", 2451545, *odd]),
        "at": ("DATETIME", [*MOMENTS, "2024-01-01T00:00:00+05:45", "0001-01-01T00:00:00+01:00", "2024-01-01", *odd]),
        "word": ("TEXT COLLATE NOCASE", [*TEXTS, "a\0", "\0", b"abc", *odd]), "code": ("VARCHAR(5) COLLATE RTRIM",
            [*TEXTS, 5, 1e16]),
        "untyped": ("UUID", ["x", 5, 1e16, 0.1, *TEXTS]),
    }  # fmt: skip
    return Place("sqlite", sa.create_engine(url, poolclass=sa.NullPool), *split(names), url=url)


def duckdb(folder: Path) -> Place:
    engine = sa.create_engine(f"duckdb:///{folder}/source.duckdb")
    names = {
        'id"': ("BIGINT", INTEGERS), "small": ("TINYINT", [0, 1, -1, 127, -128]), "huge": ("HUGEINT", [*INTEGERS,
            2**63, -(2**100)]),
        "unsigned": ("UBIGINT", [0, 2**63 - 1, 2**63, 2**64 - 1]),
        "price": ("DECIMAL(8,2)", DECIMALS), "wide :x": ("DECIMAL(38,10)", WIDE), "deep": ("DECIMAL(38,30)", ["0",
            "1e-30", "99999999.5", "0.000000000009223372036854775808", "-0.5"]),
        "real": ("FLOAT", [0.1, 0.5, 16777217, 3.4e38, 1e-45, NAN, INF, -INF]), "select": ("DOUBLE", [*FLOATS, *TINY,
            NAN, INF, -INF]),
        "flag": ("BOOLEAN", [True, False]),
        "day": ("DATE", [*DAYS, "infinity", "-infinity", "4713-01-01 (BC)", "10000-01-01", "5877642-06-25 (BC)"]),
        "at": ("TIMESTAMP", [*MOMENTS, "infinity", "-infinity", "0044-03-15 (BC) 12:00:00",
            "290309-12-22 (BC) 00:00:00", "294247-01-10 04:00:54.775806", "10000-01-01 00:00:00"]),
        "word": ("VARCHAR", [*TEXTS, "a\0", "\0"]), "ci": ("VARCHAR COLLATE NOCASE", TEXTS),
            "kind": ("ENUM('a', 'A', 'a b', '''')", ["a", "A", "a b", "'"]),
        "who": ("UUID", UUIDS),
    }  # fmt: skip
    return Place("duckdb", engine, *split(names))


def split(names: dict[str, tuple[str, list[object]]]) -> tuple[dict[str, str], dict[str, list[object]]]:
    return {name: native for name, (native, _) in names.items()}, {name: pool for name, (_, pool) in names.items()}


@pytest.fixture(autouse=True)
def _short_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few dozen numbers side by side be too many for a CASE."""
    monkeypatch.setattr(sql_cells, "MOST_CUTS", 20)


@pytest.fixture(params=[pytest.param(kind, marks=pytest.mark.mariadb) if kind == "mysql" else kind for kind in KINDS])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    match request.param:
        case "postgresql":
            made = postgres(request.getfixturevalue("postgres_database")())
        case "mysql":
            made = mariadb(request.getfixturevalue("mariadb_database")())
        case "sqlite":
            made = sqlite(tmp_path)
        case _:
            made = duckdb(tmp_path)
    made.create()
    yield made
    made.engine.dispose()


def every_cell(place: Place) -> list[dict[str, object]]:
    """Return rows that hold each hostile cell at least twice, beside one row of NULLs."""
    most = max(len(pool) for pool in place.pools.values())
    rows = [{name: pool[k % len(pool)] for name, pool in place.pools.items()} for k in range(most + 3)]
    return [*rows, *rows[:3], dict.fromkeys(place.pools)]


def memory(rows: pa.Table, shape: Table, unit: Sequence[Column] = ()) -> MemoryCounter:
    return MemoryCounter(shape, rows.to_batches(), unit=[column.name for column in unit])


def domains(rows: pa.Table, column: Column) -> list[Domain]:
    """Return domains whose limits lie on, below and above what the rows hold."""
    if column.kind in TEXT_KINDS:
        listed = sorted({text for text in rows[column.name].to_pylist() if text is not None})
        some = tuple(dict.fromkeys([*listed[::2], "never", "a", "\0", "😀 "]))
        return [
            Values(values=tuple(listed), rest=True), Values(values=some, rest=False),
            Values(values=some[::-1], rest=True, other=True), Values(values=(), rest=True, other=True),
            codes(listed, (1,)), codes(listed[::3], (1, 3)),
        ]  # fmt: skip
    units, present = physical.numbers(rows[column.name], column)
    known = sorted(set(units[present].tolist())) or [0]
    between = sorted({*known[1::2], *known[1::3]}) or [0]
    found: list[Domain] = [
        Values(values=tuple(known), rest=True), Values(values=tuple(known[::2]), rest=True, other=True),
        Values(values=tuple(known[::3]), rest=False), Ranges(starts=tuple(between), last=between[-1], rest=True),
        Ranges(starts=tuple(known), last=known[-1], rest=False), Ranges(starts=(), last=0, rest=True),
    ]  # fmt: skip
    apart = tuple(known[1::4])
    found += [
        Ranges(starts=tuple(between), last=between[-1], rest=True, sentinels=apart),
        Ranges(starts=(), last=0, rest=True, sentinels=apart),
    ]
    if physical.is_whole(column):
        found.append(Residues(modulus=7, rest=True))
        # more numbers side by side than a CASE is written for, and as many multiples
        first = max(int(known[len(known) // 2]) - 20, -physical.LARGEST + 7)
        for step in (1, 7):
            last = min(first + 40 * step, physical.LARGEST)
            found.append(Ranges(starts=(first - 3, *range(first, last, step)), last=last, rest=True, sentinels=apart))
    return found


def codes(listed: Sequence[str], lengths: tuple[int, ...]) -> Values:
    """Return a domain of some texts and of what others begin with."""
    cut = [text[: lengths[k % len(lengths)]] for k, text in enumerate(listed)]
    return Values(values=tuple(sorted({*listed[::2], *cut})), rest=True, other=True, prefixes=lengths)


def coarse(domain: Domain, seed: int) -> np.ndarray:
    """Return a surjective merge of the cells, in no order."""
    bins = max(domain.cells // 2, 1)
    merged = np.arange(domain.cells, dtype=np.int32) % bins
    return np.random.default_rng(seed).permutation(merged).astype(np.int32)


def all_axes(rows: pa.Table, shape: Table) -> list[Axis]:
    axes = []
    for column in shape.columns:
        for domain in domains(rows, column):
            axes += [
                Axis(column=column.name, domain=domain),
                Axis(column=column.name, domain=domain, bin_of=coarse(domain, 1)),
            ]
    return axes


def assert_same(ours: Sequence[np.ndarray], theirs: Sequence[np.ndarray], tables: Sequence[Sequence[Axis]]) -> None:
    for one, other, axes in zip(ours, theirs, tables, strict=True):
        assert one.dtype == other.dtype == np.int64
        assert one.shape == other.shape
        assert (one == other).all(), ([axis.column for axis in axes], one, other)


def test_every_hostile_cell_falls_where_it_falls_in_memory(place: Place) -> None:
    place.fill(every_cell(place))
    with place.opened() as (connection, schema, shape, read):
        rows = read(shape)
        assert rows.num_rows == len(every_cell(place))
        axes = all_axes(rows, shape)
        tables = [[], *([axis] for axis in axes)]
        counter = SqlCounter(connection, shape, schema=schema)
        assert_same(counter.count(tables), memory(rows, shape).count(tables), tables)
        for column in shape.columns:
            if column.kind in TEXT_KINDS:
                ours, theirs = counter.values(column.name), memory(rows, shape).values(column.name)
                assert dict(zip(*ours, strict=True)) == dict(zip(*theirs, strict=True))
                assert ours[1].dtype == np.int64


@pytest.mark.parametrize("width", [1, 2])
def test_rows_count_when_their_key_is_theirs_alone(place: Place, width: int) -> None:
    place.fill(every_cell(place))
    with place.opened() as (connection, schema, shape, read):
        rows = read(shape)
        assert not shape.primary_key
        tables = [[], [Axis(column=c.name, domain=domains(rows, c)[0]) for c in shape.columns[:2]]]
        for at, column in enumerate(shape.columns):
            unit = [column, shape.columns[at - 1]][:width]
            counter, expected = SqlCounter(connection, shape, schema=schema, unit=unit), memory(rows, shape, unit)
            ours, theirs = counter.count(tables), expected.count(tables)
            assert ours[0] == theirs[0], column.name
            assert_same(ours, theirs, tables)
            text = next(c for c in shape.columns if c.kind is Kind.TEXT)
            assert dict(zip(*counter.values(text.name), strict=True)) == dict(
                zip(*expected.values(text.name), strict=True)
            )


def anything(place: Place) -> st.SearchStrategy[list[dict[str, object]]]:
    """Rows of hostile cells, NULLs and texts that nobody thought of, in any company."""
    letters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    cells: dict[str, st.SearchStrategy[object]] = {}
    for name, pool in place.pools.items():
        cell = st.none() | st.sampled_from(pool)
        free = name in {"word", "ci"}
        cells[name] = cell | st.text(letters, max_size=6) | st.sampled_from(["a", "A", "a "]) if free else cell
    return st.lists(st.fixed_dictionaries(cells), max_size=9)


# against real databases shrinking takes minutes, and what is drawn is small
@settings(
    max_examples=settings.default.max_examples // 5, phases=(Phase.generate,), suppress_health_check=list(HealthCheck)
)
@given(data=st.data())
def test_any_rows_fall_where_they_fall_in_memory(place: Place, data: st.DataObject) -> None:
    place.fill(data.draw(anything(place)))
    with place.opened() as (connection, schema, shape, read):
        rows = read(shape)
        columns = data.draw(st.lists(st.sampled_from(shape.columns), min_size=1, max_size=4, unique=True))
        axes = st.sampled_from(all_axes(rows, dataclasses.replace(shape, columns=tuple(columns))))
        tables = data.draw(st.lists(st.lists(axes, max_size=3), min_size=1, max_size=8))
        tables = [table for table in tables if np.prod([axis.cells for axis in table]) < 10**6]
        unit = data.draw(st.just([]) | st.lists(st.sampled_from(shape.columns), max_size=2, unique=True))
        ours, theirs = SqlCounter(connection, shape, schema=schema, unit=unit), memory(rows, shape, unit)
        assert_same(ours.count(tables), theirs.count(tables), tables)
        text = data.draw(st.sampled_from([column for column in shape.columns if column.kind in TEXT_KINDS]))
        assert texts(ours, text) == texts(theirs, text)


def texts(counter: MemoryCounter | SqlCounter, column: Column) -> dict[str, int]:
    found, counts = counter.values(column.name)
    assert counts.dtype == np.int64
    assert len(set(found)) == len(found)
    return dict(zip(found, counts.tolist(), strict=True))


class Watched(SqlCounter):
    """A counter that remembers how many lines each statement brought."""

    lines: list[int]

    def _fetched(self, query: Any) -> Sequence[Sequence[Any]]:
        found = super()._fetched(query)
        self.lines.append(len(found))
        return found


AGGREGATE = re.compile(r"^(SELECT|WITH codes AS (MATERIALIZED )?\s*\(SELECT) ", re.DOTALL)


def test_no_row_leaves_the_database(place: Place) -> None:
    rows = every_cell(place)
    place.fill(rows)
    with place.opened() as (connection, schema, shape, read):
        axes = all_axes(read(shape), shape)[::4]
        unit = [shape.columns[0]]
        counter = Watched(connection, shape, schema=schema, unit=unit)
        counter.lines = []
        said: list[str] = []
        sa.event.listen(connection, "before_cursor_execute", lambda *given: said.append(given[2]))
        answers = counter.count([[], *([axis] for axis in axes), *([axis, axes[0]] for axis in axes[1:])])
        text = next(column for column in shape.columns if column.kind is Kind.TEXT)
        distinct = counter.values(text.name)[0]
    assert sum(counter.lines[:-1]) <= sum(answer.size for answer in answers)
    assert counter.lines[-1] == len(distinct)
    assert len(said) == len(counter.lines) <= 3
    for statement in said:
        assert AGGREGATE.match(statement)
        assert "count(*)" in statement
        assert re.search(r"GROUP BY", statement)
        assert not re.search(
            r"\b(INSERT|UPDATE|DELETE|CREATE|DROP|COPY|INTO)\b", statement.replace(place.quoted(NAME), "")
        )


def test_texts_and_moments_of_ours_are_parameters(place: Place) -> None:
    place.fill([])
    poison = "x'); DROP TABLE victim;--\\"
    with place.opened() as (connection, schema, shape, _):
        said: list[str] = []
        sa.event.listen(connection, "before_cursor_execute", lambda *given: said.append(given[2]))
        text = next(column for column in shape.columns if column.kind is Kind.TEXT)
        axis = Axis(column=text.name, domain=Values(values=(poison, "\0", "%s", ":x"), rest=True))
        (counts,) = SqlCounter(connection, shape, schema=schema).count([[axis]])
    assert counts.tolist() == [0, 0, 0, 0, 0]
    assert not any("victim" in statement for statement in said)


def test_long_lists_and_many_tables_are_cut_into_statements(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.fill(every_cell(place))
    for limit, few in (("MOST_TABLES", 9), ("MOST_AXES", 5), ("MOST_CELLS", 3000)):
        monkeypatch.setattr(sql_plan, limit, few)
    with place.opened() as (connection, schema, shape, read):
        rows = read(shape)
        text = next(column for column in shape.columns if column.kind is Kind.TEXT)
        number = next(column for column in shape.columns if column.kind is Kind.FLOAT)
        whole = shape.columns[0].name
        long = [
            Axis(column=text.name, domain=Values(values=(*map(str, range(2000)), "a", "ß"), rest=True, other=True)),
            Axis(column=number.name, domain=Ranges(starts=tuple(np.linspace(-9, 9, 300).tolist()), last=9, rest=True)),
            Axis(column=whole, domain=Ranges(starts=tuple(range(-300, 300)), last=300, rest=True)),
            Axis(column=whole, domain=Ranges(starts=tuple(range(0, 9 * 10**9, 10**7)), last=10**10, rest=False)),
        ]
        few_cells = [Axis(column=whole, domain=Residues(modulus=modulus, rest=True)) for modulus in range(2, 9)]
        tables = [[axis] for axis in long] + [list(pair) for pair in itertools.product(few_cells, few_cells)]
        ours, theirs = Watched(connection, shape, schema=schema), memory(rows, shape)
        ours.lines = []
        assert_same(ours.count(tables), theirs.count(tables), tables)
    assert len(ours.lines) > 3


def test_a_declared_key_is_not_counted_again(place: Place) -> None:
    place.fill([row for k, row in enumerate(every_cell(place)) if k < 12])
    with place.opened() as (connection, schema, shape, _):
        keyed = dataclasses.replace(shape, primary_key=(shape.columns[0].name,))
        said: list[str] = []
        sa.event.listen(connection, "before_cursor_execute", lambda *given: said.append(given[2]))
        (rows,) = SqlCounter(connection, keyed, schema=schema, unit=[shape.columns[0]]).count([[]])
    assert rows == 12
    assert "HAVING" not in said[-1]


def test_an_error_tells_no_cell(place: Place) -> None:
    place.fill(every_cell(place))
    with place.opened() as (connection, schema, shape, _):
        text = next(column for column in shape.columns if column.kind is Kind.TEXT)
        odd = dataclasses.replace(shape, columns=(dataclasses.replace(text, name=ColumnName("no such")),))
        axis = Axis(column=ColumnName("no such"), domain=Values(values=("canary",), rest=True))
        with pytest.raises(SourceFailed) as failure:
            SqlCounter(connection, odd, schema=schema).count([[axis]])
    shown_to_all = "".join(traceback.format_exception(failure.value))
    assert "canary" not in shown_to_all
    assert failure.value.__suppress_context__


def test_a_database_of_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/x.db", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.dialect.name = "oracle"
        with pytest.raises(Unsupported, match="known: postgresql"):
            SqlCounter(connection, Table(name=NAME, columns=()), schema=None)


def test_a_role_that_may_only_select_can_count(postgres_database: Callable[[], str]) -> None:
    made = postgres(postgres_database())
    made.create()
    made.fill(every_cell(made))
    role = "reader_" + str(sa.make_url(made.url).database)
    made.run(f"CREATE ROLE {role} LOGIN", f"GRANT SELECT ON {made.quoted(NAME).replace('%', '%%')} TO {role}")
    reader = dataclasses.replace(made, url=sa.make_url(made.url).set(username=role).render_as_string())
    with reader.opened() as (connection, schema, shape, _):
        (rows,) = SqlCounter(connection, shape, schema=schema, unit=[shape.columns[1]]).count([[]])
        assert rows >= 0
        assert connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "on"
    made.engine.dispose()


def test_a_file_that_may_only_be_read_can_be_counted(tmp_path: Path) -> None:
    made = duckdb(tmp_path)
    made.create()
    made.fill(every_cell(made))
    made.engine.dispose()
    engine = sa.create_engine(f"duckdb:///{tmp_path}/source.duckdb", connect_args={"read_only": True})
    with dataclasses.replace(made, engine=engine).opened() as (connection, schema, shape, _):
        (rows,) = SqlCounter(connection, shape, schema=schema).count([[]])
    engine.dispose()
    assert rows == len(every_cell(made))


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1", "EUC_JP"])
def test_databases_in_other_encodings_count_the_same(postgres_database: Callable[[], str], encoding: str) -> None:
    url = sa.make_url(postgres_database())
    name = f"{url.database}_{encoding.lower()}"
    admin = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        locale = "TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
        connection.exec_driver_sql(f"CREATE DATABASE {name} ENCODING '{encoding}' {locale}")
    try:
        there = url.set(database=name).render_as_string(hide_password=False)
        engine = sa.create_engine(there, poolclass=sa.NullPool, connect_args={"client_encoding": "utf8"})
        raw = {"SQL_ASCII": ["61", "41", "c3a4", "ff", "e4", "eda080", "f0908080", "f4908080", "c080", "6120", ""],
               "LATIN1": ["61", "41", "e4", "c4", "6120", ""], "EUC_JP": ["61", "a4a2", "8eb1",
            ""]}[encoding]  # fmt: skip
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE t (word text, id bigint)")
            for k, digits in enumerate([*raw, *raw[:2]]):
                cell = f"convert_from('\\x{digits}', '{encoding}')"
                connection.exec_driver_sql(f"INSERT INTO t VALUES ({cell}, {k})")
        engine.dispose()
        with closing(open_source(SecretStr(there), None)) as source, source.snapshot() as snapshot:
            (shape,) = snapshot.schema.tables
            rows = read_table(snapshot, shape, lambda _: None).expose()
            lent = snapshot.lend(shape.name)
            tables = [[axis] for axis in all_axes(rows, shape)]
            for unit in ([], [shape.columns[0]]):
                ours = SqlCounter(lent.connection, shape, schema=lent.schema, unit=unit)
                theirs = memory(rows, shape, unit)
                assert_same(ours.count(tables), theirs.count(tables), tables)
                assert texts(ours, shape.columns[0]) == texts(theirs, shape.columns[0])
    finally:
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        admin.dispose()


def test_partitions_belong_to_a_table_and_children_do_not(postgres_database: Callable[[], str]) -> None:
    url = postgres_database()
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in (
            "CREATE TABLE parts (id bigint) PARTITION BY RANGE (id)",
            "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10)",
            "CREATE TABLE parent (id bigint)", "CREATE TABLE child () INHERITS (parent)",
            "INSERT INTO parts VALUES (1), (2)", "INSERT INTO parent VALUES (1)", "INSERT INTO child VALUES (2), (3)",
        ):  # fmt: skip
            connection.exec_driver_sql(statement)
    engine.dispose()
    with closing(open_source(SecretStr(url), None)) as source, source.snapshot() as snapshot:
        found = {}
        for table in snapshot.schema.tables:
            lent = snapshot.lend(table.name)
            found[table.name] = int(SqlCounter(lent.connection, table, schema=lent.schema).count([[]])[0])
    assert found == {"parts": 2, "parent": 1, "child": 2}


def test_a_file_in_utf16_counts_the_same(tmp_path: Path) -> None:
    made = sqlite(tmp_path)
    with made.engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA encoding = 'UTF-16le'")
        connection.exec_driver_sql("CREATE TABLE t (word TEXT, day DATE)")
        for word in TEXTS:
            connection.exec_driver_sql("INSERT INTO t VALUES (?, ?)", (word, "2024-01-01"))
    with closing(open_source(SecretStr(made.url), None)) as source, source.snapshot() as snapshot:
        (shape,) = snapshot.schema.tables
        rows = read_table(snapshot, shape, lambda _: None).expose()
        lent = snapshot.lend(shape.name)
        tables = [[axis] for axis in all_axes(rows, shape)]
        ours = SqlCounter(lent.connection, shape, schema=lent.schema)
        assert_same(ours.count(tables), memory(rows, shape).count(tables), tables)
        assert texts(ours, shape.columns[0]) == texts(memory(rows, shape), shape.columns[0])
    made.engine.dispose()
