"""The benchmark's figures of whole databases, against those of a study that measured the same in its own way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.databases import figures, floor
from benchmarks.persons import Database, as_synthetic, cdnow, clinic, of_persons
from gateway.raw.family import Family


@pytest.fixture(scope="module")
def patients() -> Database:
    return clinic()


FLOORS = {
    "lab": {"n": 0.010, "pc": 0.022, "nc": 0.021, "cc": 0.012, "kk": 0.003, "gg": 0.007, "vv": 0.024},
    "diagnoses": {"n": 0.006, "pc": 0.031, "cc": 0.028, "kk": 0.021, "gg": 0.068},
    "purchases": {"n": 0.007, "nc": 0.019, "cc": 0.022, "kk": 0.014, "gg": 0.048, "vv": 0.091},
}
"""Distances of real persons drawn with replacement, as the study that set the figures to reach found them."""


def hold(database: Database) -> None:
    for table, found in figures(database, floor(database, 1.0, 2)).items():
        for name, expected in FLOORS[table].items():
            assert found[name] == pytest.approx(expected, rel=0.2, abs=0.004), (table, name)
        assert found["rows"] == pytest.approx(1, abs=0.05)
        assert found["p99"] == pytest.approx(1, abs=0.05)


def test_patients_drawn_with_replacement_are_as_near_as_the_study_says(patients: Database) -> None:
    hold(patients)


@pytest.mark.shared_data
def test_customers_drawn_with_replacement_are_as_near_as_the_study_says(shared_data: Path) -> None:
    hold(cdnow(shared_data / "cdnow"))


def test_persons_are_taken_with_all_they_own(patients: Database) -> None:
    def of(family: Family, person: int) -> list[list[object]]:
        return [
            rows.rows.expose().slice(rows.starts[person], rows.starts[person + 1] - rows.starts[person]).to_pylist()
            for rows in family.owned.values()
        ]

    chosen = np.array([7, 3, 3, 17_000])
    taken = of_persons(patients.family, chosen)
    assert [of(taken, place) for place in range(4)] == [of(patients.family, person) for person in chosen]
    assert as_synthetic(taken).units.num_rows == 4
