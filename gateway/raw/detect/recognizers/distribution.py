"""How a column's values are spread: free text, one text per row, rare categories; or too few values for an identity."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.raw.detect.findings import Evidence
from gateway.raw.detect.lexicon import Need
from gateway.raw.detect.meanings import FEW_VALUES, UNIQUE_TEXT
from gateway.raw.detect.shapes import common_shapes
from gateway.vocabulary.entities import Entity
from gateway.vocabulary.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.raw.detect.recognizer import ColumnSample

FREE_TEXT_SCORE, UNIQUE_SCORE, RARE_SCORE, FEW_SCORE = 0.8, 0.6, 0.5, 0.8
FREE_TEXT_WORDS = 5.0
"""Mean words per distinct value from which on a column is prose: names have two or three, addresses up to six."""
FREE_TEXT_LENGTH = 35.0
UNIQUE_SHARE = 0.6
"""Distinct values per non-NULL row from which on a text is taken for a label of its row."""
RARE_VALUES = 25
FEW = 2
MANY_ROWS = 50
_FEWEST_ROWS = 20
_NUMBER = re.compile(r"[-+]?[\d.,eE]{1,30}")


@dataclass(frozen=True)
class Distribution:
    """Opinions on text columns of tables about persons. Numbers and dates are left to names and keys."""

    name: str = "distribution"

    def recognize(self, sample: ColumnSample) -> tuple[Evidence, ...]:
        """Return opinions, best first."""
        if sample.column.kind is not Kind.TEXT or not sample.values:
            return ()
        return tuple(sorted(self._opinions(sample), key=lambda evidence: -evidence.score))

    def _opinions(self, sample: ColumnSample) -> Iterator[Evidence]:
        filled = sample.rows - sample.nulls
        distinct = len(sample.values)
        if filled >= MANY_ROWS and distinct <= FEW:
            yield self._say(sample, FEW_VALUES, FEW_SCORE, "no more than two different values")
        if sample.context.nearness is Need.ANYWHERE:
            return
        if is_prose(sample):
            yield self._say(
                sample, Entity.FREE_TEXT, FREE_TEXT_SCORE, "long text of many words, in a table about persons"
            )
        elif sample.context.nearness is Need.PERSON and filled >= _FEWEST_ROWS and not _is_numeric(sample):
            if distinct >= UNIQUE_SHARE * filled:
                yield self._say(sample, UNIQUE_TEXT, UNIQUE_SCORE, "nearly every person has a text of their own here")
            elif distinct >= RARE_VALUES:
                yield self._say(sample, "rare_category", RARE_SCORE, "so many different values that some are rare")

    def _say(self, sample: ColumnSample, entity: str, score: float, reason: str) -> Evidence:
        return Evidence(
            recognizer=self.name,
            entity=str(entity),
            score=score,
            share=1.0,
            reason=reason,
            shapes=common_shapes(sample.values),
        )


def is_prose(sample: ColumnSample) -> bool:
    """Tell whether the distinct values are sentences rather than labels."""
    values = sample.values
    mean_words = sum(value.count(" ") + 1 for value in values) / len(values)
    mean_length = sum(map(len, values)) / len(values)
    repeated = len(values) < UNIQUE_SHARE * (sample.rows - sample.nulls) and len(values) < RARE_VALUES
    return mean_words >= FREE_TEXT_WORDS and mean_length >= FREE_TEXT_LENGTH and not repeated


def _is_numeric(sample: ColumnSample) -> bool:
    matched = sum(1 for value in sample.values if _NUMBER.fullmatch(value))
    return matched >= 0.9 * len(sample.values)  # a few words among numbers are sentinels


plugin = Distribution
