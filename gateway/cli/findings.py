"""What detection found, on a terminal: a block for each table, what needs a decision marked, and sums at the end."""

from __future__ import annotations

import textwrap
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from gateway.raw.detect.findings import contents, is_undecided, leading, unread_tables
from gateway.vocabulary.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gateway.raw.detect.findings import Finding

MARK = "?"
"""Before a column that a person has to decide on."""
WIDE = 110
"""From so many characters in a line on, reasons stand beside; below, under their column."""
_LONGEST = 28
_ENTITY = 15
_MOST_LINES = 2
_MOST_NAMES = 12
_STYLES = {Role.DIRECT: "red", Role.KEY: "magenta", Role.QUASI: "yellow", Role.SENSITIVE: "cyan", Role.NONE: "dim"}


def plain(text: str, *, most: int = 200) -> str:
    """Return ``text`` on one line, cut, without what moves a terminal's cursor or turns its direction of writing."""
    cut = text if len(text) <= most else f"{text[: most - 1]}…"
    return "".join(letter if letter.isprintable() else "�" for letter in cut)


def listed(findings: Sequence[Finding], *, width: int) -> Iterator[Text]:
    """Yield what to print of ``findings``, which stand table by table, on lines of ``width`` characters."""
    name_width = min(_LONGEST, max((len(finding.column) for finding in findings), default=0))
    for table, found in groupby(findings, key=lambda finding: finding.table):
        columns = list(found)
        yield Text.assemble((plain(table), "bold"), (f"  {_counted(columns)}", "dim"))
        shown = [finding for finding in columns if finding.role is not Role.NONE or is_undecided(finding)]
        for finding in shown:
            yield from _lines(finding, name_width=name_width, width=width)
        rest = [f"{plain(f.column)} ({f.treatment})" for f in columns if f not in shown]
        for line in textwrap.wrap(f"nothing found: {', '.join(rest)}", width - 6) if rest else ():
            yield Text(f"    {line}", style="dim")
        yield Text()


def told(findings: Sequence[Finding]) -> Iterator[Text]:
    """Yield sentences about all of ``findings``: how many of what, and what waits for a decision."""
    tables = len({finding.table for finding in findings})
    if not findings:
        yield Text("The schema has no tables that this role can read.")
        return
    yield Text(f"{len(findings):,} columns in {tables:,} tables: {_counted(findings)}.", style="bold")
    yield from (Text(note, style="bold red") for note in missed(findings))
    waiting = [finding for finding in findings if is_undecided(finding)]
    if waiting:
        names = _names([f"{each.table}.{each.column}" for each in waiting])
        yield Text(f"{MARK} {len(waiting):,} undecided, look at them first: {names}.", style="bold yellow")


def missed(findings: Sequence[Finding]) -> list[str]:
    """Return sentences about what was not looked at, though it was asked for."""
    unread = unread_tables(findings)
    if not unread:
        return []
    return [f"{len(unread):,} tables could not be read, and nothing in them was looked at: {_names(unread)}."]


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES:,} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(plain(name, most=60) for name in names[:_MOST_NAMES]) + more


def _counted(findings: Sequence[Finding]) -> str:
    roles = Counter(finding.role for finding in findings)
    undecided = sum(map(is_undecided, findings))
    counts = [f"{roles[role]:,} {role}" for role in Role if roles[role]]
    return ", ".join([*counts, *([f"{undecided:,} undecided"] if undecided else [])])


def _lines(finding: Finding, *, name_width: int, width: int) -> Iterator[Text]:
    """Yield the lines of one column. A name that is too long has a line of its own: it is what tells columns apart."""
    undecided = is_undecided(finding)
    name, style = plain(finding.column), "bold yellow" if undecided else ""
    if cell_len(name) > name_width:
        yield Text(f"  {MARK if undecided else ' '} {name}", style=style)
        name = ""
    line = Text.assemble(
        (f"  {MARK if undecided and name else ' '} {set_cell_size(name, name_width)}", style),
        (f"  {finding.role.value:<9}", _STYLES[finding.role]),
        f"  {set_cell_size(plain(finding.entity or ''), _ENTITY)}  {finding.confidence:>4.0%}",
        f"  {finding.treatment.value:<7}",
    )
    indent = line.cell_len + 2 if width >= WIDE else 8
    reasons = textwrap.wrap(_reason(finding), width - indent - 1, max_lines=_MOST_LINES, placeholder=" …")
    if width >= WIDE and reasons:
        line.append(f"  {reasons.pop(0)}", style="dim")
    yield line
    for reason in reasons:
        yield Text(f"{' ' * indent}{reason}", style="dim")


def _reason(finding: Finding) -> str:
    held = ", ".join(f"{entity} {share:.0%}" for entity, share in contents(finding).items())
    first = next((f"{piece.recognizer}: {piece.reason}" for piece in leading(finding)), "")
    return plain("; ".join(part for part in (f"holds {held}" if held else "", first) if part), most=400)
