"""What the values look like: presidio-analyzer's patterns and checksums, run only where a value's shape allows a match.

presidio has no language model here (``NoOpNlpEngine``), opens no connection (the public suffix list is the bundled
one) and sees at most ``LONGEST`` characters at once, under a time limit per pattern and one per column. It is imported
when the first text is looked at, because that import costs seconds and a few hundred megabytes.
"""

from __future__ import annotations

import math
import re
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from gateway.raw.detect.findings import Evidence
from gateway.raw.detect.meanings import UNEXAMINED
from gateway.raw.detect.shapes import common_shapes
from gateway.vocabulary.entities import Entity
from gateway.vocabulary.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gateway.raw.detect.recognizer import ColumnSample

ENOUGH = math.ceil(math.log(0.001) / math.log(0.99))
"""Distinct values looked at: a kind of value in 1 % of them is then seen with probability 99.9 %."""
ENOUGH_TO_TELL = 60
"""Distinct values looked at by the slow checks, which ask for a share of half: a 99.9 % interval is ± .22."""
LONGEST = 160
"""Characters given to presidio at once; of longer texts, windows around what could match."""
LONGEST_TEXT = 4096
MOST_WINDOWS = 4
SECONDS_PER_PATTERN = 0.25
SECONDS_PER_COLUMN = 5.0
"""CPU time for one column; what is then left is reported as unexamined, not as harmless."""
ENOUGH_TEXTS = 120
"""Texts searched of those that could hold something."""
UNEXAMINED_SCORE = 0.9
WHOLE = 0.8
"""Share of a cell that a match must cover to be what the cell is, rather than something in it."""
SMALLEST_SHARE = 0.3
SMALLEST_SHARE_IN_TEXT = 0.01
IN_TEXT_SCORE = 0.85
_WEAK_PATTERN = 0.3
"""presidio's own score under which its pattern is any nine digits or the like."""
_PROBE = 12


@dataclass(frozen=True, kw_only=True)
class Check:
    """presidio recognizers by class name, what they find, which cells could be that, and how much a full share says."""

    classes: tuple[str, ...]
    entity: Entity | str
    gate: re.Pattern[str]
    score: float
    most: int = ENOUGH


_NATIONAL = (
    *("UsSsnRecognizer", "UsItinRecognizer", "UkNinoRecognizer", "NhsRecognizer", "EsNifRecognizer", "EsNieRecognizer"),
    *("ItFiscalCodeRecognizer", "PlPeselRecognizer", "SePersonnummerRecognizer", "FiPersonalIdentityCodeRecognizer"),
    *("DeTaxIdRecognizer", "DeSocialSecurityRecognizer", "DeHealthInsuranceRecognizer", "InAadhaarRecognizer"),
    *("SgFinRecognizer", "ZaIdNumberRecognizer", "TrNationalIdRecognizer", "KrRrnRecognizer", "CaSinRecognizer"),
    *("AuTfnRecognizer", "AuMedicareRecognizer", "UsMbiRecognizer"),
)

CHECKS = (
    Check(
        classes=("EmailRecognizer",),
        entity=Entity.EMAIL,
        gate=re.compile(r"[^@\s]{1,80}@[^@\s]{3,79}"),
        score=0.97,
    ),
    Check(
        classes=("IpRecognizer",),
        entity=Entity.IP_ADDRESS,
        gate=re.compile(r"\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?|(?=[^:]*:[^:]*:)[0-9a-fA-F:]{6,45}(?:/\d{1,3})?"),
        score=0.85,
    ),
    Check(
        classes=("MacAddressRecognizer",),
        entity="device",
        gate=re.compile(r"[0-9a-fA-F]{2}(?:[:-]?[0-9a-fA-F]{2}){5}"),
        score=0.8,
    ),
    Check(
        classes=("CreditCardRecognizer",),
        entity=Entity.CREDIT_CARD,
        gate=re.compile(r"\d[\d -]{11,21}\d"),
        score=0.95,
    ),
    Check(
        classes=("IbanRecognizer",),
        entity=Entity.BANK_ACCOUNT,
        gate=re.compile(r"[A-Za-z]{2}\d{2}[A-Za-z0-9 -]{10,40}"),
        score=0.97,
    ),
    Check(
        classes=("PhoneRecognizer",),
        entity=Entity.PHONE,
        gate=re.compile(
            r"(?=(?:\D*\d){7,15}\D*\Z)(?!\d{4}-\d\d-\d\d)"
            r"(?:\+[\d ()./-]{7,24}|[\d(][\d()]*[ ()./-][\d ()./x-]{5,24})"
        ),
        score=0.8,
        most=ENOUGH_TO_TELL,
    ),
    Check(
        classes=_NATIONAL,
        entity=Entity.NATIONAL_NUMBER,
        gate=re.compile(r"(?=(?:\D*\d){5,14}\D*\Z)[A-Za-z0-9][A-Za-z0-9 /+-]{6,18}[A-Za-z0-9]"),
        score=0.85,
        most=ENOUGH_TO_TELL,
    ),
)
"""Phones and national numbers of digits alone are left to names: any key looks like one."""

_URL = re.compile(r"(?:https?://|www\.)\S{4,150}", re.IGNORECASE)
_STREET = re.compile(
    r"\b(?:street|st|avenue|ave|av|road|rd|drive|dr|lane|ln|boulevard|blvd|court|ct|way|plaza|parkway|pkwy|square|"
    r"stra(?:ss|ß)e|str|weg|platz|allee|gasse|rue|chemin|calle|carrer|paseo|avenida|via|viale|piazza|laan|straat|"
    r"plein|rua|travessa|largo)\b|(?:stra(?:ss|ß)e|str\.|weg|platz|allee|gasse|straat|laan)(?=\s|,|$)",
    re.IGNORECASE,
)
_IN_TEXT = (
    (Entity.EMAIL, re.compile(r"@"), ("EmailRecognizer",)),
    (Entity.CREDIT_CARD, re.compile(r"\b\d(?:[ -]?\d){12,18}\b"), ("CreditCardRecognizer",)),
    (Entity.BANK_ACCOUNT, re.compile(r"\b[A-Z]{2}\d{2}[ -]?[A-Z0-9]{4}[ -]?[A-Z0-9]{4}"), ("IbanRecognizer",)),
    (Entity.PHONE, re.compile(r"(?<!\d)\(?\+?\d[\d ()./-]{7,18}\d(?!\d)"), ("PhoneRecognizer",)),
    (Entity.NATIONAL_NUMBER, re.compile(r"\b\d{3}-\d{2}-\d{4}\b"), ("UsSsnRecognizer",)),
)


@dataclass(frozen=True)
class Values:
    """Opinions from the distinct values of text columns and of columns of long whole numbers."""

    name: str = "values"

    def recognize(self, sample: ColumnSample) -> tuple[Evidence, ...]:
        """Return opinions, best first. A value that presidio fails on counts as not matched."""
        if sample.column.kind not in {Kind.TEXT, Kind.INTEGER} or not sample.values:
            return ()
        clock = _Clock(SECONDS_PER_COLUMN)
        cells = [value.strip() for value in sample.values if len(value) <= LONGEST]
        texts = [value[:LONGEST_TEXT] for value in sample.values if len(value) > LONGEST or value.count(" ") >= 4]  # noqa: PLR2004 - five words
        found = [*self._cells(cells, len(sample.values), clock)]
        if sample.column.kind is Kind.TEXT:
            found += self._own(cells, len(sample.values))
            found += self._texts(texts[:ENOUGH], clock)
        if clock.over:
            found.append(self._say(UNEXAMINED, UNEXAMINED_SCORE, 0.0, "the time for this column ran out", ()))
        return tuple(sorted(found, key=lambda evidence: -evidence.score))

    def _cells(self, cells: Sequence[str], distinct: int, clock: _Clock) -> Iterator[Evidence]:
        for check in CHECKS:
            possible = [cell for cell in cells if check.gate.fullmatch(cell)]
            if not possible or len(possible) < SMALLEST_SHARE * distinct:
                continue
            clock.start()
            looked = possible[: check.most]
            matched = _matched(check, looked, clock)
            share = len(matched) / len(looked) * len(possible) / distinct
            if share >= SMALLEST_SHARE:
                yield self._say(
                    check.entity, check.score * math.sqrt(share), share, "cells pass its pattern or checksum", matched
                )

    def _own(self, cells: Sequence[str], distinct: int) -> Iterator[Evidence]:
        for entity, score, holds in (
            (Entity.URL, 0.5, lambda cell: _URL.fullmatch(cell) is not None),
            (Entity.STREET, 0.85, _looks_like_street),
        ):
            matched = [cell for cell in cells[:ENOUGH] if holds(cell)]
            share = len(matched) / min(distinct, ENOUGH)
            if share >= SMALLEST_SHARE:
                yield self._say(entity, score * math.sqrt(share), share, "cells are written like one", matched)

    def _texts(self, texts: Sequence[str], clock: _Clock) -> Iterator[Evidence]:
        for entity, trigger, classes in _IN_TEXT:
            possible = [text for text in texts if trigger.search(text)]
            looked = possible[:ENOUGH_TEXTS]
            if looked:
                clock.start()
            matched = [text for text in looked if not clock.over and _occurs(text, trigger, classes)]
            share = len(matched) / len(looked) * len(possible) / len(texts) if looked else 0.0
            if share >= SMALLEST_SHARE_IN_TEXT and len(matched) > 1:
                reason = f"texts hold values of the kind {entity.replace('_', ' ')}"
                yield self._say(Entity.FREE_TEXT, IN_TEXT_SCORE, share, reason, ())

    def _say(self, entity: str, score: float, share: float, reason: str, matched: Sequence[str]) -> Evidence:
        return Evidence(
            recognizer=self.name,
            entity=str(entity),
            score=min(1.0, score),
            share=min(1.0, share),
            reason=reason,
            shapes=common_shapes(matched),
        )


class _Clock:
    """CPU time left for a column, from the first question on; loading the library does not count."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end: float | None = None

    @property
    def over(self) -> bool:
        if self._end is None:
            return False
        return time.thread_time() > self._end

    def start(self) -> None:
        """Load the library and start, if that has not happened."""
        if self._end is None:
            _analyzers()
            self._end = time.thread_time() + self._seconds


def _looks_like_street(cell: str) -> bool:
    return any(map(str.isdigit, cell)) and _STREET.search(cell) is not None


def _matched(check: Check, cells: Sequence[str], clock: _Clock) -> list[str]:
    """Return the cells that one recognizer of ``check`` takes for what it finds: the one that matches most."""
    best: list[str] = []
    for class_name in check.classes:
        matched: list[str] = []
        for at, cell in enumerate(cells):
            if clock.over or (at == _PROBE and len(matched) < SMALLEST_SHARE * _PROBE):
                break
            if any(end - start >= WHOLE * len(cell) for start, end in _spans(class_name, cell)):
                matched.append(cell)
        if len(matched) > len(best):
            best = matched
    return best


def _occurs(text: str, trigger: re.Pattern[str], classes: Sequence[str]) -> bool:
    for at, hit in enumerate(trigger.finditer(text)):
        if at == MOST_WINDOWS:
            break
        window = text[max(0, hit.start() - LONGEST // 2) : hit.start() + LONGEST // 2]
        if any(_spans(class_name, window) for class_name in classes):
            return True
    return False


def _spans(class_name: str, text: str) -> list[tuple[int, int]]:
    try:
        results = _analyzers()[class_name](text)
    except Exception:  # noqa: BLE001 - a library's failure on a hostile value must neither stop the scan nor quote it
        return []
    return [(result.start, result.end) for result in results if result.score >= _WEAK_PATTERN]


@lru_cache(maxsize=1)
def _analyzers() -> dict[str, Callable[[str], list[Any]]]:
    """Build presidio's engine without a model, and return one callable per recognizer.

    The recognizers are called one by one: the engine's own ``analyze`` copies and merges results of all of them and is
    ten times slower.
    """
    with _unseen("torch"):  # spaCy, which presidio imports, would load it on sight; no model is run here
        import presidio_analyzer as presidio  # noqa: PLC0415 - seconds and hundreds of megabytes; only when needed
        import tldextract  # noqa: PLC0415 - comes with it
        from presidio_analyzer import pattern_recognizer, predefined_recognizers  # noqa: PLC0415 - the same
        from presidio_analyzer.nlp_engine import NoOpNlpEngine  # noqa: PLC0415 - the same

    vars(pattern_recognizer)["REGEX_TIMEOUT_SECONDS"] = SECONDS_PER_PATTERN  # a constant without a setter
    bundled = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, fallback_to_snapshot=True)

    class OfflineEmails(predefined_recognizers.EmailRecognizer):
        """presidio's e-mail pattern, with the suffix list that ships with tldextract instead of a download."""

        def validate_result(self, pattern_text: str) -> bool:
            return bool(bundled(pattern_text).fqdn)

    names = {name for check in CHECKS for name in check.classes}
    made = {name: getattr(predefined_recognizers, name)() for name in names if name != "EmailRecognizer"}
    made["EmailRecognizer"] = OfflineEmails()
    for recognizer in made.values():
        recognizer.supported_language = "en"
    engine = presidio.AnalyzerEngine(
        registry=presidio.RecognizerRegistry(list(made.values())),
        nlp_engine=NoOpNlpEngine([{"lang_code": "en", "model_name": "none"}]),
    )
    artifacts = engine.nlp_engine.process_text("", "en")
    return {name: partial(_run, recognizer, artifacts) for name, recognizer in made.items()}


@contextmanager
def _unseen(module: str) -> Iterator[None]:
    """Let imports inside find no ``module``, unless it is loaded already."""
    if module in sys.modules:
        yield
        return
    # how Python marks what may not be imported
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]


def _run(recognizer: Any, artifacts: Any, text: str) -> list[Any]:  # noqa: ANN401 - presidio's own types
    return recognizer.analyze(text, recognizer.supported_entities, artifacts) or []


plugin = Values
