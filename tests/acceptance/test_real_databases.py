"""Real databases go the whole way: scanned, edited as a person would, run, approved, published, and joined in SQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gateway.records.ledger import Kind
from tests.acceptance import real_databases as real
from tests.acceptance.real_databases import SCHEMA, Went, go, libpq, one

pytestmark = pytest.mark.shared_data

CATALOGUE = "our catalogue of films"
CREDITS = "stands in the credits of the film"
SHOP = {
    **{
        f"tables/{table}/reason": CATALOGUE
        for table in ("category", "city", "country", "film", "film_category", "inventory", "language", "store")
    },
    "tables/actor": {
        "treatment": "reference", "reason": CREDITS,
        "overrides": dict.fromkeys(("actor_id", "first_name", "last_name"), CREDITS),
    },
    "tables/film_actor": {"treatment": "reference", "reason": CREDITS, "overrides": {"actor_id": CREDITS}},
}  # fmt: skip
PAGILA = {
    **SHOP,
    # payments lie in partitions by month, which somebody who knows the source declares
    "tables/payment/columns/payment_date/domain": {"lowest": dt.date(2022, 1, 1), "highest": dt.date(2022, 7, 31)},
    "tables/payment/most": 10,
    "tables/rental/most": 60,
}
SAKILA = {**SHOP, "tables/payment/most": 10, "tables/rental/most": 60}
BANK = {"tables/district/reason": "figures of the statistical office"}
KEY = {"role": "key", "treatment": "key"}
LEARN = {"role": "quasi", "treatment": "learn"}
BANK_OF_ACCOUNTS = {
    **BANK,
    "tables/client": {
        "treatment": "synthesize", "owner": {"table": "disp", "named_by": ["client_id"]},
        "columns": {
            "client_id": KEY, "district_id": LEARN, "gender_derived": LEARN, "birth_date_derived": LEARN,
            "birth_number": {"role": "direct", "treatment": "drop", "reason": "tells the birth date once more"},
        },
    },
    "tables/disp/columns/client_id": KEY,
    "tables/disp/most": 2,
    "tables/order/most": 10,
    "tables/trans/most": 200,
}  # fmt: skip


def whole(went: Went) -> None:
    """What holds of every release: all references close, the guarantee is the policy's, and it is accounted once."""
    lost, pointing = real.open_references(went)
    assert (lost, pointing > 0) == ({}, True)
    assert went.outcome.certificate.epsilon <= went.policy.budget.epsilon
    assert went.outcome.certificate.delta <= went.policy.budget.delta
    (entry,) = [entry for entry in went.entries if entry.kind is Kind.COMMITTED]
    assert (entry.unit, entry.run) == (went.policy.unit.name, went.outcome.run)
    assert entry.epsilon <= went.policy.budget.epsilon
    assert all(went.counts.values()), went.counts


def numbers(went: Went, *queries: str) -> list[Any]:
    """Return what each of ``queries`` counts among the published tables."""
    with psycopg.connect(libpq(went.sharing)) as connection:
        connection.execute(f"SET search_path = {SCHEMA}")
        return [one(connection, query)[0] for query in queries]


def same_rows(source: str, went: Went, table: str) -> bool:
    """Tell whether a public table was copied as it is, but for the blanks that fill up a CHAR."""
    columns = [column.name for column in went.tables[table].columns]
    with psycopg.connect(libpq(source)) as there:
        there.execute("SET TimeZone = 'UTC'")
        listed = ", ".join(f'"{column}"' for column in columns)
        had = there.execute(f'SELECT {listed} FROM public."{table}"'.encode()).fetchall()
    return set(map(_bare, had)) == set(map(_bare, real.rows_of(went, table)))


def _bare(row: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(str(cell.replace(tzinfo=None) if isinstance(cell, dt.datetime) else cell).rstrip() for cell in row)


@pytest.mark.audit
def test_pagila_goes_the_whole_way(postgres_database: Callable[[], str], shared_data: Path, tmp_path: Path) -> None:
    """Partitions, views, an enum, a domain type, columns of unknown types, and payments that lead to a customer."""
    url, again = postgres_database(), postgres_database()
    real.load_pagila(url, shared_data)
    source = real.as_reader(url)
    went = go(source, postgres_database(), tmp_path, unit="customer", edits=PAGILA, epsilon=4.0)
    whole(went)
    assert went.draft["tables"]["film"]["without"] == ["special_features", "fulltext"]
    assert set(went.tables) == {*PAGILA_TABLES, "customer", "address", "rental", "payment"}  # no view, no partition
    assert [same_rows(url, went, table) for table in PAGILA_TABLES] == [True] * len(PAGILA_TABLES)
    assert numbers(
        went,
        "SELECT count(*) FROM payment JOIN rental USING (rental_id) WHERE payment.customer_id <> rental.customer_id",
        "SELECT count(*) - count(DISTINCT address_id) FROM customer",
        "SELECT count(*) FILTER (WHERE payment_date NOT BETWEEN '2022-01-01' AND '2022-08-01') FROM payment",
    ) == [0, 0, 0]
    real.fill_postgres(went, real.pagila_ddl(shared_data), again)
    with psycopg.connect(libpq(again)) as connection:
        assert one(connection, "SELECT count(*) FROM payment_p2022_03")[0] > 0
        filled = {table: one(connection, f"SELECT count(*) FROM public.{table}")[0] for table in went.tables}
    assert filled == went.counts


PAGILA_TABLES = (
    "actor", "category", "city", "country", "film", "film_actor", "film_category", "inventory", "language", "store",
)  # fmt: skip


@pytest.mark.audit
@pytest.mark.mariadb
def test_sakila_goes_from_mariadb_to_postgresql(
    mariadb_database: Callable[[], str], postgres_database: Callable[[], str], shared_data: Path, tmp_path: Path
) -> None:
    """Unsigned numbers, YEAR, SET, ENUM and nullable owners, into PostgreSQL and back into MariaDB."""
    source, again = mariadb_database(), mariadb_database()
    real.load_sakila(source, shared_data)
    reader = real.as_mariadb_reader(source)
    went = go(reader, postgres_database(), tmp_path, unit="customer", edits=SAKILA, epsilon=4.0)
    whole(went)
    assert went.draft["tables"]["film_text"]["treatment"] == "drop"
    real.fill_mariadb(went, source, again)
    with real.mariadb(again) as connection:
        cursor = connection.cursor()
        for table, count in went.counts.items():
            cursor.execute(f"SELECT count(*) FROM `{table}`")
            assert cursor.fetchall() == ((count,),), table


@pytest.mark.audit
@pytest.mark.parametrize(("accounts", "epsilon"), [(400, 10.0), (None, 1.0)], ids=["part", "whole"])
def test_a_bank_goes_the_whole_way_by_account_with_its_owners(
    postgres_database: Callable[[], str], shared_data: Path, tmp_path: Path, accounts: int | None, epsilon: float
) -> None:
    """Three generations, a bridge whose other side is named by it, one-to-one tables, and texts that CHECKs list."""
    url, again = postgres_database(), postgres_database()
    real.load_berka(url, shared_data, accounts=accounts)
    went = go(
        real.as_reader(url), postgres_database(), tmp_path, unit="account", edits=BANK_OF_ACCOUNTS, epsilon=epsilon
    )
    whole(went)
    assert same_rows(url, went, "district")
    assert numbers(
        went,
        "SELECT count(*) - count(DISTINCT client_id) FROM disp",
        "SELECT count(*) - count(DISTINCT account_id) FROM loan",
        "SELECT count(*) FROM client c WHERE NOT EXISTS (SELECT FROM disp WHERE disp.client_id = c.client_id)",
    ) == [0, 0, 0]
    real.fill_postgres(went, real.BERKA.encode(), again)
    if accounts is None:
        with psycopg.connect(libpq(url)) as connection:
            had = {table: one(connection, f'SELECT count(*) FROM public."{table}"')[0] for table in went.tables}
        assert all(0.5 < count / had[table] < 2 for table, count in went.counts.items()), (went.counts, had)


@pytest.mark.audit
def test_a_bank_goes_the_whole_way_by_client(
    postgres_database: Callable[[], str], shared_data: Path, tmp_path: Path
) -> None:
    """Accounts that clients share: each has one of their own, and what belongs to shared ones is left out, and said."""
    url, again = postgres_database(), postgres_database()
    real.load_berka(url, shared_data)
    went = go(real.as_reader(url), postgres_database(), tmp_path, unit="client", edits=BANK)
    whole(went)
    assert {name for name, clause in went.draft["tables"].items() if clause["treatment"] == "drop"} == {
        "loan", "order", "trans",
    }  # fmt: skip
    assert numbers(went, "SELECT count(*) - count(DISTINCT account_id) FROM disp") == [0]
    real.fill_postgres(went, real.BERKA.encode(), again)


@pytest.mark.parametrize(
    ("users", "epsilon"), [(1500, 4.0), pytest.param(None, 1.0, marks=pytest.mark.audit)], ids=["part", "whole"]
)
def test_a_shops_file_goes_the_whole_way(
    postgres_database: Callable[[], str], shared_data: Path, tmp_path: Path, users: int | None, epsilon: float
) -> None:
    """A SQLite file whose users have nothing but a key, and whose purchases have no key at all."""
    path = tmp_path / "shop.db"
    real.load_cdnow(path, shared_data, users=users)
    edits = {"tables/purchases/columns/date/domain": {"lowest": dt.date(1997, 1, 1), "highest": dt.date(1998, 6, 30)}}
    went = go(f"sqlite:///{path}", postgres_database(), tmp_path, unit="users", edits=edits, epsilon=epsilon)
    whole(went)
    bought, users_there = went.counts["purchases"], went.counts["users"]
    assert 2 < bought / users_there < 4
    real.fill_sqlite(went, tmp_path / "again.db")
