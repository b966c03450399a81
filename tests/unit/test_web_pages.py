"""The pages of a release: one file that asks for nothing; every figure has its two texts, and no name is markup."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
import subprocess
import sys
from typing import Any

import pytest

from gateway.release.bundle import report_json
from gateway.release.candidate import ReleaseCandidate
from gateway.release.evidence import WORDS, AuditReport, Fault
from gateway.release.figures import Count, Interval, Rate
from gateway.release.reports import (
    AttackReport,
    DistanceReport,
    PublicColumn,
    PublicPair,
    PublicReport,
    ShareReport,
    StewardReport,
)
from gateway.vocabulary.names import ReleaseId
from gateway.web import guarantee, pictures, public, steward, wording
from gateway.web.layout import percent
from tests.made_up_releases import candidate, interval, steward_report
from tests.reading_pages import Read

RELEASE = ReleaseId("ab" * 32)
HOSTILE = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</style><script>alert(2)</script>", "a'b\"c",
    "\u202egnp.exe", "x" * 3_000, "a\nb\tc", "javascript:alert(1)", "&lt;b&gt;", "{{7*7}}", "<!--", "]]>", " ",
    "</title></svg><script>alert(3)</script>", "datum.share", "url(#x)",
]  # fmt: skip
TAME = [f"n{n}" for n in range(len(HOSTILE))]
STANDING = steward.Standing(
    release=RELEASE, state="pending", requester="rita", expires="2027-02-01", votes="0 cast, 1 needed",
    epsilon_left=1.5, epsilon_allowed=8.0, history=(("2026-11-22 15:00", "rita", "handed over"),),
)  # fmt: skip


def steward_page(made: ReleaseCandidate, **standing: Any) -> str:
    return steward.page(made, dataclasses.replace(STANDING, **standing))


def public_page(made: ReleaseCandidate) -> str:
    assert made.public is not None
    return public.page(
        made.public, release=RELEASE, created=made.created, policy=made.policy, certificate=made.certificate
    )


PAGES = {"steward": steward_page, "public": public_page}


@pytest.fixture(scope="module", params=list(PAGES))
def page(request: pytest.FixtureRequest) -> str:
    return PAGES[request.param](candidate(["patients", "visits"], ["sex", "age", "ward"]))


def test_a_page_asks_for_nothing_and_allows_only_its_own_style(page: str) -> None:
    read = Read(page)
    security = next(a for a in read.all("meta") if a.get("http-equiv") == "Content-Security-Policy")["content"]
    (style,) = read.texts("style")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert security == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    for tag, attributes in read.elements:
        assert tag not in {
            "script",
            "link",
            "img",
            "iframe",
            "object",
            "embed",
            "base",
            "image",
            "use",
            "form",
            "a:href",
        }
        assert not {"src", "srcset", "action", "style", "background", "ping", "xlink:href"} & attributes.keys()
        assert not [name for name in attributes if name.startswith("on")]
        assert (attributes.get("href") or "#").startswith("#"), attributes
    assert not re.search(r"url\(|@import|https?:|xlink|xmlns", page)


def test_every_figure_has_what_it_means_and_what_it_does_not_show(page: str) -> None:
    read = Read(page)
    figures = [a for tag, a in read.elements if tag == "div" and a.get("class") == "figure"]
    means, not_shown = read.texts("means"), read.texts("not-shown")
    assert len(figures) == len(means) == len(not_shown) >= 8
    assert all(len(text.split()) > 1 for text in (*means, *not_shown))
    for place, _ in read.inside:
        if "svg" in place or "table" in place:
            assert "figure" in place, "a chart or a table outside of every figure"


def test_a_page_can_be_read_without_seeing_it(page: str) -> None:
    read = Read(page)
    assert read.all("html") == [{"lang": "en"}]
    assert len(read.all("h1")) == 1
    assert len(read.all("table")) == len(read.all("caption"))
    for svg in read.all("svg"):
        assert svg["role"] == "img"
        assert svg["aria-label"]
    assert sum("desc" in place for place, _ in read.inside) == len(read.all("svg")) > 3
    ids = [a["id"] for _, a in read.elements if a.get("id")]
    assert len(ids) == len(set(ids))
    assert {(a.get("href") or "")[1:] for a in read.all("a")} <= set(ids)
    assert {a["aria-labelledby"] for _, a in read.elements if "aria-labelledby" in a} <= set(ids)
    assert all(a.get("scope") for a in read.all("th"))


@pytest.mark.parametrize("which", list(PAGES))
def test_no_name_label_or_reason_is_ever_markup(which: str) -> None:
    def a_page(words: list[str]) -> str:
        made = candidate([f"t{words[5]}"], words[:3], labels=tuple(words), cell=words[0], text=f"because {words[1]}")
        return PAGES[which](made)

    calm, wild = Read(a_page(TAME)), Read(a_page(HOSTILE))
    assert [tag for tag, _ in wild.elements if tag not in _SHAPES] == [
        tag for tag, _ in calm.elements if tag not in _SHAPES
    ]
    assert {tag for tag, _ in wild.elements} == {tag for tag, _ in calm.elements}
    assert wild.comments == calm.comments
    assert not wild.all("script")
    text = a_page(HOSTILE)
    assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)
    assert "x" * 500 not in text
    assert "<script>alert(1)</script>" in wild.texts("bdi")


_SHAPES = {"g", "path", "line", "text"}
"""How many of these a chart has depends on how long its labels are."""


def test_the_same_release_gives_the_same_page() -> None:
    made = candidate(["patients"], ["sex", "age"])
    assert steward_page(made) == steward_page(made)
    assert public_page(made) == public_page(made)


def test_the_public_page_and_its_json_hold_nothing_of_the_stewards_report() -> None:
    """Unmistakable figures and words in every place of a steward's report are looked for in what the public sees."""
    words = steward_report(["CANARYTABLE"], ["CANARYCOLUMN", "CANARYOTHER"], labels=("CANARYLABEL",), figure=0.641,
                           text="CANARYTEXT")  # fmt: skip
    made = candidate(["patients"], ["sex", "age"], report=words)
    assert made.public is not None
    seen = public_page(made) + report_json(made.public).decode()
    shown = steward_page(made)
    for canary in ("CANARYTABLE", "CANARYCOLUMN", "CANARYOTHER", "CANARYLABEL", "CANARYTEXT", ".641", "64.1", "64 %"):
        assert canary not in seen
    for canary in ("CANARYTABLE", "CANARYCOLUMN", "CANARYLABEL", "CANARYTEXT", "0.641", "64 %"):
        assert canary in shown, "the search would not find it"
    other = dataclasses.replace(made, report=steward_report(["t"], ["a", "b"]))
    assert public_page(other) == public_page(made)


def test_the_public_page_takes_no_stewards_report() -> None:
    assert "StewardReport" not in str(public.page.__annotations__)
    assert not {StewardReport, AttackReport} & {type(value) for value in vars(public).values()}


def test_the_verdict_comes_first_and_says_what_failed() -> None:
    page = Read(steward_page(candidate(["patients"], ["sex", "age"])))
    assert page.texts("verdict")[0].startswith("2 of 3 checks did not pass · epsilon 1.50 of 8.00 left")
    assert [text for text in page.texts("a") if "could not run" in text] == ["membership: ✕ could not run"]
    calm = steward_report(["patients"], ["sex", "age"])
    passed = calm.model_copy(update={"checks": calm.checks[:1]})
    page = Read(steward_page(candidate(["patients"], ["sex", "age"], report=passed)))
    assert page.texts("verdict")[0].startswith("All 1 checks passed")
    nothing = calm.model_copy(update={"checks": ()})
    assert Read(steward_page(candidate(["patients"], ["sex"], report=nothing))).texts("verdict") == ["No check ran"]


def test_a_stewards_page_comes_in_the_order_of_deciding() -> None:
    page = steward_page(candidate(["patients"], ["sex", "age"]))
    order = ["verdict", "released", "guarantee", "columns", "use", "attacks", "not-shown", "audit", "sample", "history"]
    assert re.findall(r'<section id="([a-z-]+)"', page) == order
    assert "SYNTHETIC rows of" in page
    assert "73 %" in page, "the odds of epsilon 1"


def test_a_release_made_before_there_was_more_to_show_has_a_page() -> None:
    old = StewardReport(
        checks=tuple(
            check.model_copy(update={"means": "", "not_shown": ""})
            for check in steward_report(["patients"], ["sex"]).checks
        ),
        attacks=(
            AttackReport(attack="verbatim", targets=Count(count=9), rate=interval(0), control=interval(0),
                         baseline=interval(0), excess=interval(0)),
        ),
        distances={"one_way": Rate.of(0.1)},
    )  # fmt: skip
    read = Read(steward_page(candidate(["patients"], ["sex"], report=old, public=None), epsilon_left=None))
    assert len(read.texts("means")) == len([a for _, a in read.elements if a.get("class") == "figure"])
    assert read.texts("verdict")[0].startswith("2 of 3 checks did not pass")


def test_a_release_of_nothing_has_both_pages() -> None:
    empty = StewardReport(checks=(), attacks=(), distances={})
    made = dataclasses.replace(
        candidate(["patients"], ["sex"]), report=empty, public=PublicReport(tables=()), tables=()
    )  # fmt: skip
    assert Read(steward_page(made)).all("h1")
    assert Read(public_page(made)).all("h1")


@pytest.mark.parametrize("which", list(PAGES))
def test_many_columns_are_told_without_a_chart_of_each(which: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_COLUMNS", 8)
    columns = [f"column number {n} of a wide table" for n in range(200)]
    read = Read(PAGES[which](candidate(["wide"], columns)))
    assert len(read.all("svg")) < 16
    named = " ".join(read.texts("bdi"))
    assert all(column in named for column in columns)


@pytest.mark.parametrize("which", list(PAGES))
def test_many_tables_make_no_page_that_nobody_can_open(which: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_DRAWN", 10)
    made = candidate([f"table{n}" for n in range(60)], ["sex", "age", "ward", "day"])
    page = PAGES[which](made)
    assert page.count("<svg") < 15
    assert len(page) < 6_000_000
    assert all(f"table{n}" in page for n in range(60))


def test_the_pages_load_nothing_of_the_raw_side_and_no_chart_before_one_is_drawn() -> None:
    code = (
        "import sys, gateway.cli.main, gateway.cli.steward; assert not {'altair', 'vl_convert'} & set(sys.modules);"
    )  # fmt: skip
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    code = (
        "import sys, gateway.web.steward, gateway.web.public;"
        "sys.exit(any(m.startswith(('gateway.raw', 'altair', 'vl_convert', 'torch')) for m in sys.modules))"
    )
    environment = {"GATEWAY_SIDE": "synthetic", "PATH": "/usr/bin"}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0


def test_columns_that_tell_of_what_is_owned_are_called_in_words() -> None:
    assert wording.column("lab_results: rows") == "lab_results: how many"
    assert wording.column("case_of: there") == "case_of: whether there is one"
    assert wording.column("rows") == "rows"


def test_the_budget_is_told_by_what_it_was_spent_on_and_is_all_of_it() -> None:
    parts = guarantee.spent(candidate(["patients"], ["sex"]).certificate)
    assert parts == pytest.approx(
        {"rows that people own, and what they hang on": 0.688, "single columns": 0.312}, abs=0.001
    )
    assert list(parts.values()) == sorted(parts.values(), reverse=True)


def test_a_share_is_never_told_as_everything_unless_it_is() -> None:
    assert [percent(share) for share in (0.0, 0.0004, 0.073, 0.731, 0.9997, 1.0)] == [
        "0.0 %", "0.0 %", "7.3 %", "73 %", "99.97 %", "100 %",
    ]  # fmt: skip


def test_a_table_without_rows_and_with_noise_alone_has_a_page() -> None:
    made = candidate(["patients"], ["sex", "age"])
    (told,) = made.public.tables if made.public else ()
    nothing = DistanceReport(apart=Rate.of(1), noise=Rate.of(1), corrected=Rate.of(0))
    cell = ShareReport(label="", noisy=Interval(rate=Rate.of(0), low=Rate.of(0), high=Rate.of(1)), synthetic=Rate.of(0))
    column = PublicColumn(column="sex", cells=(cell,), distance=nothing, bounded=False)
    pair = PublicPair(one="sex", other="age", distance=nothing, correlation=None, synthetic_correlation=None)
    empty = told.model_copy(update={"rows": Count(count=0), "columns": (column,), "pairs": (pair,), "series": ()})
    page = Read(public_page(dataclasses.replace(made, public=PublicReport(tables=(empty,)))))
    assert "0 synthetic rows." in page.texts("p")
    assert page.all("svg")


@pytest.mark.parametrize("faults", [(), (Fault.NARROW, Fault.BOUND)])
def test_an_audit_is_told_with_what_contradicts_the_promise(faults: tuple[Fault, ...]) -> None:
    audit = AuditReport(
        configuration="0" * 64, code_digest="0" * 64, generator="pairwise", created="2026-11-22T12:00:00+00:00",
        games=Count(count=400), confidence=0.95, epsilon=1.0, delta=1e-6, mu=0.2, mu_at_least=0.1, epsilon_at_least=0.4,
        epsilon_recomputed=1.0, share=1.0, draws=Count(count=4000), width=1.01, width_at_most=1.1,
        differences=Count(count=0), unmetered=Count(count=0), faults=faults, targets=(),
        not_played=("public tables",), seconds=1.0,
    )  # fmt: skip
    page = Read(steward_page(candidate(["patients"], ["sex"], audit=audit)))
    told = " ".join(page.texts("bad"))
    assert ("The promise is contradicted" in told) == bool(faults)
    assert all(WORDS[fault] in told for fault in faults)
    assert "Not played: public tables" in page.texts("li")
    assert ("✓ Nothing was found that the promise forbids." in page.texts("good")) != bool(faults)
