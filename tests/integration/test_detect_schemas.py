"""What names, types and keys tell without a value, on public schemas that were labelled by hand."""

from typing import Any

import pytest

from benchmarks import detection
from benchmarks.schemas.declared import DEVELOPMENT, HELD_OUT, labelled_schemas
from gateway.vocabulary.roles import Role


@pytest.fixture(scope="module")
def measured() -> Any:
    return {half: measure(half) for half in (DEVELOPMENT, HELD_OUT)}


def measure(half: Any) -> Any:
    sources, labels = detection.declared_sources(half)
    findings = detection.scan(sources)
    return detection.score(labels, findings), detection.calibration(labels, findings)


def test_schemas_that_nothing_was_written_for_are_read_nearly_as_well(measured: Any) -> None:
    figures, _ = measured[HELD_OUT]
    assert figures["any role: F1"] >= 0.89
    assert figures["any role: precision"] >= 0.90
    assert figures["direct: recall"] >= 0.87
    assert figures["direct: precision"] >= 0.93
    assert figures["person keys: precision"] >= 0.90
    assert figures["person keys: recall"] >= 0.84


def test_schemas_that_were_looked_at_are_read_right(measured: Any) -> None:
    figures, _ = measured[DEVELOPMENT]
    assert figures["any role: F1"] >= 0.94
    assert figures["direct: recall"] >= 0.93
    assert figures["person keys: recall"] >= 0.94


def test_a_confident_finding_is_seldom_wrong(measured: Any) -> None:
    for figures, table in measured.values():
        assert figures["columns"] > 900
        assert all(right >= 0.88 for low, count, _, right in table if low >= 0.8 and count >= 20)


def test_both_halves_have_other_languages_and_every_role() -> None:
    for half in (DEVELOPMENT, HELD_OUT):
        chosen = [each for each in labelled_schemas() if each.half == half]
        assert len({each.language for each in chosen} - {"en"}) >= 3
        assert {role for each in chosen for role in each.roles.values()} == set(Role)


def test_left_out_words_only_take_away() -> None:
    sources, labels = detection.declared_sources(DEVELOPMENT)
    chosen = {name: sources[name] for name in ("galette", "facturascripts")}
    vocabularies = [(name, detection.vocabulary(frames)) for name, frames in chosen.items()]
    without = detection.score(
        [label for label in labels if label.source in chosen], detection.scan_leaving_out(chosen, vocabularies)
    )
    whole = detection.score([label for label in labels if label.source in chosen], detection.scan(chosen))
    assert without["any role: recall"] < whole["any role: recall"]
