"""From a fitted model to rows: of a kind, in shares, in order, determined, in batches, and out of files again."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from safetensors.numpy import load, save

from gateway.estimation import independent, pairwise
from gateway.estimation.measurement import NoisyMarginal
from gateway.raw.generate import physical, sampling
from gateway.raw.generate.binning import bins
from gateway.raw.generate.domain import Domain, Ranges, Values, grid
from gateway.raw.generate.encoding import encode
from gateway.raw.generate.knowledge import Knowledge
from gateway.raw.generate.measurements import ColumnMeasured, TableMeasurements
from gateway.raw.generate.request import Condition, Request
from gateway.raw.generate.sampling import FittedTable, Model, largest_remainder
from gateway.vocabulary.digest import sha256
from gateway.vocabulary.errors import ArtefactFailed, ConfigurationError
from gateway.vocabulary.names import ColumnName
from gateway.vocabulary.schema import Column, Kind

ROWS = 6_000
DAY = dt.date(2020, 1, 1)
MODELS = {"pairwise": pairwise, "independent": independent}
BOTH = pytest.mark.parametrize("name", list(MODELS))


def quiet(_step: str, _share: float) -> None:
    """Hear nothing."""


def column(name: str, kind: Kind, **more: Any) -> Column:
    return Column(name=ColumnName(name), kind=kind, native=str(kind), **more)


def source() -> dict[Column, tuple[list[Any], Domain]]:
    random = np.random.default_rng(0)
    base = random.random(ROWS)
    rich = random.random(ROWS) < base**3
    begun = (base * 300).astype(int)
    ended = begun + random.integers(0, 200, ROWS)
    region = np.minimum((base * 12).astype(int), 11)
    texts = [None if random.random() < 0.05 else f"r{k}" for k in region]
    income = column("income", Kind.TEXT, nullable=False)
    age = column("age", Kind.INTEGER)
    price = column("price", Kind.DECIMAL, precision=8, scale=2, nullable=False)
    ratio = column("ratio", Kind.FLOAT, nullable=False)
    begin, end = column("begin", Kind.DATE, nullable=False), column("end", Kind.DATE)
    first = physical.declared(DAY, begin)
    return {
        income: (["high" if r else "low" for r in rich], Values(values=("high", "low"), rest=True)),
        age: ([int(20 + 60 * b + random.integers(0, 8)) for b in base], grid(0, 100, age, cells=64)),
        price: ([Decimal(int(c)).scaleb(-2) for c in base * 90_000 + random.integers(0, 9_000, ROWS)],
                grid(0, 100_000, price, cells=64)),
        ratio: ((base + random.random(ROWS)).tolist(), grid(0.0, 2.0, ratio, cells=64)),
        begin: ([DAY + dt.timedelta(days=int(k)) for k in begun], grid(first, first + 500, begin, cells=64)),
        end: ([None if k % 9 == 0 else DAY + dt.timedelta(days=int(k)) for k in ended],
              grid(first, first + 500, end, cells=64)),
        column("region", Kind.TEXT): (texts, Values(values=tuple(f"r{k}" for k in range(12)), rest=True)),
        column("country", Kind.TEXT): (
            [None if t is None else "north" if int(t[1:]) < 7 else "south" for t in texts],
            Values(values=("north", "south"), rest=True)),
    }  # fmt: skip


@cache
def measured() -> TableMeasurements:
    columns, codes = [], []
    for each, (values, domain) in source().items():
        cells = encode(pa.chunked_array([pa.array(values, each.arrow_type)]), each, domain)
        counts = np.bincount(cells, minlength=domain.cells).astype(np.int64)
        columns.append(ColumnMeasured(column=each, domain=domain, counts=counts, sigma=np.full(domain.cells, 2.0)))
        codes.append(cells)
    to = [bins(c.counts, c.sigma, total=ROWS, domain=c.domain, nullable=c.column.nullable) for c in columns]
    pairs = []
    for a in range(len(columns)):
        for b in range(a + 1, len(columns)):
            table = np.zeros((to[a].count, to[b].count), dtype=np.int64)
            np.add.at(table, (to[a].bin_of[codes[a]], to[b].bin_of[codes[b]]), 1)
            pairs.append(NoisyMarginal(columns=(a, b), counts=table, sigma=2.0))
    return TableMeasurements(
        generator="pairwise", events=(), total=float(ROWS), columns=tuple(columns), bins=tuple(to),
        pairs=tuple(pairs), notes=(),
    )  # fmt: skip


@cache
def fitted(name: str = "pairwise", *, facts: bool = False, well: bool = False) -> FittedTable:
    knowledge = Knowledge()
    if facts:
        knowledge = Knowledge(
            orders=((ColumnName("begin"), ColumnName("end")),),
            dependencies={ColumnName("country"): ColumnName("region")},
        )
    effort = {"particles": 1_000, "sweeps": 60} if name == "pairwise" and not well else {}

    def fit(*args: Any, **named: Any) -> Model:
        return MODELS[name].fit(*args, **named, **effort)

    return sampling.fit(replace(measured(), knowledge=knowledge, generator=name), fit, progress=quiet)


def where(**conditions: Condition) -> Request:
    return Request(where={ColumnName(name): condition for name, condition in conditions.items()})


def shares(name: str, classes: dict[Any, float], **conditions: Condition) -> Request:
    return Request(where=where(**conditions).where, shares=(ColumnName(name), classes))


@BOTH
def test_rows_look_like_the_source(name: str) -> None:
    made = fitted(name).sample(ROWS, seed=1)
    made.validate(full=True)
    for each, (values, _) in source().items():
        real = pa.array(values, each.arrow_type)
        assert abs(made[each.name].null_count - real.null_count) < 150
        if each.kind is not Kind.TEXT:
            numbers = [
                np.sort(np.asarray(physical.numbers(pa.chunked_array([c]), each)[0], dtype=float))
                for c in (made[each.name].drop_null().combine_chunks(), real.drop_null())
            ]
            middles = [n[n.size // 10 :: n.size // 10][:9] for n in numbers]
            assert np.abs(middles[0] - middles[1]).max() < 0.04 * np.ptp(numbers[1])


@BOTH
@pytest.mark.parametrize(
    ("conditions", "meets"),
    [
        ({"income": Condition(values=("high",))}, lambda r: r["income"] == "high"),
        ({"age": Condition(lowest=41, highest=43)}, lambda r: r["age"] is not None and 41 <= r["age"] <= 43),
        ({"price": Condition(highest=12.34)}, lambda r: r["price"] <= Decimal("12.34")),
        ({"price": Condition(values=(99.99, 100))}, lambda r: r["price"] in {Decimal("99.99"), Decimal(100)}),
        ({"ratio": Condition(lowest=0.501, highest=0.502)}, lambda r: 0.501 <= r["ratio"] <= 0.502),
        ({"ratio": Condition(values=(0.75,))}, lambda r: r["ratio"] == 0.75),
        ({"end": Condition(values=(None,))}, lambda r: r["end"] is None),
        ({"end": Condition(values=(None, DAY))}, lambda r: r["end"] in {None, DAY}),
        ({"begin": Condition(highest="2020-01-09")}, lambda r: r["begin"] <= dt.date(2020, 1, 9)),
        ({"region": Condition(values=("r3", None))}, lambda r: r["region"] in {"r3", None}),
        (
            {"age": Condition(lowest=60), "income": Condition(values=("low",))},
            lambda r: r["age"] >= 60 and r["income"] == "low",
        ),
    ],
)
def test_rows_of_a_kind_are_all_of_that_kind(
    name: str, conditions: dict[str, Condition], meets: Callable[[dict[str, Any]], bool]
) -> None:
    made = fitted(name).sample(300, seed=4, request=where(**conditions))
    assert made.num_rows == 300
    assert all(meets(row) for row in made.to_pylist())


def test_rows_of_a_kind_are_distributed_as_such_rows_are_among_all() -> None:
    everything = fitted(well=True).sample(120_000, seed=1)
    for request, chosen in (
        (where(income=Condition(values=("high",))), pc.equal(everything["income"], "high")),
        (where(age=Condition(lowest=75, highest=77)), pc.and_(pc.greater_equal(everything["age"], 75),
                                                             pc.less_equal(everything["age"], 77))),
    ):  # fmt: skip
        rejected = everything.filter(chosen)
        made = fitted(well=True).sample(rejected.num_rows, seed=2, request=request)
        for name in ("income", "region", "country"):
            one, other = (
                {v["values"]: v["counts"] / t.num_rows for v in t[name].value_counts().to_pylist()}
                for t in (rejected, made)
            )
            assert 0.5 * sum(abs(one.get(k, 0) - other.get(k, 0)) for k in one | other) < 0.04
        for name in ("age", "price", "begin"):
            one, other = (
                np.quantile(t[name].drop_null().cast(pa.float64() if name != "begin" else pa.int32()), [0.2, 0.5, 0.8])
                for t in (rejected, made)
            )
            spread = np.ptp(np.asarray(everything[name].cast(pa.float64() if name != "begin" else pa.int32())))
            assert np.abs(one - other).max() < 0.03 * spread


@BOTH
def test_classes_have_exactly_the_shares_asked_for(name: str) -> None:
    made = fitted(name).sample(1_001, seed=3, request=shares("income", {"high": 3, "low": 1}))
    counts = {v["values"]: v["counts"] for v in made["income"].value_counts().to_pylist()}
    assert counts == {"high": 751, "low": 250}
    assert 0.6 < np.mean([v == "high" for v in made["income"].to_pylist()[:200]]) < 0.9  # shuffled
    some = shares("region", {None: 1, "r2": 1, "r11": 2}, age=Condition(lowest=30))
    again = fitted(name).sample(400, seed=3, request=some)
    found = {v["values"]: v["counts"] for v in again["region"].value_counts().to_pylist()}
    assert found == {None: 100, "r2": 100, "r11": 200}
    assert pc.min(again["age"]).as_py() >= 30


@pytest.mark.parametrize("rows", [0, 1, 7, 100])
def test_largest_remainders_sum_and_stay_within_one(rows: int) -> None:
    weights = np.array([0.1, 5.0, 2.4, 2.4])
    counts = largest_remainder(weights, rows)
    assert counts.sum() == rows
    assert (np.abs(counts - weights / weights.sum() * rows) < 1).all()


@BOTH
@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (where(nowhere=Condition(values=("x",))), "nowhere"),
        (where(age=Condition(values=("secret",))), "age is of kind integer"),
        (where(age=Condition(lowest="secret")), "age is of kind integer"),
        (where(age=Condition(lowest=DAY)), "age is of kind integer"),
        (where(age=Condition(values=(True,))), "age is of kind integer"),
        (where(income=Condition(values=(3,))), "income is of kind text"),
        (where(income=Condition(lowest="a")), "income holds text"),
        (where(income=Condition(values=("secret",))), "column income takes other values"),
        (where(income=Condition(values=(None,))), "column income takes other values"),
        (where(age=Condition(values=(30.5,))), "column age takes other values"),
        (where(age=Condition(lowest=60, highest=40)), "column age takes other values"),
        (where(age=Condition(lowest=4_000)), "column age takes other values"),
        (where(age=Condition()), "age is empty"),
        (where(age=Condition(values=())), "column age takes other values"),
        (shares("income", {}), "income have to be positive"),
        (shares("income", {"high": 1, "low": -1}), "income have to be positive"),
        (shares("income", {"high": float("nan")}), "income have to be positive"),
        (shares("income", {"high": 1, "secret": 1}), "column income takes other values"),
        (shares("income", {"high": 1}, income=Condition(values=("low",))), "`where` and in `shares`"),
    ],
)
def test_requests_that_cannot_be_met_are_refused_without_naming_a_value(
    name: str, request_: Request, says: str
) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        fitted(name).sample(10, seed=0, request=request_)
    assert not any(word in str(caught.value) for word in ("secret", "4000", "30.5", "-1", "nan", "north"))


@BOTH
@pytest.mark.parametrize("request_", [None, where(age=Condition(lowest=50)), shares("income", {"high": 1, "low": 2})])
def test_batches_are_reproducible_and_hold_all_rows(name: str, request_: Request | None) -> None:
    table = fitted(name)
    batches = list(table.batches(1_050, seed=5, size=400, request=request_))
    assert [batch.num_rows for batch in batches] == [400, 400, 250]
    made = pa.Table.from_batches(batches, schema=table.schema)
    assert made.equals(pa.Table.from_batches(list(table.batches(1_050, seed=5, size=400, request=request_))))
    assert not made.slice(0, 250).equals(made.slice(400, 250))
    if request_ is not None and request_.shares:
        assert made["income"].to_pylist().count("high") == 350
    assert list(table.batches(0, seed=5, size=400)) == []


@BOTH
def test_declared_facts_hold_in_every_row(name: str) -> None:
    facts = fitted(name, facts=True)
    for made in (
        facts.sample(20_000, seed=1),
        facts.sample(1, seed=2),
        facts.sample(500, seed=1, request=where(begin=Condition(lowest=dt.date(2020, 10, 1)))),
        facts.sample(500, seed=1, request=where(end=Condition(highest=dt.date(2020, 1, 20)))),
        facts.sample(500, seed=1, request=where(country=Condition(values=("south", None)))),
    ):
        rows = made.select(["begin", "end", "region", "country"]).to_pylist()
        assert all(row["end"] is None or row["begin"] <= row["end"] for row in rows)
        assert len({(row["region"], row["country"]) for row in rows}) == len({row["region"] for row in rows})
    assert set(made["country"].to_pylist()) <= {"south", None}
    if name == "pairwise":
        known = {(row["region"], row["country"]) for row in facts.sample(20_000, seed=1).to_pylist()}
        assert known == {(None, None)} | {(f"r{k}", "north" if k < 7 else "south") for k in range(12)}


def test_without_the_declaration_some_rows_break_the_order() -> None:
    made = fitted().sample(20_000, seed=1)
    assert pc.any(pc.greater(made["begin"], made["end"])).as_py()


def test_numbers_inside_bins_that_overlap_are_drawn_as_the_source_has_them() -> None:
    made = fitted(facts=True, well=True).sample(20_000, seed=1)
    real = {each.name: pa.array(values, each.arrow_type) for each, (values, _) in source().items()}
    gaps = [
        np.sort(np.asarray(pc.subtract(t["end"].cast(pa.int32()), t["begin"].cast(pa.int32())).drop_null()))
        for t in (made, real)
    ]
    one, other = (g[(np.array([0.1, 0.5, 0.9]) * g.size).astype(int)] for g in gaps)
    assert np.abs(one - other).max() < 12


def integers(**domains: Domain) -> list[tuple[Column, Domain]]:
    return [(column(name, Kind.INTEGER, nullable=False), domain) for name, domain in domains.items()]


def flat(columns: list[tuple[Column, Domain]], knowledge: Knowledge, rows: int = 1_000) -> FittedTable:
    """Return a model of columns that are spread evenly and measured one by one."""
    each = []
    for made, domain in columns:
        counts = np.full(domain.cells, rows // domain.cells, dtype=np.int64)
        each.append(ColumnMeasured(column=made, domain=domain, counts=counts, sigma=np.full(domain.cells, 1.0)))
    to = tuple(bins(c.counts, c.sigma, total=rows, domain=c.domain, nullable=c.column.nullable) for c in each)
    known = TableMeasurements(
        generator="pairwise", events=(), total=float(rows), columns=tuple(each), bins=to, pairs=(), notes=(),
        knowledge=knowledge,
    )  # fmt: skip
    return sampling.fit(known, lambda *a, **n: pairwise.fit(*a, **n, particles=500, sweeps=20), progress=quiet)


def names(*pairs: tuple[str, str]) -> tuple[tuple[ColumnName, ColumnName], ...]:
    return tuple((ColumnName(a), ColumnName(b)) for a, b in pairs)


def test_orders_hold_along_chains_with_holes_and_without_many_rows() -> None:
    wide = Ranges(starts=(0, 500, 990), last=1_000, rest=False)
    holes = Values(values=(1, 400, 995), rest=False)
    table = flat(integers(a=wide, b=holes, c=wide, d=wide), Knowledge(orders=names(("a", "b"), ("b", "c"), ("a", "d"))))
    for rows, seed in ((5_000, 1), *((1, seed) for seed in range(20))):
        made = table.sample(rows, seed=seed).to_pylist()
        assert all(row["a"] <= row["b"] <= row["c"] and row["a"] <= row["d"] for row in made)
        assert {row["b"] for row in made} <= {1, 400, 995}


def test_orders_between_other_units_are_exact() -> None:
    cents, tenths = (column(n, Kind.DECIMAL, precision=9, scale=s, nullable=False) for n, s in (("c", 2), ("t", 1)))
    day, moment = column("d", Kind.DATE, nullable=False), column("m", Kind.DATETIME, nullable=False)
    table = flat(
        [
            (cents, Ranges(starts=(0,), last=1_000, rest=False)),
            (tenths, Ranges(starts=(0,), last=100, rest=False)),
            (day, Ranges(starts=(0,), last=3, rest=False)),
            (moment, Ranges(starts=(0,), last=3 * 86_400_000_000, rest=False)),
        ],
        Knowledge(orders=names(("c", "t"), ("m", "d"))),
    )
    for row in table.sample(2_000, seed=0).to_pylist():
        assert row["c"] <= row["t"]
        assert row["m"] <= dt.datetime.combine(row["d"], dt.time())


@pytest.mark.parametrize(
    ("condition", "below"),
    [
        (Condition(lowest=0, highest=109), 100 / 110),
        (Condition(lowest=95, highest=199), 5 / 105),
        (Condition(values=(1, 2, 3, 150)), 3 / 4),
    ],
)
def test_a_bin_that_is_allowed_in_part_counts_in_part(condition: Condition, below: float) -> None:
    table = flat(integers(a=Ranges(starts=(0, 100), last=199, rest=False)), Knowledge(), rows=100_000)
    made = table.sample(4_000, seed=0, request=where(a=condition))
    assert np.mean(np.asarray(made["a"]) < 100) == pytest.approx(below, abs=0.02)


def test_facts_that_exclude_each_other_are_refused() -> None:
    low, high = Ranges(starts=(0, 5), last=9, rest=False), Ranges(starts=(10, 15), last=19, rest=False)
    with pytest.raises(ConfigurationError, match="exclude each other"):
        flat(integers(a=high, b=low), Knowledge(orders=names(("a", "b"))))
    with pytest.raises(ConfigurationError, match="circle"):
        flat(integers(a=low, b=low), Knowledge(dependencies=dict(names(("a", "b"), ("b", "a")))))
    with pytest.raises(ConfigurationError, match="in order"):
        flat([*integers(a=low), (column("t", Kind.TEXT), Values(values=("x",), rest=True))],
             Knowledge(orders=names(("a", "t"))))  # fmt: skip
    with pytest.raises(ConfigurationError, match="not learned"):
        flat(integers(a=low), Knowledge(orders=names(("a", "z"))))


def test_dependencies_hold_down_a_chain_and_beside_an_order() -> None:
    fine, coarse = Ranges(starts=tuple(range(40)), last=39, rest=False), Ranges(starts=(0, 20), last=39, rest=False)
    knowledge = Knowledge(orders=names(("a", "c"), ("b", "d")), dependencies=dict(names(("b", "a"), ("c", "b"))))
    table = flat(integers(a=fine, b=coarse, c=coarse, d=fine), knowledge)
    made = table.sample(3_000, seed=0).to_pylist()
    assert all(row["a"] <= row["c"] and row["b"] <= row["d"] for row in made)
    for determinant, dependent in (("a", "b"), ("b", "c")):
        assert len({(r[determinant], r[dependent]) for r in made}) == len({r[determinant] for r in made})
    wanted = made[0]["c"]
    again = table.sample(200, seed=1, request=where(c=Condition(values=(wanted,)))).to_pylist()
    assert {row["c"] for row in again} == {wanted}


@pytest.mark.parametrize("facts", [False, True])
@BOTH
def test_a_model_out_of_files_gives_the_same_rows(name: str, facts: bool, tmp_path: Path) -> None:
    before = fitted(name, facts=facts)
    before.save(tmp_path / "model")
    after = sampling.load(tmp_path / "model", generator=name, restore=MODELS[name].restore)
    for request in (None, where(age=Condition(highest=40)), shares("income", {"high": 1, "low": 1})):
        assert before.sample(700, seed=6, request=request).equals(after.sample(700, seed=6, request=request))
    after.save(tmp_path / "again")
    for file in (tmp_path / "model").iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()
    with pytest.raises(ArtefactFailed, match="another generator"):
        sampling.load(tmp_path / "model", generator="other", restore=MODELS[name].restore)
    with pytest.raises(ArtefactFailed, match="cannot be written"):
        before.save(tmp_path / "model")


@pytest.mark.parametrize("file", ["model.json", "model.safetensors", "SHA256SUMS"])
@pytest.mark.parametrize("change", ["missing", "truncated", "one bit", "empty"])
def test_damaged_files_are_noticed(file: str, change: str, tmp_path: Path) -> None:
    fitted("independent").save(tmp_path)
    data = (tmp_path / file).read_bytes()
    if change == "missing":
        (tmp_path / file).unlink()
    else:
        middle = len(data) // 2
        flipped = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        (tmp_path / file).write_bytes({"truncated": data[:middle], "one bit": flipped, "empty": b""}[change])
    with pytest.raises(ArtefactFailed):
        sampling.load(tmp_path, generator="independent", restore=independent.restore)


def _set(array: np.ndarray, value: float) -> np.ndarray:
    changed = array.copy()
    changed.flat[0] = value
    return changed


ARRAYS: list[tuple[str, Callable[[np.ndarray], np.ndarray]]] = [
    ("model.particles", lambda a: _set(a, 60_000)),
    ("model.particles", lambda a: a[:0]),
    ("model.particles", lambda a: a.astype(np.int32)),
    ("model.particles", lambda a: a[:, 1:]),
    ("model.weights", lambda a: a[:-1]),
    ("model.weights", lambda a: _set(a, np.nan)),
    ("model.weights", lambda a: _set(a, -1)),
    ("model.weights", np.zeros_like),
    ("model.bias", np.ones_like),
    ("model.bias", np.zeros_like),
    ("model.bias", lambda a: a[8:]),
    ("model.expected", lambda a: a.astype(np.float64)),
    ("model.expected", lambda a: np.concatenate([a, a])),
    ("model.support.0", lambda a: _set(a, -1)),
    ("model.support.0", lambda a: a + 1_000),
    ("model.one.0", lambda a: a[:-1]),
    ("model.one.0", np.zeros_like),
    ("column.1.bin_of", lambda a: _set(a, 1_000)),
    ("column.1.bin_of", lambda a: _set(a, -1)),
    ("column.1.low", lambda a: a[1:]),
    ("column.1.low", lambda a: a + 1),
    ("column.3.high", lambda a: _set(a, np.inf)),
    ("column.6.low", lambda a: a + 100),
    ("column.6.origin", lambda a: _set(a, -7)),
    ("column.0.null", np.ones_like),
    ("rule.0.number", lambda a: a + 50),
    ("rule.0.origin", lambda a: a - 50),
    ("rule.0.null", lambda a: a[:-1]),
]


@pytest.mark.parametrize(("name", "change"), ARRAYS, ids=[f"{k} {name}" for k, (name, _) in enumerate(ARRAYS)])
def test_hostile_arrays_never_reach_a_kernel(
    name: str, change: Callable[[np.ndarray], np.ndarray], tmp_path: Path
) -> None:
    fitted(facts=True).save(tmp_path)
    arrays = load((tmp_path / "model.safetensors").read_bytes())
    arrays[name] = np.ascontiguousarray(change(arrays[name]))
    (tmp_path / "model.safetensors").write_bytes(save(arrays))
    _sign(tmp_path)
    with pytest.raises(ArtefactFailed):
        sampling.load(tmp_path, generator="pairwise", restore=pairwise.restore)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["version"], 7),
        (["columns"], None),
        (["columns", 0, "kind"], "colour"),
        (["columns", 0, "texts"], []),
        (["columns", 2, "scale"], "two"),
        (["columns", 2, "precision"], -3),
        (["columns", 1, "bins"], 0),
        (["columns", 1, "bins"], 10**30),
        (["orders"], [[0, 99]]),
        (["orders"], [[0, 1]]),
        (["rules", 0, "determinant"], 70),
        (["rules", 0, "determinant"], -1),
        (["model", "active"], [[0, 1]]),
        (["model", "active"], [[0, 0]]),
        (["model", "tracked"], [[0, 1], [0, 1]]),
        (["model", "live"], [0, 0]),
        (["model", "live"], [0]),
        (["model", "columns"], 3),
        (["model"], []),
    ],
)
def test_hostile_descriptions_are_refused(path: list[Any], value: Any, tmp_path: Path) -> None:
    fitted(facts=True).save(tmp_path)
    manifest = json.loads((tmp_path / "model.json").read_bytes())
    place = manifest
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    (tmp_path / "model.json").write_text(json.dumps(manifest))
    _sign(tmp_path)
    with pytest.raises(ArtefactFailed):
        sampling.load(tmp_path, generator="pairwise", restore=pairwise.restore)


def _sign(folder: Path) -> None:
    (folder / "SHA256SUMS").write_text(
        "".join(f"{sha256((folder / n).read_bytes())}  {n}\n" for n in ("model.json", "model.safetensors"))
    )
