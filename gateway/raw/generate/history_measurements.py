"""What was bought of one table of histories, as files: JSON for what is small, Arrow IPC for noisy counts."""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from gateway.estimation.histories import contexts
from gateway.estimation.histories.model import Gaps, Spec
from gateway.estimation.histories.terms import Context, MeasuredTerm, Place, Term
from gateway.privacy.events import event_from_json
from gateway.raw.generate.binning import Bins
from gateway.raw.generate.counting import Axis
from gateway.raw.generate.domain import Ranges, domain_from_json
from gateway.raw.generate.histories import Coding, Cut
from gateway.raw.generate.history_columns import Grain, HistoryColumn
from gateway.vocabulary.digest import canonical_json, sha256
from gateway.vocabulary.errors import ArtefactFailed
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from gateway.privacy.events import Event

MANIFEST = "histories.json"
COUNTS = "counts.arrow"
DIGESTS = "SHA256SUMS"
VERSION = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class HistoryMeasurements:
    """Noisy counts of one table of histories. Differentially private as a whole: may be stored and shared."""

    table: TableName
    events: tuple[Event, ...]
    notes: tuple[str, ...]
    """What was decided from noisy counts and why, in words for the steward."""
    columns: tuple[HistoryColumn, ...]
    """In the order of drawing, the kind first, without the gap."""
    kind: bool
    """Whether the first of them is the kind."""
    once: bool
    """Whether a history has each kind at most once, as declared."""
    gap: HistoryColumn | None
    """The gaps between rows; its column is the order."""
    owner: tuple[Cut, ...]
    """Columns of the owner that were looked at."""
    owner_kind: int | None
    terms: tuple[MeasuredTerm, ...]

    @property
    def coding(self) -> Coding:
        """Return the coding over bins, on which ``terms`` were counted."""
        gap = None if self.gap is None else self.gap.grains[0]
        return coding_of(self.columns, gap, kind=self.kind, owner=self.owner, owner_kind=self.owner_kind)

    @property
    def spec(self) -> Spec:
        """Return what the model needs to know beside the terms."""
        gap = None if self.gap is None else self.gap.grains[0]
        return spec_of(self.coding, self.columns, gap, once=self.once)

    def save(self, folder: Path) -> None:
        """Write the three files into the empty ``folder`` and wait until they are on disk; the digests come last."""
        arrays: dict[str, NDArray[Any]] = {}
        manifest = canonical_json(
            {
                "version": VERSION,
                "table": self.table,
                "events": [event.to_json() for event in self.events],
                "notes": list(self.notes),
                "columns": [_described(c, f"column.{j}", arrays) for j, c in enumerate(self.columns)],
                "kind": self.kind,
                "once": self.once,
                "gap": None if self.gap is None else _described(self.gap, "gap", arrays),
                "owner": [_cut_described(cut, f"owner.{j}", arrays) for j, cut in enumerate(self.owner)],
                "owner_kind": self.owner_kind,
                "terms": [_term_described(each, f"term.{j}", arrays) for j, each in enumerate(self.terms)],
            }
        )
        files = {MANIFEST: manifest, COUNTS: _arrow(arrays)}
        files[DIGESTS] = "".join(f"{sha256(data)}  {name}\n" for name, data in files.items()).encode()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, data in files.items():
                with (folder / name).open("xb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
        except OSError as problem:
            raise ArtefactFailed(
                f"the measurements cannot be written to {folder}: {problem.strerror}. Free space or permissions there, "
                "then resume."
            ) from None


def load(folder: Path) -> HistoryMeasurements:
    """Read back what ``HistoryMeasurements.save`` wrote; ``ArtefactFailed`` when it is damaged."""
    try:
        digests = dict(line.split("  ")[::-1] for line in (folder / DIGESTS).read_text().splitlines())
        data = {name: (folder / name).read_bytes() for name in (MANIFEST, COUNTS)}
        if any(digests.get(name) != sha256(content) for name, content in data.items()):
            raise ValueError  # noqa: TRY301 - one message for all that may be wrong
        return _parsed(json.loads(data[MANIFEST]), _arrays(data[COUNTS]))
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, pa.ArrowException):
        raise ArtefactFailed(
            f"the measurements in {folder} are not complete or not what was written; they cannot be made again "
            "without spending again, so restore the folder from a backup or start a new run"
        ) from None


def coding_of(
    columns: Sequence[HistoryColumn], gap: Grain | None, *, kind: bool, owner: tuple[Cut, ...], owner_kind: int | None
) -> Coding:
    """Return the coding of a table over the bins of its columns."""
    domain = None if gap is None else gap.domain
    if domain is not None and not isinstance(domain, Ranges):
        raise ValueError("gaps lie in ranges")
    return Coding(
        columns=tuple(column.cut for column in columns),
        gap=domain,
        gap_bin_of=None if gap is None else gap.bins.bin_of,
        kind=0 if kind else None,
        owner=owner,
        owner_kind=owner_kind,
    )


def spec_of(coding: Coding, columns: Sequence[HistoryColumn], gap: Grain | None, *, once: bool) -> Spec:
    """Return what a model needs to know of a table: gaps inside their bins, and bins that some kinds do not have.

    ``once``: a history has each kind at most once.
    """
    possible = {}
    first = int(gap is not None)
    for position, column in enumerate(columns, start=first):
        if column.grain_of is not None:
            bins = np.array([grain.bins.count for grain in column.grains])[list(column.grain_of)]
            possible[position] = np.arange(int(bins.max())) < bins[:, np.newaxis]
            if column.cut.cells > possible[position].shape[1]:
                spare = column.cut.cells - possible[position].shape[1]
                possible[position] = np.pad(possible[position], ((0, 0), (0, spare)))
    shape = coding.shape
    if once and shape.kind is not None:
        shape = dataclasses.replace(shape, once=(shape.kind,))
    return Spec(shape=shape, gaps=None if gap is None else _gaps(gap), possible=possible)


def _gaps(grain: Grain) -> Gaps:
    domain = grain.domain
    if not isinstance(domain, Ranges):
        raise TypeError("gaps lie in ranges")
    weight, bin_of = grain.bins.weight, grain.bins.bin_of
    # the longest gaps there could be, which nobody has, say nothing but how long a century is
    used = max(int(np.flatnonzero(weight > 0)[-1]), int(np.searchsorted(bin_of, bin_of[-1]))) + 1
    return Gaps(
        low=np.array(domain.starts, dtype=np.int64)[:used],
        high=np.asarray(domain.ends(whole=True), dtype=np.int64)[:used],
        weight=weight[:used],
        bin_of=bin_of[:used],
    )


def _described(column: HistoryColumn, name: str, arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    for number, grain in enumerate(column.grains):
        at = f"{name}.{number}"
        arrays |= {f"{at}.counts": grain.counts, f"{at}.mass": grain.mass, f"{at}.bin_of": grain.bins.bin_of,
                   f"{at}.weight": grain.bins.weight, f"{at}.ghost": grain.bins.ghost}  # fmt: skip
    return {
        "column": column.column.to_json(),
        "grains": [{"domain": g.domain.to_json(), "sigma": g.sigma, "step": g.step} for g in column.grains],
        "grain_of": None if column.grain_of is None else list(column.grain_of),
    }


def _cut_described(cut: Cut, name: str, arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    for number, axis in enumerate(cut.axes):
        if axis.bin_of is not None:
            arrays[f"{name}.{number}.bin_of"] = axis.bin_of
    return {
        "column": cut.column,
        "domains": [axis.domain.to_json() for axis in cut.axes],
        "axis_of": None if cut.axis_of is None else list(cut.axis_of),
    }


def _term_described(measured: MeasuredTerm, name: str, arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    term = measured.term
    arrays[name] = measured.counts
    return {
        "target": term.target,
        "bins": None if term.bin_of is None else list(term.bin_of),
        "contexts": [
            {"place": c.place.value, "column": c.column, "bins": None if c.bin_of is None else list(c.bin_of)}
            for c in term.contexts
        ],
        "sigma": measured.sigma,
        "clip": measured.clip,
    }


def _parsed(manifest: Mapping[str, Any], arrays: Mapping[str, NDArray[np.float64]]) -> HistoryMeasurements:
    if manifest["version"] != VERSION:
        raise ValueError
    gap = manifest["gap"]
    found = HistoryMeasurements(
        table=TableName(manifest["table"]),
        events=tuple(event_from_json(event) for event in manifest["events"]),
        notes=tuple(manifest["notes"]),
        columns=tuple(_column(each, f"column.{j}", arrays) for j, each in enumerate(manifest["columns"])),
        kind=bool(manifest["kind"]),
        once=bool(manifest["once"]),
        gap=None if gap is None else _column(gap, "gap", arrays),
        owner=tuple(_cut(each, f"owner.{j}", arrays) for j, each in enumerate(manifest["owner"])),
        owner_kind=manifest["owner_kind"],
        terms=tuple(_term(each, arrays[f"term.{j}"]) for j, each in enumerate(manifest["terms"])),
    )
    shape = found.spec.shape if found.columns or found.gap else None
    if any(shape is None or each.counts.shape != contexts.extent(each.term, shape=shape) for each in found.terms):
        raise ValueError
    return found


def _column(described: Mapping[str, Any], name: str, arrays: Mapping[str, NDArray[np.float64]]) -> HistoryColumn:
    grains = []
    for number, each in enumerate(described["grains"]):
        domain, at = domain_from_json(each["domain"]), f"{name}.{number}"
        bin_of = arrays[f"{at}.bin_of"].astype(np.int32)
        used = np.unique(bin_of)
        if bin_of.shape != (domain.cells,) or used[0] != 0 or used[-1] != used.size - 1:
            raise ValueError
        bins = Bins(bin_of=bin_of, weight=arrays[f"{at}.weight"], ghost=arrays[f"{at}.ghost"].astype(np.bool_))
        counts, mass = arrays[f"{at}.counts"], arrays[f"{at}.mass"]
        sigma, step = float(each["sigma"]), int(each["step"])
        grains.append(Grain(domain=domain, counts=counts, sigma=sigma, bins=bins, mass=mass, step=step))
    grain_of = described["grain_of"]
    return HistoryColumn(
        column=Column.from_json(described["column"]),
        grains=tuple(grains),
        grain_of=None if grain_of is None else tuple(int(grain) for grain in grain_of),
    )


def _cut(described: Mapping[str, Any], name: str, arrays: Mapping[str, NDArray[np.float64]]) -> Cut:
    column = ColumnName(described["column"])
    axes = []
    for number, each in enumerate(described["domains"]):
        bin_of = arrays.get(f"{name}.{number}.bin_of")
        to = None if bin_of is None else bin_of.astype(np.int32)
        axes.append(Axis(column=column, domain=domain_from_json(each), bin_of=to))
    axis_of = described["axis_of"]
    return Cut(axes=tuple(axes), axis_of=None if axis_of is None else tuple(int(axis) for axis in axis_of))


def _term(described: Mapping[str, Any], counts: NDArray[np.float64]) -> MeasuredTerm:
    def bins(value: Sequence[int] | None) -> tuple[int, ...] | None:
        return None if value is None else tuple(int(each) for each in value)

    term = Term(
        target=int(described["target"]),
        bin_of=bins(described["bins"]),
        contexts=tuple(
            Context(place=Place(c["place"]), column=int(c["column"]), bin_of=bins(c["bins"]))
            for c in described["contexts"]
        ),
    )
    return MeasuredTerm(term=term, counts=counts, sigma=float(described["sigma"]), clip=int(described["clip"]))


_SCHEMA = pa.schema(
    [
        pa.field("name", pa.string(), nullable=False),
        pa.field("shape", pa.list_(pa.int64()), nullable=False),
        pa.field("values", pa.list_(pa.float64()), nullable=False),
    ]
)


def _arrow(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    columns = (
        list(arrays),
        [list(array.shape) for array in arrays.values()],
        [np.asarray(array, dtype=np.float64).reshape(-1) for array in arrays.values()],
    )
    fields = [pa.array(column, field.type) for column, field in zip(columns, _SCHEMA, strict=True)]
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, _SCHEMA) as writer:
        writer.write_table(pa.Table.from_arrays(fields, schema=_SCHEMA))
    return bytes(sink.getvalue().to_pybytes())


def _arrays(data: bytes) -> dict[str, NDArray[np.float64]]:
    with pa.ipc.open_file(pa.py_buffer(data)) as reader:
        table = reader.read_all()
    rows = zip(table["name"].to_pylist(), table["shape"].to_pylist(), table["values"], strict=True)
    return {name: values.values.to_numpy(zero_copy_only=False).reshape(shape) for name, shape, values in rows}
