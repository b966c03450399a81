"""Documents (JSON, XML) taken apart: every path in them becomes a column of its own, with a name, a kind and cells.

A path is the keys that lead to a value, ``address.street``; the items of an array are at ``phones[]``. Keys are cells
too: whoever writes ``{"anna@example.org": 1}`` has put data where a name belongs. A key counts as a name when it looks
like one and many documents have it. Others are examined as the cells of a path ``{}``, and what they lead to as what
they say if they are few, together as one path ``*`` if they are many; but only names are ever shown, others as shapes.

Hostile documents are bounded: in length by the sample, in depth and in paths here; what lies beyond is examined as
text.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from gateway.raw.connect.sampling import FILLED, LONGEST
from gateway.raw.detect.findings import Evidence, Finding
from gateway.raw.detect.meanings import UNEXAMINED, UNSUPPORTED
from gateway.raw.detect.shapes import mask
from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.roles import Role, Treatment
from gateway.vocabulary.schema import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gateway.raw.detect.recognizer import ColumnSample

DEEPEST = 12
"""Levels that are taken apart; what is deeper is one text."""
MOST_PATHS = 200
"""Paths of one column; what is at others is taken together."""
MOST_CELLS = 20_000
"""Cells looked at under one path."""
MOST_RARE = 50
"""Keys at one place that too few documents have and that are looked at one by one all the same."""
MOST_CHARACTERS = 16_000_000
"""Characters of documents that are taken apart; in memory they take up to twenty times as much."""
LEAST_DOCUMENTS, LEAST_SHARE = 5, 0.05
"""How many of the documents, at least, have to have a key for it to be a name: so many, and this share of them."""
SMALLEST_SHARE = 0.01
"""Share of a text column's distinct values that have to be documents for it to be taken apart."""
RECOGNIZER = "documents"
"""What the evidence of taking documents apart is said by."""
UNREAD = 0.55
"""How sure it is that a column is identifying whose documents were not read to their ends: a person has to look."""
MOST_TOLD, _PIECES = 12, 2
"""Paths that a finding tells of, the most guarded ones, and how much of each."""

_GUARDED = (Role.NONE, Role.QUASI, Role.SENSITIVE, Role.DIRECT, Role.KEY)
_NAME = re.compile(r"(?!(?:\D*\d){4})[^\W\d][\w-]{0,39}")
_DIGITS = re.compile(r"(?:\D*\d){4}")
_LONGEST_NAME, _NAMED_LEVELS = 40, 2
_DAY = re.compile(r"\d{4}-[01]\d-[0-3]\d")
_MOMENT = re.compile(r"\d{4}-[01]\d-[0-3]\d[T ][0-2]\d:[0-5]\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?")
_ENTITIES = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True)
class _Key:
    """One step of a path."""

    text: str
    is_told: bool = True


_Keys = tuple[_Key, ...]
_OTHERS, _KEYS, _REST, _ITEMS = _Key("*"), _Key("{}"), _Key("..."), _Key("[]", is_told=True)
_NO_NAMES = frozenset({_OTHERS, _KEYS, _REST, _ITEMS})


@dataclass(frozen=True, kw_only=True, repr=False)
class Path:
    """What lies at one path of all documents. Raw: does not print its cells."""

    shown: str
    """The path with names, and with shapes in place of keys that may be data: fit to be told."""
    is_told: bool
    """Whether all its keys are names, so that ``column`` may be spoken of."""
    column: Column
    """As a column: called by the last names, of the kind its cells are of."""
    cells: tuple[str, ...]
    """Its cells that are not null, as texts."""
    rows: int
    """How many places there are where it could be: documents, or items of the arrays it is in."""
    is_whole: bool = True
    """False for documents that were cut off: only their beginnings are here."""

    def __repr__(self) -> str:
        """Return the path only."""
        return f"<Path {self.shown}: cells withheld>"


@dataclass(frozen=True, kw_only=True, repr=False)
class Documents:
    """Values taken for documents. Raw: does not print them."""

    parsed: tuple[object, ...]
    others: tuple[str, ...]
    """Values that are none: plain, malformed, hostile, or cut off by the sample."""
    is_whole: bool
    """Whether the documents that were read are enough to speak of those that were not."""


def documents(values: Iterable[str]) -> Documents:
    """Return the objects and arrays among ``values`` parsed, as many as there is memory for."""
    parsed: list[object] = []
    others: list[str] = []
    left, cut, late = MOST_CHARACTERS, 0, 0
    for value in values:
        left -= len(value)
        found = _parsed(value) if left > 0 else None
        if found is not None:
            parsed.append(found)
            continue
        others.append(value)
        if _looks_like_one(value):
            late += left <= 0
            cut += left > 0 and len(value) >= LONGEST
    is_whole = not cut and (not late or len(parsed) >= FILLED)
    return Documents(parsed=tuple(parsed), others=tuple(others), is_whole=is_whole)


def holds_documents(values: Sequence[str]) -> bool:
    """Tell whether a text column holds documents: JSON objects or arrays, or XML, in some of its distinct values."""
    likely = [value for value in values if _looks_like_one(value)]
    least = max(1.0, SMALLEST_SHARE * len(values))
    return len(likely) >= least and len(documents(likely).parsed) >= least


def flatten(values: Sequence[str], *, name: str) -> tuple[Path, ...]:
    """Return the paths of the documents among ``values``, and what is none as a path of its own.

    ``name`` is that of the column, which the paths of an array without keys are called by.
    """
    read = documents(values)
    flat = _Flat(name)
    flat.take(read.parsed, ())
    if read.others:
        flat.add((_REST,), read.others, rows=len(values))
    paths = flat.paths()
    return paths if read.is_whole else (*paths[:-1], replace(paths[-1], is_whole=False))


class _Flat:
    """The paths found so far."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._cells: dict[_Keys, list[object]] = {}
        self._rows: dict[_Keys, int] = {}

    def take(self, found: Sequence[object], path: _Keys) -> None:
        """Take apart what is at ``path``."""
        plain = [one for one in found if not isinstance(one, dict | list)]
        nested = [one for one in found if isinstance(one, dict | list)]
        if plain:
            self.add(path, plain, rows=len(found))
        if nested and (len(path) >= DEEPEST or len(self._cells) >= MOST_PATHS):
            self.add((*path, _REST), list(islice(_leaves(nested), MOST_CELLS)), rows=len(found))
            return
        items = list(islice((item for one in nested if isinstance(one, list) for item in one), MOST_CELLS))
        if items:
            self.take(items, (*path, _ITEMS))
        objects = [one for one in nested if isinstance(one, dict)]
        if objects:
            self._take_objects(objects, path)

    def _take_objects(self, objects: Sequence[dict[str, object]], path: _Keys) -> None:
        counted = Counter(key for one in objects for key in one)
        least = max(LEAST_DOCUMENTS, LEAST_SHARE * len(objects))
        told = {key for key, times in counted.items() if times >= least and _NAME.fullmatch(key)}
        named = {key for key in counted if key not in told and _could_be_name(key)}
        if len(named) > MOST_RARE:
            named.clear()
        for key in counted:
            if key in told or key in named:
                self.take([one.get(key) for one in objects], (*path, _Key(key, is_told=key in told)))
        rare = [key for one in objects for key in one if key not in told]
        if rare:
            self.add((*path, _KEYS), rare, rows=len(rare))
        others = [value for one in objects for key, value in one.items() if key not in told and key not in named]
        if others:
            self.take(others[:MOST_CELLS], (*path, _OTHERS))

    def add(self, path: _Keys, cells: Sequence[object], *, rows: int) -> None:
        """Keep ``cells`` of ``path``; nulls count among ``rows`` only."""
        if path not in self._cells and len(self._cells) >= MOST_PATHS:
            path = (_REST,)
        self._cells.setdefault(path, []).extend(one for one in cells[:MOST_CELLS] if one is not None)
        self._rows[path] = self._rows.get(path, 0) + rows

    def paths(self) -> tuple[Path, ...]:
        """Return all paths, in the order they were found."""
        return tuple(self._path(path, cells) for path, cells in self._cells.items())

    def _path(self, path: _Keys, cells: Sequence[object]) -> Path:
        names = [key.text for key in path if key not in _NO_NAMES]
        called = ColumnName("_".join(names[-_NAMED_LEVELS:]) or self._name)
        kind = Kind.TEXT if path[-1:] in {(_KEYS,), (_REST,)} else kind_of(cells)
        return Path(
            shown=_shown(path),
            is_told=all(key.is_told for key in path),
            column=Column(name=called, kind=kind, native="json"),
            cells=tuple(_text(cell) for cell in cells),
            rows=max(self._rows[path], len(cells)),
        )


def combined(sample: ColumnSample, own: Finding, found: Sequence[tuple[Path, Finding]]) -> Finding:
    """Return the finding on a column of documents, from that on the column itself and those on its paths.

    The role is the most guarded one among them. What is told of a path whose keys may be data is its shape.
    """
    found = [(path, finding if path.is_whole else _cut_off(finding)) for path, finding in found]
    telling = [(path, finding) for path, finding in found if finding.role is not Role.NONE]
    telling.sort(key=lambda pair: (-_GUARDED.index(pair[1].role), -pair[1].confidence))
    looked = Evidence(
        recognizer=RECOGNIZER, entity=UNSUPPORTED, score=1.0, share=None,
        reason=f"documents of {len(found)} paths, {len(telling)} of which say something about persons",
    )  # fmt: skip
    kept = [piece for piece in own.evidence if (piece.recognizer, piece.entity) != ("types", UNSUPPORTED)]
    pieces = [_of_path(path, piece) for path, finding in telling[:MOST_TOLD] for piece in finding.evidence[:_PIECES]]
    evidence = (*kept, *pieces, looked)
    unknown = own.entity == UNSUPPORTED
    learnable = sample.column.kind is not Kind.UNSUPPORTED
    if telling:
        best = telling[0][1]
        above = _GUARDED.index(best.role) - _GUARDED.index(own.role)
        if above > 0 or (above == 0 and (unknown or best.confidence > own.confidence)):
            return replace(
                own, role=best.role, entity=best.entity, confidence=best.confidence, evidence=evidence,
                treatment=Treatment.DROP,
            )  # fmt: skip
    elif unknown and own.role is Role.NONE:
        sure = min((finding.confidence for _, finding in found), default=own.confidence)
        return replace(own, entity=None, confidence=sure, evidence=evidence)
    # documents are neither learned nor invented
    return replace(own, evidence=evidence, treatment=Treatment.DROP if telling or not learnable else own.treatment)


def _cut_off(finding: Finding) -> Finding:
    """Return the finding on documents of which only the beginnings were read: what was not seen counts as direct."""
    note = Evidence(
        recognizer=RECOGNIZER, entity=UNSUPPORTED, score=UNREAD, share=None,
        reason="some documents are too long to be taken apart, and only their beginnings were read",
    )  # fmt: skip
    told = replace(finding, evidence=(note, *finding.evidence))
    if _GUARDED.index(finding.role) >= _GUARDED.index(Role.DIRECT):
        return told
    return replace(told, role=Role.DIRECT, entity=UNEXAMINED, confidence=UNREAD)


def _of_path(path: Path, piece: Evidence) -> Evidence:
    where = f"in {path.shown}" if path.shown else "in the documents"
    if path.is_told:
        return replace(piece, reason=f"{where}: {piece.reason}")
    # a recognizer may quote the name it read, and here that is a key which few documents have
    return replace(piece, reason=f"{where}: {piece.recognizer} say so")


def kind_of(cells: Sequence[object]) -> Kind:
    """Return the kind that all cells are of; text when they are of several, or there are none."""
    types = {type(cell) for cell in cells}
    if types == {bool}:
        return Kind.BOOLEAN
    if types == {int}:
        return Kind.INTEGER
    if types and types <= {int, float}:
        return Kind.FLOAT
    texts = [cell for cell in cells if isinstance(cell, str)]
    if texts and len(texts) == len(cells):
        if all(map(_DAY.fullmatch, texts)):
            return Kind.DATE
        if all(map(_MOMENT.fullmatch, texts)):
            return Kind.DATETIME
    return Kind.TEXT


def _could_be_name(key: str) -> bool:
    """Tell whether a recognizer may read ``key`` as a name, though it will not be shown: few documents have it."""
    return len(key) <= _LONGEST_NAME and "@" not in key and any(map(str.isalpha, key)) and not _DIGITS.search(key)


def _shown(path: _Keys) -> str:
    """Return ``address.street`` or ``phones[]``, with a shape for each key that may be data; empty for the top."""
    text = ""
    for key in path:
        shown = key.text if key.is_told else mask(key.text)
        text += shown if key in {_ITEMS, _KEYS} or not text else f".{shown}"
    return text


def _text(cell: object) -> str:
    if isinstance(cell, str):
        # halves of a pair that JSON may write alone are no text
        return cell.encode("utf-8", "replace").decode()
    return str(cell).lower() if isinstance(cell, bool) else str(cell)


def _looks_like_one(value: str) -> bool:
    return value.lstrip()[:1] in {"{", "[", "<"}


def _parsed(value: str) -> object:
    """Return a document, or None for what is none: a plain value, a cut or a malformed or hostile one."""
    start = value.lstrip()[:1]
    if start == "<":
        return _xml(value)
    if start not in {"{", "["}:
        return None
    try:
        found: object = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return found


def _xml(value: str) -> object:
    if _ENTITIES.search(value):
        return None
    try:
        root = ET.fromstring(value)  # noqa: S314 - without entities, of bounded length, and expat bounds its depth
        return {_local(root.tag): _content(root, depth=0)}
    except (ET.ParseError, ValueError, RecursionError):
        return None


def _content(element: ET.Element, *, depth: int) -> object:
    """Return an element as an object of its attributes and children, or as its text when it has neither."""
    text = (element.text or "").strip() or None
    if depth > DEEPEST or (not len(element) and not element.attrib):
        return "".join(element.itertext()).strip() or None
    found: dict[str, list[object]] = {_local(key): [value] for key, value in element.attrib.items()}
    for child in element:
        found.setdefault(_local(child.tag), []).append(_content(child, depth=depth + 1))
        if tail := (child.tail or "").strip():
            found.setdefault("text", []).append(tail)
    if text:
        found.setdefault("text", []).append(text)
    return {key: values[0] if len(values) == 1 else values for key, values in found.items()}


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _leaves(nested: Sequence[object]) -> Iterator[object]:
    """Yield all keys and values below, without recursion: it may be deep."""
    stack = list(nested)
    while stack:
        one = stack.pop()
        if isinstance(one, dict):
            stack += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            stack += one
        elif one is not None:
            yield one
