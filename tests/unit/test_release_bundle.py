"""A release's folder: named by what it holds, whole or absent, checked whenever it is read."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from gateway.policy.model import Policy
from gateway.release import bundle
from gateway.release.candidate import ReleaseCandidate
from gateway.release.certificate import Certificate
from gateway.release.figures import Count, Interval, Rate
from gateway.release.reports import (
    AttackReport,
    Check,
    Comparison,
    Outcome,
    PublicReport,
    PublicTable,
    StewardReport,
)
from gateway.release.synthetic_table import SyntheticTable
from gateway.vocabulary.errors import ArtefactFailed
from gateway.vocabulary.names import ColumnName, ReleaseId, TableName
from gateway.vocabulary.schema import Column, Kind, Reference, Table

HOSTILE = '../../etc/passwd"; DROP'


def interval(rate: float) -> Interval:
    return Interval(rate=Rate.of(rate), low=Rate.of(rate - 0.01), high=Rate.of(rate + 0.01))


def candidate(*, rows: int = 3) -> ReleaseCandidate:
    policy = Policy.model_validate(
        {
            "version": 1,
            "name": "clinic",
            "purpose": "teaching statistics",
            "source": {"name": "his", "url": "${SOURCE_URL}"},
            "unit": {"name": "patient", "table": HOSTILE, "key": ["id"], "meaning": "one patient"},
            "tables": {
                HOSTILE: {
                    "treatment": "synthesize",
                    "columns": {
                        "id": {"role": "key", "treatment": "key"},
                        "day": {
                            "role": "quasi",
                            "treatment": "learn",
                            "domain": {"lowest": dt.date(2020, 1, 1), "highest": dt.date(2021, 1, 1)},
                        },
                        "note": {"role": "direct", "treatment": "replace", "entity": "free_text"},
                    },
                }
            },
            "target": {"name": "shared", "url": "${TARGET_URL}", "schema": "clinic", "readers": "analysts"},
        }
    )
    shape = Table(
        name=TableName(HOSTILE),
        columns=(
            Column(name=ColumnName("id"), kind=Kind.INTEGER, native="int4", nullable=False),
            Column(name=ColumnName("day"), kind=Kind.DATE, native="date"),
            Column(name=ColumnName("fee.eur"), kind=Kind.DECIMAL, native="numeric(5,2)", precision=5, scale=2),
            Column(name=ColumnName("sex"), kind=Kind.ENUM, native="sex", values=("f", "m")),
        ),
        primary_key=(ColumnName("id"),),
        references=(Reference(columns=(ColumnName("id"),), target=TableName("t"), target_columns=(ColumnName("id"),)),),
        unique=((ColumnName("id"), ColumnName("day")),),
        comment="kept",
    )
    cells = [list(range(rows)), [dt.date(2020, 5, 17), None, None][:rows], [None] * rows, ["f", "m", None][:rows]]
    arrays = [pa.array(values, column.arrow_type) for values, column in zip(cells, shape.columns, strict=True)]
    table = SyntheticTable(shape, pa.Table.from_arrays(arrays, schema=shape.arrow_schema()))
    return ReleaseCandidate(
        run="run-1",
        policy=policy,
        tables=(table,),
        certificate=Certificate(
            unit="patient", meaning="one patient", source="his", epsilon=0.75, delta=1e-6,
            events=({"mechanism": "discrete_gaussian", "label": "one-way", "sigma": 10.5, "cells": 3},),
            generator="pairwise", notes=("said",), sampling_seed=1, code_digest="0" * 64,
        ),
        report=StewardReport(
            checks=(
                Check(name="two_way", question="?", comparison=Comparison.AT_MOST, needed=Rate.of(0.2),
                      got=Rate.of(0.123), outcome=Outcome.PASSED),
            ),
            attacks=(
                AttackReport(attack="verbatim", targets=Count(count=417), rate=interval(0.1), control=interval(0.1),
                             baseline=interval(0.1), excess=interval(0)),
            ),
            distances={"one_way": Rate.of(0.031)},
        ),
        created="2026-01-02T03:04:05.000006+00:00",
    )  # fmt: skip


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    wrote = candidate()
    assert bundle.read(tmp_path, bundle.write(wrote, tmp_path)) == wrote


def test_the_public_report_is_a_file_of_its_own_and_is_read_back(tmp_path: Path) -> None:
    public = PublicReport(tables=(PublicTable(table=HOSTILE, rows=Count(count=3), copied=False),))
    wrote = dataclasses.replace(candidate(), public=public)
    release = bundle.write(wrote, tmp_path)
    assert (tmp_path / release / "public_report.json").read_bytes() == bundle.report_json(public)
    assert bundle.read(tmp_path, release) == wrote


def test_a_release_made_before_there_was_a_public_report_is_read_and_has_none(tmp_path: Path) -> None:
    release = bundle.write(candidate(), tmp_path)
    assert not (tmp_path / release / "public_report.json").exists()
    assert bundle.read(tmp_path, release).public is None


def test_a_stranger_on_the_machine_cannot_read_the_report(tmp_path: Path) -> None:
    release = bundle.write(candidate(), tmp_path)
    assert (tmp_path / release).stat().st_mode & 0o007 == 0


def test_the_release_is_named_by_its_manifest(tmp_path: Path) -> None:
    release = bundle.write(candidate(), tmp_path)
    assert hashlib.sha256((tmp_path / release / "MANIFEST.json").read_bytes()).hexdigest() == release
    assert bundle.write(candidate(rows=2), tmp_path) != release


def test_writing_twice_is_writing_once_however_the_rows_were_put_together(tmp_path: Path) -> None:
    once = candidate()
    (table,) = once.tables
    pieces = SyntheticTable(table.table, pa.concat_tables([table.rows.slice(0, 1), table.rows.slice(1)]))
    again = ReleaseCandidate(**{**vars(once), "tables": (pieces,)})
    assert bundle.write(once, tmp_path) == bundle.write(again, tmp_path) == bundle.write(once, tmp_path)
    assert len(list(tmp_path.iterdir())) == 1


def test_an_empty_table_is_kept(tmp_path: Path) -> None:
    wrote = candidate(rows=0)
    assert bundle.read(tmp_path, bundle.write(wrote, tmp_path)).tables[0].rows.num_rows == 0


def test_hostile_names_never_reach_a_path(tmp_path: Path) -> None:
    release = bundle.write(candidate(), tmp_path / "releases")
    files = {path.relative_to(tmp_path / "releases" / release).as_posix() for path in tmp_path.rglob("*.*")}
    assert files == {
        "MANIFEST.json", "policy.json", "certificate.json", "steward_report.json", "shape.json", "tables/0000.parquet",
    }  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["policy.json", "certificate.json", "steward_report.json", "shape.json", "tables/0000.parquet", "MANIFEST.json"],
)
@pytest.mark.parametrize("how", ["changed", "cut", "removed", "linked"])
def test_tampering_is_found_and_the_file_named(tmp_path: Path, name: str, how: str) -> None:
    release = bundle.write(candidate(), tmp_path)
    path = tmp_path / release / name
    data = path.read_bytes()
    if how == "changed":
        path.write_bytes(data[:20] + bytes([data[20] ^ 1]) + data[21:])
    elif how == "cut":
        path.write_bytes(data[:-1])
    else:
        path.unlink()
    if how == "linked":
        (tmp_path / "elsewhere").write_bytes(data)
        path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ArtefactFailed, match=name):
        bundle.read(tmp_path, release)
    with pytest.raises(ArtefactFailed, match=name):
        bundle.write(candidate(), tmp_path)


@pytest.mark.parametrize("name", ["extra.txt", "tables/0001.parquet", "folder/", ".hidden", "tables/deep/"])
def test_an_added_file_is_found(tmp_path: Path, name: str) -> None:
    release = bundle.write(candidate(), tmp_path)
    path = tmp_path / release / name
    if name.endswith("/"):
        path.mkdir()
    else:
        path.write_bytes(b"x")
    with pytest.raises(ArtefactFailed, match="added later"):
        bundle.read(tmp_path, release)


def test_one_release_under_anothers_name_is_found(tmp_path: Path) -> None:
    first, second = bundle.write(candidate(), tmp_path), bundle.write(candidate(rows=2), tmp_path)
    (tmp_path / first).rename(tmp_path / "aside")
    (tmp_path / second).rename(tmp_path / first)
    with pytest.raises(ArtefactFailed, match=r"MANIFEST\.json"):
        bundle.read(tmp_path, first)


@pytest.mark.parametrize("name", ["", "..", "/etc", "A" * 64, "a" * 63, "../" + "a" * 64])
def test_a_name_that_is_no_digest_opens_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(ArtefactFailed, match="64 hexadecimal"):
        bundle.read(tmp_path, ReleaseId(name))


def test_an_absent_release_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ArtefactFailed, match=r"MANIFEST\.json cannot be read \(No such file"):
        bundle.read(tmp_path, ReleaseId("a" * 64))


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "releases").write_text("a file where the folder should be")
    with pytest.raises(ArtefactFailed, match="write permission"):
        bundle.write(candidate(), tmp_path / "releases")


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    """A limit on file size stands for the full disk: the operating system refuses the write half-way, for real."""
    releases = tmp_path / "releases"
    releases.mkdir()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    largest = max(path.stat().st_size for path in _files(bundle.write(candidate(), tmp_path / "other"), tmp_path))
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest - 1, hard))
    try:
        with pytest.raises(ArtefactFailed, match="nothing of it was left"):
            bundle.write(candidate(), releases)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(releases.iterdir()) == []
    assert bundle.read(releases, bundle.write(candidate(), releases)) == candidate()


def _files(release: ReleaseId, tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "other" / release).rglob("*") if path.is_file()]


@pytest.mark.parametrize(("owner", "call"), [(os, "fsync"), (Path, "rename")])
def test_a_kill_before_the_rename_leaves_no_release(tmp_path: Path, owner: Any, call: str) -> None:
    """A child process is killed in the place of the given call; what is there afterwards is no release."""
    release = bundle.write(candidate(), tmp_path / "model")
    releases = tmp_path / "releases"
    child = os.fork()
    if child == 0:
        try:
            setattr(owner, call, lambda *_: os.kill(os.getpid(), 9))
            bundle.write(candidate(), releases)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "the child was to be killed on the way"
    assert not (releases / release).exists()
    assert bundle.read(releases, bundle.write(candidate(), releases)) == candidate()


def test_a_later_format_is_refused_with_what_is_read_here(tmp_path: Path) -> None:
    release = _rewritten(tmp_path, lambda manifest: manifest.replace(b'"format":1', b'"format":2'))
    with pytest.raises(ArtefactFailed, match="version reads 1"):
        bundle.read(tmp_path, release)


def test_a_manifest_that_points_outside_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"secret")
    entry = f'"../outside":{{"sha256":"{hashlib.sha256(b"secret").hexdigest()}","size":6}},"certificate.json"'
    release = _rewritten(tmp_path, lambda manifest: manifest.replace(b'"certificate.json"', entry.encode(), 1))
    with pytest.raises(ArtefactFailed, match="not a manifest"):
        bundle.read(tmp_path, release)


def _rewritten(tmp_path: Path, change: Callable[[bytes], bytes]) -> ReleaseId:
    """Forge a folder whose manifest was changed and which is named after the changed one."""
    folder = tmp_path / bundle.write(candidate(), tmp_path)
    manifest = change((folder / "MANIFEST.json").read_bytes())
    (folder / "MANIFEST.json").write_bytes(manifest)
    release = ReleaseId(hashlib.sha256(manifest).hexdigest())
    folder.rename(tmp_path / release)
    return release
