"""The lexicon in the form it is looked up in: what a phrase means, and how near to persons it must stand to mean it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from gateway.raw.detect import accounts, attributes, health, livelihood, numbers_of_persons, phrases, wordlists


class Need(IntEnum):
    """How near a table is to persons, and how near it must be for a word to mean something about one."""

    ANYWHERE = 0
    LINKED = 1
    """A table that points at persons or holds contact data."""
    PERSON = 2
    """A table with one row per person."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Phrases that name one entity; ``phrases.PHRASES`` explains the fields."""

    entity: str
    score: float
    need: Need
    kinds: str
    exact: bool
    phrases: tuple[str, ...]


def _listed(text: str) -> tuple[str, ...]:
    return tuple(" ".join(phrase.split()) for phrase in text.split(",") if phrase.strip())


def _entries() -> tuple[Entry, ...]:
    blocks: list[tuple[list[str], list[str]]] = []
    told = (phrases, numbers_of_persons, accounts, attributes, livelihood, health)
    for line in (line for module in told for line in module.PHRASES.strip().splitlines()):
        if line.startswith(" "):
            blocks[-1][1].append(line)
        else:
            blocks.append(([field.strip() for field in line.split("|")], []))
    return tuple(
        Entry(
            entity=head[0],
            score=float(head[1]),
            need=Need[head[2].upper()],
            kinds=head[3],
            exact="exact" in head[4:],
            phrases=_listed(" ".join(body)),
        )
        for head, body in blocks
    )


LEXICON = _entries()
BLOCKED = _listed(wordlists.BLOCKED)
ACTORS = _listed(wordlists.ACTORS)
AUDITORS = _listed(wordlists.AUDITORS)
SUBJECTS = tuple(wordlists.SUBJECTS.split())
STAFF = tuple(wordlists.STAFF.split())
KEY_HEADS = frozenset(wordlists.KEY_HEADS.split())
KEY_FIRST = frozenset(wordlists.KEY_FIRST.split())
GLUED_FIRST = tuple(wordlists.GLUED_FIRST.split())
LOOKUPS = frozenset(wordlists.LOOKUPS.split())
ROMANCE_LOOKUPS = frozenset(wordlists.ROMANCE_LOOKUPS.split())
THINGS = frozenset(wordlists.THINGS.split())
ORGANIZATIONS = frozenset(wordlists.ORGANIZATIONS.split())
TELLING_TABLES: dict[str, str] = dict(pair.split("=") for pair in wordlists.TELLING_TABLES.split())
FILLERS = frozenset(wordlists.FILLERS.split())
EVENTS = frozenset(wordlists.EVENTS.split())
NEUTRAL_HEADS = frozenset(wordlists.NEUTRAL_HEADS.split())
QUALIFIERS = frozenset(wordlists.QUALIFIERS.split())
AGGREGATES = frozenset(wordlists.AGGREGATES.split())
BOUNDS = frozenset(wordlists.BOUNDS.split())
BOOKKEEPING = frozenset(wordlists.BOOKKEEPING.split())
PROSE = frozenset(wordlists.PROSE.split())
ABBREVIATIONS: dict[str, str] = dict(pair.split("=") for pair in wordlists.ABBREVIATIONS.split())
COMPOUND_STARTS = (
    "kunden",
    "patienten",
    "mitarbeiter",
    "versicherten",
    "personen",
    "benutzer",
    "mitglieder",
    "klienten",
)
"""Persons as German compounds begin with them: ``kundenstamm``, ``patientennr``."""
