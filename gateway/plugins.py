"""Find plugins by the name a policy or URL gives; import only what is named.

A plugin is one file in a plural folder (``gateway/raw/judge/attacks/verbatim.py``) that holds one ``plugin``: the class
or object the contract asks for. Another distribution adds one under the entry-point group ``gateway.<folder>``.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from gateway.vocabulary.errors import ConfigurationError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


def names(package: str) -> tuple[str, ...]:
    """Return the names of the plugins of ``package`` (``gateway.raw.judge.attacks``), sorted, importing none.

    ``ConfigurationError`` when two of them share a name: nobody replaces one of ours unseen.
    """
    folder = importlib.import_module(package)
    own = [module.name for module in pkgutil.iter_modules(folder.__path__) if not module.name.startswith("_")]
    found = own + [entry.name for entry in installed(_group(package))]
    if twice := sorted({name for name in found if found.count(name) > 1}):
        raise ConfigurationError(
            f"two {_group(package)} plugins are called {', '.join(twice)}; uninstall the package that brings the second"
        )
    return tuple(sorted(found))


def load(package: str, name: str) -> Any:  # noqa: ANN401 - what a plugin is, its contract says
    """Return the plugin called ``name``; ``ConfigurationError`` lists the known ones when there is none."""
    if name not in names(package):
        raise ConfigurationError(f"no {_group(package)} plugin is called {name!r}; known: {', '.join(names(package))}")
    for entry in installed(_group(package)):
        if entry.name == name:
            return entry.load()
    return importlib.import_module(f"{package}.{name}").plugin


def installed(group: str) -> tuple[EntryPoint, ...]:
    """Return the entry points of ``group`` of all distributions on the path."""
    return _read(group, tuple(sys.path))


@cache
def _read(group: str, _path: tuple[str, ...]) -> tuple[EntryPoint, ...]:
    # reading opens a file of each distribution: a run that did so for every plugin it names would spend a second on it
    return tuple(entry_points(group=group))


def _group(package: str) -> str:
    return f"gateway.{package.rsplit('.', 1)[-1]}"
