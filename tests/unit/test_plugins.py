"""Plugins are found by name, one file each, and nobody takes another's name."""

from importlib.metadata import EntryPoint

import pytest

from gateway import plugins
from gateway.vocabulary.errors import ConfigurationError

ATTACKS = "gateway.raw.judge.attacks"


def installed(monkeypatch: pytest.MonkeyPatch, *entries: EntryPoint) -> None:
    monkeypatch.setattr(plugins, "installed", lambda group: tuple(e for e in entries if e.group == group))


def test_every_file_of_a_plural_folder_is_a_plugin() -> None:
    assert plugins.names(ATTACKS) == (
        "copied_runs",
        "inference",
        "linkability",
        "membership",
        "near_copies",
        "rare_combinations",
        "reconstruction",
        "shadow",
        "singling_out",
        "verbatim",
        "whole_history",
    )


def test_another_distribution_adds_one(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, EntryPoint("guesswork", "collections:OrderedDict", "gateway.attacks"))
    assert "guesswork" in plugins.names(ATTACKS)
    assert plugins.load(ATTACKS, "guesswork").__name__ == "OrderedDict"


def test_a_plugin_that_takes_the_name_of_ours_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, EntryPoint("verbatim", "collections:OrderedDict", "gateway.attacks"))
    with pytest.raises(ConfigurationError, match="verbatim"):
        plugins.load(ATTACKS, "verbatim")


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match="membership, near_copies"):
        plugins.load(ATTACKS, "guesswork")
