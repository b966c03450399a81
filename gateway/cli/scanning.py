"""`gateway scan` between the command line and the raw side: what is looked at, and where what was found goes."""

from __future__ import annotations

import datetime as dt
import re
from contextlib import closing
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from gateway.cli.findings import listed, missed, plain, told
from gateway.cli.pages import OWN, refuse_others, write_page
from gateway.cli.printing import Format, as_json, err, out, progress, say
from gateway.policy.loading import line_finder, load_policy
from gateway.policy.spelling import did_you_mean
from gateway.raw.connect.reading import open_source
from gateway.raw.detect import ner
from gateway.raw.detect.caching import FindingCache, FreshFindings
from gateway.raw.detect.detecting import detect
from gateway.raw.detect.drafting import draft_policy
from gateway.raw.detect.drift import drift, to_scan
from gateway.raw.detect.findings import to_json
from gateway.raw.detect.page import FIRST_LINE, page
from gateway.settings import RawSettings, resolve
from gateway.vocabulary.errors import ArtefactFailed, ConfigurationError, SourceRefused
from gateway.vocabulary.names import TableName

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from gateway.raw.connect.source import Source
    from gateway.raw.detect.drift import Drift
    from gateway.raw.detect.findings import Finding
    from gateway.vocabulary.schema import Schema


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is to be looked at, and how."""

    url: str | None
    schema: str | None = None
    tables: tuple[str, ...] = ()
    """Patterns such as ``lab_*``; all tables if none."""
    countries: tuple[str, ...] = ()
    """ISO 3166 codes of countries whose numbers are looked for besides the usual ones."""
    fresh: bool = False
    """Whether nothing that an earlier scan found is used; what is found is kept for the next all the same."""

    def __post_init__(self) -> None:
        """Refuse what is no code of a country."""
        for code in self.countries:
            if re.fullmatch(r"[A-Z]{2}", code) is None:
                raise ConfigurationError(
                    f"--country {plain(code)} is no ISO 3166 code; expected two letters, such as DE"
                )


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The catalogue, and what was found in the tables that were looked at."""

    schema: Schema
    findings: tuple[Finding, ...]


def scan(asked: Asked, *, draft: Path | None, html: Path | None, source: str, unit: str | None, style: Format) -> None:
    """Look at a database, print what was found, and write a draft of a policy and a page, where they are wanted."""
    _refuse_existing(draft)
    refuse_others(html, FIRST_LINE, what="page of a scan")
    seen = _look(asked, lambda schema: [table.name for table in schema.tables])
    text = None
    if draft is not None:
        wanted = None if unit is None else TableName(unit)
        text = draft_policy(
            seen.schema, seen.findings, source_name=source, unit_table=wanted, countries=asked.countries
        )
    _print(seen, style)
    if html is not None:
        _write_page(html, seen, title=source)
    if draft is not None and text is not None:
        _write_draft(draft, text)
        say(f"A policy draft is in {draft}: read it, change it, then `gateway policy check {draft}`.")


def against(file: Path, asked: Asked, *, html: Path | None, style: Format) -> bool:
    """Print what has come apart between the policy in ``file`` and its source; tell whether any of it fails."""
    refuse_others(html, FIRST_LINE, what="page of a scan")
    policy = load_policy(file)
    asked = Asked(
        url=asked.url or policy.source.url,
        schema=asked.schema or policy.source.schema_name,
        tables=asked.tables,
        countries=(*asked.countries, *policy.source.countries),
        fresh=asked.fresh,
    )
    seen = _look(asked, lambda schema: to_scan(policy, schema), beside=policy.tables, strict=True)
    found = drift(policy, seen.schema, seen.findings, tables=_patterns(asked.tables, seen.schema, policy.tables))
    if html is not None:
        _write_page(html, seen, title=policy.source.name, come_apart=found)
    line = line_finder(file)
    if style is Format.JSON:
        as_json([_drift_to_json(each, line(each.where)) for each in found])
    else:
        _print_drift(found, file, line)
    return any(each.fails for each in found)


def _look(
    asked: Asked,
    choose: Callable[[Schema], Sequence[TableName]],
    *,
    beside: Collection[str] = (),
    strict: bool = False,
) -> Seen:
    """Look at the tables that ``choose`` and the patterns leave; ``strict`` is for who must not miss one."""
    if asked.url is None:
        raise ConfigurationError(
            "say which database to look at: gateway scan URL, or --against POLICY for the policy's"
        )
    with closing(open_source(_url(asked.url), asked.schema)) as database:
        _warn_of_writers(database)
        with progress() as report, database.snapshot() as snapshot:
            wanted = _patterns(asked.tables, snapshot.schema, beside)
            chosen = [name for name in choose(snapshot.schema) if wanted is None or name in wanted]
            kept = (FreshFindings if asked.fresh else FindingCache).open(RawSettings().scans)
            countries = frozenset(asked.countries)
            findings = detect(snapshot, tables=chosen, progress=report, cache=kept, countries=countries, strict=strict)
    if kept.hits:
        say(f"[dim]{kept.hits:,} of {len(findings):,} columns are as in an earlier scan; --fresh looks again[/dim]")
    return Seen(schema=snapshot.schema, findings=findings)


def _patterns(patterns: Sequence[str], schema: Schema, beside: Collection[str]) -> set[TableName] | None:
    """Return the tables that any of ``patterns`` names; None for all. A pattern that names none is an error."""
    if not patterns:
        return None
    names = {*(str(table.name) for table in schema.tables), *beside}
    found: set[TableName] = set()
    for pattern in patterns:
        named = {TableName(name) for name in names if fnmatchcase(name, pattern)}
        if not named:
            hint = did_you_mean(pattern, names)
            raise ConfigurationError(f"--table {plain(pattern)} names no table of the source{hint}")
        found |= named
    return found


def notes() -> list[str]:
    """Return what a reader of findings has to know of what was not looked for."""
    if ner.available():
        return []
    missing = (
        f"The text model ({ner.DISTRIBUTION}) is not installed: what prose holds is told by patterns and lists alone, "
        "which miss about a third of the names. Free text is dropped or replaced all the same."
    )
    return [missing]


def _print(seen: Seen, style: Format) -> None:
    if style is Format.JSON:
        as_json([to_json(finding) for finding in seen.findings])
        return
    for piece in listed(seen.findings, width=out.width):
        out.print(piece, no_wrap=True, overflow="crop")
    for sentence in told(seen.findings):
        out.print(sentence)
    for note in notes():
        out.print(note, style="yellow", markup=False, highlight=False)


def _write_draft(draft: Path, text: str) -> None:
    try:
        with draft.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ArtefactFailed(f"{draft} could not be written ({error.strerror}); name another file with -o") from None


def _refuse_existing(draft: Path | None) -> None:
    if draft is not None and draft.exists():
        raise ConfigurationError(f"{draft} exists and is not overwritten; move it away, or name another file with -o")


def _write_page(html: Path, seen: Seen, *, title: str, come_apart: Sequence[Drift] = ()) -> None:
    """Write the page for its owner alone to read: its figures are measured on real rows."""
    moment = dt.datetime.now(dt.UTC)
    text = page(
        seen.schema,
        seen.findings,
        title=title,
        moment=moment,
        notes=[*missed(seen.findings), *notes()],
        drift=come_apart,
    )
    write_page(html, text, mode=OWN)
    say(f"The findings with their evidence are in {html}: open it in a browser.")


# --- drift -----------------------------------------------------------------------------------------------------------


def _drift_to_json(each: Drift, line: int) -> dict[str, Any]:
    return {
        "change": each.change.value.replace(" ", "_"),
        "fails": each.fails,
        "table": each.table,
        "column": each.column,
        "line": line or None,
        "message": each.message,
        "remedy": each.remedy,
    }


def _print_drift(found: Sequence[Drift], file: Path, line: Callable[[str], int]) -> None:
    for each in found:
        name = plain(each.table if each.column is None else f"{each.table}.{each.column}")
        place = f"{file}:{line(each.where)}" if line(each.where) else f"{file}"
        out.print(f"{each.change.value}: {name} ({place})", style="bold red" if each.fails else "dim",
                  markup=False, highlight=False, soft_wrap=True)  # fmt: skip
        out.print(f"  {plain(each.message, most=2_000)}", markup=False, highlight=False, soft_wrap=True)
        out.print(f"  -> {plain(each.remedy, most=2_000)}", markup=False, highlight=False, soft_wrap=True)
    failing = [each for each in found if each.fails]
    if failing:
        kinds = sorted({each.change for each in failing}, key=list(type(failing[0].change)).index)
        counts = ", ".join(f"{sum(each.change is kind for each in failing)} {kind}" for kind in kinds)
        out.print(f"{counts}. Nothing should be run with {file} before somebody has looked.", highlight=False)
    else:
        out.print(f"Nothing has come apart: {file} fits the source, and nothing found contradicts it.", highlight=False)


# --- the source ------------------------------------------------------------------------------------------------------


def _warn_of_writers(database: Source) -> None:
    """Say what `run` will refuse. A scan reads in a read-only transaction and may look around before roles are made."""
    try:
        database.refuse_writers()
    except SourceRefused as error:
        say("[yellow]warning: `gateway run` will refuse this role[/yellow]")
        err.print(str(error), markup=False, highlight=False, soft_wrap=True)


def _url(text: str) -> SecretStr:
    return resolve(text) if re.match(r"\$\{", text) else SecretStr(text)
