"""A policy file's text as plain data, with the line of every entry. Knows YAML, not policies.

Read by composing nodes rather than by loading objects: a node keeps its line and its text as written, and nothing in a
file can make the reader build anything but mappings, lists, texts, numbers, dates and null.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from gateway.policy.spelling import shown
from gateway.vocabulary.errors import PolicyError, Problem

if TYPE_CHECKING:
    from pathlib import Path

Place = tuple[str | int, ...]
"""Where something stands: mapping keys and list positions from the root."""

MOST_BYTES = 4 * 2**20
"""Room for some 50,000 columns; a larger file is not a policy, and YAML is slow to read."""

_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp"))
_TEXT_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "merge", "value"))
_NESTED_TAGS = frozenset({"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})
_HINTS = {
    "that cannot start any token": "a plain text cannot begin with this character; put the text in quotes",
    "mapping values are not allowed here": "there is a second `:` on this line; put a text that holds `: ` in quotes",
    "could not find expected ':'": "this line has no `:`; an entry is written `key: value`",
    "unexpected end of stream": "a quote opened here is never closed",
    "but found another document": "a policy is one document; remove the line `---`",
    "found undefined alias": "aliases (`*name`) are not read here; write the value out, or quote a text with `*`",
    "found undefined tag handle": "tags (`!name`) are not read here; quote a text that begins with `!`",
    "found incompatible YAML document": "a `%YAML` line is not needed; remove it",
}


@dataclass
class Document:
    """One file's data, the line of each entry, and what is wrong with it as YAML."""

    data: dict[str, Any] = field(default_factory=dict)
    lines: dict[Place, int] = field(default_factory=dict)
    texts: dict[Place, str] = field(default_factory=dict)
    """How each scalar that is not a text was written."""
    problems: list[Problem] = field(default_factory=list)
    told: set[Place] = field(default_factory=set)
    """Places with a problem already: what follows from it is not told again."""

    def line(self, place: Place) -> int:
        """Return the line of ``place`` or of the nearest entry around it; 0 for an empty file."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 0)

    def report(self, place: Place, message: str, *, line: int = 0) -> None:
        """Add one problem at ``place``."""
        self.told.add(place)
        self.problems.append(Problem(line or self.line(place), where(place), message))


def where(place: Place) -> str:
    """Return ``place`` as ``tables.patients.columns.sex``; positions in lists are left to the line."""
    return ".".join(shown(part) for part in place if isinstance(part, str))


def read_text(path: Path) -> str:
    """Return the text of a policy file; ``PolicyError`` when it cannot be read, is too large or is not UTF-8."""
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise _refusal(path, f"cannot be read: {error.strerror or 'unknown reason'}") from None
    if len(raw) > MOST_BYTES:
        raise _refusal(path, f"is larger than {MOST_BYTES // 2**20} MiB; that is not a policy file")
    try:
        return raw.decode()  # a byte order mark is YAML's to skip
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _refusal(path, "is not UTF-8 from this line on; save the file as UTF-8", line=line) from None


def read(text: str, *, name: str) -> Document:
    """Return ``text`` as a document; ``PolicyError`` when it is not YAML or not one mapping.

    What is YAML and still not readable (a key given twice, anchors, tags, numbers without end) is in ``problems``, and
    the reading goes on.
    """
    if len(text.encode(errors="surrogatepass")) > MOST_BYTES:
        raise _refusal(name, f"is larger than {MOST_BYTES // 2**20} MiB; that is not a policy file")
    yaml = YAML(typ="safe", pure=True)
    try:
        root = yaml.compose(io.StringIO(text))
    except (YAMLError, ValueError) as error:
        raise _refusal(name, *_syntax(text, error)) from None
    except RecursionError:
        raise _refusal(name, "is nested too deeply to be a policy file") from None
    if root is None:
        raise _refusal(name, "is empty; `gateway scan URL` writes a first draft")
    if not isinstance(root, MappingNode):
        raise _refusal(name, "is not a mapping; a policy begins with `version: 1`", root.start_mark.line + 1)
    reader = _Reader(yaml)
    reader.document.data = reader.mapping(root, ())
    reader.document.lines[()] = root.start_mark.line + 1
    return reader.document


class _Reader:
    def __init__(self, yaml: YAML) -> None:
        self.document = Document()
        self._yaml = yaml
        self._seen: set[int] = set()

    def mapping(self, node: MappingNode, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                self.document.report(place, "a name is expected before the `:`, not a list or mapping", line=line)
                continue
            # A key is the text it is written as: a column called 2020 or no is a column of that name.
            key = str(key_node.value)
            self._refuse_extras(key_node, place)
            if key in found:
                first = self.document.line((*place, key))
                self.document.report((*place, key), f"is given twice, first on line {first}", line=line)
                continue
            self.document.lines[*place, key] = line
            found[key] = self._value(value_node, (*place, key))
        return found

    def _value(self, node: Node, place: Place) -> Any:  # noqa: ANN401 - plain data
        if id(node) in self._seen:  # an alias: its anchor is reported, and what it stands for is read once
            return None
        self._seen.add(id(node))
        self._refuse_extras(node, place)
        if isinstance(node, MappingNode):
            return self.mapping(node, place)
        if isinstance(node, SequenceNode):
            items = []
            for position, item in enumerate(node.value):
                self.document.lines[*place, position] = item.start_mark.line + 1
                items.append(self._value(item, (*place, position)))
            return items
        return self._scalar(node, place)

    def _scalar(self, node: Node, place: Place) -> Any:  # noqa: ANN401 - plain data
        text = str(node.value)
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            self.document.report(place, "holds half of a character (a lone surrogate), which is no text")
            return None
        if node.tag in _TEXT_TAGS or node.tag not in _TAGS:
            return text
        self.document.texts[place] = text
        value: Any = None
        # The constructors raise whatever the text makes them stumble on: ValueError, KeyError, YAMLError.
        with contextlib.suppress(ValueError, KeyError, OverflowError, YAMLError):
            value = self._yaml.constructor.construct_object(node)
        if value is None and node.tag != "tag:yaml.org,2002:null":
            self.document.report(place, "is not a number or date that exists; put a text in quotes")
        elif isinstance(value, float) and not math.isfinite(value):
            self.document.report(place, "is not a finite number")
            return None
        elif isinstance(value, dt.datetime) and value.tzinfo is not None:
            self.document.report(place, "has a time zone; date-times are written without one, in UTC")
            return None
        return value

    def _refuse_extras(self, node: Node, place: Place) -> None:
        line = node.start_mark.line + 1
        if node.anchor:
            self.document.report(
                place, "anchors and aliases (`&name`, `*name`) are not read here; write the value out", line=line
            )
        if str(node.tag) not in _TAGS | _TEXT_TAGS | _NESTED_TAGS:
            self.document.report(place, "tags (`!name`) are not read here; remove it", line=line)


def _refusal(name: Path | str, message: str, line: int = 0) -> PolicyError:
    return PolicyError(str(name), [Problem(line, "", message)])


def _syntax(text: str, error: Exception) -> tuple[str, int]:
    """Return a sentence and a line for what the YAML reader stumbled on. Its own text may quote the file: not used."""
    if isinstance(error, ReaderError):
        line = text.count("\n", 0, error.position or 0) + 1
        return "holds a control character; a policy is plain text", line
    if not isinstance(error, MarkedYAMLError):
        return "is not YAML", 0
    problem = f"{error.problem or ''}"
    mark = error.context_mark if "end of stream" in problem and error.context_mark else error.problem_mark
    line = mark.line + 1 if mark else 0
    if "found character '\\t'" in problem:
        return "is indented with a tab; YAML is indented with blanks", line
    hint = next((hint for sign, hint in _HINTS.items() if sign in problem), "check indentation, quotes and brackets")
    return f"is not YAML here: {hint}", line
