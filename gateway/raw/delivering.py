"""From a fitted model to a file of rows with its certificate beside it. Sees no data, and never overwrites a file."""

from __future__ import annotations

import csv
import io
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from gateway.raw.generate.asking import asked
from gateway.vocabulary.errors import ConfigurationError, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from gateway.raw.folder import RunFolder
    from gateway.raw.generate.generator import Fitted
    from gateway.raw.generate.request import Request
    from gateway.release.certificate import Certificate

BATCH = 2**19
"""Rows made at a time; up to so many are made as one table."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which rows to make of a model; costs nothing, whatever is asked for."""

    out: Path
    rows: int | None = None
    """As many as there are in the file, by a noisy count, when None."""
    where: Sequence[str] = ()
    shares: str | None = None
    seed: int = 1


def folder_of(out: Path) -> Path:
    """Return the folder that keeps what was measured for ``out``."""
    return out.with_name(f"{out.name}.gateway")


def certificate_of(out: Path) -> Path:
    """Return the file of the certificate beside ``out``."""
    return out.with_name(f"{out.name}.certificate.json")


def refuse_output(out: Path) -> None:
    """Raise ``ConfigurationError`` or ``Refused`` unless ``out`` is a file that can be made and is not there."""
    if out.suffix.lower() not in {".csv", ".parquet"}:
        raise ConfigurationError(f"the output {out.name} should end in .csv or .parquet")
    if out.exists() or out.is_symlink():
        raise Refused(f"{out} exists and is not overwritten; move it away, or name another output with -o")
    if not out.parent.is_dir():
        raise ConfigurationError(f"there is no folder {out.parent} for the output; make it first")


def deliver(
    folder: RunFolder,
    *,
    wanted: Wanted,
    fitted: Fitted,
    count: int,
    certificate: Certificate,
    progress: Callable[[str, float], None],
) -> tuple[Path, Path]:
    """Write the certificate, then the rows: whoever finds rows finds the certificate beside them."""
    kept = folder.path / f"rows{wanted.out.suffix.lower()}"
    with folder.written(kept) as partial:
        _write_rows(partial, wanted=wanted, fitted=fitted, count=count, progress=progress)
    beside = certificate_of(wanted.out)
    with folder.written(beside) as partial:
        partial.write_text(certificate.model_dump_json(indent=2) + "\n", encoding="utf-8")
    try:
        os.link(kept, wanted.out)  # unlike a rename, never over a file that has come meanwhile
    except FileExistsError:
        raise Refused(f"{wanted.out} exists and is not overwritten; move it away, and give the command again") from None
    except OSError:  # a file system without links
        if wanted.out.exists():
            raise Refused(f"{wanted.out} exists and is not overwritten; move it away") from None
        kept.rename(wanted.out)
    with suppress(FileNotFoundError):
        kept.unlink()
    return wanted.out, beside


def _write_rows(
    path: Path, *, wanted: Wanted, fitted: Fitted, count: int, progress: Callable[[str, float], None]
) -> None:
    request = asked(wanted.where, wanted.shares, fitted.schema)
    progress("making rows", 0.0)
    tables = _tables(wanted, fitted, count, request)
    if wanted.out.suffix.lower() == ".csv":
        _write_csv(path, tables, fitted.schema)
        return
    with pq.ParquetWriter(path, fitted.schema) as writer:
        for table in tables:
            writer.write_table(table)


def _tables(wanted: Wanted, fitted: Fitted, count: int, request: Request | None) -> Iterator[pa.Table]:
    """Yield ``count`` rows: as one table when they are few, since rows are then balanced as a whole."""
    if count <= BATCH:
        yield fitted.sample(count, seed=wanted.seed, request=request)
        return
    for batch in fitted.batches(count, seed=wanted.seed, size=BATCH, request=request):
        yield pa.Table.from_batches([batch])


def _write_csv(path: Path, tables: Iterator[pa.Table], schema: pa.Schema) -> None:
    """Write texts with quotes only in the batches where one of them needs some."""
    with path.open("wb") as file:
        header = io.StringIO()
        csv.writer(header, lineterminator="\n").writerow(schema.names)
        file.write(header.getvalue().encode())
        for table in tables:
            text = pa.BufferOutputStream()
            try:
                pacsv.write_csv(table, text, pacsv.WriteOptions(include_header=False, quoting_style="none"))
            except pa.ArrowInvalid:
                text = pa.BufferOutputStream()
                pacsv.write_csv(table, text, pacsv.WriteOptions(include_header=False, quoting_style="needed"))
            file.write(text.getvalue())
