"""CHECK constraints of a catalogue, read into ``vocabulary.checks``: PostgreSQL's, MariaDB's and SQLite's spelling.

Every word has to be understood, or the whole constraint is known by name alone: half a condition would be another one.
Not read, because databases differ in it: the order of texts, division, functions but the length of a text, patterns,
casts that change a value.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from gateway.vocabulary.checks import COMPARISONS, Check, Condition, columns_of
from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.schema import NUMERIC_KINDS, TEMPORAL_KINDS, TEXT_KINDS, Column, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?:_[a-z0-9]+)?'(?P<text>(?:[^'\\]|'')*)'|\"(?P<double>(?:[^\"]|\"\")+)\""
    r"|`(?P<back>(?:[^`]|``)+)`|\[(?P<square>[^\]']+)\](?!\s*\))|(?P<word>[A-Za-z_][A-Za-z0-9_$]*)"
    r"|(?P<sign>::|<=|>=|<>|!=|[-+*=<>(),\[\]]))"
)
_WORDS = {"and", "or", "not", "in", "is", "null", "between", "true", "false", "any", "all", "array"}
_DIALECTS = frozenset({"postgresql", "mysql", "sqlite"})
_TEXTS = frozenset({"text", "character varying", "varchar", "character", "bpchar", "char"})
_WIDER = {
    Kind.INTEGER: frozenset({"numeric", "bigint", "double precision"}),
    Kind.DECIMAL: frozenset({"numeric", "double precision"}),
    Kind.FLOAT: frozenset({"double precision"}),
    Kind.DATE: frozenset({"date"}),
    Kind.DATETIME: frozenset({"timestamp without time zone"}),
}
"""Types that values of a kind can be cast to and stay what they are."""
_WHOLE = {"smallint": (-(2**15), 2**15 - 1), "integer": (-(2**31), 2**31 - 1)}
_NUMBERS = frozenset({"numeric", "integer", "bigint", "smallint", "double precision", "real"})
_MOMENTS = frozenset({"date", "timestamp without time zone"})
_DEEPEST = 40
_VALUE = "VALUE"
"""What a constraint on a type calls the value."""
_DOMAIN = re.compile(r"CHECK \((?P<said>.*)\)( NOT VALID)?", re.DOTALL)


class _Beyond(Exception):
    """The constraint is beyond this language: not an error."""


def read_check(name: str, text: str, columns: Sequence[Column], *, dialect: str) -> Check:
    """Return the constraint ``text``, as the catalogue of ``dialect`` writes it, without the word CHECK.

    Its condition is None when some of it, or the ``dialect``, is not understood.
    """
    known = {column.name: column for column in columns}
    try:
        reader = _Reader(_tokens(text, dialect), known, dialect)
        condition = reader.whole()
    except _Beyond:
        return Check(name=name, columns=(), condition=None)
    return Check(name=name, columns=tuple(map(ColumnName, columns_of(condition))), condition=condition)


def type_check(column: Column, name: str, text: str) -> Check:
    """Return the constraint ``name`` of the PostgreSQL domain that is the type of ``column``, as one of the column.

    ``text`` is as PostgreSQL writes it: ``CHECK ((VALUE > 0))``.
    """
    found = _DOMAIN.fullmatch(text)
    value = dataclasses.replace(column, name=ColumnName(_VALUE))
    read = read_check(f"{name} of {column.name}", found["said"] if found else "", [value], dialect="postgresql")
    if read.condition is None:
        return read
    return Check(name=read.name, columns=(column.name,), condition=_about(column.name, read.condition))


def _about(column: ColumnName, node: Any) -> Any:  # noqa: ANN401 - a condition, or a part of one
    """Return a condition on the value of a type as one on ``column``."""
    if node == ("column", _VALUE):
        return "column", column
    if isinstance(node, tuple) and node[:1] not in {("text",), ("number",)}:
        return tuple(_about(column, part) for part in node)
    return node


def _tokens(text: str, dialect: str) -> list[tuple[str, str]]:
    if dialect not in _DIALECTS:
        raise _Beyond
    found, at = [], 0
    text = text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise _Beyond
        kind, value = match.lastgroup, match[match.lastgroup]
        if kind == "text":
            value = value.replace("''", "'")
        if kind == "double" and dialect == "mysql":
            raise _Beyond  # a text or a name, by the server's mode
        if kind in {"double", "back", "square"}:
            mark = {"double": '"', "back": "`", "square": "]"}[kind]
            kind, value = "name", value.replace(mark * 2, mark)
        if kind == "word" and value.lower() in _WORDS:
            kind, value = "sign", value.lower()
        found.append((kind, value))
        at = match.end()
    return found


class _Reader:
    """Recursive descent over the tokens of one constraint."""

    def __init__(self, tokens: Sequence[tuple[str, str]], columns: Mapping[ColumnName, Column], dialect: str) -> None:
        self._tokens = [*tokens, ("end", "")]
        self._at = 0
        self._depth = 0
        self._columns = columns
        self._dialect = dialect
        self._folds = dialect == "mysql"
        """Whether texts that differ in case alone are equal, so that only asking for equality is as strict here."""
        self._denies = self._compares_texts = False

    def whole(self) -> Condition:
        found = self._either()
        if self._tokens[self._at][0] != "end" or (self._folds and self._denies and self._compares_texts):
            raise _Beyond
        return found

    # --- words ---

    def _take(self, *signs: str) -> str | None:
        kind, value = self._tokens[self._at]
        if kind == "sign" and value in signs:
            self._at += 1
            return value
        return None

    def _need(self, sign: str) -> None:
        if self._take(sign) is None:
            raise _Beyond

    def _deeper(self, part: Callable[[], Condition]) -> Condition:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _Beyond
        found = part()
        self._depth -= 1
        return found

    # --- truths ---

    def _either(self) -> Condition:
        return self._joined("or", self._both)

    def _both(self) -> Condition:
        return self._joined("and", self._denied)

    def _joined(self, word: str, part: Callable[[], Condition]) -> Condition:
        parts = [part()]
        while self._take(word):
            parts.append(part())
        if len(parts) == 1:
            return parts[0]
        return (word, tuple(map(self._truth, parts)))

    def _denied(self) -> Condition:
        if self._take("not"):
            self._denies = True
            return ("not", self._truth(self._deeper(self._denied)))
        return self._compared()

    def _truth(self, node: Condition) -> Condition:
        if self._kind(node) is not Kind.BOOLEAN:
            raise _Beyond
        return node

    def _compared(self) -> Condition:
        left = self._sum()
        if self._take("is"):
            denied = self._take("not")
            self._need("null")
            return ("not", ("is null", left)) if denied else ("is null", left)
        denied = self._take("not")
        if denied:
            self._denies = True
        if self._take("between"):
            low = self._sum()
            self._need("and")
            high = self._sum()
            found: Condition = ("and", (self._comparison(">=", left, low), self._comparison("<=", left, high)))
        elif self._take("in"):
            self._need("(")
            found = self._among(left, self._list(")"))
        elif denied:
            raise _Beyond
        else:
            return self._signed(left)
        return ("not", found) if denied else found

    def _signed(self, left: Condition) -> Condition:
        sign = self._take(*COMPARISONS, "!=")
        if sign is None:
            return left
        sign = "<>" if sign == "!=" else sign
        if sign == "<>":
            self._denies = True
        if (sign == "=" and self._take("any")) or (sign == "<>" and self._take("all")):
            found = self._among(left, self._array())
            return found if sign == "=" else ("not", found)
        return self._comparison(sign, left, self._sum())

    def _array(self) -> list[Condition]:
        """Read ``(ARRAY['f'::text, ...])``, maybe cast as a whole."""
        self._need("(")
        nested = 0
        while self._take("("):
            nested += 1
        self._need("array")
        self._need("[")
        values = self._list("]")
        self._array_cast()
        for _ in range(nested):
            self._need(")")
            self._array_cast()
        self._need(")")
        return values

    def _array_cast(self) -> None:
        while self._take("::"):
            if self._type() not in _TEXTS | _NUMBERS | _MOMENTS:
                raise _Beyond
            self._need("[")
            self._need("]")

    def _list(self, end: str) -> list[Condition]:
        values = [self._sum()]
        while self._take(","):
            values.append(self._sum())
        self._need(end)
        return values

    def _among(self, left: Condition, values: Sequence[Condition]) -> Condition:
        for value in values:
            self._comparison("=", left, value)
        return ("in", left, tuple(values))

    def _comparison(self, sign: str, left: Condition, right: Condition) -> Condition:
        """Return it if both sides compare everywhere as they do here."""
        one, other = self._kind(left), self._kind(right)
        kinds = {one, other}
        if kinds <= NUMERIC_KINDS:
            return (sign, left, right)
        if sign in {"=", "<>"} and (kinds <= TEXT_KINDS or kinds == {Kind.BOOLEAN}):
            self._compares_texts |= bool(kinds & TEXT_KINDS)
            return (sign, left, right)
        if one in TEMPORAL_KINDS and (one is other or self._is_moment(right)):
            return (sign, left, right)
        if other in TEMPORAL_KINDS and self._is_moment(left):
            return (sign, left, right)
        raise _Beyond

    def _is_moment(self, node: Condition) -> bool:
        if node[0] != "text":
            return False
        try:
            dt.datetime.fromisoformat(node[1])
        except ValueError:
            return False
        return "+" not in node[1] and "Z" not in node[1].upper()

    # --- values ---

    def _sum(self) -> Condition:
        found = self._product()
        while sign := self._take("+", "-"):
            found = self._reckoned(sign, found, self._product())
        return found

    def _product(self) -> Condition:
        found = self._cast()
        while self._take("*"):
            found = self._reckoned("*", found, self._cast())
        return found

    def _reckoned(self, sign: str, left: Condition, right: Condition) -> Condition:
        if not {self._kind(left), self._kind(right)} <= NUMERIC_KINDS:
            raise _Beyond
        return (sign, left, right)

    def _cast(self) -> Condition:
        found = self._single()
        while self._take("::"):
            wanted = self._type()
            kind = self._kind(found)
            literal = found[0] in {"number", "text"}
            fits = (
                (kind in TEXT_KINDS and wanted in _TEXTS)
                or (literal and kind in NUMERIC_KINDS and wanted in _NUMBERS and _is_exact(found[1], wanted))
                or (found[0] == "text" and wanted in _MOMENTS and self._is_moment(found))
                or (wanted in _WIDER.get(kind, ()))
                or (found[0] == "column" and _is_within(self._columns[found[1]], wanted))
            )
            if found[0] == "text" and wanted in _NUMBERS and re.fullmatch(r"-?\d+(\.\d+)?", found[1]):
                found, fits = ("number", found[1]), _is_exact(found[1], wanted)  # PostgreSQL writes '-5'::integer
            if not fits:
                raise _Beyond
        return found

    def _single(self) -> Condition:  # noqa: PLR0911 - one return for each sort of value
        if self._take("("):
            found = self._deeper(self._either)
            self._need(")")
            return found
        if self._take("-"):
            return self._negative(self._deeper(self._single))
        if (truth := self._take("true", "false")) is not None:
            return ("truth", truth == "true")
        kind, value = self._tokens[self._at]
        self._at += 1
        match kind:
            case "number" | "text":
                return (kind, value)
            case "name":
                return self._column(value)
            case "word" if self._tokens[self._at] == ("sign", "("):
                return self._length(value.lower())
            case "word":
                return self._column(value)
        raise _Beyond

    def _negative(self, node: Condition) -> Condition:
        if node[0] != "number":
            raise _Beyond
        return ("number", node[1].removeprefix("-") if node[1].startswith("-") else f"-{node[1]}")

    def _length(self, function: str) -> Condition:
        # MySQL's LENGTH counts bytes
        names = {"char_length", "character_length", *(() if self._dialect == "mysql" else ("length",))}
        if function not in names:
            raise _Beyond
        self._need("(")
        inner = self._sum()
        self._need(")")
        if self._kind(inner) is not Kind.TEXT:
            raise _Beyond
        return ("length", inner)

    def _column(self, name: str) -> Condition:
        if name in self._columns:
            return ("column", name)
        alike = [each for each in self._columns if each.casefold() == name.casefold()]
        if len(alike) != 1:
            raise _Beyond
        return ("column", str(alike[0]))

    def _type(self) -> str:
        words = []
        while self._tokens[self._at][0] == "word":
            words.append(self._tokens[self._at][1].lower())
            self._at += 1
        return " ".join(words)

    def _kind(self, node: Condition) -> Kind:
        match node[0]:
            case "column":
                return self._columns[node[1]].kind
            case "number" | "length" | "+" | "-" | "*":
                return Kind.FLOAT
            case "text":
                return Kind.TEXT
            case _:
                return Kind.BOOLEAN


def _is_within(column: Column, wanted: str) -> bool:
    """Return whether every number of ``column`` stays what it is as a whole number of the type ``wanted``."""
    lowest, highest = _WHOLE.get(wanted, (1, 0))
    if column.kind is not Kind.INTEGER or column.lowest is None or column.highest is None:
        return False
    return lowest <= column.lowest and column.highest <= highest


def _is_exact(number: str, wanted: str) -> bool:
    return "." not in number or wanted not in {"integer", "bigint", "smallint", "real"}
