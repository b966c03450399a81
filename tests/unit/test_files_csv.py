"""CSV files: every record is one row whatever it holds, and no cell or row can stop the reading."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.one_table import DomainFile, parse_domain
from gateway.raw.connect import csv_records
from gateway.raw.connect.files import open_file
from gateway.vocabulary.errors import GatewayError, SourceRefused

CELLS = st.text(st.sampled_from('a,"\n\r;é\0 1|'), max_size=6)


def read(path: Path, domain: str = "") -> pa.Table:
    declared = parse_domain(domain, name="d") if domain else DomainFile()
    file = open_file(path, declared)
    names = [column.name for column in file.table.columns]
    return pa.Table.from_batches(file.batches(file.table.name, names), file.table.arrow_schema())


def written(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def as_csv(rows: list[list[str]], *, quoting: int = csv.QUOTE_MINIMAL, end: str = "\r\n") -> bytes:
    text = io.StringIO()
    csv.writer(text, quoting=quoting, lineterminator=end).writerows(rows)  # type: ignore[arg-type]
    return text.getvalue().encode()


@given(
    st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=8),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(1, 64),
)
def test_what_a_csv_writer_wrote_is_read_row_by_row(rows: list[list[str]], quoting: int, end: str, size: int) -> None:
    # with other line ends than its own, Python's writer leaves a return unquoted: such a record is not well formed
    rows = [[cell.replace("\r", "") for cell in row] if end == "\n" else row for row in rows]
    content = as_csv(rows, quoting=quoting, end=end)
    found = b"".join(csv_records.blocks(io.BytesIO(content), delimiter=",", columns=2, size=size))
    assert list(csv.reader(io.StringIO(found.decode(), newline=""))) == rows


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=5), st.lists(CELLS, min_size=2, max_size=2))
def test_one_record_more_is_one_row_more_whatever_it_holds(rows: list[list[str]], more: list[str]) -> None:
    def count(content: bytes) -> int:
        found = b"".join(csv_records.blocks(io.BytesIO(content), delimiter=",", columns=2, size=7))
        return len(list(csv.reader(io.StringIO(found.decode(), newline=""))))

    half = len(rows) // 2
    assert count(as_csv([*rows[:half], more, *rows[half:]])) == count(as_csv(rows)) + 1


@given(st.binary(max_size=200), st.integers(1, 50))
def test_any_bytes_whatever_are_read_to_the_end(content: bytes, size: int) -> None:
    for block in csv_records.blocks(io.BytesIO(content), delimiter=",", columns=2, size=size):
        assert block.endswith(b"\n")


def test_a_record_without_end_or_of_monstrous_length_is_left_out_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_records, "LONGEST", 100)
    long = 'x,"' + "y\n" * 200 + '"\n'
    found = b"".join(
        csv_records.blocks(io.BytesIO(f"1,a\n{long}2,b\n{long}3,c\n".encode()), delimiter=",", columns=2, size=16)
    )
    assert found == b"1,a\n2,b\n3,c\n"
    assert list(csv_records.blocks(io.BytesIO(b'1,a\n2,"' + b"\n1,2" * 99), delimiter=",", columns=2, size=16)) == [
        b"1,a\n"
    ]


def test_every_kind_is_read_and_what_does_not_parse_is_null(tmp_path: Path) -> None:
    path = written(
        tmp_path / "t.csv",
        "i,d,f,b,day,at,t\n"
        "1, 1.25 ,2.5,True,2020-02-03,2020-02-03 04:05:06, x \n"
        "3.0,7,1e3,no,2020-02-03T10:00,2020-02-03,NA\n"
        "x,x,nan,maybe,2020-02-31,x,\n"
        '99999999999999999999,1e99,inf,,20200203,,"a ""b"", c"\n',
    )
    rows = read(
        path,
        'columns: {i: {kind: integer}, d: {kind: "decimal(5,2)"}, f: {kind: float}, b: {kind: boolean},'
        " day: {kind: date}, at: {kind: datetime}}\ncsv: {nulls: [NA]}",
    ).to_pylist()
    assert rows == [
        {"i": 1, "d": Decimal("1.25"), "f": 2.5, "b": True, "day": dt.date(2020, 2, 3),
         "at": dt.datetime.fromisoformat("2020-02-03 04:05:06"), "t": " x "},
        {"i": 3, "d": Decimal("7.00"), "f": 1000.0, "b": False, "day": dt.date(2020, 2, 3),
         "at": dt.datetime.fromisoformat("2020-02-03"), "t": None},
        dict.fromkeys(["i", "d", "f", "b", "day", "at", "t"]),
        {**dict.fromkeys(["i", "d", "f", "b", "day", "at"]), "t": 'a "b", c'},
    ]  # fmt: skip


def test_nothing_is_inferred_from_the_cells(tmp_path: Path) -> None:
    for cells in ("1\n2\n", "1\nx\n", "2020-01-01\n", ""):
        schema = read(written(tmp_path / "t.csv", f"a\n{cells}")).schema
        assert schema.types == [pa.string()]


def test_rows_with_too_many_or_too_few_cells_are_left_out(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "a,b\n1\n1,2\n1,2,3\n\n ,\n3,4")
    assert read(path, "csv: {trim: true}").to_pylist() == [
        {"a": "1", "b": "2"}, {"a": None, "b": None}, {"a": "3", "b": "4"},
    ]  # fmt: skip


def test_a_row_of_a_single_column_may_be_empty(tmp_path: Path) -> None:
    assert read(written(tmp_path / "t.csv", "a\n1\n\n2\n")).to_pydict() == {"a": ["1", None, "2"]}


def test_a_header_alone_and_a_single_row_are_tables_like_others(tmp_path: Path) -> None:
    assert read(written(tmp_path / "t.csv", "a,b")).num_rows == 0
    assert read(written(tmp_path / "t.csv", "a,b\n")).num_rows == 0
    assert read(written(tmp_path / "t.csv", "a,b\n1,2")).num_rows == 1


def test_other_ways_of_writing_csv_are_declared(tmp_path: Path) -> None:
    content = 'Größe;"Ort;Teil"\n1,5;Köln\n2;"a\nb"\n'
    domain = "columns: {Größe: {kind: float}}\ncsv: {delimiter: ';', decimal: ',', encoding: latin-1}"
    assert read(written(tmp_path / "t.csv", content.encode("latin-1")), domain).to_pydict() == {
        "Größe": [1.5, 2.0], "Ort;Teil": ["Köln", "a\nb"],
    }  # fmt: skip
    assert read(written(tmp_path / "t.csv", b"\xef\xbb\xbfa\nx\n")).to_pydict() == {"a": ["x"]}


def test_cells_that_are_not_utf_8_are_null(tmp_path: Path) -> None:
    assert read(written(tmp_path / "t.csv", b"a,b\n\xff,1\nx,\xc3\n")).to_pydict() == {
        "a": [None, "x"],
        "b": ["1", None],
    }


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"a,a\n1,2\n", "more than one column called a"),
        (b",a\n0,1\n", "column 1 of t.csv has no name"),
        (b"\xff\xfea\0", "is UTF-16"),
        (b"\xe9,a\n1,2\n", "is not utf-8"),
        (b"a,b\r1,2\r3,4\r", "carriage return"),
        (b"x" * (2**20 + 5), "no end of its first line"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_table_is_refused_as_a_whole(tmp_path: Path, content: bytes, told: str) -> None:
    with pytest.raises(SourceRefused, match=told):
        read(written(tmp_path / "t.csv", content))


def test_a_file_that_is_not_there_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    for name in ("absent.csv", ".", "t.xlsx"):
        (tmp_path / "t.xlsx").touch()
        with pytest.raises(SourceRefused):
            open_file(tmp_path / name, DomainFile())


@given(st.binary(max_size=120))
def test_no_bytes_make_an_error_that_is_not_ours(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "t.csv"
    path.write_bytes(b"a,b,c\n1,2,x\n" + content)
    try:
        found = read(path, "columns: {a: {kind: integer}, b: {kind: 'decimal(4,1)'}}")
    except GatewayError:
        raise AssertionError("a row made the file unreadable") from None
    assert found.num_rows >= 1
