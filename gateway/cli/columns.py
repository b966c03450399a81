"""What was decided of each column of a release, beside what detection found: for the steward, out of their report."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.markup import escape

from gateway.cli.printing import Format, listing, out
from gateway.vocabulary.roles import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.release.reports import ColumnReport

_LONGEST = 60


def print_columns(columns: Sequence[ColumnReport], *, every: bool) -> None:
    """Print how many columns of each role there are, and those to look at, or all of them where ``every`` is wanted."""
    if not columns:
        return
    found = Counter(column.found for column in columns)
    counts = ", ".join(f"{found[role]} {role}" for role in Role if found[role])
    overridden = [column for column in columns if column.override is not None]
    shown = columns if every else [column for column in columns if needs_a_look(column)]
    out.print()
    out.print(f"  columns    detection found {counts}; {len(overridden)} overridden by the policy", highlight=False)
    listing([_row(column) for column in shown], style=Format.TABLE, title="Columns" if every else "Columns to look at",
            empty="  every other column is treated as detection proposed, or more closely")  # fmt: skip


def needs_a_look(column: ColumnReport) -> bool:
    """Tell whether a steward should look at ``column`` first, see ``ColumnReport``."""
    return column.needs_a_look


def _row(column: ColumnReport) -> dict[str, str]:
    by = dict.fromkeys(opinion.recognizer for opinion in column.opinions)
    held = ", ".join(f"{each.entity} {each.share.rate:.0%}" for each in column.opinions if each.within and each.share)
    return {
        "column": escape(_plain(f"{column.table}.{column.column}")),
        "policy": f"{column.role}, {column.treatment}" if column.treatment else "public, copied",
        "found": f"{column.found} {column.entity}".strip(),
        "sure": f"{column.confidence.rate:.2f}",
        "by": ", ".join(by),
        "holds": held,
        "override": escape(_plain(column.override or "", most=400)),
    }


def _plain(text: str, *, most: int = 2 * _LONGEST) -> str:
    cut = text if len(text) <= most else f"{text[: most - 1]}…"
    return "".join(letter if letter.isprintable() else "�" for letter in cut)
