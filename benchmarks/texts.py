"""How well free text is read, with the optional model and without: ``python -m benchmarks texts [--mistakes]``.

Needs the shared data folder, which does not ship with the project: 1,500 English texts of presidio-research with 17
types of spans. The patterns were written looking at the texts of half of its templates (even numbers); the other half
(odd numbers) is what is reported. It is no clean hold-out: its counts of mistakes by kind were used once, its score was
watched, and some snippets of it were seen. Presidio's own figures are those that its authors publish for the whole set.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.raw.detect import ner, prose
from gateway.raw.detect.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Sequence

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
PUBLISHED = (
    "published: presidio with spaCy P .685 R .603 F .618, tuned with a transformer F .845 (all types);",
    "on 400 of the texts, typed: presidio's patterns F .21, with spaCy sm .48, Rampart with patterns .775",
)
TYPES = {
    "full_name": "PERSON",
    "address": "STREET_ADDRESS",
    "place": "GPE",
    "company": "ORGANIZATION",
    "credit_card": "CREDIT_CARD",
    "event_date": "DATE_TIME",
    "birth_date": "DATE_TIME",
    "person_title": "TITLE",
    "phone": "PHONE_NUMBER",
    "age": "AGE",
    "nationality": "NRP",
    "email": "EMAIL_ADDRESS",
    "post_code": "ZIP_CODE",
    "url": "DOMAIN_NAME",
    "bank_account": "IBAN_CODE",
    "national_number": "US_SSN",
    "ip_address": "IP_ADDRESS",
    "document_number": "US_DRIVER_LICENSE",
}
"""Our names for what the data's types mean; other finds of ours (a device) count as wrong."""
LEAST_OVERLAP = 0.5
"""Intersection over union from which two spans of one type are the same thing."""
SECONDS = 240.0


@dataclass(frozen=True)
class Span:
    """A typed stretch of a text."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class Text:
    """One text with its true spans."""

    text: str
    spans: list[Span]
    template: int


def load(path: Path) -> list[Text]:
    """Read the texts."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [
        Text(row["text"], [Span(s["start"], s["end"], s["type"]) for s in row["spans"]], row["template_id"])
        for row in rows
    ]


def found_in(texts: Sequence[Text], *, model: bool) -> tuple[list[list[Span]], float]:
    """Return the spans found in each text, and the CPU seconds that took."""
    prose.read("Warm up, Ann Miller of 12 High Street, +1 212 555 1234.")
    if model:
        ner.marks(["Warm up"], clock=Clock(SECONDS))
    started = time.process_time()
    marks = ner.marks([text.text for text in texts], clock=Clock(SECONDS)) if model else [[] for _ in texts]
    found = [
        [Span(each.start, each.end, TYPES.get(each.entity, each.entity)) for each in prose.read(text.text, there or ())]
        for text, there in zip(texts, marks, strict=True)
    ]
    return found, time.process_time() - started


def merged(text: str, spans: Sequence[Span]) -> list[Span]:
    """Join neighbours of one type with nothing but blanks and marks between them, as the data's authors do."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda each: (each.start, each.end)):
        last = joined[-1] if joined else None
        if last and last.kind == span.kind and not any(map(str.isalnum, text[last.end : span.start])):
            joined[-1] = Span(last.start, max(last.end, span.end), span.kind)
        else:
            joined.append(span)
    return joined


def score(
    texts: Sequence[Text], found: Sequence[Sequence[Span]], *, least: float = LEAST_OVERLAP
) -> dict[str, tuple[int, int, int]]:
    """Return for each type how many spans were right, found and there; ``all`` has their sums."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for text, ours in zip(texts, found, strict=True):
        true, said = merged(text.text, text.spans), merged(text.text, ours)
        free = list(said)
        for span in true:
            counts[span.kind]["there"] += 1
            hit = next((other for other in free if other.kind == span.kind and _overlap(span, other) >= least), None)
            if hit:
                free.remove(hit)
                counts[span.kind]["right"] += 1
        for span in said:
            counts[span.kind]["found"] += 1
    sums = {kind: (count["right"], count["found"], count["there"]) for kind, count in counts.items()}
    right, said_count, there = (sum(column) for column in zip(*sums.values(), strict=True))
    return {**sums, "all": (right, said_count, there)}


def f1(counts: tuple[int, int, int]) -> tuple[float, float, float]:
    """Return precision, recall and their harmonic mean."""
    right, found, there = counts
    precision, recall = right / max(1, found), right / max(1, there)
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def _overlap(one: Span, other: Span) -> float:
    shared = min(one.end, other.end) - max(one.start, other.start)
    return max(0, shared) / (max(one.end, other.end) - min(one.start, other.start))


def _print(title: str, texts: Sequence[Text], *, model: bool) -> None:
    found, seconds = found_in(texts, model=model)
    print(f"\n{title}: {len(texts)} texts, {len(texts) / seconds:,.0f} texts per CPU-second")
    counts = score(texts, found)
    for kind, each in sorted(counts.items(), key=lambda item: -item[1][2]):
        precision, recall, both = f1(each)
        print(f"  {kind:20s} there {each[2]:5d} found {each[1]:5d}  P {precision:.3f}  R {recall:.3f}  F1 {both:.3f}")
    for name, least in (("touching", 1e-9), ("nearly exact (IoU .9)", 0.9)):
        precision, recall, both = f1(score(texts, found, least=least)["all"])
        print(f"  all, {name}: P {precision:.3f}  R {recall:.3f}  F1 {both:.3f}")
    if "--mistakes" in sys.argv:
        _print_mistakes(texts, found)


def _print_mistakes(texts: Sequence[Text], found: Sequence[Sequence[Span]]) -> None:
    for text, ours in zip(texts, found, strict=True):
        true, said = merged(text.text, text.spans), merged(text.text, ours)
        for kind, some, others in (("missed", true, said), ("wrong", said, true)):
            for span in some:
                if not any(o.kind == span.kind and _overlap(span, o) >= LEAST_OVERLAP for o in others):
                    before, after = text.text[max(0, span.start - 30) : span.start], text.text[span.end : span.end + 20]
                    print(f"{kind} {span.kind}: {before!r} << {text.text[span.start : span.end]!r} >> {after!r}")


def main() -> None:
    """Print the figures of the half that was not looked at; ``--looked-at`` for the other."""
    path = SHARED_DATA / "presidio_text" / "synth_dataset_v2.jsonl.gz"
    if not path.is_file():
        print("benchmarks.texts: the shared data folder is absent, so nothing was measured", file=sys.stderr)
        raise SystemExit(1)
    looked_at = "--looked-at" in sys.argv
    texts = [text for text in load(path) if text.template % 2 == (0 if looked_at else 1)]
    print(f"typed spans of {'looked-at' if looked_at else 'held-out'} templates; the same is IoU of at least .5")
    print("\n".join(PUBLISHED))
    _print("patterns and lists alone", texts, model=False)
    if ner.available():
        _print("with the model", texts, model=True)
    else:
        print("\nthe model is not installed, so it was not measured")


if __name__ == "__main__":
    main()
