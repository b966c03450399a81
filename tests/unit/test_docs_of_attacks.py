"""The page on attacks names every attack there is, with the threshold that holds where a policy says nothing."""

from __future__ import annotations

import re
from pathlib import Path

from gateway import plugins
from gateway.policy.criteria import CriteriaClause

PACKAGE = "gateway.raw.judge.attacks"
PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "attacks.md"


def test_every_attack_is_explained_with_its_threshold() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| .+? \| (.+?) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert set(rows) == set(plugins.names(PACKAGE))
    for name, told in rows.items():
        attack = plugins.load(PACKAGE, name)
        criterion = getattr(attack, "criterion", name)
        expected = f"that of `{criterion}`" if criterion != name else f"{getattr(CriteriaClause(), name):g}"
        assert told.startswith(expected), name
        assert (f"`{getattr(attack, 'asked_by', '')}`" in told) == bool(getattr(attack, "asked_by", "")), name


def test_every_attack_says_what_it_means_and_what_it_does_not_show() -> None:
    for name in plugins.names(PACKAGE):
        attack = plugins.load(PACKAGE, name)
        assert attack.question.endswith("?")
        assert attack.means.endswith(".")
        assert attack.not_shown.endswith(".")
