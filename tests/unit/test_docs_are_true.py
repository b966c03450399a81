"""What the pages say is run, parsed or compared wherever it can be."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from gateway.cli.main import app
from gateway.policy.loading import parse_policy
from gateway.policy.reference import policy_reference
from gateway.release.certificate import Certificate
from gateway.release.evidence import AuditReport, TargetReport
from gateway.release.reports import (
    AttackReport,
    Check,
    DistanceReport,
    PublicColumn,
    PublicPair,
    PublicTable,
    SeriesReport,
    ShareReport,
    StewardReport,
)

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "CHANGELOG.md"])
BY_NAME = [str(path.relative_to(ROOT)) for path in PAGES]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", BY_NAME)
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    for link in re.findall(r"\]\(([^)]+)\)", text(name)):
        path, _, anchor = link.partition("#")
        if path.startswith(("http://", "https://")):
            continue
        target = page.parent / path if path else page
        assert target.is_file(), f"{name} links to {link}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in slugs, f"{name} links to {link}"


def test_every_page_is_reached_from_the_index() -> None:
    linked = "".join(text(name) for name in ("docs/index.md", "docs/decisions/README.md"))
    assert [name for name in BY_NAME if Path(name).name not in linked
            and name not in {"docs/index.md", "CHANGELOG.md"}] == []  # fmt: skip


def commands() -> list[str]:
    found = set()
    for name in BY_NAME:
        for block in blocks(text(name), "sh"):
            found |= {line for line in block.splitlines() if line.startswith("gateway ")}
            found |= {f"gateway {rest}" for rest in re.findall(r"compose run .*?(?:worker|desk) (.*)", block)}
        found.update(re.findall(r"`(gateway [a-z][^`]*)`", text(name)))
    return sorted(found)


@pytest.mark.parametrize("line", commands())
def test_a_command_in_the_pages_exists_with_its_options(line: str) -> None:
    command: Any = typer.main.get_command(app)
    for word in shlex.split(line)[1:]:
        if hasattr(command, "commands"):
            assert word in command.commands, f"`{line}`: there is no command {word}"
            command = command.commands[word]
        elif word.startswith("--"):
            known = {option for parameter in command.params for option in parameter.opts}
            assert word in known, f"`{line}`: there is no option {word}"


def test_the_policy_in_the_quickstart_is_one() -> None:
    (policy,) = blocks(text("docs/quickstart.md"), "yaml")
    assert parse_policy(policy, name="quickstart").unit.name == "patient"


def test_the_policy_reference_is_current() -> None:
    assert text("docs/reference/policy.md") == policy_reference(), (
        "run: python -c 'from gateway.policy.reference import policy_reference; print(policy_reference(), end=\"\")' "
        "> docs/reference/policy.md"
    )


def test_every_number_of_a_release_is_called_declared_metered_or_withheld() -> None:
    page = text("docs/explanation/privacy-promise.md")
    table = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", page, re.MULTILINE)[1:]
    assert {row[2] for row in table} == {"declared", "metered", "withheld"}
    told = " ".join(row[0] for row in table)
    names = {"unit", "meaning", "source", "generator"}  # declared texts, not numbers
    fields = {*Certificate.model_fields, *AttackReport.model_fields, *StewardReport.model_fields, *Check.model_fields}
    lists = {"checks", "attacks", "name", "question", "comparison", "attack", "outcome"}
    fields |= {*AuditReport.model_fields, *TargetReport.model_fields} - {"target", "created"}
    for model in (DistanceReport, PublicColumn, PublicPair, PublicTable, SeriesReport, ShareReport):
        fields |= {*model.model_fields} - {"table", "column", "one", "other", "cells", "pairs", "periods", "distance"}
    for field in fields - names - lists - {"step"}:
        assert f"`{field}`" in told, f"the privacy promise does not say of what kind {field} is"


def test_the_glossary_is_in_order_and_has_the_words_of_the_field() -> None:
    terms = re.findall(r"^\*\*(.+?)\.\*\*", text("docs/glossary.md"), re.MULTILINE)
    assert terms == sorted(terms, key=str.casefold)
    assert len(terms) == len(set(terms))
    needed = {"Unit of protection", "Marginal", "Clique", "Sensitivity", "zCDP", "Quasi-identifier", "Control set",
              "Foreign key", "Post-processing", "Singling out"}  # fmt: skip
    assert needed <= set(terms)


def test_decisions_are_numbered_listed_and_have_every_section() -> None:
    pages = sorted((DOCS / "decisions").glob("0*.md"))
    assert [page.name[:4] for page in pages] == [f"{number:04}" for number in range(len(pages))]
    index = text("docs/decisions/README.md")
    for page in pages:
        body = page.read_text(encoding="utf-8")
        assert page.name in index
        assert re.match(rf"# {page.name[:4]}: ", body)
        for section in ("Status: ", "## Decision", "## Reasons", "## Considered instead", "## Consequences"):
            assert section in body, f"{page.name} lacks {section}"


@pytest.mark.parametrize("name", BY_NAME)
def test_paths_that_are_named_exist(name: str) -> None:
    for path in re.findall(r"`((?:gateway|tests|policies|containers|docs)/[\w./-]+)`", text(name)):
        assert (ROOT / path).exists(), f"{name} names {path}"
