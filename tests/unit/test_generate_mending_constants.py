"""Rows that break a constraint which no row keeps."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest

from gateway.raw.generate.mending import Mending
from gateway.vocabulary.checks import Check, Condition
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

STATUS, AMOUNT = ("column", "status"), ("column", "amount")


def mended(*conditions: Condition, status: list[str | None], amount: list[Decimal | None]) -> tuple[pa.Table, int]:
    columns = (
        Column(name=ColumnName("status"), kind=Kind.TEXT, native="text", nullable=False),
        Column(name=ColumnName("amount"), kind=Kind.DECIMAL, native="numeric(8,2)", precision=8, scale=2),
    )
    names = tuple(column.name for column in columns)
    checks = tuple(Check(name=f"c{n}", columns=names, condition=each) for n, each in enumerate(conditions))
    shape = Table(name=TableName("loan"), columns=columns, checks=checks)
    rows = pa.table({"status": pa.array(status), "amount": pa.array(amount, pa.decimal128(8, 2))})
    mending = Mending(shape, learned=names, settled=(), together=(), seed=1)
    found, broken = mending.mend(rows, first=0)
    return found, int(broken.sum())


LISTED = ("in", STATUS, (("text", "A"), ("text", "B")))
ABOVE = (">", AMOUNT, ("number", "0.5"))


def test_a_constraint_that_no_row_keeps_gives_the_values_itself() -> None:
    found, broken = mended(LISTED, status=["unknown"] * 3, amount=[Decimal(7)] * 3)
    assert (found.column("status").to_pylist(), broken) == (["A"] * 3, 0)
    assert found.column("amount").to_pylist() == [Decimal("7.00")] * 3


def test_numbers_are_tried_beside_those_of_the_constraint() -> None:
    found, broken = mended(ABOVE, status=["A"] * 2, amount=[Decimal(0)] * 2)
    assert (found.column("amount").to_pylist(), broken) == ([Decimal("1.50")] * 2, 0)


def test_constraints_that_share_columns_are_kept_together() -> None:
    both = ("or", (("=", STATUS, ("text", "B")), ("is null", AMOUNT)))
    found, broken = mended(LISTED, ABOVE, both, status=["A"] * 2, amount=[Decimal(0)] * 2)
    assert broken == 0
    assert found.to_pylist() == [{"status": "B", "amount": Decimal("1.50")}] * 2


def test_values_of_a_row_that_keeps_it_go_first() -> None:
    found, broken = mended(LISTED, status=["unknown", "B"], amount=[None, None])
    assert (found.column("status").to_pylist(), broken) == (["B", "B"], 0)


@pytest.mark.parametrize("never", [("=", ("length", STATUS), ("number", "7")), ("<>", STATUS, STATUS)])
def test_what_no_constant_keeps_stays_broken(never: Condition) -> None:
    _, broken = mended(never, status=["A", "B"], amount=[None, None])
    assert broken == 2


def test_where_hardly_a_row_keeps_it_cells_of_several_are_put_together() -> None:
    status, amount = ["A", *["B"] * 200], [Decimal(9), *[Decimal(n) for n in range(1000, 1200)]]
    found, broken = mended(("=", STATUS, ("text", "A")), (">", AMOUNT, ("number", "500")),
                           ("or", (("<>", STATUS, STATUS), (">", AMOUNT, ("number", "1")))),
                           status=status, amount=amount)  # fmt: skip
    assert broken == 0
    assert set(found.column("status").to_pylist()) == {"A"}
    # no row kept both, and each keeps them now: not all with the same amount
    assert len(set(found.column("amount").to_pylist())) > 20
