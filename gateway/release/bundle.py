"""A release candidate as a folder: named by the digest of its manifest, never half there, checked whenever it is read.

    <releases>/<release id>/
        MANIFEST.json          every other file with its SHA-256 and size; SHA-256 of this file *is* the release id
        policy.json            what the release was allowed to be
        certificate.json       what it guarantees
        steward_report.json    rests on production rows: for stewards alone
        shape.json             the tables' shapes
        tables/0000.parquet    rows, in the order of shape.json; files are numbered, so no hostile name reaches a path

JSON and Parquet, never pickle. Reading proves that a folder is what its name says, not who wrote it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import uuid
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from gateway.policy.model import Policy
from gateway.release.candidate import ReleaseCandidate
from gateway.release.certificate import Certificate
from gateway.release.reports import StewardReport
from gateway.release.synthetic_table import SyntheticTable
from gateway.vocabulary.digest import canonical_json, sha256
from gateway.vocabulary.errors import ArtefactFailed
from gateway.vocabulary.names import ColumnName, ReleaseId, TableName
from gateway.vocabulary.schema import Column, Kind, Reference, Table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FORMAT = 1
MANIFEST = "MANIFEST.json"
_FILE = re.compile(r"[a-z_]+\.json|tables/[0-9]{4,9}\.parquet")


def write(candidate: ReleaseCandidate, releases: Path) -> ReleaseId:
    """Put ``candidate`` under ``releases`` and return its id. Writing the same candidate again changes nothing.

    The folder appears by one rename after all of it is on the disk. ``ArtefactFailed`` when it cannot be written
    (disk full, no permission), leaving nothing behind, or when a damaged folder already stands under that id.
    """
    files = _files_of(candidate)
    manifest = canonical_json(
        {
            "format": FORMAT,
            "run": candidate.run,
            "created": candidate.created,
            "files": {name: {"sha256": sha256(data), "size": len(data)} for name, data in files.items()},
        }
    )
    release = ReleaseId(sha256(manifest))
    folder = releases / release
    if not folder.exists():
        _put(folder, {**files, MANIFEST: manifest})
    _checked_files(folder, release)
    return release


def read(releases: Path, release: ReleaseId) -> ReleaseCandidate:
    """Return the candidate called ``release``; ``ArtefactFailed`` names the file that is not what its digest says.

    What is parsed are the very bytes whose digests were checked. Files the manifest does not know are refused too.
    """
    manifest, files = _checked_files(releases / release, release)
    try:
        shapes = [_table_from_json(shape) for shape in json.loads(files["shape.json"])]
        tables = [
            SyntheticTable(shape, pq.ParquetFile(pa.BufferReader(files[_table_file(index)])).read())
            for index, shape in enumerate(shapes)
        ]
        return ReleaseCandidate(
            run=manifest["run"],
            policy=Policy.model_validate_json(files["policy.json"]),
            tables=tuple(tables),
            certificate=Certificate.model_validate_json(files["certificate.json"]),
            report=StewardReport.model_validate_json(files["steward_report.json"]),
            created=manifest["created"],
        )
    except (ValueError, KeyError, TypeError, ValidationError, pa.ArrowException):
        # the digests fit, so whoever wrote this was another version; the library's text may quote cells
        raise ArtefactFailed(
            f"release {release[:12]} has the right digests and a content that this version cannot read; "
            "use the version of the gateway that wrote it"
        ) from None


def _files_of(candidate: ReleaseCandidate) -> dict[str, bytes]:
    files = {
        "policy.json": canonical_json(candidate.policy.model_dump(mode="json", by_alias=True)),
        "certificate.json": canonical_json(candidate.certificate.model_dump(mode="json")),
        "steward_report.json": canonical_json(candidate.report.model_dump(mode="json")),
        "shape.json": canonical_json([asdict(table.table) for table in candidate.tables]),
    }
    for index, table in enumerate(candidate.tables):
        files[_table_file(index)] = _parquet(table.rows)
    return files


def _table_file(index: int) -> str:
    return f"tables/{index:04d}.parquet"


def _parquet(rows: pa.Table) -> bytes:
    buffer = pa.BufferOutputStream()
    # one chunk and no metadata: equal rows become equal bytes, however they were put together
    pq.write_table(rows.combine_chunks().replace_schema_metadata(None), buffer, compression="zstd")
    return bytes(buffer.getvalue())


def _put(folder: Path, files: Mapping[str, bytes]) -> None:
    partial = folder.with_name(f".partial-{uuid.uuid4().hex}")
    try:
        (partial / "tables").mkdir(parents=True)
        partial.chmod(0o750)  # the report is for stewards: the worker's group may read it, other users may not
        for name, data in files.items():
            _write_through(partial / name, data)
        for directory in (partial / "tables", partial):
            _flush_directory(directory)
        try:
            partial.rename(folder)
        except OSError:
            if not folder.exists():  # otherwise another process put the same candidate there first
                raise
        _flush_directory(folder.parent)
    except OSError as problem:
        raise ArtefactFailed(
            f"the release could not be written to {folder.parent} ({problem.strerror}); nothing of it was left there: "
            "make room or give this user write permission, and run again"
        ) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _write_through(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _flush_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _checked_files(folder: Path, release: ReleaseId) -> tuple[dict[str, Any], dict[str, bytes]]:
    if re.fullmatch(r"[0-9a-f]{64}", release) is None:
        raise ArtefactFailed("a release is named by 64 hexadecimal digits; list the releases to see their names")
    short = release[:12]
    raw = _bytes_of(folder, MANIFEST, short)
    if sha256(raw) != release:
        raise ArtefactFailed(f"release {short}: {MANIFEST} is not what the release's name says; it was changed")
    manifest, entries = _parsed(raw, short)
    added = sorted(_names_in(folder, short) - {MANIFEST, *entries})
    if added:
        raise ArtefactFailed(f"release {short}: {added[0]} is not in the manifest; it was added later")
    files = {}
    for name, entry in sorted(entries.items()):
        files[name] = _bytes_of(folder, name, short)
        if len(files[name]) != entry["size"] or sha256(files[name]) != entry["sha256"]:
            raise ArtefactFailed(f"release {short}: {name} is not what its digest says; it was changed or damaged")
    return manifest, files


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


def _bytes_of(folder: Path, name: str, short: str) -> bytes:
    path = folder / name
    try:
        if path.is_symlink() or path.parent.is_symlink():
            raise ArtefactFailed(f"release {short}: {name} is a link; a release holds its own files")
        return path.read_bytes()
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
        comment=value["comment"],
    )
