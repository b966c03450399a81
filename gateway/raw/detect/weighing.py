"""Opinions in, one verdict out: the only place where role, entity, confidence and treatment are decided.

1. Each opinion counts as its score times the weight of its recognizer; opinions on the same entity add up as
   independent signs do: 1 - product(1 - weight * score).
2. An entity is damped that does not fit what is known of the column: a direct identifier in a column of no more than
   two different values, or in one that refers to things; a web address in a table that is not of persons; a place, a
   language or a firm that values look like where no person is near.
3. The entity with the highest total wins; its role is the one ``meanings`` gives it. Among totals within ``CLOSE`` of
   the best, the role that must be guarded more wins: key, direct, sensitive, quasi.
4. Under ``THRESHOLD`` the role is none, with what is left of certainty as its confidence.
5. What several columns do together (``combining``) is evidence beside the verdict and changes none: a set of columns
   identifies, not one of them.

Scores say how much a sign tells by itself and are given where the sign is read: ``phrases`` and ``attributes`` for
names, the recognizers for the rest. They and the weights below are judgements, not estimates; the benchmark prints how
often findings of each confidence have the right role, and that is how they are held against the truth.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from gateway.raw.detect.findings import Evidence, Finding
from gateway.raw.detect.lexicon import Need
from gateway.raw.detect.meanings import (
    FEW_VALUES,
    PERSON_KEY,
    UNEXAMINED,
    UNIQUE_TEXT,
    UNSUPPORTED,
    replaceable,
    role_of,
)
from gateway.vocabulary.entities import Entity
from gateway.vocabulary.roles import Role, Treatment
from gateway.vocabulary.schema import TEMPORAL_KINDS, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.raw.detect.recognizer import ColumnSample

WEIGHTS = {"names": 1.0, "keys": 1.0, "values": 0.95, "texts": 0.95, "categories": 0.8, "distribution": 0.8}
"""How far each recognizer is trusted beyond the scores it gives itself.

- names and keys, in full: a declared key is certain, and a name's doubts are in its phrase's score already.
- values and texts a little less: a checksum says that cells are of a form, and other numbers may have it.
- categories less: ``single`` and ``white`` are words of other things too.
- distribution less: that values are many or long hints at somebody, and says nothing of what they are.
"""
OTHER_WEIGHT = 0.8
"""For recognizers of other distributions, of which nothing is known: enough to be heard, not to overrule a key."""
THRESHOLD = 0.45
"""Below one half on purpose: what is missed is published, what is flagged for nothing is looked at once."""
FEW_VALUES_DAMPING = 0.35
"""Takes every single opinion under the threshold, and lets two strong ones that agree stay above it."""
THING_DAMPING = 0.35
"""A declared reference to what is no person is a number of a page or an address, whatever it is called."""
NOBODY_NEAR_DAMPING = 0.35
"""Values that are cities make a list of cities, where nothing says that the table is about persons. Names need no
damping: their phrases say how near a person must be."""
CLOSE = 0.05
"""Totals so near each other are a tie: scores are given in steps of that size."""
UNLEARNABLE_SHARE = 0.6
"""Distinct values per non-NULL row from which on a text column is not learned: a model would have to copy it."""
_FEWEST_ROWS = 20
_OF_SOMEBODY = frozenset({Entity.CITY, Entity.COMPANY, Entity.POST_CODE, "country", "region", "language", "place"})
_GUARD = {Role.KEY: 4, Role.DIRECT: 3, Role.SENSITIVE: 2, Role.QUASI: 1, Role.NONE: 0}
_BACKGROUND = frozenset({UNIQUE_TEXT, UNEXAMINED, "rare_category"})
"""Entities that say only that nothing better is known; they never win against a named one."""


def weigh(sample: ColumnSample, evidence: Sequence[Evidence]) -> Finding:
    """Return the finding on one column from all ``evidence`` about it."""
    if sample.column.kind is Kind.UNSUPPORTED:
        return _unsupported(sample, evidence)
    totals = _totals(sample, evidence)
    entity, total = _winner(totals)
    if total < THRESHOLD:
        return _finding(sample, evidence, role=Role.NONE, entity=None, confidence=1.0 - total)
    return _finding(sample, evidence, role=role_of(entity), entity=entity, confidence=total)


def _totals(sample: ColumnSample, evidence: Sequence[Evidence]) -> dict[str, float]:
    doubts: dict[str, float] = defaultdict(lambda: 1.0)
    for piece in evidence:
        nobody = sample.context.nearness is Need.ANYWHERE and piece.entity in _OF_SOMEBODY
        damping = NOBODY_NEAR_DAMPING if nobody and piece.recognizer != "names" else 1.0
        doubts[piece.entity] *= 1.0 - WEIGHTS.get(piece.recognizer, OTHER_WEIGHT) * piece.score * damping
    few = doubts.pop(FEW_VALUES, None) is not None
    thing = _points_at_a_thing(sample)
    totals = {entity: 1.0 - doubt for entity, doubt in doubts.items()}
    for entity in totals:
        if few and role_of(entity) is Role.DIRECT:
            totals[entity] *= FEW_VALUES_DAMPING
        if thing and role_of(entity) is Role.DIRECT:
            totals[entity] *= THING_DAMPING
        if entity == Entity.URL and sample.context.nearness is not Need.PERSON:
            totals[entity] *= FEW_VALUES_DAMPING
    return totals


def _points_at_a_thing(sample: ColumnSample) -> bool:
    referring = any(sample.column.name in reference.columns for reference in sample.table.references)
    return referring and sample.column.name not in sample.context.person_keys


def _winner(totals: dict[str, float]) -> tuple[str, float]:
    named = {entity: total for entity, total in totals.items() if entity not in _BACKGROUND}
    if max(named.values(), default=0.0) < THRESHOLD:
        named = totals
    best = max(named.values(), default=0.0)
    close = [entity for entity, total in named.items() if total >= best - CLOSE]
    winner = max(close, key=lambda entity: (_GUARD[role_of(entity)], named[entity]), default="")
    return winner, named.get(winner, 0.0)


def _finding(
    sample: ColumnSample, evidence: Sequence[Evidence], *, role: Role, entity: str | None, confidence: float
) -> Finding:
    return Finding(
        table=sample.table.name,
        column=sample.column.name,
        role=role,
        entity=entity,
        confidence=min(confidence, 0.99),
        evidence=tuple(evidence),
        treatment=_treatment(sample, role, entity),
    )


def _unsupported(sample: ColumnSample, evidence: Sequence[Evidence]) -> Finding:
    """Drop what cannot be read; its name may still say what it is."""
    totals = _totals(sample, evidence)
    entity, total = _winner(totals)
    known = total >= THRESHOLD
    reason = f"unsupported type {sample.column.native}: its content was not looked at"
    note = Evidence(recognizer="types", entity=UNSUPPORTED, score=1.0, share=None, reason=reason)
    return Finding(
        table=sample.table.name,
        column=sample.column.name,
        role=role_of(entity) if known else Role.SENSITIVE if sample.context.nearness > Need.ANYWHERE else Role.NONE,
        entity=entity if known else UNSUPPORTED,
        confidence=total if known else 0.5,
        evidence=(*evidence, note),
        treatment=Treatment.DROP,
    )


def _treatment(sample: ColumnSample, role: Role, entity: str | None) -> Treatment:
    """Return what a draft proposes: keys afresh, identifiers invented where their kind is known, the rest learned."""
    own_key = sample.column.name in sample.table.primary_key
    referring = any(sample.column.name in reference.columns for reference in sample.table.references)
    if role is Role.KEY or entity == PERSON_KEY:
        return (
            Treatment.KEY
            if own_key or not (referring or sample.column.name in sample.context.person_keys)
            else Treatment.DROP
        )
    if referring:
        return Treatment.DROP
    if own_key and sample.column.kind not in TEMPORAL_KINDS:
        return Treatment.KEY
    can_replace = sample.column.kind is Kind.TEXT and replaceable(entity) is not None
    if role is Role.DIRECT or entity == Entity.PASSWORD or not _learnable(sample):
        return Treatment.REPLACE if can_replace else Treatment.DROP
    return Treatment.LEARN


def _learnable(sample: ColumnSample) -> bool:
    filled = sample.rows - sample.nulls
    if sample.column.kind is not Kind.TEXT or filled < _FEWEST_ROWS:
        return True
    return len(sample.values) < UNLEARNABLE_SHARE * filled
