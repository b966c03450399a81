"""The draft of a domain file, from a look at the rows: kinds are guessed, values and bounds are left to a person.

A guessed kind, and a name put under `ignore`, is taken from rows and becomes public when the owner keeps the file; the
draft says so. No value, bound or count is written.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from gateway.policy.one_table import MOST_DIGITS, PLAIN, DomainFile, FileColumnClause
from gateway.raw.connect.files import open_file
from gateway.raw.detect.detecting import detect
from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.roles import LEARNABLE_ROLES, Treatment
from gateway.vocabulary.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pyarrow as pa

    from gateway.raw.connect.files import TableFile
    from gateway.raw.detect.findings import Finding
    from gateway.vocabulary.schema import Column

ROWS = 20_000
"""Rows a guess is made from, drawn from all over the file."""
MISFITS = 0.05
"""Share of the cells that may be of another kind, such as `?` among numbers; they will be NULL."""

_SHAPES = (
    ("integer", r"^[+-]?(0|[1-9][0-9]{0,17})(\.0*)?$"),
    ("float", r"^[+-]?[0-9]*\.?[0-9]+([eE][+-]?[0-9]+)?$"),
    ("date", r"^[0-9]{4}-[01][0-9]-[0-3][0-9]$"),
    ("datetime", r"^[0-9]{4}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9].*$"),
    ("boolean", r"^(?i:true|false)$"),
)
_MOST_PLACES = 6
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_YAML_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})

_HEAD = """\
# A draft, written by `gateway synthesize {file} --draft-domain`. Read every line, correct it, then keep the file.
# THE KINDS, AND WHAT IS UNDER `ignore`, WERE GUESSED FROM THE ROWS. By keeping them you declare them public.
# Everything else here is yours to declare, if it is public anyway: it saves budget and makes better rows.
#   numbers and dates:  lowest, highest, step, sentinels      texts:  values, groups, prefixes
# What is not declared is discovered under differential privacy, from the budget.
version: 1
"""
_TAIL = """\
# unit: {key: [person_id], meaning: one person and their row}      # if a row is not all there is to protect
# knowledge: {target: ..., order: [start <= end], depends: {city: post_code}, important: [[age, income]]}
"""


def draft_domain(path: Path, domain: DomainFile, *, progress: Callable[[str, float], None]) -> str:
    """Return the YAML text of a domain file for the table in ``path``; it loads as it stands.

    Of ``domain`` only how a CSV file is written is taken. Columns that detection takes for identifiers or keys are put
    under `ignore`. Raises what ``open_file`` and detection raise.
    """
    written = DomainFile(csv=domain.csv)
    kinds = _kinds(open_file(path, written))
    clauses = {name: FileColumnClause(kind=kind) for name, kind in kinds.items()}
    file = open_file(path, written.model_copy(update={"columns": clauses}))
    refused = {finding.column: _why_not(finding) for finding in detect(file, progress=progress)}
    lines = [f"  {_quoted(name)}: {_clause(kind)}" for name, kind in kinds.items() if not refused[ColumnName(name)]]
    ignored = [f"  - {_quoted(name)}  # {reason}" for name, reason in refused.items() if reason]
    as_written = domain.csv.model_dump(exclude_defaults=True)
    return "\n".join([
        _HEAD.format(file=path.name) + "columns:", *(lines or ["  {}"]),
        *(["ignore:", *ignored] if ignored else []),
        *([f"csv: {json.dumps(as_written, ensure_ascii=False)}"] if as_written else []), _TAIL,
    ])  # fmt: skip


def _kinds(file: TableFile) -> dict[str, str]:
    """Return the kind of every column that can be learned: the file's own, or guessed from texts."""
    readable = [column for column in file.table.columns if column.kind is not Kind.UNSUPPORTED]
    rows = file.sample(file.table.name, [column.name for column in readable], rows=ROWS)
    return {
        str(column.name): guessed(rows.column(column.name)) if column.kind is Kind.TEXT else _stored(column)
        for column in readable
    }


def guessed(cells: pa.ChunkedArray) -> str:
    """Return the kind that texts seem to be of; text when none fits nearly all of them, or there are none."""
    texts = pc.utf8_trim_whitespace(pc.drop_null(cells))
    for kind, shape in _SHAPES:
        fits = pc.match_substring_regex(texts, shape)
        if len(texts) and (pc.sum(fits).as_py() or 0) >= (1 - MISFITS) * len(texts):
            return _number(texts.filter(fits)) if kind == "float" else kind
    return "text"


def _number(texts: pa.ChunkedArray) -> str:
    """Return a decimal when few places behind the point are written, else float. A leading zero may be a code's."""
    if pc.any(pc.match_substring_regex(texts, "^[+-]?0[0-9]")).as_py():
        return "text"
    if pc.any(pc.match_substring_regex(texts, "[eE]")).as_py():
        return "float"
    behind = pc.utf8_length(pc.replace_substring_regex(texts, r"^[^.]*\.?", ""))
    places = pc.max(behind).as_py()
    return f"decimal({MOST_DIGITS},{places})" if places <= _MOST_PLACES else "float"


def _why_not(finding: Finding) -> str:
    if finding.role in LEARNABLE_ROLES and finding.treatment is Treatment.LEARN:
        return ""
    if not finding.evidence:
        return "text of no known kind"
    because = f" ({finding.evidence[0].reason})"
    return f"found to be {finding.entity or finding.role.value}{because}"


def _clause(kind: str) -> str:
    if kind == "text":
        return "{kind: text, discover: true}  # or list `values`"
    return f'{{kind: "{kind}"}}' if "," in kind else f"{{kind: {kind}}}"


def _stored(column: Column) -> str:
    if column.kind is Kind.DECIMAL and column.scale is not None:
        return f"decimal({column.precision},{column.scale})"
    return column.kind.value if column.kind.value in PLAIN else "float"


def _quoted(name: str) -> str:
    plain = _PLAIN_NAME.fullmatch(name) and name.lower() not in _YAML_WORDS
    return name if plain else json.dumps(name, ensure_ascii=False)
