"""Whether a column's few categories are words for a sex, a marital status, an origin, a religion, a blood group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.raw.detect.findings import Evidence
from gateway.raw.detect.shapes import common_shapes
from gateway.vocabulary.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.raw.detect.recognizer import ColumnSample

MOST_CATEGORIES = 40
SMALLEST_SHARE = 0.5
CATEGORIES: dict[str, tuple[float, str]] = {
    "sex": (
        0.9,
        """male female man woman men women boy girl mann frau mannlich weiblich männlich divers hombre mujer masculino
        femenino homme femme masculin feminin féminin uomo donna maschio femmina vrouw mannelijk vrouwelijk homem
        mulher feminino non-binary nonbinary transgender m f""",
    ),
    "marital_status": (
        0.9,
        """single married divorced widowed separated unmarried engaged ledig verheiratet geschieden verwitwet soltero
        soltera casado casada divorciado divorciada viudo viuda célibataire marié mariée divorcé divorcée veuf veuve
        celibe nubile sposato sposata divorziato divorziata vedovo vedova gehuwd ongehuwd gescheiden""",
    ),
    "ethnicity": (0.85, "white black asian hispanic latino caucasian african african-american native"),
    "religion": (
        0.9,
        """christian muslim jewish hindu buddhist catholic protestant orthodox sikh atheist evangelisch katholisch
        römisch-katholisch islamisch católico musulmán catholique musulman protestante""",
    ),
    "test_result": (0.8, "a+ a- b+ b- ab+ ab- o+ o- positive negative reactive non-reactive"),
}
"""Entity, score at a full share, and categories in lower case: the everyday words of seven languages."""
_FEWEST = 2


@dataclass(frozen=True)
class Categories:
    """Opinions on text and enum columns with few distinct values; an enum's declared labels count as values."""

    name: str = "categories"

    def recognize(self, sample: ColumnSample) -> tuple[Evidence, ...]:
        """Return opinions, best first."""
        if sample.column.kind not in {Kind.TEXT, Kind.ENUM}:
            return ()
        found = {value.strip().lower() for value in (*sample.values, *sample.column.values)}
        if not _FEWEST <= len(found) <= MOST_CATEGORIES:
            return ()
        return tuple(sorted(self._opinions(sample, found), key=lambda evidence: -evidence.score))

    def _opinions(self, sample: ColumnSample, found: set[str]) -> Iterator[Evidence]:
        for entity, (score, listed) in CATEGORIES.items():
            known = set(listed.split())
            share = len(found & known) / len(found)
            if share >= SMALLEST_SHARE and len(found & known) >= _FEWEST:
                yield Evidence(
                    recognizer=self.name,
                    entity=entity,
                    score=score * share,
                    share=share,
                    reason=f"its categories are words for {entity.replace('_', ' ')}",
                    shapes=common_shapes(sample.values),
                )


plugin = Categories
