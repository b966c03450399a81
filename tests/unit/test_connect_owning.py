"""Each row lies beside the row that owns it, and nobody's rows change what another has, whatever is in the database."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from gateway.policy.lineage import Kin, Lineage
from gateway.policy.model import ColumnClause, TableClause
from gateway.raw.connect.holdout import split_by_unit
from gateway.raw.connect.kinship import Kinship, kinship
from gateway.raw.connect.owning import read_family
from gateway.raw.connect.public_rows import public_tables
from gateway.raw.connect.reading import read_table
from gateway.raw.connect.source import Snapshot
from gateway.raw.connect.sources.sqlite import SQLiteSource
from gateway.raw.family import Family
from gateway.vocabulary.errors import ConfigurationError, GatewayError, SourceRefused, Unsupported
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Reference

Rows = dict[str, list[tuple[Any, ...]]]
Clauses = dict[TableName, TableClause]

TABLES = {
    "persons": "k INTEGER, place INTEGER, boss INTEGER, age INTEGER, tag INTEGER",
    "places": "k DECIMAL(6,2), town INTEGER, size TEXT",
    "towns": "k INTEGER, name TEXT",
    "visits": "a INTEGER, b TEXT, person DECIMAL(8,1), day INTEGER, what TEXT, sort INTEGER, tag INTEGER",
    "items": "a INTEGER, b TEXT, n INTEGER, tag INTEGER",
    "sorts": "k INTEGER, note TEXT",
}
MOST = {"visits": 2, "items": 2}


def col(*names: str) -> tuple[ColumnName, ...]:
    return tuple(ColumnName(name) for name in names)


def kin(table: str, **more: Any) -> Kin:
    return Kin(table=TableName(table), **more)


def refers(columns: tuple[str, ...], table: str, target: tuple[str, ...]) -> Reference:
    return Reference(columns=col(*columns), target=TableName(table), target_columns=col(*target))


LINEAGE = Lineage(
    unit=kin("persons", links=(refers(("boss",), "persons", ("k",)),)),
    owned=(
        kin("places", owner="persons", columns=col("k"), owner_columns=col("place"), named=True, most=1),
        kin("visits", owner="persons", columns=col("person"), owner_columns=col("k"), most=MOST["visits"],
            order="day", public=(refers(("sort",), "sorts", ("k",)),)),
        kin("towns", owner="places", columns=col("k"), owner_columns=col("town"), named=True, most=1),
        kin("items", owner="visits", columns=col("a", "b"), owner_columns=col("a", "b"), most=MOST["items"]),
    ),
    public=(TableName("sorts"),),
    dropped=(),
)  # fmt: skip
LEARNED = {
    "persons": ("age", "tag"), "places": ("size",), "towns": ("name",), "visits": ("day", "what", "sort", "tag"),
    "items": ("n", "tag"),
}  # fmt: skip


def clause(*learned: str) -> TableClause:
    columns = {name: ColumnClause(role="none", treatment="learn") for name in learned}
    columns["gone"] = ColumnClause(role="none", treatment="drop", reason="not needed at all")
    return TableClause(treatment="synthesize", columns=columns)


CLAUSES: Clauses = {TableName(name): clause(*columns) for name, columns in LEARNED.items()} | {
    TableName("sorts"): TableClause(treatment="reference", reason="a list that is public")
}


@contextmanager
def database(path: Path, rows: Rows, tables: Mapping[str, str] = TABLES) -> Iterator[Snapshot]:
    file = path / "source.db"
    file.unlink(missing_ok=True)
    with closing(sqlite3.connect(file)) as connection:
        for name, columns in tables.items():
            connection.execute(f"CREATE TABLE {name} ({columns})")
            for row in rows.get(name, ()):
                connection.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(row))})", row)
        connection.commit()
    with closing(SQLiteSource(SecretStr(f"sqlite:///{file}"), None)) as source, source.snapshot() as snapshot:
        yield snapshot


def planned(snapshot: Snapshot, lineage: Lineage = LINEAGE) -> Kinship:
    publics = public_tables(snapshot, lineage, CLAUSES, progress=lambda _stage, _share: None)
    return kinship(snapshot.schema, lineage, CLAUSES, publics)


def families(path: Path, rows: Rows, *, share: float = 0.4) -> tuple[Family, Family]:
    with database(path, rows) as snapshot:
        return read_family(
            snapshot, planned(snapshot), key=col("k"), share=share, secret=b"s", progress=lambda _stage, _share: None
        )


def trees(family: Family) -> list[Any]:
    """Write every unit with all it owns as nested values, whatever order rows lie in."""

    def below(table: str, at: int) -> Any:
        row = family.rows_of(TableName(table)).expose().slice(at, 1).to_pylist()[0]
        own = {}
        for child, owner in family.owner_of.items():
            if owner == table:
                starts = family.owned[child].starts
                own[child] = sorted((below(child, i) for i in range(starts[at], starts[at + 1])), key=repr)
        return row, own

    return sorted((below(family.unit, at) for at in range(family.units.expose().num_rows)), key=repr)


def numbered(rows: Rows) -> Rows:
    """Give every row of a person a number of its own, by which it is told apart; but some rows are twins."""
    for name in ("persons", "visits", "items"):
        rows[name] = [(*row[:-1], number if abs(row[-1]) % 4 else 0) for number, row in enumerate(rows[name], 1)]
    return rows


small = st.one_of(st.none(), st.integers(0, 3))
text = st.sampled_from([None, "x", "X", "x ", ""])
hostile = st.one_of(small, st.sampled_from(["7", "no number", 2**62, 1.5, -1]))
ROWS = st.fixed_dictionaries(
    {
        "persons": st.lists(st.tuples(hostile, small, small, hostile, st.integers()), max_size=5),
        "places": st.lists(st.tuples(st.one_of(small, st.just(1.5)), small, text), max_size=4),
        "towns": st.lists(st.tuples(small, text), max_size=3),
        "visits": st.lists(st.tuples(small, text, hostile, hostile, text, small, st.integers()), max_size=8),
        "items": st.lists(st.tuples(small, text, small, st.integers()), max_size=10),
        "sorts": st.lists(st.tuples(small, text), max_size=3),
    }
).map(numbered)


def same(one: object, other: object) -> bool:
    """Tell whether two cells are one key; 7 is 7.0, a text is no number, and what is bad or NULL is nothing."""
    return one is not None and other is not None and type(one) is not str and one == other


def leading(rows: Rows, unit: object) -> Rows:
    """Return the database without everything that leads to the unit with this key, by any path."""
    rest = dict(rows)
    rest["persons"] = [row for row in rows["persons"] if not same(row[0], unit)]
    gone = [row for row in rows["visits"] if same(cell(row[2]), unit)]
    rest["visits"] = [row for row in rows["visits"] if row not in gone]
    keys = {row[:2] for row in gone if None not in row[:2]}
    rest["items"] = [row for row in rows["items"] if row[:2] not in keys]
    return rest


def cell(value: object) -> object:
    return int(value) if isinstance(value, str) and value.isdigit() else value


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_removing_a_unit_removes_its_rows_and_changes_nothing_else(rows: Rows, tmp_path: Path) -> None:
    whole = [trees(family) for family in families(tmp_path, rows)]
    rows["persons"] = [(cell(row[0]), *row[1:]) for row in rows["persons"]]
    known = Counter(row[0] for row in rows["persons"] if isinstance(row[0], int))
    for unit, times in known.items():
        rest = [trees(family) for family in families(tmp_path, leading(rows, unit))]
        gone = [tree for before, after in zip(whole, rest, strict=True) for tree in without(before, after)]
        assert len(gone) == (times == 1), "one unit went, or one that was nobody"


def without(before: list[Any], after: list[Any]) -> list[Any]:
    left = list(before)
    for tree in after:
        left.remove(tree)
    return left


PERSONS = [
    (1, 1, None, 30, 1),
    (2, 1, 1, 40, 2),
    (3, 5, 9, 50, 3),
    (3, 1, 1, 1, 4),
    (None, 1, 1, 1, 5),
    (7, 8, 7, 2, 6),
]
STORY: Rows = {
    "persons": PERSONS,
    "places": [(1, 1, "small"), (1.5, 2, "none"), (8, 1, "one"), (8, 1, "another")],
    "towns": [(1, "Town"), (2, "Village")],
    "visits": [
        (1, "x", 1, 5, "w", 1, 1), (1, "X", 1, 6, None, 2, 2), (2, "y", 2, 7, "v", 9, 3), (2, "y", 3, 8, "v", 1, 4),
        (3, "z", 7, None, "", None, 5), (4, "z", None, 1, "v", 1, 6), (5, "z", 99, 1, "v", 1, 7),
        (None, "z", 7, 1, "v", 1, 8),
    ],
    "items": [(1, "x", 10, 1), (1, "X", 20, 2), (2, "y", 30, 3), (None, "z", 40, 4), (5, "z", 50, 5), (3, "Z", 1, 6)],
    "sorts": [(2, "b"), (1, "a"), (10, None), (None, "nothing")],
}  # fmt: skip


def test_rows_stand_under_their_owners_and_rows_of_nobody_are_gone(tmp_path: Path) -> None:
    whole, nobody = families(tmp_path, STORY, share=1e-9)
    assert nobody.units.expose().num_rows == 0
    assert [owned.starts.tolist() for owned in nobody.owned.values()] == [[0], [0]]
    at_one = {"place: there": True, "places.size": "small", "places.town: there": True, "towns.name": "Town"}
    at_none = {"place: there": False, "places.size": None, "places.town: there": None, "towns.name": None}
    first = {"visits": [
        ({"day": 5, "what": "w", "sort": "1", "tag": 1}, {"items": [({"n": 10, "tag": 1}, {})]}),
        ({"day": 6, "what": None, "sort": "2", "tag": 2}, {"items": [({"n": 20, "tag": 2}, {})]}),
    ]}  # fmt: skip
    # two visits have the key of the third: whatever points there leads to two people
    second = {"visits": [({"day": 7, "what": "v", "sort": None, "tag": 3}, {"items": []})]}
    last = {"visits": [
        ({"day": 1, "what": "v", "sort": "1", "tag": 8}, {"items": []}),
        ({"day": None, "what": "", "sort": None, "tag": 5}, {"items": []}),
    ]}  # fmt: skip
    assert trees(whole) == [
        ({"age": 2, "tag": 6, "boss: there": True} | at_none, last),
        ({"age": 30, "tag": 1, "boss: there": False} | at_one, first),
        ({"age": 40, "tag": 2, "boss: there": True} | at_one, second),
    ]
    assert whole.unit_of(TableName("items")).tolist() == [
        whole.units.expose()["tag"].to_pylist().index(1) for _ in range(2)
    ]


def test_people_are_on_the_side_that_holding_out_gives_them_with_all_they_own(tmp_path: Path) -> None:
    rows = STORY | {
        "persons": [(k, None, None, k, k) for k in range(300)],
        "visits": [(k, "x", k % 300, k, "w", 1, k) for k in range(900)],
        "items": [(k, "x", 1, k) for k in range(900)],
    }
    training, control = families(tmp_path, rows, share=0.3)
    with database(tmp_path, rows) as snapshot:
        table = snapshot.schema.table(TableName("persons"))
        read = read_table(snapshot, table, lambda _rows: None)
    alone = split_by_unit(read, col("k"), share=0.3, secret=b"s")
    for family, expected in zip((training, control), alone, strict=True):
        tags = family.units.expose()["tag"].to_pylist()
        assert sorted(tags) == sorted(expected.expose()["tag"].to_pylist())
        for child, many in (("visits", 2), ("items", 2)):
            own = family.owned[TableName(child)].rows.expose()["tag"].to_numpy() % 300
            assert (own == np.array(tags)[family.unit_of(TableName(child))]).all()
            assert len(own) == many * len(tags)
    assert 50 < control.units.expose().num_rows < 130


def test_an_owner_keeps_so_many_rows_whatever_the_order_they_are_read_in(tmp_path: Path) -> None:
    visits = [(n, "x", 1, n // 2, "w", 1, n // 4) for n in range(40)]
    chosen = set()
    for turned in (visits, visits[::-1], [*visits[20:], *visits[:20]]):
        rows = STORY | {"visits": turned, "items": [(n, "x", 3, n) for n in range(40)]}
        whole, _ = families(tmp_path, rows, share=1e-9)
        assert np.diff(whole.owned[TableName("visits")].starts).max() == 2
        assert np.diff(whole.owned[TableName("items")].starts).tolist() == [1, 1]
        chosen.add(repr(trees(whole)))
    assert len(chosen) == 1


def test_of_rows_that_are_alike_each_is_chosen_on_its_own(tmp_path: Path) -> None:
    lineage = Lineage(
        unit=LINEAGE.unit,
        owned=(kin("visits", owner="persons", columns=col("person"), owner_columns=col("k"), most=200),),
        public=(), dropped=(),
    )  # fmt: skip
    visits = [(1, "x", 1, n % 2, "w", 1, 0) for n in range(400)]
    with database(tmp_path, STORY | {"visits": visits}) as snapshot:
        plan = kinship(snapshot.schema, lineage, CLAUSES, {})
        whole, _ = read_family(snapshot, plan, key=col("k"), share=1e-9, secret=b"s", progress=lambda *_: None)
    days = whole.owned[TableName("visits")].rows.expose()["day"].to_pylist()
    assert len(days) == 200
    assert 70 < sum(days) < 130


def test_what_is_to_be_read_is_refused_before_anything_is(tmp_path: Path) -> None:
    def plan(tables: Mapping[str, str], *owned: Kin, clauses: Clauses = CLAUSES) -> GatewayError:
        lineage = Lineage(unit=kin("persons"), owned=owned, public=(), dropped=())
        with database(tmp_path, {}, TABLES | tables) as snapshot, pytest.raises(GatewayError) as raised:
            kinship(snapshot.schema, lineage, clauses, {})
        return raised.value

    places, visits = LINEAGE.owned[0], LINEAGE.owned[1]
    beyond = kin("items", owner="places", columns=col("a"), owner_columns=col("k"), most=3)
    assert isinstance(plan({}, places, beyond), Unsupported)
    other = kin("visits", owner="persons", columns=col("what"), owner_columns=col("k"), most=3)
    assert isinstance(plan({}, other), SourceRefused)
    tables = {"persons": 'k INTEGER, place INTEGER, age INTEGER, tag INTEGER, "visits: rows" TEXT'}
    twin = {TableName("persons"): clause("age", "tag", "visits: rows")}
    assert isinstance(plan(tables, replace(visits, public=()), clauses=CLAUSES | twin), ConfigurationError)


def test_an_empty_database_is_an_empty_family_of_the_same_shape(tmp_path: Path) -> None:
    with database(tmp_path, {}) as snapshot:
        plan = planned(snapshot)
        empty = plan.empty()
        read = read_family(snapshot, plan, key=col("k"), share=0.5, secret=b"s", progress=lambda *_: None)
    for family in read:
        for table in ("persons", "visits", "items"):
            rows = family.rows_of(TableName(table))
            assert rows.table == empty.rows_of(TableName(table)).table
            assert rows.expose().num_rows == 0
        assert repr(family) == "<Family: rows withheld>"
