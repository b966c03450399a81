"""A release candidate as a folder: named by the digest of its manifest, never half there, checked whenever it is read.

    <releases>/<release id>/
        MANIFEST.json          every other file with its SHA-256 and size; SHA-256 of this file *is* the release id
        policy.json            what the release was allowed to be
        certificate.json       what it guarantees
        steward_report.json    rests on production rows: for stewards alone
        public_report.json     from noisy measurements and synthetic rows alone; older releases have none
        audit.json             what games on made-up rows found; there when this configuration was audited
        shape.json             the tables' shapes
        tables/0000.parquet    rows, in the order of shape.json; files are numbered, so no hostile name reaches a path

JSON and Parquet, never pickle. Reading proves that a folder is what its name says, not who wrote it. Tables may be
larger than memory: they are written and hashed piece by piece, and a large one is read from a copy of its own that was
hashed while it was made, so that nobody can change what was checked.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import uuid
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from gateway.policy.model import Policy
from gateway.release.candidate import ReleaseCandidate
from gateway.release.certificate import Certificate
from gateway.release.evidence import AuditReport
from gateway.release.reports import PublicReport, StewardReport
from gateway.release.synthetic_table import SyntheticTable, write_rows
from gateway.vocabulary.checks import Check, from_json
from gateway.vocabulary.digest import canonical_json, sha256, sha256_file
from gateway.vocabulary.errors import ArtefactFailed
from gateway.vocabulary.names import ColumnName, ReleaseId, TableName
from gateway.vocabulary.schema import Column, Kind, Reference, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FORMAT = 1
_PIECE = 2**20
_IN_MEMORY = 2**25
"""Bytes of a file that is kept in memory when it is read; larger ones are copied."""
MANIFEST = "MANIFEST.json"
PUBLIC_REPORT = "public_report.json"
AUDIT = "audit.json"
_FILE = re.compile(r"[a-z_]+\.json|tables/[0-9]{4,9}\.parquet")


def write(candidate: ReleaseCandidate, releases: Path) -> ReleaseId:
    """Put ``candidate`` under ``releases`` and return its id. Writing the same candidate again changes nothing.

    The folder appears by one rename after all of it is on the disk. ``ArtefactFailed`` when it cannot be written
    (disk full, no permission), leaving nothing behind, or when a damaged folder already stands under that id.
    """
    try:
        return _written(candidate, releases)
    except OSError as problem:
        raise ArtefactFailed(
            f"the release could not be written to {releases} ({problem.strerror or type(problem).__name__}); nothing "
            "of it was left there: make room or give this user write permission, and run again"
        ) from None


def _written(candidate: ReleaseCandidate, releases: Path) -> ReleaseId:
    partial = releases / f".partial-{uuid.uuid4().hex}"
    try:
        (partial / "tables").mkdir(parents=True)
        partial.chmod(0o750)  # the report is for stewards: the worker's group may read it, other users may not
        release = _fill(partial, candidate)
        folder = releases / release
        if not folder.exists():
            for directory in (partial / "tables", partial):
                _flush_directory(directory)
            try:
                partial.rename(folder)
            except OSError:
                if not folder.exists():  # otherwise another process put the same candidate there first
                    raise
            _flush_directory(releases)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    _check(releases / release, release)
    return release


def _fill(folder: Path, candidate: ReleaseCandidate) -> ReleaseId:
    """Write all files of ``candidate`` into ``folder``, and last the manifest, whose digest is returned."""
    for name, data in _documents(candidate).items():
        _write_through(folder / name, data)
    for index, table in enumerate(candidate.tables):
        path = folder / _table_file(index)
        write_rows(path, table)
        _flush_file(path)
    names = [*_documents(candidate), *map(_table_file, range(len(candidate.tables)))]
    manifest = canonical_json(
        {
            "format": FORMAT,
            "run": candidate.run,
            "created": candidate.created,
            "files": {
                name: {"sha256": sha256_file(folder / name), "size": (folder / name).stat().st_size} for name in names
            },
        }
    )
    _write_through(folder / MANIFEST, manifest)
    return ReleaseId(sha256(manifest))


def read(releases: Path, release: ReleaseId) -> ReleaseCandidate:
    """Return the candidate called ``release``; ``ArtefactFailed`` names the file that is not what its digest says.

    What is parsed are the very bytes whose digests were checked. Files the manifest does not know are refused too.
    """
    manifest, files = _check(releases / release, release)
    try:
        shapes = [_table_from_json(shape) for shape in json.loads(files["shape.json"].read())]
        tables = [files[_table_file(index)].table(shape) for index, shape in enumerate(shapes)]
        return ReleaseCandidate(
            run=manifest["run"],
            policy=Policy.model_validate_json(files["policy.json"].read()),
            tables=tuple(tables),
            certificate=Certificate.model_validate_json(files["certificate.json"].read()),
            report=StewardReport.model_validate_json(files["steward_report.json"].read()),
            created=manifest["created"],
            public=PublicReport.model_validate_json(files[PUBLIC_REPORT].read()) if PUBLIC_REPORT in files else None,
            audit=AuditReport.model_validate_json(files[AUDIT].read()) if AUDIT in files else None,
        )
    except (ValueError, KeyError, TypeError, ValidationError, pa.ArrowException):
        # the digests fit, so whoever wrote this was another version; the library's text may quote cells
        raise ArtefactFailed(
            f"release {release[:12]} has the right digests and a content that this version cannot read; "
            "use the version of the gateway that wrote it"
        ) from None


def _documents(candidate: ReleaseCandidate) -> dict[str, bytes]:
    public = {} if candidate.public is None else {PUBLIC_REPORT: report_json(candidate.public)}
    audit = {} if candidate.audit is None else {AUDIT: canonical_json(candidate.audit.model_dump(mode="json"))}
    return {
        **public,
        **audit,
        "policy.json": canonical_json(candidate.policy.model_dump(mode="json", by_alias=True)),
        "certificate.json": canonical_json(candidate.certificate.model_dump(mode="json")),
        "steward_report.json": report_json(candidate.report),
        "shape.json": canonical_json([asdict(table.table) for table in candidate.tables]),
    }


def report_json(report: StewardReport | PublicReport) -> bytes:
    """Return a report as the canonical JSON that is kept of it: equal reports are equal bytes."""
    return canonical_json(report.model_dump(mode="json"))


def _table_file(index: int) -> str:
    return f"tables/{index:04d}.parquet"


def _write_through(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _flush_file(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _flush_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _Checked:
    """One file whose digest was checked: the very bytes, in memory or, when they are many, in a copy of our own."""

    def __init__(self, path: Path, name: str, entry: Mapping[str, Any], short: str) -> None:
        hashed = hashlib.sha256()
        size = 0
        self._data: bytes | None = b""
        self._copy: Any = None
        with _opened(path, name, short) as file:
            while piece := file.read(_PIECE):
                hashed.update(piece)
                size += len(piece)
                self._keep(piece)
        if size != entry["size"] or hashed.hexdigest() != entry["sha256"]:
            raise ArtefactFailed(f"release {short}: {name} is not what its digest says; it was changed or damaged")

    def _keep(self, piece: bytes) -> None:
        if self._data is not None and len(self._data) + len(piece) <= _IN_MEMORY:
            self._data += piece
            return
        if self._copy is None:
            self._copy = tempfile.NamedTemporaryFile(prefix="gateway-", suffix=".parquet")  # noqa: SIM115 - kept open
            self._copy.write(self._data)
            self._data = None
        self._copy.write(piece)

    def read(self) -> bytes:
        """Return the whole file."""
        if self._data is not None:
            return self._data
        self._copy.seek(0)
        return bytes(self._copy.read())

    def table(self, shape: Table) -> SyntheticTable:
        """Return the rows of a Parquet file: from memory, or from our copy, which is gone when the table is."""
        if self._data is not None:
            return SyntheticTable(shape, pq.ParquetFile(pa.BufferReader(self._data)).read())
        self._copy.flush()
        return SyntheticTable(shape, Path(self._copy.name), keeping=self._copy)


def _check(folder: Path, release: ReleaseId) -> tuple[dict[str, Any], dict[str, _Checked]]:
    if re.fullmatch(r"[0-9a-f]{64}", release) is None:
        raise ArtefactFailed("a release is named by 64 hexadecimal digits; list the releases to see their names")
    short = release[:12]
    with _opened(folder / MANIFEST, MANIFEST, short) as file:
        raw = file.read()
    if sha256(raw) != release:
        raise ArtefactFailed(f"release {short}: {MANIFEST} is not what the release's name says; it was changed")
    manifest, entries = _parsed(raw, short)
    added = sorted(_names_in(folder, short) - {MANIFEST, *entries})
    if added:
        raise ArtefactFailed(f"release {short}: {added[0]} is not in the manifest; it was added later")
    return manifest, {name: _Checked(folder / name, name, entry, short) for name, entry in sorted(entries.items())}


def _parsed(raw: bytes, short: str) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return the manifest and its files; a name that is not one of a release's own opens nothing."""
    try:
        manifest: dict[str, Any] = json.loads(raw)
        if manifest["format"] != FORMAT:
            raise ArtefactFailed(f"release {short} has a format that is not read here (this version reads {FORMAT})")
        entries: dict[str, dict[str, Any]] = manifest["files"]
        sound = all(_FILE.fullmatch(name) and {"sha256", "size"} == set(entry) for name, entry in entries.items())
    except (ValueError, KeyError, TypeError, AttributeError):
        sound = False
    if not sound:
        raise ArtefactFailed(f"release {short}: {MANIFEST} is not a manifest of the gateway")
    return manifest, entries


@contextmanager
def _opened(path: Path, name: str, short: str) -> Iterator[IO[bytes]]:
    try:
        if path.is_symlink() or path.parent.is_symlink():
            raise ArtefactFailed(f"release {short}: {name} is a link; a release holds its own files")
        with path.open("rb") as file:
            yield file
    except OSError as problem:
        raise ArtefactFailed(f"release {short}: {name} cannot be read ({problem.strerror})") from None


def _names_in(folder: Path, short: str) -> set[str]:
    try:
        paths = list(folder.rglob("*"))
    except OSError as problem:
        raise ArtefactFailed(f"release {short} cannot be listed ({problem.strerror})") from None
    return {
        path.relative_to(folder).as_posix()
        for path in paths
        if not (path.is_dir() and not path.is_symlink() and path == folder / "tables")
    }


def _table_from_json(value: dict[str, Any]) -> Table:
    return Table(
        name=TableName(value["name"]),
        columns=tuple(
            Column(**{**column, "kind": Kind(column["kind"]), "values": tuple(column["values"])})
            for column in value["columns"]
        ),
        primary_key=tuple(ColumnName(name) for name in value["primary_key"]),
        references=tuple(
            Reference(
                columns=tuple(reference["columns"]),
                target=TableName(reference["target"]),
                target_columns=tuple(reference["target_columns"]),
            )
            for reference in value["references"]
        ),
        unique=tuple(tuple(columns) for columns in value["unique"]),
        checks=tuple(
            Check(name=check["name"], columns=tuple(check["columns"]), condition=from_json(check["condition"]))
            for check in value.get("checks", ())
        ),
        comment=value["comment"],
    )
