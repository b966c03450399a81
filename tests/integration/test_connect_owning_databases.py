"""Families out of real databases: composite keys, partitions, views, bridges, columns of types that are not read."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from gateway.policy.lineage import lineage
from gateway.policy.model import Policy
from gateway.raw.connect.kinship import kinship
from gateway.raw.connect.owning import read_family
from gateway.raw.connect.public_rows import public_tables
from gateway.raw.connect.reading import open_source
from gateway.raw.family import Family
from gateway.raw.generate.deriving import derive
from gateway.vocabulary.names import ColumnName, TableName

SHARED = """
CREATE TABLE countries (code CHAR(2) PRIMARY KEY, name VARCHAR(20) NOT NULL, shape {bytes});
CREATE TABLE addresses (id SERIAL PRIMARY KEY, street VARCHAR(40), city VARCHAR(20), country CHAR(2),
    FOREIGN KEY (country) REFERENCES countries (code));
CREATE TABLE clients (tenant SMALLINT, code VARCHAR(8), joined DATE NOT NULL, photo {bytes}, home BIGINT {unsigned},
    badge INTEGER UNIQUE, boss INTEGER, kind {kind}, PRIMARY KEY (tenant, code),
    FOREIGN KEY (home) REFERENCES addresses (id), FOREIGN KEY (boss) REFERENCES clients (badge));
CREATE TABLE products (id INTEGER PRIMARY KEY, label VARCHAR(20) NOT NULL);
CREATE TABLE orders (number DECIMAL(12,0) NOT NULL, placed {moment} NOT NULL, tenant INTEGER, client VARCHAR(8),
    total DECIMAL(8,2), PRIMARY KEY (number, placed)) PARTITION BY {partitions};
CREATE TABLE parts (number BIGINT NOT NULL, placed {moment} NOT NULL, product INTEGER NOT NULL, many INTEGER,
    PRIMARY KEY (number, placed, product), FOREIGN KEY (product) REFERENCES products (id));
CREATE VIEW big AS SELECT * FROM orders WHERE total > 10;
INSERT INTO countries VALUES ('pl', 'Poland', 'x'), ('fr', 'France', NULL);
INSERT INTO addresses VALUES (1, 'secret street', 'Lyon', 'fr'), (2, 'other', 'Brest', NULL),
    (3, 'none', 'Paris', 'fr');
INSERT INTO clients VALUES (1, 'a', '2020-01-01', 'x', 1, 7, NULL, 'new'),
    (1, 'b', '2020-02-01', NULL, 1, 8, 7, 'old'),
    (2, 'a', '2020-03-01', NULL, NULL, NULL, NULL, 'old'), (2, 'c', '2020-03-02', NULL, 2, NULL, 8, NULL);
INSERT INTO products VALUES (1, 'pen'), (2, 'ink'), (10, 'pad');
INSERT INTO orders VALUES (1, '2020-05-01 10:00:00', 1, 'a', 1.5), (2, '2021-05-01 10:00:10', 1, 'a', 20),
    (3, '2020-05-01 10:00:00', 2, 'a', NULL), (4, '2020-05-01', NULL, 'a', 3), (5, '2020-05-01', 9, 'a', 4),
    (6, '2020-05-01', 1, 'nobody', 5);
INSERT INTO parts VALUES (1, '2020-05-01 10:00:00', 1, 3), (1, '2020-05-01 10:00:00', 10, 1),
    (2, '2021-05-01 10:00:10', 2, 2), (2, '2021-05-01 10:00:00', 2, 9), (3, '2020-05-01 10:00:00', 1, 7),
    (6, '2020-05-01', 1, 8);
"""
DIALECTS = {
    "postgres": {
        "bytes": "BYTEA", "kind": "mood", "moment": "TIMESTAMP", "partitions": "RANGE (placed)", "unsigned": "",
        "before": "CREATE TYPE mood AS ENUM ('new', 'old')",
        "after": "CREATE TABLE orders_20 PARTITION OF orders FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');"
                 "CREATE TABLE orders_21 PARTITION OF orders FOR VALUES FROM ('2021-01-01') TO ('2022-01-01')",
    },
    "mariadb": {
        "bytes": "BLOB", "kind": "ENUM('new', 'old')", "moment": "DATETIME", "unsigned": "UNSIGNED",
        "partitions": "HASH (YEAR(placed)) PARTITIONS 3", "before": "", "after": "",
    },
}  # fmt: skip

LEARN: dict[str, Any] = {"role": "none", "treatment": "learn"}
KEY: dict[str, Any] = {"role": "key", "treatment": "key"}
DROP: dict[str, Any] = {"role": "none", "treatment": "drop", "reason": "not needed for this"}
POLICY = {
    "version": 1, "name": "shop", "purpose": "see that families are read",
    "source": {"name": "shop", "url": "${SOURCE}"}, "target": {"name": "t", "url": "${TARGET}", "schema": "s"},
    "unit": {"name": "client", "table": "clients", "key": ["tenant", "code"], "meaning": "a client of a tenant"},
    "tables": {
        "clients": {"treatment": "synthesize", "columns": {
            "tenant": KEY, "code": KEY, "joined": LEARN, "photo": DROP, "home": KEY, "boss": KEY,
            "badge": KEY, "kind": LEARN}},
        "addresses": {"treatment": "synthesize", "owner": {"table": "clients", "named_by": ["home"]}, "columns": {
            "id": KEY, "street": DROP, "city": LEARN, "country": LEARN}},
        "orders": {"treatment": "synthesize", "owner": {"table": "clients", "columns": ["tenant", "client"]},
            "order": "placed", "most": 5, "columns": {
                "number": KEY, "placed": LEARN, "tenant": KEY, "client": KEY, "total": LEARN}},
        "parts": {"treatment": "synthesize", "owner": {"table": "orders", "columns": ["number", "placed"]},
            "columns": {"number": KEY, "placed": KEY, "product": LEARN, "many": LEARN}},
        "products": {"treatment": "reference", "reason": "our price list is public"},
        "countries": {"treatment": "reference", "reason": "known to everybody", "without": ["shape"]},
    },
}  # fmt: skip


@pytest.fixture(params=["postgres", pytest.param("mariadb", marks=pytest.mark.mariadb)])
def shop(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_database")()
    words = DIALECTS[request.param]
    body, rows = SHARED.format(**words).split("CREATE VIEW", 1)
    script = ";".join([words["before"], body, words["after"], "CREATE VIEW" + rows])
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in filter(None, map(str.strip, script.split(";"))):
            connection.exec_driver_sql(statement)
    engine.dispose()
    return url


def read(url: str, *, share: float) -> tuple[dict[str, Any], Family, Family]:
    policy = Policy.model_validate(POLICY)
    clauses = {TableName(name): clause for name, clause in policy.tables.items()}
    key = [ColumnName(name) for name in policy.unit.key]
    with closing(open_source(SecretStr(url), None)) as source, source.snapshot() as snapshot:
        tree = lineage(policy, snapshot.schema)
        publics = public_tables(snapshot, tree, clauses, progress=lambda *_: None)
        plan = kinship(snapshot.schema, tree, clauses, publics)
        found = read_family(snapshot, plan, key=key, share=share, secret=b"secret", progress=lambda *_: None)
    training, control = (derive(family, tree) for family in found)
    return {str(name): rows.to_pydict() for name, rows in publics.items()}, training, control


def test_every_row_stands_under_its_owner(shop: str) -> None:
    publics, family, nobody = read(shop, share=1e-12)
    assert nobody.units.expose().num_rows == 0
    assert publics == {
        "products": {"id": [1, 2, 10], "label": ["pen", "ink", "pad"]},
        "countries": {"code": ["fr", "pl"], "name": ["France", "Poland"]},
    } or publics["countries"]["code"] == ["pl", "fr"]
    clients = sorted(family.units.expose().to_pylist(), key=lambda row: row["joined"])
    assert [row["kind"] for row in clients] == ["new", "old", "old", None]
    assert [row["home: there"] for row in clients] == [True, True, False, True]
    assert [row["boss: there"] for row in clients] == [False, True, False, True]
    assert [row["addresses.city"] for row in clients] == ["Lyon", "Lyon", None, "Brest"]
    assert [row["addresses.country"] for row in clients] == ["fr", "fr", None, None]
    assert [row["orders: rows"] for row in clients] == [2, 0, 1, 0]
    assert [row["orders: span"] for row in clients] == [366 * 86400 - 86400 + 10, None, 0, None]
    orders = family.owned[TableName("orders")]
    frame = orders.rows.expose()
    assert sorted(map(str, frame["total"].to_pylist())) == ["1.50", "20.00", "None"]
    assert dict(zip(map(str, frame["total"].to_pylist()), frame["parts: rows"].to_pylist(), strict=True)) == {
        "1.50": 2, "20.00": 1, "None": 1,
    }  # fmt: skip
    parts = family.owned[TableName("parts")]
    whose = family.units.expose()["joined"].take(family.unit_of(TableName("parts"))).to_pylist()
    told = sorted(zip(map(str, whose), parts.rows.expose()["product"].to_pylist(), strict=True))
    assert told == [("2020-01-01", "1"), ("2020-01-01", "10"), ("2020-01-01", "2"), ("2020-03-01", "1")]
    assert parts.rows.table.column(ColumnName("product")).values == ("1", "2", "10")
    assert np.diff(parts.starts).tolist() == frame["parts: rows"].to_pylist()
    held = [c for rows in (family.units, orders.rows, parts.rows) for c in rows.expose().column_names]
    assert not {"street", "photo", "tenant", "code", "number", "client"} & set(held)


def test_both_families_together_are_everybody(shop: str) -> None:
    _, training, control = read(shop, share=0.5)
    both = [*training.units.expose().to_pylist(), *control.units.expose().to_pylist()]
    assert len(both) == 4
    for family in (training, control):
        assert (
            family.units.expose()["orders: rows"].to_pylist()
            == np.diff(family.owned[TableName("orders")].starts).tolist()
        )
