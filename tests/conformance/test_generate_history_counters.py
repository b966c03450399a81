"""The law of counting histories: in memory and inside any database the integers are the same; no row leaves."""

from __future__ import annotations

import dataclasses
import math
import re
import traceback
from collections.abc import Iterator, Sequence
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

from gateway.estimation.histories import contexts
from gateway.estimation.histories.clipping import SCALE
from gateway.estimation.histories.terms import NOWHERE, Context, Place, Shape, Term
from gateway.policy.lineage import Kin, Lineage
from gateway.policy.model import TableClause
from gateway.raw.connect.kinship import Kinship, kinship
from gateway.raw.connect.owning import Readable, read_family
from gateway.raw.connect.reading import open_source
from gateway.raw.generate import physical
from gateway.raw.generate.counters.histories_memory import MemoryHistories
from gateway.raw.generate.counters.histories_sql import SqlHistories
from gateway.raw.generate.counters.histories_sql_words import whole_root
from gateway.raw.generate.counters.sql_cells import whole
from gateway.raw.generate.counting import Axis
from gateway.raw.generate.deriving import derive
from gateway.raw.generate.domain import Domain, Ranges, Residues, Values
from gateway.raw.generate.histories import Coding, Cut
from gateway.vocabulary.errors import ConfigurationError, SourceFailed, Unsupported
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import TEXT_KINDS, Column, Kind, Reference, Schema, Table

DATABASES = ("postgresql", "mysql", "sqlite", "duckdb")
PEOPLE, VISITS, DRUGS, LETTERS, TESTS = (
    TableName(name) for name in ("people", 'vis"its', "drugs", "letters", "tests")
)  # fmt: skip
TEXT, WHOLE, REAL, MOMENT, DAY, PRICE = "text", "whole", "real", "moment", "day", "price"
COLUMNS: dict[TableName, dict[str, str]] = {
    PEOPLE: {"id": WHOLE, "code": TEXT, "part": WHOLE, "age": WHOLE, "word": TEXT, "joined": MOMENT, "boss": WHOLE},
    VISITS: {"number": WHOLE, "on": MOMENT, "client": TEXT, "part": WHOLE, "test": TEXT, "val%ue": REAL, "note": TEXT,
             "first": WHOLE},
    DRUGS: {"visit": WHOLE, "on": DAY, "drug": TEXT, "dose": PRICE, "times": WHOLE},
    LETTERS: {"person": WHOLE, "sent": REAL, "tone": TEXT},
    TESTS: {"label": TEXT},
}  # fmt: skip
NATIVE = {
    "postgresql": {TEXT: "text", WHOLE: "bigint", REAL: "double precision", MOMENT: "timestamp", DAY: "date",
                   PRICE: "numeric(8,2)"},
    "mysql": {TEXT: "longtext COLLATE utf8mb4_general_ci", WHOLE: "bigint", REAL: "double", MOMENT: "datetime(6)",
              DAY: "date", PRICE: "decimal(8,2)"},
    "sqlite": {TEXT: "TEXT COLLATE NOCASE", WHOLE: "BIGINT", REAL: "DOUBLE", MOMENT: "DATETIME", DAY: "DATE",
               PRICE: "DECIMAL(8,2)"},
    "duckdb": {TEXT: "VARCHAR", WHOLE: "BIGINT", REAL: "DOUBLE", MOMENT: "TIMESTAMP", DAY: "DATE",
               PRICE: "DECIMAL(8,2)"},
}  # fmt: skip
KINDS = {TEXT: Kind.TEXT, WHOLE: Kind.INTEGER, REAL: Kind.FLOAT, MOMENT: Kind.DATETIME, DAY: Kind.DATE,
         PRICE: Kind.DECIMAL}  # fmt: skip
NAMES = {None: None, "a": "a", "A": "A", "a ": "a ", "á": "á", "": ""}
LONG = "x" * 1500
CODES = [None, "a", "A", "a ", "á", "", "'; DROP TABLE people;--"]
LABELS = ["x", "X", "é", "10", "9", "\\"]
MOMENTS = ["0001-01-01 00:00:00", "1969-12-31 23:59:59.999999", "1970-01-01 00:00:00", "1970-01-01 00:00:00.5",
           "2000-02-29 00:00:00", "2000-02-29 12:34:56.789012", "2000-03-01 00:00:00",
           "9999-12-31 23:59:59.999999"]  # fmt: skip
DAYS = ["2000-02-29", "2000-03-01", "1970-01-01", "0001-01-01"]
WHOLES = [0, 1, 2, 2**53, 2**53 + 1, 2**63 - 1, -(2**63)]
REALS = [-1e308, -1.5, -0.5, -0.0, 0.5, 1.0, 1.25, 7.0, 4503599627370497.0, 1e300]
POOLS: dict[TableName, dict[str, Sequence[object]]] = {
    PEOPLE: {"id": [*WHOLES, *range(3, 9)], "code": CODES, "part": [0, 1, 2**53 + 1], "age": [0, 30, 60, -7],
             "word": ["a", "A", "b"], "joined": MOMENTS, "boss": WHOLES},
    VISITS: {"number": [*range(12), 2**53, 2**53 + 1], "on": MOMENTS, "client": CODES, "part": [0, 1, 2**53 + 1, 2**53],
             "test": [*LABELS, "none"], "val%ue": REALS, "note": [*CODES, LONG + "1", LONG + "2", LONG], "first": [1]},
    DRUGS: {"visit": [*range(12), 2**53], "on": DAYS, "drug": ["a", "A", "b ", "b"],
            "dose": ["0", "0.01", "-999999.99", "1.5"], "times": [1, 2, 3, -1]},
    LETTERS: {"person": [*WHOLES, *range(3, 15)], "sent": REALS, "tone": ["a", "b"]},
}  # fmt: skip


def kin_of() -> Lineage:
    """Visits name people by two columns of which none is a key; drugs name visits by number and day."""

    def names(*words: str) -> tuple[ColumnName, ...]:
        return tuple(ColumnName(word) for word in words)

    of_tests = Reference(columns=names("test"), target=TESTS, target_columns=names("label"))
    to_boss = Reference(columns=names("boss"), target=PEOPLE, target_columns=names("id"))
    return Lineage(
        unit=Kin(table=PEOPLE, links=(to_boss,)),
        owned=(
            Kin(table=VISITS, owner=PEOPLE, columns=names("client", "part"), owner_columns=names("code", "part"),
                order=ColumnName("on"), since=ColumnName("joined"), kind=ColumnName("test"), most=1000,
                public=(of_tests,)),
            Kin(table=LETTERS, owner=PEOPLE, columns=names("person"), owner_columns=names("id"),
                order=ColumnName("sent"), most=1000),
            Kin(table=DRUGS, owner=VISITS, columns=names("visit", "on"), owner_columns=names("number", "on"),
                order=ColumnName("times"), most=1000),
        ),
        public=(TESTS,), dropped=(),
    )  # fmt: skip


LEARN: dict[str, Any] = {"role": "none", "treatment": "learn"}
KEY: dict[str, Any] = {"role": "key", "treatment": "key"}
KEYS = {PEOPLE: {"id", "code", "part", "boss"}, VISITS: {"number", "client", "part"}, DRUGS: {"visit", "on"},
        LETTERS: {"person"}}  # fmt: skip


@dataclasses.dataclass
class Source:
    """A database with people and what they own, whose names hurt."""

    dialect: str
    engine: sa.Engine
    url: str = ""

    def quoted(self, name: str) -> str:
        return self.engine.dialect.identifier_preparer.quote_identifier(name)

    def bare(self, name: str) -> str:
        """Quote for `text`, which writes a percent sign as the driver wants it."""
        return self.quoted(name).replace("%%", "%")

    def create(self) -> None:
        native = NATIVE[self.dialect]
        with self.engine.begin() as connection:
            for table, columns in COLUMNS.items():
                items = ", ".join(f"{self.bare(name)} {native[kind]}" for name, kind in columns.items())
                items = items.replace("NOCASE", "BINARY").replace("general_ci", "bin") if table == TESTS else items
                connection.execute(sa.text(f"CREATE TABLE {self.bare(table)} ({items})"))
            for label in LABELS:
                connection.execute(sa.text("INSERT INTO tests VALUES (:label)"), {"label": label})

    def fill(self, rows: dict[TableName, list[dict[str, object]]]) -> None:
        native = NATIVE[self.dialect]
        with self.engine.begin() as connection:
            for table, some in rows.items():
                connection.exec_driver_sql(f"DELETE FROM {self.quoted(table)}")
                kinds = COLUMNS[table]
                as_text = self.dialect in {"postgresql", "duckdb"}
                items = [
                    f"CAST(:p{k} AS {native[kind]})" if as_text else f":p{k}" for k, kind in enumerate(kinds.values())
                ]
                named = [
                    {
                        f"p{k}": None if row[n] is None else str(row[n]) if as_text else row[n]
                        for k, n in enumerate(kinds)
                    }
                    for row in some
                ]
                if named:
                    connection.execute(sa.text(f"INSERT INTO {self.quoted(table)} VALUES ({', '.join(items)})"), named)

    @contextmanager
    def opened(self) -> Iterator[tuple[sa.Connection, str | None, Kinship, Readable]]:
        """Yield a connection inside one view, the schema's name, whose rows are whose, and a reader of the rows."""
        if self.dialect == "duckdb":
            with self.engine.connect() as connection:
                schema = Schema(tables=tuple(duck_shape(table) for table in COLUMNS))
                yield connection, "main", related(schema), DuckRows(connection, schema)
                connection.rollback()
            return
        with closing(open_source(SecretStr(self.url), None)) as source, source.snapshot() as snapshot:
            lent = snapshot.lend(PEOPLE)
            yield lent.connection, lent.schema, related(snapshot.schema), snapshot


def related(schema: Schema, tree: Lineage | None = None) -> Kinship:
    clauses = {
        table: TableClause.model_validate(
            {"treatment": "synthesize", "columns": {n: KEY if n in KEYS[table] else LEARN for n in COLUMNS[table]}}
        )
        for table in POOLS
    }
    public = {TESTS: pa.table({"label": pa.array(LABELS, pa.string())})}
    return kinship(schema, tree or kin_of(), clauses, public)


def duck_shape(table: TableName) -> Table:
    sizes = {PRICE: {"precision": 8, "scale": 2}}
    return Table(
        name=table,
        columns=tuple(
            Column(name=ColumnName(n), kind=KINDS[k], native=NATIVE["duckdb"][k].lower(), **sizes.get(k, {}))
            for n, k in COLUMNS[table].items()
        ),
    )


class DuckRows:
    """Reads as a source does."""

    def __init__(self, connection: sa.Connection, schema: Schema) -> None:
        self._driver: Any = connection.connection.driver_connection
        self._schema = schema

    def batches(self, table: TableName, columns: Sequence[ColumnName]) -> Iterator[pa.RecordBatch]:
        names = ", ".join('"' + name.replace('"', '""') + '"' for name in columns)
        place = table.replace('"', '""')
        found = self._driver.sql(f'SELECT {names} FROM "{place}"').to_arrow_table()
        shape = self._schema.table(table)
        wanted = pa.schema([pa.field(name, shape.column(name).arrow_type) for name in columns])
        yield from found.cast(wanted).to_batches()


@pytest.fixture(
    params=[pytest.param(kind, marks=pytest.mark.mariadb) if kind == "mysql" else kind for kind in DATABASES]
)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Source]:
    match request.param:
        case "postgresql":
            url = request.getfixturevalue("postgres_database")()
        case "mysql":
            url = request.getfixturevalue("mariadb_database")()
        case "sqlite":
            url = f"sqlite:///{tmp_path}/source.db"
        case _:
            url = f"duckdb:///{tmp_path}/source.duckdb"
    kwargs = {} if request.param == "duckdb" else {"poolclass": sa.NullPool}
    made = Source(request.param, sa.create_engine(url, **kwargs), url=url)
    made.create()
    yield made
    made.engine.dispose()


def hostile(seed: int, *, people: int = 14, visits: int = 60) -> dict[TableName, list[dict[str, object]]]:
    """Rows with NULLs in every place, keys twice, rows of nobody, and people with very many rows alike."""
    random = np.random.default_rng(seed)
    rows: dict[TableName, list[dict[str, object]]] = {}
    for table, many in ((PEOPLE, people), (VISITS, visits), (DRUGS, visits), (LETTERS, visits // 2)):
        rows[table] = [
            {
                n: None if random.random() < 0.06 else pool[random.integers(len(pool))]
                for n, pool in POOLS[table].items()
            }
            for _ in range(many)
        ]
    # most keys are one row's own, so that there is somebody to count
    keys = [(code, part) for code in CODES[1:] for part in POOLS[PEOPLE]["part"]]
    for k, row in enumerate(rows[PEOPLE]):
        if random.random() < 0.85:
            row["id"], (row["code"], row["part"]) = k + 3, keys[k % len(keys)]
    for k, row in enumerate(rows[VISITS]):
        if random.random() < 0.85:
            row["number"], row["on"] = k, MOMENTS[int(random.choice([2, 4, 4, 5, 6]))]
        if random.random() < 0.7:
            row["client"], row["part"] = keys[int(random.integers(6))]
    for row in rows[DRUGS]:
        if random.random() < 0.8:
            one = rows[VISITS][int(random.integers(max(visits // 4, 1)))] if visits else row
            row["visit"], row["on"] = one.get("number"), str(one["on"] or DAYS[0])[:10]
    # keys of two rows: of one person's, and of one and nobody's
    rows[VISITS] += [dict(row) for row in rows[VISITS][1:3]] + [dict(row, client=None) for row in rows[VISITS][3:5]]
    rows[VISITS] += [dict(rows[VISITS][0], number=100 + k) for k in range(int(random.integers(0, 40)))]
    return rows


def in_memory(plan: Kinship, reader: Readable, table: TableName) -> MemoryHistories:
    key = [ColumnName("id")]
    family, nobody = read_family(reader, plan, key=key, share=1e-15, secret=b"s", progress=lambda *_: None)
    assert nobody.units.expose().num_rows == 0
    return MemoryHistories(derive(family, plan.lineage), table, order=plan.portraits[table].kin.order)


def in_sql(connection: sa.Connection, schema: str | None, plan: Kinship, table: TableName) -> SqlHistories:
    return SqlHistories(connection, plan, table, schema=schema, key=[ColumnName("id")], within_most=True)


def domain(column: Column, frame: pa.Table, random: np.random.Generator) -> Domain:
    """Return a domain whose limits lie on, below and above what the rows hold."""
    values = frame.column(column.name)
    if column.kind in TEXT_KINDS:
        known = sorted({text for text in values.to_pylist() if text is not None})
        listed = known[:: int(random.integers(1, 3))]
        return Values(values=tuple(listed), rest=True, other=bool(random.random() < 0.5))
    units, present = physical.numbers(values, column)
    numbers = sorted(set(units[present].tolist())) or [0]
    some = tuple(numbers[:: max(1, len(numbers) // 3)])
    whole = physical.is_whole(column)
    kind = random.integers(3 if whole else 2)
    if kind == 0:
        return Values(values=some, rest=True, other=bool(random.random() < 0.5))
    return Ranges(starts=some, last=some[-1], rest=True) if kind == 1 else Residues(modulus=3, rest=True)


def merged(cells: int, random: np.random.Generator) -> tuple[int, ...] | None:
    if random.random() < 0.5:
        return None
    bins = int(random.integers(1, min(cells, 4) + 1))
    return tuple(random.permutation(np.arange(cells) % bins).tolist())


def some_of(bins: tuple[int, ...] | None, random: np.random.Generator) -> tuple[int, ...] | None:
    """Return the bins with some cells in none of them, now and then."""
    if bins is None or len(bins) == max(bins) + 1 or random.random() < 0.4:
        return bins
    left = tuple(NOWHERE if random.random() < 0.4 else one for one in bins)
    return left if set(left) - {NOWHERE} == set(bins) else bins


def axis(column: Column, frame: pa.Table, random: np.random.Generator) -> Axis:
    cut = domain(column, frame, random)
    bin_of = merged(cut.cells, random)
    return Axis(column=column.name, domain=cut, bin_of=None if bin_of is None else np.array(bin_of, dtype=np.int32))


def cuts(columns: Sequence[Column], frame: pa.Table, random: np.random.Generator) -> tuple[Cut, ...]:
    """Return cuts of which some hang on the first."""
    first = Cut(axes=(axis(columns[0], frame, random),))
    found = [first]
    for column in columns[1:]:
        if random.random() < 0.5:
            found.append(Cut(axes=(axis(column, frame, random),)))
            continue
        axes = tuple(axis(column, frame, random) for _ in range(2))
        found.append(Cut(axes=axes, axis_of=tuple(random.integers(0, 2, first.cells).tolist())))
    return tuple(found)


def coding_for(memory: MemoryHistories, random: np.random.Generator, *, ordered: bool) -> Coding:
    own = [memory.table.columns[k] for k in random.permutation(len(memory.table.columns))[:4]]
    owners = [memory.owner.columns[k] for k in random.permutation(len(memory.owner.columns))]
    gaps = Ranges(starts=(0, 1, 86_400, 10**9), last=10**12, rest=False)
    return Coding(
        columns=cuts(own, memory._rows.expose(), random),
        gap=gaps if ordered else None,
        gap_bin_of=np.array([0, 1, 1, 2], dtype=np.int32) if ordered and random.random() < 0.5 else None,
        kind=0,
        owner=cuts(owners, memory._owners.expose(), random),
        owner_kind=0,
    )


def terms_for(shape: Shape, random: np.random.Generator, *, many: int) -> list[Term]:
    terms: list[Term] = []
    while len(terms) < many:
        looks = []
        for _ in range(random.integers(0, 4)):
            place = list(Place)[random.integers(len(Place))]
            sizes = {Place.OWNER: len(shape.owner), Place.RANK: 0, Place.LEFT: 0}.get(place, len(shape.cells))
            look = Context(place=place, column=int(random.integers(sizes)) if sizes else -1)
            cells = contexts.cells_of(look, shape=shape)
            looks.append(dataclasses.replace(look, bin_of=some_of(merged(cells, random), random)))
        target = int(random.integers(len(shape.cells)))
        own = shape.cells[target] - (shape.ordered and target == 0)
        term = Term(target=target, contexts=tuple(looks), bin_of=merged(own, random))
        if np.prod(contexts.extent(term, shape=shape)) < 10**5:
            terms.append(term)
    return terms


def assert_same(ours: SqlHistories, theirs: MemoryHistories, coding: Coding, terms: Sequence[Term]) -> int:
    """Compare all answers; return how many cells hold anything."""
    assert ours.table == theirs.table
    assert ours.owner == theirs.owner
    for one, other in zip(ours.norms(coding, terms), theirs.norms(coding, terms), strict=True):
        assert one.dtype == other.dtype == np.int64
        assert one.tolist() == other.tolist()
    shared = [counter.shares(coding, terms, weight=1_000_003) for counter in (ours, theirs)]
    assert all(np.array_equal(one, other) for one, other in zip(*shared, strict=True))
    asked = [(term, (1, 2, 7, 100, 2**23 - 1)[k % 5]) for k, term in enumerate(terms)]
    found = 0
    for (term, _), one, other in zip(asked, ours.count(coding, asked), theirs.count(coding, asked), strict=True):
        assert one.dtype == other.dtype == np.int64
        assert one.shape == other.shape
        assert np.array_equal(one, other), term
        found += int((one > 0).sum())
    return found


def texts(counter: SqlHistories | MemoryHistories, column: Column, most: int) -> dict[str, int]:
    found, counts = counter.values(column.name, most=most)
    assert counts.dtype == np.int64
    assert len(set(found)) == len(found)
    return dict(zip(found, counts.tolist(), strict=True))


def assert_same_texts(ours: SqlHistories, theirs: MemoryHistories) -> None:
    for column in ours.table.columns:
        if column.kind in TEXT_KINDS:
            for most in (1, 2, 50):
                assert texts(ours, column, most) == texts(theirs, column, most), (column.name, most)


@pytest.mark.parametrize("seed", [2])
def test_hostile_histories_are_counted_as_in_memory(source: Source, seed: int) -> None:
    source.fill(hostile(seed))
    random = np.random.default_rng(seed)
    with source.opened() as (connection, schema, plan, reader):
        for table in (VISITS, DRUGS, LETTERS):
            theirs, ours = in_memory(plan, reader, table), in_sql(connection, schema, plan, table)
            assert theirs._rows.expose().num_rows > 5
            coding = coding_for(theirs, random, ordered=True)
            assert assert_same(ours, theirs, coding, terms_for(coding.shape, random, many=9)) > 9
            assert_same_texts(ours, theirs)


def drawn(data: st.DataObject) -> dict[TableName, list[dict[str, object]]]:
    """Rows of hostile cells in any company."""
    found = {}
    for table, pools in POOLS.items():
        cells = {name: st.none() | st.sampled_from(pool[:8]) for name, pool in pools.items()}
        found[table] = data.draw(st.lists(st.fixed_dictionaries(cells), max_size=9 if table != PEOPLE else 5))
    return found


# against real databases shrinking takes minutes, and what is drawn is small
@settings(
    max_examples=settings.default.max_examples // 10, phases=(Phase.generate,), suppress_health_check=list(HealthCheck)
)
@given(data=st.data())
def test_any_histories_are_counted_as_in_memory(source: Source, data: st.DataObject) -> None:
    seed = data.draw(st.integers(0, 2**32))
    source.fill(drawn(data) if data.draw(st.booleans()) else hostile(seed, people=6, visits=20))
    random = np.random.default_rng(seed)
    with source.opened() as (connection, schema, plan, reader):
        table = data.draw(st.sampled_from([VISITS, DRUGS, LETTERS]))
        theirs, ours = in_memory(plan, reader, table), in_sql(connection, schema, plan, table)
        coding = coding_for(theirs, random, ordered=data.draw(st.booleans()))
        assert_same(ours, theirs, coding, terms_for(coding.shape, random, many=3))
        assert_same_texts(ours, theirs)


def test_rows_of_one_time_and_the_same_codes_stay_in_the_order_they_were_given(source: Source) -> None:
    rows = hostile(1, people=1, visits=1)
    rows[PEOPLE] = [dict(rows[PEOPLE][0], id=3, code="a", part=1)]
    alike = dict(rows[VISITS][0], client="a", part=1, test="x", note="a")
    days = [4, 4, 4, 5, 5, 6, 6, 6, 7] * 20
    rows[VISITS] = [dict(alike, number=k, on=MOMENTS[day]) for k, day in enumerate(days)]
    source.fill(rows)
    with source.opened() as (connection, schema, plan, reader):
        theirs, ours = in_memory(plan, reader, VISITS), in_sql(connection, schema, plan, VISITS)
        kind = Axis(column=ColumnName("test"), domain=Values(values=tuple(LABELS), rest=True))
        gaps = Ranges(starts=(0, 1, 86_400), last=10**9, rest=False)
        coding = Coding(columns=(Cut(axes=(kind,)),), gap=gaps, kind=0)
        backward = (Context(place=Place.LAST, column=0), Context(place=Place.BEFORE, column=0))
        terms = [Term(target=0, contexts=(look,)) for look in (*backward, Context(place=Place.LEFT))]
        assert assert_same(ours, theirs, coding, [*terms, Term(target=1, contexts=backward)]) > 9


def test_long_texts_are_told_apart_and_sorted_to_their_end(source: Source) -> None:
    rows = hostile(1, people=1, visits=1)
    rows[PEOPLE] = [dict(rows[PEOPLE][0], id=3, code="a", part=1)]
    ends = ["9", "1", "a", "A", "", "é", "5"]
    notes = [LONG + end for end in ends] + [LONG + "5", "z", "a", "a"]
    rows[VISITS] = [dict(rows[VISITS][0], number=k, client="a", part=1, note=note) for k, note in enumerate(notes)]
    source.fill(rows)
    with source.opened() as (connection, schema, plan, reader):
        theirs, ours = in_memory(plan, reader, VISITS), in_sql(connection, schema, plan, VISITS)
        note = ours.table.column(ColumnName("note"))
        for most in range(1, 9):
            assert texts(ours, note, most) == texts(theirs, note, most)


def test_the_root_is_whole_and_right_whatever_the_engine_makes_of_it(source: Source) -> None:
    """Let the engine's root be off by one either way, at squares and beside them."""
    numbers = sorted(
        {n * n + d for n in (1, 2, 3, 1000, 2**10, 2**19 + 1, SCALE - 1) for d in (-1, 0, 1)} - {0} | {2**40 - 1}
    )
    with source.opened() as (connection, schema, plan, _):
        speech = in_sql(connection, schema, plan, VISITS)._belonging.speech
        right = speech.root
        for off in (-1, 0, 1):
            speech.root = lambda number, off=off: right(number) + whole(off)  # type: ignore[method-assign]
            roots = [whole_root(sa.cast(whole(number), sa.BigInteger()), speech) for number in numbers]
            found = connection.execute(sa.select(*roots)).one()
            assert [int(root) for root in found] == [math.isqrt(number) for number in numbers]


class Watched(SqlHistories):
    """A counter that remembers how many lines each statement brought."""

    def _fetched(self, query: Any) -> Sequence[Sequence[Any]]:
        found = super()._fetched(query)
        self.lines: list[int] = [*getattr(self, "lines", []), len(found)]
        return found


def test_no_row_leaves_the_database(source: Source) -> None:
    source.fill(hostile(3))
    random = np.random.default_rng(3)
    with source.opened() as (connection, schema, plan, reader):
        theirs = in_memory(plan, reader, VISITS)
        coding = coding_for(theirs, random, ordered=True)
        terms = terms_for(coding.shape, random, many=6)
        counter = Watched(connection, plan, VISITS, schema=schema, key=[ColumnName("id")], within_most=True)
        said: list[str] = []
        sa.event.listen(connection, "before_cursor_execute", lambda *given: said.append(given[2]))
        norms = counter.norms(coding, terms)
        tables = counter.count(coding, [(term, 4) for term in terms])
        distinct = counter.values(ColumnName("note"), most=2)[0]
    # PostgreSQL is asked once for each table whether it has partitions
    said = [statement for statement in said if "pg_catalog" not in statement]
    *most, last = counter.lines
    assert sum(most) <= sum(int((answer > 0).sum()) for answer in (*norms, *tables)) + 1
    assert last == len(distinct)
    assert len(said) == len(counter.lines) == 2 * 2 + 2
    for statement in said:
        assert re.match(r"^WITH s\d+ AS\s", statement)
        # what is sent is what comes last: sums by cell, or the number of units
        assert re.search(r"\n SELECT s\d+\.\w+[^\n]*, (count|sum)\([^\n]*\nFROM s\d+ GROUP BY [^\n]*$|"
                         r"\n ?SELECT count\(\*\)[^\n]*\nFROM s\d+$", statement.rstrip())  # fmt: skip
        assert not re.search(r"\b(INSERT|UPDATE|DELETE|CREATE|DROP|COPY|INTO)\b", statement)


def test_nobody_at_all_has_answers_too(source: Source) -> None:
    source.fill({table: [] for table in POOLS})
    with source.opened() as (connection, schema, plan, reader):
        theirs, ours = in_memory(plan, reader, DRUGS), in_sql(connection, schema, plan, DRUGS)
        coding = coding_for(theirs, np.random.default_rng(1), ordered=True)
        assert_same(ours, theirs, coding, [Term(target=0), Term(target=1, contexts=(Context(place=Place.RANK),))])
        assert_same_texts(ours, theirs)


def test_texts_of_ours_are_parameters(source: Source) -> None:
    source.fill(hostile(1))
    poison = "x'); DROP TABLE victim;--\\"
    with source.opened() as (connection, schema, plan, _):
        said: list[str] = []
        sa.event.listen(connection, "before_cursor_execute", lambda *given: said.append(given[2]))
        cut = Cut(axes=(Axis(column=ColumnName("note"), domain=Values(values=(poison, "\0", "%s", ":x"), rest=True)),))
        (found,) = in_sql(connection, schema, plan, VISITS).count(Coding(columns=(cut,)), [(Term(target=0), 4)])
    assert found[1:].tolist() == [0] * 4
    assert not any("victim" in statement for statement in said)


def test_an_error_tells_no_cell(source: Source) -> None:
    source.fill(hostile(1))
    with source.opened() as (connection, schema, plan, _):
        counter = in_sql(connection, schema, plan, VISITS)
        source_table = dataclasses.replace(plan.portraits[VISITS].source, name=TableName("gone"))
        counter._portrait = dataclasses.replace(plan.portraits[VISITS], source=source_table)
        cut = Cut(axes=(Axis(column=ColumnName("note"), domain=Values(values=("canary",), rest=True)),))
        with pytest.raises(SourceFailed) as failure:
            counter.count(Coding(columns=(cut,)), [(Term(target=0), 4)])
    assert "canary" not in "".join(traceback.format_exception(failure.value))
    assert failure.value.__suppress_context__


@pytest.fixture
def small(tmp_path: Path) -> Iterator[tuple[sa.Connection, str | None, Kinship]]:
    made = Source("sqlite", sa.create_engine(f"sqlite:///{tmp_path}/s.db", poolclass=sa.NullPool))
    made.url = f"sqlite:///{tmp_path}/s.db"
    made.create()
    with made.opened() as (connection, schema, plan, _):
        yield connection, schema, plan


def changed(plan: Kinship, schema: Schema, table: TableName, **kin: Any) -> Kinship:
    tree = plan.lineage
    owned = tuple(dataclasses.replace(one, **kin) if one.table == table else one for one in tree.owned)
    return related(schema, dataclasses.replace(tree, owned=owned))


def schema_of(plan: Kinship) -> Schema:
    tests = Table(name=TESTS, columns=(Column(name=ColumnName("label"), kind=Kind.TEXT, native="text"),))
    return Schema(tables=(*(portrait.source for portrait in plan.portraits.values()), tests))


def refused(small: tuple[sa.Connection, str | None, Kinship], plan: Kinship, table: TableName, **options: Any) -> None:
    connection, schema, _ = small
    SqlHistories(
        connection, plan, table, **{"schema": schema, "key": [ColumnName("id")], "within_most": True, **options}
    )


def test_caps_that_a_hash_would_choose_by_are_refused(small: tuple[sa.Connection, str | None, Kinship]) -> None:
    with pytest.raises(Unsupported, match="within_most"):
        refused(small, small[2], LETTERS, within_most=False)


def test_keys_and_orders_that_databases_compare_otherwise_are_refused(
    small: tuple[sa.Connection, str | None, Kinship],
) -> None:
    plan = small[2]
    schema = schema_of(plan)
    by_float = changed(plan, schema, LETTERS, columns=(ColumnName("sent"),))
    with pytest.raises(Unsupported, match="count in memory"):
        refused(small, by_float, LETTERS)
    with pytest.raises(ConfigurationError, match="of kind text"):
        refused(small, changed(plan, schema, LETTERS, order=ColumnName("tone")), LETTERS)
    with pytest.raises(Unsupported, match="no histories"):
        refused(small, plan, PEOPLE)


def test_columns_of_rows_that_others_name_are_refused(small: tuple[sa.Connection, str | None, Kinship]) -> None:
    named = {"columns": (ColumnName("person"),), "owner_columns": (ColumnName("age"),), "named": True, "order": None}
    plan = changed(small[2], schema_of(small[2]), LETTERS, **named)
    counter = in_sql(small[0], small[1], plan, VISITS)
    tone = ColumnName("letters.tone")
    assert counter.owner.column(tone).kind is Kind.TEXT
    owner = Cut(axes=(Axis(column=tone, domain=Values(values=("a",), rest=True)),))
    coding = Coding(columns=(), gap=Ranges(starts=(0, 5), last=9, rest=False), owner=(owner,))
    with pytest.raises(Unsupported, match=r"letters\.tone of table people"):
        counter.norms(coding, [Term(target=0, contexts=(Context(place=Place.OWNER, column=0),))])


def test_first_times_since_another_type_are_refused(small: tuple[sa.Connection, str | None, Kinship]) -> None:
    plan = changed(small[2], schema_of(small[2]), VISITS, since=ColumnName("age"))
    axis_of_first = Axis(column=ColumnName('vis"its: first'), domain=Ranges(starts=(0,), last=9, rest=True))
    connection, schema, _ = small
    counter = SqlHistories(connection, plan, VISITS, schema=schema, key=[ColumnName("id")], within_most=True)
    coding = Coding(columns=(), gap=Ranges(starts=(0, 5), last=9, rest=False), owner=(Cut(axes=(axis_of_first,)),))
    with pytest.raises(Unsupported, match="of one type"):
        counter.norms(coding, [Term(target=0, contexts=(Context(place=Place.OWNER, column=0),))])


@pytest.mark.parametrize("clip", [0, 2**23])
def test_bounds_that_overflow_are_refused(small: tuple[sa.Connection, str | None, Kinship], clip: int) -> None:
    connection, schema, plan = small
    counter = in_sql(connection, schema, plan, VISITS)
    coding = Coding(columns=(), gap=Ranges(starts=(0, 5), last=9, rest=False))
    with pytest.raises(ValueError, match="squared bound"):
        counter.count(coding, [(Term(target=0), clip)])


def test_a_database_of_an_unknown_kind_is_refused(small: tuple[sa.Connection, str | None, Kinship]) -> None:
    small[0].dialect.name = "oracle"
    try:
        with pytest.raises(Unsupported, match="known: postgresql"):
            refused(small, small[2], VISITS)
    finally:
        small[0].dialect.name = "sqlite"
