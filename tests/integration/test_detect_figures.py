"""The figures that detection promises, on hand-labelled schemas that nothing here was fitted to."""

from pathlib import Path

import pytest

from benchmarks import detection


@pytest.mark.shared_data
def test_detection_reaches_its_figures(shared_data: Path) -> None:
    folder = shared_data / "pii_bench"
    figures = detection.score(detection.bench_labels(folder), detection.scan(detection.bench_sources(folder)))
    assert figures["any role: F1"] >= 0.90
    assert figures["direct: recall"] == 1.0
    assert figures["direct: precision"] >= 0.90
    assert figures["roles right, personal columns"] >= 0.85
    assert figures["person keys: recall"] >= 0.95
