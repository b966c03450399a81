"""A CSV file's bytes into blocks of whole, well-formed records (RFC 4180), without holding more than one block.

A record is what stands between two line ends outside quotes, and a quote always opens or closes. So whatever one record
that a CSV writer wrote may hold - line ends, quotes, other people's rows - it stays one record, and adding or removing
it adds or removes that record alone. Records a writer could not have written are left out, one by one: a stray quote,
a carriage return outside quotes, more than ``LONGEST`` bytes. What is NOT promised: in a file that no CSV writer wrote,
a stray quote runs on to the next one, and takes the records in between with it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from numpy.typing import NDArray

BLOCK = 2**22
"""Bytes read at a time."""
LONGEST = 2**20
"""Bytes of the longest record that is read."""

_QUOTE, _NEWLINE, _RETURN = 0x22, 0x0A, 0x0D


def blocks(file: BinaryIO, *, delimiter: str, columns: int, size: int = BLOCK) -> Iterator[bytes]:
    """Yield the records of ``file``, from where it stands, in blocks of many; each record ends with a line end.

    Only records of ``columns`` cells are given; of a table with one column, an empty line is one too.
    """
    well_formed = _well_formed(delimiter)
    for whole, ends, quoted in _whole_records(file, size):
        kept = _cells(whole, ends, quoted, delimiter) == columns
        for k in _doubtful(whole, ends, kept):
            kept[k] = well_formed(_record(whole, ends, k))
        if kept.all():
            yield whole
        elif kept.any():
            yield b"".join(_record(whole, ends, k) for k in np.flatnonzero(kept).tolist())


_Records = tuple[bytes, "NDArray[np.int64]", "NDArray[np.bool_]"]
"""Bytes that begin and end with a record; where in them each record ends (exclusive); which bytes lie in quotes."""


def _whole_records(file: BinaryIO, size: int) -> Iterator[_Records]:
    begun, inside = b"", False  # inside: in a record too long to keep, of which only the state of quotes is known
    skipping = False
    while read := file.read(size):
        data = begun + read
        quoted = _quoted(data, begins_quoted=inside)
        ends = _ends(data, quoted)
        if not ends.size:
            skipping = skipping or len(data) > LONGEST
            begun, inside = (b"", bool(quoted[-1])) if skipping else (data, False)
            continue
        first = int(ends[0]) if skipping else 0
        last = int(ends[-1])
        if last > first:
            yield data[first:last], (ends[1:] if skipping else ends) - first, quoted[first:last]
        begun, inside, skipping = data[last:], False, False
    if begun:
        data = begun + b"\n"
        quoted = _quoted(data, begins_quoted=False)
        ends = _ends(data, quoted)
        if ends.size:
            yield data, ends, quoted


def _cells(whole: bytes, ends: NDArray[np.int64], quoted: NDArray[np.bool_], delimiter: str) -> NDArray[np.int64]:
    """Return how many cells each record has."""
    between = (np.frombuffer(whole, np.uint8) == ord(delimiter)) & ~quoted
    starts = np.concatenate([[0], ends[:-1]])
    return np.asarray(np.add.reduceat(between, starts, dtype=np.int64) + 1)


def _quoted(data: bytes, *, begins_quoted: bool) -> NDArray[np.bool_]:
    """Return of every byte whether what follows it is inside quotes."""
    if b'"' not in data:
        return np.full(len(data), begins_quoted)
    toggles = np.frombuffer(data, np.uint8) == _QUOTE
    return np.asarray(np.logical_xor.accumulate(toggles) ^ begins_quoted, dtype=np.bool_)


def _ends(data: bytes, quoted: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.flatnonzero((np.frombuffer(data, np.uint8) == _NEWLINE) & ~quoted) + 1


def _doubtful(whole: bytes, ends: NDArray[np.int64], kept: NDArray[np.bool_]) -> list[int]:
    """Return which of the ``kept`` are to be looked at one by one: with quotes, lone returns, or of great length."""
    doubtful = np.diff(ends, prepend=0) > LONGEST
    if b'"' in whole or b"\r" in whole:
        data = np.frombuffer(whole, np.uint8)
        lone = (data[:-1] == _RETURN) & (data[1:] != _NEWLINE)
        marks = np.flatnonzero((data[:-1] == _QUOTE) | lone)
        doubtful[np.searchsorted(ends, marks, side="right")] = True
    return [int(k) for k in np.flatnonzero(doubtful & kept)]


def _record(whole: bytes, ends: NDArray[np.int64], k: int) -> bytes:
    return whole[int(ends[k - 1]) if k else 0 : int(ends[k])]


def _well_formed(delimiter: str) -> _Test:
    between = re.escape(delimiter.encode())
    cell = rb'(?:"(?:[^"]|"")*+"|[^"\r\n' + between + rb"]*+)"
    pattern = re.compile(cell + rb"(?:" + between + cell + rb")*+\r?\n")
    return lambda record: len(record) <= LONGEST and pattern.fullmatch(record) is not None


if TYPE_CHECKING:
    from collections.abc import Callable

    _Test = Callable[[bytes], bool]
