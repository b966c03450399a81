"""Whole databases put together: every reference closes, every key is unique, whatever the pieces were."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.policy.lineage import lineage
from gateway.policy.model import Policy
from gateway.raw import handover
from gateway.raw.generate import lines
from gateway.raw.generate.assembly import Assembly, published_schema, put_together
from gateway.raw.generate.drawn import Drawn as InFiles
from gateway.raw.generate.rebuilding import Portion
from gateway.vocabulary.checks import Check
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Reference, Schema, Table

KEY = {"role": "key", "treatment": "key"}
LEARN = {"role": "none", "treatment": "learn"}


def replace(entity: str) -> dict[str, str]:
    return {"role": "direct", "treatment": "replace", "entity": entity}


def integer(name: str, *, nullable: bool = False, native: str = "integer") -> Column:
    return Column(name=ColumnName(name), kind=Kind.INTEGER, native=native, nullable=nullable)


def text(name: str, *, nullable: bool = False, length: int | None = None) -> Column:
    return Column(name=ColumnName(name), kind=Kind.TEXT, native="text", nullable=nullable, length=length)


def day(name: str, *, nullable: bool = False) -> Column:
    return Column(name=ColumnName(name), kind=Kind.DATE, native="date", nullable=nullable)


def points(columns: Sequence[str], target: str, there: Sequence[str]) -> Reference:
    return Reference(
        columns=tuple(map(ColumnName, columns)),
        target=TableName(target),
        target_columns=tuple(map(ColumnName, there)),
    )


def shape(
    name: str,
    columns: Sequence[Column],
    *,
    key: Sequence[str] = (),
    references: Sequence[Reference] = (),
    unique: Sequence[Sequence[str]] = (),
    checks: Sequence[Check] = (),
) -> Table:
    return Table(
        name=TableName(name),
        columns=tuple(columns),
        primary_key=tuple(map(ColumnName, key)),
        references=tuple(references),
        unique=tuple(tuple(map(ColumnName, each)) for each in unique),
        checks=tuple(checks),
    )


ADULT = Check(name="adult", columns=(ColumnName("age"),), condition=(">=", ("column", "age"), ("number", "18")))

SHOP = Schema(
    tables=(
        shape("film", [integer("film_id"), text("title")], key=["film_id"]),
        shape("shelf", [text("hall"), integer("row")], key=["hall", "row"]),
        shape(
            "customer",
            [
                integer("customer_id"), text("email"), integer("address_id"), integer("home_id", nullable=True),
                integer("referrer_id", nullable=True), integer("age"), text("code", length=6),
            ],
            key=["customer_id"],
            references=[
                points(["address_id"], "address", ["address_id"]),
                points(["home_id"], "home", ["home_id"]),
                points(["referrer_id"], "customer", ["customer_id"]),
            ],
            unique=[["email"], ["code"]],
            checks=[ADULT],
        ),
        shape(
            "address",
            [integer("address_id"), text("street"), text("district", nullable=True), text("hall", nullable=True),
             integer("row", nullable=True)],
            key=["address_id"],
            references=[points(["hall", "row"], "shelf", ["hall", "row"])],
        ),
        shape("home", [integer("home_id", native="smallint"), integer("rooms", nullable=True)], key=["home_id"]),
        shape(
            "rental",
            [integer("customer_id"), integer("rental_no", native="smallint"), integer("film_id"), day("taken_on")],
            key=["customer_id", "rental_no"],
            references=[points(["customer_id"], "customer", ["customer_id"]), points(["film_id"], "film", ["film_id"])],
            unique=[["customer_id", "film_id", "taken_on"]],
        ),
        shape(
            "payment",
            [text("payment_id", length=36), integer("customer_id"), integer("rental_no"), integer("payer_id"),
             integer("amount", nullable=True)],
            key=["payment_id"],
            references=[
                points(["customer_id", "rental_no"], "rental", ["customer_id", "rental_no"]),
                points(["payer_id"], "customer", ["customer_id"]),
            ],
        ),
        shape(
            "review",
            [integer("customer_id"), integer("film_id"), integer("stars")],
            key=["customer_id", "film_id"],
            references=[points(["customer_id"], "customer", ["customer_id"]), points(["film_id"], "film", ["film_id"])],
        ),
        shape(
            "friend",
            [integer("customer_id"), integer("friend_id")],
            key=["customer_id", "friend_id"],
            references=[
                points(["customer_id"], "customer", ["customer_id"]),
                points(["friend_id"], "customer", ["customer_id"]),
            ],
        ),
        shape(
            "card",
            [integer("customer_id"), text("number")],
            key=["customer_id"],
            references=[points(["customer_id"], "customer", ["customer_id"])],
            unique=[["number"]],
        ),
        shape(
            "receipt",
            [integer("receipt_id"), integer("customer_id"), text("payment_id", length=36)],
            key=["receipt_id"],
            references=[
                points(["customer_id"], "customer", ["customer_id"]),
                points(["payment_id"], "payment", ["payment_id"]),
            ],
            unique=[["payment_id"]],
        ),
        shape(
            "visit",
            [integer("customer_id"), day("seen_on"), integer("visit_id"), integer("with_id")],
            key=["customer_id", "seen_on"],
            references=[
                points(["customer_id"], "customer", ["customer_id"]),
                points(["with_id"], "visit", ["visit_id"]),
            ],
            unique=[["visit_id"]],
        ),
        shape(
            "note",
            [integer("note_id"), integer("customer_id"), day("seen_on")],
            key=["note_id"],
            references=[points(["customer_id", "seen_on"], "visit", ["customer_id", "seen_on"])],
        ),
        shape(
            "comment",
            [integer("comment_id", native="bigint"), integer("customer_id"), integer("parent_id", nullable=True),
             integer("customer_of", nullable=True), integer("rental_of", nullable=True)],
            key=["comment_id"],
            references=[
                points(["customer_id"], "customer", ["customer_id"]),
                points(["parent_id"], "comment", ["comment_id"]),
                points(["customer_of", "rental_of"], "rental", ["customer_id", "rental_no"]),
            ],
        ),
    )
)  # fmt: skip


def synthesized(owner: dict[str, Any] | None, columns: dict[str, Any]) -> dict[str, Any]:
    return {"treatment": "synthesize", "columns": columns, **({"owner": owner} if owner else {})}


def by(*columns: str, table: str = "customer") -> dict[str, Any]:
    return {"table": table, "columns": list(columns)}


POLICY = Policy.model_validate(
    {
        "version": 1,
        "name": "shop",
        "purpose": "test of whole databases",
        "source": {"name": "shop", "url": "${SOURCE}"},
        "unit": {"name": "customer", "table": "customer", "key": ["customer_id"], "meaning": "one customer"},
        "tables": {
            "film": {"treatment": "reference", "reason": "titles are printed on the box"},
            "shelf": {"treatment": "reference", "reason": "anybody can walk past them"},
            "customer": synthesized(
                None,
                {
                    "customer_id": KEY, "email": replace("email"), "address_id": KEY, "home_id": KEY,
                    "referrer_id": KEY, "age": LEARN, "code": KEY,
                },
            ),
            "address": synthesized(
                {"table": "customer", "named_by": ["address_id"]},
                {"address_id": KEY, "street": replace("street"), "district": LEARN, "hall": LEARN, "row": LEARN},
            ),
            "home": synthesized(
                {"table": "customer", "named_by": ["home_id"]}, {"home_id": KEY, "rooms": LEARN}
            ),
            "rental": synthesized(
                by("customer_id"),
                {"customer_id": KEY, "rental_no": KEY, "film_id": LEARN, "taken_on": LEARN},
            ),
            "payment": synthesized(
                by("customer_id", "rental_no", table="rental"),
                {"payment_id": KEY, "customer_id": KEY, "rental_no": KEY, "payer_id": KEY, "amount": LEARN},
            ),
            "review": synthesized(by("customer_id"), {"customer_id": KEY, "film_id": LEARN, "stars": LEARN}),
            "friend": synthesized(by("customer_id"), {"customer_id": KEY, "friend_id": KEY}),
            "card": synthesized(by("customer_id"), {"customer_id": KEY, "number": replace("credit_card")}),
            "receipt": synthesized(by("customer_id"), {"receipt_id": KEY, "customer_id": KEY, "payment_id": KEY}),
            "visit": synthesized(
                by("customer_id"), {"customer_id": KEY, "seen_on": LEARN, "visit_id": KEY, "with_id": KEY}
            ),
            "note": synthesized(
                by("customer_id", "seen_on", table="visit"), {"note_id": KEY, "customer_id": KEY, "seen_on": KEY}
            ),
            "comment": synthesized(
                by("customer_id"),
                {"comment_id": KEY, "customer_id": KEY, "parent_id": KEY, "customer_of": KEY, "rental_of": KEY},
            ),
        },
        "target": {"name": "shared", "url": "${TARGET}", "schema": "shop"},
    }
)  # fmt: skip
TREE = lineage(POLICY, SHOP)
PUBLIC = {
    TableName("film"): pa.table({"film_id": pa.array([4, 9, 11], pa.int64()), "title": ["a", "b", "c"]}),
    TableName("shelf"): pa.table({"hall": ["n", "n", "s"], "row": pa.array([1, 2, 1], pa.int64())}),
}


class Drawn:
    """Learned rows by chance, as a generator would give them."""

    def __init__(self, seed: int, *, units: int, most: int) -> None:
        generator = np.random.default_rng(seed)
        self.units = units
        self.starts: dict[TableName, np.ndarray[Any, Any]] = {}
        self.learned: dict[TableName, pa.Table] = {}
        rows = {TREE.unit.table: units}
        for kin in TREE.kin:
            if kin.named:
                continue
            if kin.owner is not None:
                counts = generator.integers(0, most + 1, rows[kin.owner])
                self.starts[kin.table] = np.concatenate([[0], np.cumsum(counts)])
                rows[kin.table] = int(counts.sum())
            self.learned[kin.table] = self._rows(kin.table, rows[kin.table], generator)

    def _rows(self, table: str, rows: int, generator: np.random.Generator) -> pa.Table:
        def draw(*values: Any, kind: pa.DataType | None = None) -> pa.Array:
            return pa.array([values[at] for at in generator.integers(0, len(values), rows)], kind)

        dates = [dt.date(2020, 1, 1), dt.date(2020, 1, 2)]
        columns = {
            "customer": {
                "age": pa.array([18, *draw(18, 44, 90, 5, None).to_pylist()][:rows], pa.int64()),
                "referrer_id: there": draw(True, False),
                "home_id: there": draw(True, False),
                "address.district": draw("x", None, kind=pa.string()),
                "address.hall, row": draw('["n", "1"]', '["s", "1"]', None, kind=pa.string()),
                "home.rooms": draw(1, None, kind=pa.int64()),
                "rental: rows": draw(1),
            },
            "rental": {"film_id": draw("4", "9", "11", kind=pa.string()), "taken_on": draw(*dates)},
            "payment": {"amount": draw(1, 2, None, kind=pa.int64())},
            "review": {"film_id": draw("4", "9", kind=pa.string()), "stars": draw(1, 5, kind=pa.int64())},
            "friend": {"nothing": draw(None, kind=pa.int8())},
            "card": {"nothing": draw(None, kind=pa.int8())},
            "receipt": {"nothing": draw(None, kind=pa.int8())},
            "visit": {"seen_on": draw(*dates)},
            "note": {"nothing": draw(None, kind=pa.int8())},
            "comment": {
                "parent_id: there": draw(True, True, False),
                "customer_of, rental_of: there": draw(True, False),
            },
        }
        return pa.table(columns[table])


def cut(rows: pa.Table, sizes: Sequence[int]) -> list[pa.Table]:
    pieces, at = [], 0
    for size in sizes:
        pieces.append(rows.slice(at, size))
        at += size
    return [*pieces, rows.slice(at)]


def put_together_at_once(
    drawn: Drawn,
    sizes: Sequence[int] = (),
    *,
    seed: int = 3,
    schema: Schema = SHOP,
    unkept: dict[str, Any] | None = None,
) -> dict[str, pa.Table]:
    assembly = Assembly(schema, policy=POLICY, tree=TREE, public=PUBLIC, units=drawn.units, seed=seed)
    found: dict[str, list[pa.Table]] = {kin.table: [] for kin in TREE.kin}
    for table, starts in drawn.starts.items():
        assembly.grow(table, starts)
    for table, rows in drawn.learned.items():
        for name, block in assembly.finished(table, cut(rows, sizes)):
            assert len(block) <= lines.BLOCK
            found[name].append(block)
    assert unkept is not None or not assembly.unkept
    if unkept is not None:
        unkept |= assembly.unkept
    return {
        name: pa.concat_tables(blocks)
        if blocks
        else assembly.schema.table(TableName(name)).arrow_schema().empty_table()
        for name, blocks in found.items()
    }


DDL = """
CREATE TABLE film (film_id INTEGER PRIMARY KEY, title TEXT NOT NULL);
CREATE TABLE shelf (hall TEXT, "row" INTEGER, PRIMARY KEY (hall, "row"));
CREATE TABLE customer (customer_id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE,
    address_id INTEGER NOT NULL REFERENCES address, home_id INTEGER REFERENCES home,
    referrer_id INTEGER REFERENCES customer CHECK (referrer_id <> customer_id),
    age INTEGER NOT NULL CHECK (age >= 18), code TEXT NOT NULL UNIQUE CHECK (length(code) <= 6));
CREATE TABLE address (address_id INTEGER PRIMARY KEY, street TEXT NOT NULL, district TEXT, hall TEXT, "row" INTEGER,
    FOREIGN KEY (hall, "row") REFERENCES shelf);
CREATE TABLE home (home_id INTEGER PRIMARY KEY CHECK (home_id < 32768), rooms INTEGER);
CREATE TABLE rental (customer_id INTEGER NOT NULL REFERENCES customer, rental_no INTEGER NOT NULL,
    film_id INTEGER NOT NULL REFERENCES film, taken_on TEXT NOT NULL, PRIMARY KEY (customer_id, rental_no),
    UNIQUE (customer_id, film_id, taken_on));
CREATE TABLE payment (payment_id TEXT PRIMARY KEY, customer_id INTEGER NOT NULL, rental_no INTEGER NOT NULL,
    payer_id INTEGER NOT NULL REFERENCES customer CHECK (payer_id = customer_id), amount INTEGER,
    FOREIGN KEY (customer_id, rental_no) REFERENCES rental);
CREATE TABLE review (customer_id INTEGER NOT NULL REFERENCES customer, film_id INTEGER NOT NULL REFERENCES film,
    stars INTEGER NOT NULL, PRIMARY KEY (customer_id, film_id));
CREATE TABLE friend (customer_id INTEGER NOT NULL REFERENCES customer, friend_id INTEGER NOT NULL REFERENCES customer,
    PRIMARY KEY (customer_id, friend_id));
CREATE TABLE card (customer_id INTEGER NOT NULL PRIMARY KEY REFERENCES customer, number TEXT NOT NULL UNIQUE);
CREATE TABLE receipt (receipt_id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customer,
    payment_id TEXT NOT NULL UNIQUE REFERENCES payment);
CREATE TABLE visit (customer_id INTEGER NOT NULL REFERENCES customer, seen_on TEXT NOT NULL,
    visit_id INTEGER NOT NULL UNIQUE, with_id INTEGER NOT NULL REFERENCES visit (visit_id),
    PRIMARY KEY (customer_id, seen_on));
CREATE TABLE note (note_id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL, seen_on TEXT NOT NULL,
    FOREIGN KEY (customer_id, seen_on) REFERENCES visit);
CREATE TABLE comment (comment_id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customer,
    parent_id INTEGER REFERENCES comment CHECK (parent_id <> comment_id),
    customer_of INTEGER CHECK (customer_of = customer_id), rental_of INTEGER,
    CHECK ((customer_of IS NULL) = (rental_of IS NULL)),
    FOREIGN KEY (customer_of, rental_of) REFERENCES rental);
"""
"""The source's own DDL: what is put together has to load into it. Here it says a little more than the catalogue."""


def load(tables: dict[str, pa.Table]) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.executescript(DDL)
    for name, rows in {**PUBLIC, **tables}.items():
        marks = ", ".join("?" * rows.num_columns)
        names = ", ".join(f'"{each}"' for each in rows.column_names)
        cells = [[str(v) if isinstance(v, dt.date) else v for v in column.to_pylist()] for column in rows.columns]
        connection.executemany(f"INSERT INTO {name} ({names}) VALUES ({marks})", zip(*cells, strict=True))
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    return connection


@settings(max_examples=settings.default.max_examples // 2, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10**6),
    units=st.integers(0, 25),
    most=st.integers(0, 5),
    sizes=st.lists(st.integers(0, 9), max_size=8),
)
def test_what_is_put_together_loads_into_the_sources_own_tables(
    seed: int, units: int, most: int, sizes: list[int]
) -> None:
    drawn = Drawn(seed, units=units, most=most)
    tables = put_together_at_once(drawn, sizes, seed=seed)
    load(tables).close()
    assert tables["customer"].num_rows == tables["address"].num_rows == units
    assert tables["rental"].num_rows == drawn.starts[TableName("rental")][-1]
    assert tables["payment"].num_rows == drawn.starts[TableName("payment")][-1]
    assert tables == put_together_at_once(drawn, seed=seed)


def test_blocks_are_cut_alike_whatever_the_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "BLOCK", 7)
    drawn = Drawn(1, units=40, most=4)
    once = put_together_at_once(drawn)
    load(once).close()
    assert once == put_together_at_once(drawn, [1, 2, 3, 5, 8, 13])
    assert len(set(once["customer"]["email"].to_pylist())) == 40


def test_rows_that_no_key_is_left_for_are_not_made() -> None:
    drawn = Drawn(2, units=12, most=5)
    tables = put_together_at_once(drawn)
    assert tables["card"].num_rows == int((np.diff(drawn.starts[TableName("card")]) > 0).sum())
    films = np.minimum(np.diff(drawn.starts[TableName("review")]), 3)
    assert tables["review"].num_rows == films.sum()
    assert tables["receipt"].num_rows <= tables["payment"].num_rows


def test_references_say_where_they_are_null() -> None:
    drawn = Drawn(3, units=30, most=3)
    found = put_together_at_once(drawn)["customer"]
    there = drawn.learned[TableName("customer")]["home_id: there"].to_pylist()
    assert [value is not None for value in found["home_id"].to_pylist()] == there
    said = drawn.learned[TableName("customer")]["referrer_id: there"].to_pylist()
    assert all(told or value is None for told, value in zip(said, found["referrer_id"].to_pylist(), strict=True))


def test_a_hierarchy_has_no_circles() -> None:
    rows = put_together_at_once(Drawn(4, units=200, most=0))["customer"]
    above = dict(zip(rows["customer_id"].to_pylist(), rows["referrer_id"].to_pylist(), strict=True))
    for person in above:
        seen, at = set(), person
        while at is not None:
            assert at not in seen
            seen.add(at)
            at = above[at]


def test_links_choose_among_the_rows_of_one_owner() -> None:
    found = put_together_at_once(Drawn(5, units=30, most=4))["comment"]
    owners = dict(zip(found["comment_id"].to_pylist(), found["customer_id"].to_pylist(), strict=True))
    linked = [
        (o, p) for o, p in zip(found["customer_id"].to_pylist(), found["parent_id"].to_pylist(), strict=True) if p
    ]
    assert linked
    assert all(owners[parent] == owner for owner, parent in linked)
    assert any(value is not None for value in found["rental_of"].to_pylist())


def test_a_link_that_must_be_there_is_to_another_row() -> None:
    found = put_together_at_once(Drawn(11, units=30, most=3))["visit"]
    assert len(found) > 20
    pairs = list(zip(found["visit_id"].to_pylist(), found["with_id"].to_pylist(), strict=True))
    assert all(one != other for one, other in pairs)
    alone = put_together_at_once(Drawn(0, units=1, most=1))["visit"]
    assert alone["visit_id"] == alone["with_id"]  # nobody else is there


def test_another_seed_gives_other_keys() -> None:
    drawn = Drawn(6, units=30, most=1)
    assert (
        put_together_at_once(drawn, seed=1)["customer"]["customer_id"]
        != put_together_at_once(drawn, seed=2)["customer"]["customer_id"]
    )


def test_rows_that_break_a_check_are_mended_from_rows_that_keep_it() -> None:
    drawn = Drawn(7, units=60, most=0)
    given_ages = drawn.learned[TableName("customer")]["age"].to_pylist()
    ages = put_together_at_once(drawn)["customer"]["age"].to_pylist()
    assert {5, None} <= set(given_ages)
    assert set(ages) == {18, 44, 90}
    assert [age for age in given_ages if age in {18, 44, 90}] == [
        age for age, was in zip(ages, given_ages, strict=True) if was in {18, 44, 90}
    ]


def test_rows_that_can_keep_no_check_are_told_of_when_others_belong_to_them() -> None:
    drawn = Drawn(8, units=3, most=1)
    customer = drawn.learned[TableName("customer")]
    young = customer.set_column(0, "age", pa.array([5, 6, 7], pa.int64()))
    drawn.learned[TableName("customer")] = young
    assert put_together_at_once(drawn)["customer"]["age"].to_pylist() == [18] * 3
    child = dataclasses.replace(ADULT, name="child", condition=("<", ("column", "age"), ("number", "5")))
    tables = [
        dataclasses.replace(table, checks=(ADULT, child)) if table.name == "customer" else table
        for table in SHOP.tables
    ]
    drawn.learned[TableName("customer")] = customer.set_column(0, "age", pa.array([5, 6, 7], pa.int64()))
    unkept: dict[str, Any] = {}
    put_together_at_once(drawn, schema=Schema(tables=tuple(tables)), unkept=unkept)
    assert {name: rows.tolist() for name, rows in unkept.items()} == {"customer": [0, 1, 2]}


def test_too_few_rows_are_a_fault() -> None:
    drawn = Drawn(9, units=5, most=2)
    drawn.learned[TableName("customer")] = drawn.learned[TableName("customer")].slice(1)
    with pytest.raises(RuntimeError, match="4 rows of customer"):
        put_together_at_once(drawn)


def test_a_database_that_was_drawn_in_portions_is_written_table_by_table(tmp_path: Path) -> None:
    drawn = Drawn(10, units=21, most=3)
    portions = []
    for table, rows in drawn.learned.items():
        if table not in drawn.starts:
            portions += [Portion(table=table, rows=each, lengths=None) for each in cut(rows, [5, 5])]
            continue
        starts = drawn.starts[table]
        for first, end in itertools.pairwise([0, len(starts) // 2, len(starts) - 1]):
            part = rows.slice(starts[first], starts[end] - starts[first])
            part = part.select([name for name in part.column_names if name != "nothing"])
            portions.append(Portion(table=table, rows=part, lengths=np.diff(starts[first : end + 1])))
    (tmp_path / "spool").mkdir()
    (tmp_path / "rows").mkdir()
    heard: list[str] = []
    blocks = put_together(
        SHOP, InFiles.spooled(portions, tree=TREE, folder=tmp_path / "spool"), policy=POLICY, public=PUBLIC,
        seed=3, progress=lambda stage, _share: heard.append(stage),
    )  # fmt: skip
    schema = published_schema(SHOP, POLICY, TREE)
    written = handover.written_tables(schema, blocks, tmp_path / "rows")
    tables = {table.table.name: table.rows for table in written}
    once = put_together_at_once(drawn)
    assert {name: tables[name] for name in once} == once
    assert tables["film"].to_pydict() == PUBLIC[TableName("film")].to_pydict()
    assert handover.read_tables(schema, tmp_path / "rows") == written
    assert heard[-1] == f"finishing {TREE.owned[-1].table}"


def test_nobody_drawn_is_a_database_without_rows(tmp_path: Path) -> None:
    (tmp_path / "rows").mkdir()
    nobody = InFiles.spooled([], tree=TREE, folder=tmp_path)
    blocks = put_together(SHOP, nobody, policy=POLICY, public=PUBLIC, seed=3, progress=lambda *_: None)
    written = handover.written_tables(published_schema(SHOP, POLICY, TREE), blocks, tmp_path / "rows")
    assert {table.table.name: table.count for table in written if table.count} == {"film": 3, "shelf": 3}
