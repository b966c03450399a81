"""From one snapshot of a database to families: each row beside the row that owns it, people held out set apart.

Owners are read before what they own, so a row's owner is known as soon as it is read; rows that belong to nobody are
not held. Rows of people in training come first and those in control after them, in every table, so that both families
are slices of the same memory.

Whose row it is, is decided so that nobody's presence changes what another has. A key that two rows of a table have
names neither of them: whatever points there leads to both, and is removed with either. A row that is *named* is copied
for each row that names it, as if its columns stood there.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa

from gateway.raw.connect.gathering import Gathered, Named, plain
from gateway.raw.connect.holdout import held_out
from gateway.raw.connect.introspection import chosen
from gateway.raw.connect.keeping import kept
from gateway.raw.connect.matching import NOBODY, Keys, alone
from gateway.raw.family import Family, OwnedRows
from gateway.raw.rows import RawTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from gateway.raw.connect.kinship import Kinship, Portrait
    from gateway.vocabulary.names import ColumnName, TableName

_log = logging.getLogger(__name__)
_AT_ONCE = 2**17
"""Rows that are looked up together, at least: a search costs time in the rows searched in, too."""


class Readable(Protocol):
    """What families are read from: a ``Snapshot``, or anything else that gives rows as one does."""

    def batches(self, table: TableName, columns: Sequence[ColumnName]) -> Iterator[pa.RecordBatch]:
        """See ``Snapshot.batches``."""
        ...


def read_family(
    snapshot: Readable,
    kinship: Kinship,
    *,
    key: Sequence[ColumnName],
    share: float,
    secret: bytes,
    progress: Callable[[str, float], None],
) -> tuple[Family, Family]:
    """Return the families of people in training and in control, each person with all rows that lead to them.

    ``key`` names a unit in the unit's table; who is in control follows as in ``holdout.split_by_unit``, from ``share``
    and ``secret``. The secret also chooses which rows an owner with more than ``Kin.most`` keeps (``keeping``).
    A unit whose key is not full, or not its own alone, is nobody, and so is a row whose owner's columns are NULL, name
    no row, or name several: nobody's rows are in neither family. The order of units and of rows means nothing.

    Memory and time grow as the rows do. Raises what ``Snapshot.batches`` raises, and ``SourceRefused`` for columns that
    cannot be read.
    """
    reader = _Reader(snapshot=snapshot, kinship=kinship, secret=secret, progress=progress)
    reader.read_units(tuple(key), share=share)
    for portrait in kinship.owned:
        reader.read_owned(portrait)
    return reader.families()


@dataclass(frozen=True, kw_only=True, eq=False)
class _Sorted:
    """Rows of one table, in the order of their owners; those of people in training come first."""

    rows: RawTable
    starts: NDArray[np.int64]
    training: int
    """How many rows are of people in training."""

    @property
    def count(self) -> int:
        return int(self.rows.expose().num_rows)

    def part(self, *, training: bool) -> RawTable:
        frame = self.rows.expose()
        return RawTable(self.rows.table, frame.slice(0, self.training) if training else frame.slice(self.training))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Reader:
    snapshot: Readable
    kinship: Kinship
    secret: bytes
    progress: Callable[[str, float], None]
    found: dict[TableName, _Sorted] = field(default_factory=dict)
    keys: dict[TableName, Keys] = field(default_factory=dict)
    """For each table that is owned, the owner's rows by the columns that it names them by."""

    def read_units(self, key: tuple[ColumnName, ...], *, share: float) -> None:
        portrait = self.kinship.unit
        named = self._named(portrait)
        gathered = Gathered(portrait, named, keys={*key, *_flat(portrait.looked_up_by)})
        sides = []
        for slab in self._slabs(portrait, named, also=key):
            parts = [slab.column(name).combine_chunks() for name in key]
            sides.append(held_out(parts, share=share, secret=self.secret))
            gathered.take_in(slab)
        control = np.concatenate([np.zeros(0, dtype=np.bool_), *sides])
        known = alone(gathered.keys(key), [portrait.source.column(name) for name in key])
        training = np.flatnonzero(known & ~control)
        order = np.concatenate([training, np.flatnonzero(known & control)])
        self._settle(portrait, gathered.rows().take(pa.array(order)), np.arange(order.size + 1), training.size)
        self._show(portrait, gathered, order, size=known.size)

    def read_owned(self, portrait: Portrait) -> None:
        kin = portrait.kin
        assert kin.owner is not None  # noqa: S101 - the unit's table is not among those owned
        owners, keys = self.found[kin.owner], self.keys.pop(portrait.name)
        named = self._named(portrait)
        gathered = Gathered(portrait, named, keys=_flat(portrait.looked_up_by))
        found = []
        for slab in self._slabs(portrait, named, at_once=keys.size):
            owner = keys.find([slab.column(name) for name in kin.columns])
            found.append(owner)
            gathered.take_in(slab, owner != NOBODY)
        owner = np.concatenate([np.zeros(0, dtype=np.int64), *found])
        at = np.flatnonzero(owner != NOBODY)
        whose, rows = owner[at], gathered.rows()
        apart = [column.take(pa.array(at)) for column in gathered.keys(_flat(portrait.looked_up_by))]
        staying = np.flatnonzero(kept(whose, [*rows.columns, *apart], most=kin.most, secret=self.secret))
        order = staying[np.argsort(whose[staying], kind="stable")]
        starts = np.zeros(owners.count + 1, dtype=np.int64)
        np.cumsum(np.bincount(whose[staying], minlength=owners.count), out=starts[1:])
        self._settle(portrait, rows.take(pa.array(order)), starts, int(starts[owners.training]))
        self._show(portrait, gathered, at[order], size=owner.size)

    def families(self) -> tuple[Family, Family]:
        return self._family(training=True), self._family(training=False)

    def _family(self, *, training: bool) -> Family:
        owned, owner_of = {}, {}
        for portrait in self.kinship.owned:
            kin, found = portrait.kin, self.found[portrait.name]
            assert kin.owner is not None  # noqa: S101 - as above
            cut = self.found[kin.owner].training
            starts = found.starts[: cut + 1] if training else found.starts[cut:] - found.training
            owned[portrait.name] = OwnedRows(rows=found.part(training=training), starts=starts)
            owner_of[portrait.name] = kin.owner
        unit = self.kinship.unit.name
        units = self.found[unit].part(training=training)
        return Family(unit=unit, units=units, owned=owned, owner_of=owner_of)

    def _settle(self, portrait: Portrait, rows: pa.Table, starts: NDArray[np.int64], training: int) -> None:
        shape = portrait.shape
        self.found[portrait.name] = _Sorted(rows=RawTable(shape, plain(rows, shape)), starts=starts, training=training)
        _log.info("table read", extra={"table": portrait.name, "columns": len(shape.columns)})

    def _show(self, portrait: Portrait, gathered: Gathered, order: NDArray[np.int64], *, size: int) -> None:
        """Let rows of this table be found by what they own.

        ``order`` says which row of the source stands at each place. Rows of nobody, and those beyond what an owner
        keeps, take their key's place as well: who else has it does not hang on whether they count.
        """
        places = np.full(size, NOBODY, dtype=np.int64)
        places[order] = np.arange(order.size)
        known: dict[object, Keys] = {}
        for child in self.kinship.owned:
            if child.kin.owner == portrait.name:
                by = (child.kin.owner_columns, tuple(map(str, child.key_types)))
                if by not in known:
                    known[by] = Keys(gathered.keys(child.kin.owner_columns), child.key_types, places)
                self.keys[child.name] = known[by]

    def _named(self, portrait: Portrait) -> list[Named]:
        """Read all rows of the tables of which a row of this one names one."""
        found = []
        for other in portrait.named:
            further = self._named(other)
            gathered = Gathered(other, further, keys=other.kin.columns)
            for slab in self._slabs(other, further):
                gathered.take_in(slab)
            keys = Keys(gathered.keys(other.kin.columns), other.key_types)
            found.append(Named(portrait=other, rows=gathered.rows(), keys=keys))
            _log.info("table read", extra={"table": other.name, "columns": len(other.columns)})
        return found

    def _slabs(
        self, portrait: Portrait, named: Sequence[Named], *, also: Sequence[ColumnName] = (), at_once: int = 0
    ) -> Iterator[pa.Table]:
        """Yield the table in pieces as large as what is searched in, so that time stays linear in the rows."""
        table = portrait.source
        wanted = {*also, *(column.name for column in portrait.read)}
        columns = chosen(table, [column.name for column in table.columns if column.name in wanted])
        at_once = max(_AT_ONCE, at_once, *(one.keys.size for one in named), *(one.size for one in portrait.public))
        held: list[pa.RecordBatch] = []
        rows = 0
        for batch in self.snapshot.batches(portrait.name, [column.name for column in columns]):
            self.progress(f"reading {portrait.name}", 0.0)
            held.append(batch)
            rows += batch.num_rows
            if rows >= at_once:
                yield pa.Table.from_batches(held)
                held, rows = [], 0
        if rows:
            yield pa.Table.from_batches(held)


def _flat(names: Sequence[Sequence[ColumnName]]) -> tuple[ColumnName, ...]:
    return tuple(dict.fromkeys(name for one in names for name in one))
