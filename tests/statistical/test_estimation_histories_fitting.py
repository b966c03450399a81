"""Fitting histories: tables that were clipped and blurred come back, and what clipping took away is made up for."""

import numpy as np
import pytest

from gateway.estimation.histories import contexts
from gateway.estimation.histories.clipping import SCALE, clipped
from gateway.estimation.histories.fitting import fit
from gateway.estimation.histories.model import Gaps, Model, Spec
from gateway.estimation.histories.proposing import default_terms, shares
from gateway.estimation.histories.terms import Histories, MeasuredTerm, Owners, Shape, Term
from gateway.vocabulary.errors import ConfigurationError

GAPS = Gaps(
    low=np.array([0, 1, 4, 15]),
    high=np.array([0, 3, 14, 60]),
    weight=np.array([1.0, 1.0, 1.0, 1.0]),
    bin_of=np.arange(4, dtype=np.int32),
)
SPEC = Spec(shape=Shape(cells=(5, 3, 4), owner=(3,), ordered=True, kind=1), gaps=GAPS)
CLIP = 2
SIGMA = 3.0


def people(n: int, seed: int) -> Owners:
    rng = np.random.default_rng(seed)
    code = rng.integers(0, 3, n)
    rows = rng.poisson(1 + 5 * code)
    return Owners(
        unit=np.arange(n),
        codes=code[None].astype(np.int16),
        rows=rows,
        first=rng.integers(0, 100, n),
        span=np.where(rows > 1, rng.poisson(8.0 * np.maximum(rows - 1, 0)), 0),
    )


def truth(seed: int) -> Model:
    rng = np.random.default_rng(seed)
    terms = default_terms(SPEC)
    weights = tuple(rng.normal(0, 0.6, contexts.extent(term, shape=SPEC.shape)).astype(np.float32) for term in terms)
    return Model(spec=SPEC, terms=terms, weights=weights)


def table(histories: Histories, owners: Owners, term: Term, clip: int) -> np.ndarray:
    axes = contexts.extent(term, shape=SPEC.shape)
    cells = contexts.cells(histories, owners, term, shape=SPEC.shape)
    unit = np.repeat(owners.unit, np.diff(histories.starts))
    return clipped(cells, unit, size=int(np.prod(axes)), clip=clip).reshape(axes) / SCALE


def measured(histories: Histories, owners: Owners, seed: int) -> list[MeasuredTerm]:
    rng = np.random.default_rng(seed)
    found = []
    for term in default_terms(SPEC):
        counts = table(histories, owners, term, CLIP)
        noisy = counts + rng.normal(0, SIGMA, counts.shape)
        found.append(MeasuredTerm(term=term, counts=noisy, sigma=SIGMA, clip=CLIP))
    return found


def distance(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one / one.sum() - other / other.sum()).sum() / 2)


def test_tables_come_back_and_what_was_clipped_is_made_up_for() -> None:
    owners = people(3_000, 1)
    real = truth(2).sample(owners, seed=3)

    model = fit(SPEC, measured(real, owners, 4), owners, seed=5, rounds=32)

    fresh = people(3_000, 6)
    drawn = model.sample(fresh, seed=7)
    for term in default_terms(SPEC):
        # nothing is clipped here: norms never reach this
        exact = table(real, owners, term, 2**22)
        assert distance(exact, table(drawn, fresh, term, 2**22)) < 0.05
    kinds = Term(target=1)
    exact = table(real, owners, kinds, 2**22)
    naive, ours = table(real, owners, kinds, CLIP), table(drawn, fresh, kinds, 2**22)
    assert distance(exact, ours) < distance(exact, naive) / 2


def test_the_same_seed_gives_the_same_model() -> None:
    owners = people(200, 1)
    tables = measured(truth(2).sample(owners, seed=3), owners, 4)
    heard: list[tuple[str, float]] = []

    one = fit(SPEC, tables, owners, seed=5, rounds=3, progress=lambda *said: heard.append(said))
    other = fit(SPEC, tables, owners, seed=5, rounds=3)

    assert all(np.array_equal(a, b) for a, b in zip(one.weights, other.weights, strict=True))
    assert heard == [("fit", pytest.approx(share)) for share in (1 / 3, 2 / 3, 1)]


def test_histories_of_part_of_the_units_stand_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    owners = people(3_000, 1)
    real = truth(2).sample(owners, seed=3)
    tables = measured(real, owners, 4)
    for name in ("EARLY_ENOUGH", "ENOUGH"):
        monkeypatch.setattr(f"gateway.estimation.histories.fitting.{name}", int(owners.rows.sum()) // 3)

    model = fit(SPEC, tables, owners, seed=5, rounds=32)

    drawn = model.sample(owners, seed=7)
    for term in default_terms(SPEC):
        assert distance(table(real, owners, term, 2**22), table(drawn, owners, term, 2**22)) < 0.07


@pytest.mark.parametrize("rows", [0, 1])
def test_noise_alone_is_survived(rows: int) -> None:
    n = 50
    owners = Owners(
        unit=np.arange(n),
        codes=np.zeros((1, n), dtype=np.int16),
        rows=np.full(n, rows),
        first=np.zeros(n, dtype=np.int64),
        span=np.zeros(n, dtype=np.int64),
    )
    rng = np.random.default_rng(1)
    tables = [
        MeasuredTerm(term=t, counts=rng.normal(0, 1e6, contexts.extent(t, shape=SPEC.shape)), sigma=1e6, clip=1)
        for t in default_terms(SPEC)
    ]

    model = fit(SPEC, tables, owners, seed=1, rounds=6)

    assert all(np.isfinite(weights).all() for weights in model.weights)
    assert np.diff(model.sample(owners, seed=2).starts).tolist() == [rows] * n


def test_a_table_of_another_shape_is_refused() -> None:
    wrong = MeasuredTerm(term=Term(target=1), counts=np.zeros(4), sigma=1.0, clip=1)

    with pytest.raises(ConfigurationError, match="shape"):
        fit(SPEC, [wrong], people(5, 1), seed=1)


def test_a_budget_is_divided_to_the_last_bit() -> None:
    terms = default_terms(SPEC)
    parts = shares(terms, shape=SPEC.shape, clips=[4] * len(terms))

    assert sum(parts) == pytest.approx(1)
    looks = [any(c.place == "owner" for c in term.contexts) for term in terms]
    assert sum(part for part, look in zip(parts, looks, strict=True) if look) == pytest.approx(0.55)
    assert min(parts) > 0
