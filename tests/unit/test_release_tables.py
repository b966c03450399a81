"""Tables of a release, in memory and in files larger than that: the same rows, the same bytes."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.release import bundle, synthetic_table
from gateway.release.synthetic_table import RowsFile, SyntheticTable
from gateway.vocabulary.digest import sha256_file
from gateway.vocabulary.errors import ArtefactFailed
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Table

SHAPE = Table(
    name=TableName("t"),
    columns=(
        Column(name=ColumnName("id"), kind=Kind.INTEGER, native="int4", nullable=False),
        Column(name=ColumnName("word"), kind=Kind.TEXT, native="text"),
    ),
)


def rows(first: int, count: int) -> pa.Table:
    words = [None if n % 5 == 0 else f"w{n}" for n in range(first, first + count)]
    return pa.table([pa.array(range(first, first + count), pa.int64()), pa.array(words)], schema=SHAPE.arrow_schema())


def in_file(path: Path, sizes: list[int]) -> SyntheticTable:
    with RowsFile(path, SHAPE) as file:
        first = 0
        for size in sizes:
            file.write(rows(first, size))
            first += size
    return SyntheticTable(SHAPE, path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.integers(0, 40), max_size=6), size=st.integers(1, 50))
def test_rows_in_a_file_are_the_rows_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sizes: list[int], size: int
) -> None:
    monkeypatch.setattr(synthetic_table, "ROW_GROUP", 16)
    monkeypatch.setattr(synthetic_table, "BATCH", 10)
    total = sum(sizes)
    filed, held = in_file(tmp_path / "a", sizes), SyntheticTable(SHAPE, rows(0, total))
    assert filed == held
    assert filed.count == total
    assert filed.rows == held.rows
    batches = list(filed.batches(size))
    assert all(batch.num_rows <= size for batch in batches)
    assert sum(batch.num_rows for batch in batches) == total
    in_file(tmp_path / "b", [total])
    assert sha256_file(tmp_path / "a") == sha256_file(tmp_path / "b")


def test_tables_of_other_rows_or_shapes_are_not_equal(tmp_path: Path) -> None:
    filed = in_file(tmp_path / "a", [7])
    assert filed != SyntheticTable(SHAPE, rows(1, 7))
    assert filed != SyntheticTable(SHAPE, rows(0, 8))
    assert filed != 7
    other = Table(name=TableName("u"), columns=SHAPE.columns)
    assert filed != SyntheticTable(other, rows(0, 7))


def test_a_table_is_frozen_and_does_not_print_its_rows(tmp_path: Path) -> None:
    filed = in_file(tmp_path / "a", [7])
    with pytest.raises(AttributeError, match="frozen"):
        filed.table = SHAPE
    assert repr(filed) == "<SyntheticTable 't': 7 rows>"


def test_a_file_of_another_shape_is_refused(tmp_path: Path) -> None:
    in_file(tmp_path / "a", [1])
    other = Table(name=TableName("t"), columns=SHAPE.columns[:1])
    with pytest.raises(ValueError, match="do not fit"):
        SyntheticTable(other, tmp_path / "a")


@pytest.mark.parametrize("how", ["gone", "damaged"])
def test_a_file_that_cannot_be_read_is_told_without_its_cells(tmp_path: Path, how: str) -> None:
    filed = in_file(tmp_path / "a", [700])
    data = (tmp_path / "a").read_bytes()
    if how == "gone":
        (tmp_path / "a").unlink()
    else:
        (tmp_path / "a").write_bytes(data[:50] + bytes(200) + data[250:])
    with pytest.raises(ArtefactFailed, match="damaged or gone") as caught:
        list(filed.batches())
    assert caught.value.__suppress_context__
    if how == "gone":
        with pytest.raises(ArtefactFailed):
            SyntheticTable(SHAPE, tmp_path / "a")


def test_writing_what_does_not_fit_is_a_fault_and_leaves_no_whole_file(tmp_path: Path) -> None:
    missing = rows(0, 3).set_column(0, "id", pa.array([1, None, 3], pa.int64()))
    with pytest.raises(ValueError, match="id"), RowsFile(tmp_path / "a", SHAPE) as file:
        file.write(missing)


def test_a_large_table_of_a_bundle_is_read_from_a_copy_that_nobody_can_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "_IN_MEMORY", 1_000)
    filed = in_file(tmp_path / "rows", [5_000])
    path = tmp_path / "rows"
    entry = {"sha256": sha256_file(path), "size": path.stat().st_size}
    checked = bundle._Checked(path, "tables/0000.parquet", entry, "abc")
    found = checked.table(SHAPE)
    path.write_bytes(b"something else")
    assert found.count == 5_000
    assert found == SyntheticTable(SHAPE, rows(0, 5_000))
    assert filed is not found
    with pytest.raises(ArtefactFailed, match="not what its digest says"):
        bundle._Checked(path, "tables/0000.parquet", entry, "abc")
