"""Everything that was bought with the budget, as files: JSON for what is small, Arrow IPC for noisy counts."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from gateway.estimation.measurement import NoisyMarginal
from gateway.privacy.events import event_from_json
from gateway.raw.generate.binning import Bins, coarsen, reweighed
from gateway.raw.generate.domain import domain_from_json
from gateway.raw.generate.knowledge import Knowledge
from gateway.vocabulary.digest import canonical_json, sha256
from gateway.vocabulary.errors import ArtefactFailed
from gateway.vocabulary.schema import Column

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from gateway.privacy.events import Event
    from gateway.raw.generate.domain import Domain

MANIFEST = "measurements.json"
COUNTS = "counts.arrow"
DIGESTS = "SHA256SUMS"
VERSION = 3


@dataclass(frozen=True, kw_only=True)
class ColumnMeasured:
    """One column: its type, its cells, and its noisy fine counts with their standard deviations."""

    column: Column
    domain: Domain
    counts: NDArray[np.int64]
    sigma: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class TableMeasurements:
    """Noisy counts of one table. Differentially private as a whole: may be stored and shared.

    ``bins`` merge the columns' cells; ``pairs`` are noisy tables over the bins of several columns. ``notes`` say
    in words what was decided from noisy counts and why, for the steward.
    """

    generator: str
    events: tuple[Event, ...]
    total: float
    columns: tuple[ColumnMeasured, ...]
    bins: tuple[Bins, ...]
    pairs: tuple[NoisyMarginal, ...]
    notes: tuple[str, ...]
    knowledge: Knowledge = field(default_factory=Knowledge)

    @property
    def rows(self) -> int:
        """Return the noisy number of training rows, at least 0."""
        return max(0, round(self.total))

    def marginals(self) -> list[NoisyMarginal]:
        """Return one one-way marginal for every column, over its bins, and then the tables of several columns."""
        return [*one_ways(self.columns, self.bins), *self.pairs]

    def save(self, folder: Path) -> None:
        """Write the three files into the empty ``folder`` and wait until they are on disk; the digests come last."""
        manifest = canonical_json(
            {
                "version": VERSION,
                "generator": self.generator,
                "events": [event.to_json() for event in self.events],
                "total": self.total,
                "columns": [
                    c.column.to_json()
                    | {
                        "domain": c.domain.to_json(),
                        "bins": to.bin_of.tolist(),
                        "ghosts": np.flatnonzero(to.ghost).tolist(),
                    }
                    for c, to in zip(self.columns, self.bins, strict=True)
                ],
                "notes": list(self.notes),
                "knowledge": self.knowledge.to_json(),
            }
        )
        fine = [NoisyMarginal(columns=(j,), counts=c.counts, sigma=c.sigma) for j, c in enumerate(self.columns)]
        counts = _arrow([*fine, *self.pairs])
        digests = "".join(f"{sha256(data)}  {name}\n" for name, data in ((MANIFEST, manifest), (COUNTS, counts)))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _write(folder / MANIFEST, manifest)
            _write(folder / COUNTS, counts)
            _write(folder / DIGESTS, digests.encode())
            _sync_folder(folder)
        except OSError as problem:
            raise ArtefactFailed(
                f"the measurements cannot be written to {folder}: {problem.strerror}. Free space or permissions there, "
                "then resume."
            ) from None


def one_ways(columns: Sequence[ColumnMeasured], bins: Sequence[Bins]) -> list[NoisyMarginal]:
    """Return one one-way marginal for every column, over its bins."""
    ones = []
    for position, (measured, to) in enumerate(zip(columns, bins, strict=True)):
        counts, sigma = coarsen(measured.counts, measured.sigma, to)
        ones.append(NoisyMarginal(columns=(position,), counts=counts, sigma=sigma))
    return ones


def load(folder: Path) -> TableMeasurements:
    """Read back what ``TableMeasurements.save`` wrote; ``ArtefactFailed`` when it is damaged."""
    try:
        digests = dict(line.split("  ")[::-1] for line in (folder / DIGESTS).read_text().splitlines())
        data = {name: (folder / name).read_bytes() for name in (MANIFEST, COUNTS)}
        written = all(digests.get(name) == sha256(content) for name, content in data.items())
        return _parse(json.loads(data[MANIFEST] if written else b""), data[COUNTS])
    except (OSError, ValueError, KeyError, TypeError, IndexError, pa.ArrowException):
        raise ArtefactFailed(
            f"the measurements in {folder} are not complete or not what was written; they cannot be made again "
            "without spending again, so restore the folder from a backup or start a new run"
        ) from None


def _parse(manifest: dict[str, Any], counts: bytes) -> TableMeasurements:
    if manifest["version"] != VERSION:
        raise ValueError
    with pa.ipc.open_file(pa.py_buffer(counts)) as reader:
        tables = [_marginal(row) for row in reader.read_all().to_pylist()]
    columns = tuple(
        ColumnMeasured(
            column=Column.from_json(described),
            domain=domain_from_json(described["domain"]),
            counts=one.counts,
            sigma=np.asarray(one.sigma, dtype=np.float64),
        )
        for described, one in zip(manifest["columns"], tables[: len(manifest["columns"])], strict=True)
    )
    if any(c.counts.shape != (c.domain.cells,) or c.sigma.shape != c.counts.shape for c in columns):
        raise ValueError
    total = float(manifest["total"])
    return TableMeasurements(
        generator=manifest["generator"],
        events=tuple(event_from_json(event) for event in manifest["events"]),
        total=total,
        columns=columns,
        bins=tuple(_bins(d, c, total) for d, c in zip(manifest["columns"], columns, strict=True)),
        pairs=tuple(replace(pair, sigma=float(pair.sigma)) for pair in tables[len(columns) :]),
        notes=tuple(manifest["notes"]),
        knowledge=Knowledge.from_json(manifest["knowledge"]),
    )


def _bins(described: dict[str, Any], measured: ColumnMeasured, total: float) -> Bins:
    bin_of = np.array(described["bins"], dtype=np.int32)
    ghost = np.zeros(bin_of.size, dtype=np.bool_)
    ghost[described["ghosts"]] = True
    used = np.unique(bin_of)
    if bin_of.shape != measured.counts.shape or used[0] != 0 or used[-1] != used.size - 1:
        raise ValueError
    to = Bins(bin_of=bin_of, weight=np.zeros(bin_of.size), ghost=ghost)
    return reweighed(to, measured.counts, measured.sigma, total=total, domain=measured.domain)


_SCHEMA = pa.schema(
    [
        pa.field("columns", pa.list_(pa.int32()), nullable=False),
        pa.field("shape", pa.list_(pa.int64()), nullable=False),
        pa.field("counts", pa.list_(pa.int64()), nullable=False),
        pa.field("sigma", pa.list_(pa.float64()), nullable=False),
        pa.field("groups", pa.list_(pa.list_(pa.int32()))),
    ]
)


def _arrow(tables: Sequence[NoisyMarginal]) -> bytes:
    columns = (
        [list(each.columns) for each in tables],
        [list(each.counts.shape) for each in tables],
        [each.counts.reshape(-1) for each in tables],
        [np.asarray(each.sigma).reshape(-1) for each in tables],
        [None if each.groups is None else list(each.groups) for each in tables],
    )
    table = pa.Table.from_arrays(
        [pa.array(column, field.type) for column, field in zip(columns, _SCHEMA, strict=True)], schema=_SCHEMA
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, _SCHEMA) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


def _marginal(row: dict[str, Any]) -> NoisyMarginal:
    shape = tuple(row["shape"])
    sigma = np.array(row["sigma"], dtype=np.float64)
    groups = row["groups"]
    return NoisyMarginal(
        columns=tuple(row["columns"]),
        counts=np.array(row["counts"], dtype=np.int64).reshape(shape),
        sigma=float(sigma[0]) if sigma.size == 1 and len(shape) > 1 else sigma.reshape(shape),
        groups=None if groups is None else tuple(np.array(group, dtype=np.int32) for group in groups),
    )


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
