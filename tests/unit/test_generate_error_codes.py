"""Databases quote the cell that they could not read: their words go nowhere, only their code."""

from __future__ import annotations

import sqlite3

import duckdb
import psycopg
import pymysql
import pytest
import sqlalchemy as sa

from gateway.raw.connect import failures
from gateway.raw.generate.counters.sql import error_code

CELL = "Zaphod-Canary-7731"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (psycopg.errors.InvalidTextRepresentation(f'invalid input syntax for type integer: "{CELL}"'), "22P02"),
        (psycopg.OperationalError(f"server closed the connection on {CELL}"), "OperationalError"),
        (pymysql.err.DataError(1366, f"Incorrect integer value: '{CELL}'"), 1366),
        (sqlite3.OperationalError(f"malformed JSON: {CELL}"), "OperationalError"),
        (duckdb.ConversionException(f"Could not convert string '{CELL}' to INT32"), "ConversionException"),
    ],
)
def test_a_driver_is_not_repeated(said: Exception, code: object) -> None:
    found = error_code(sa.exc.DBAPIError("SELECT 1", {"cell": CELL}, said))
    assert found == code
    assert CELL not in str(failures.failed("counting in table t", code=found))
