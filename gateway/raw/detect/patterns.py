"""presidio-analyzer's recognizers of patterns and checksums, one by one, without its engine, spaCy or a connection.

presidio's package imports every recognizer and spaCy with them: two seconds and 200 MB for recognizers that hold a
regular expression and a checksum. Here the modules asked for are imported into a package that holds nothing else. They
are private copies: they leave ``sys.modules`` at once, so who imports presidio after us gets all of it. Its pattern
recognizers never look at what a language model says, so no engine is built, not even the one that does nothing.

Not checked: that presidio's patterns are right; what they find is weighed by share and by chance elsewhere.
"""

from __future__ import annotations

import importlib
import logging
import sys
import threading
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from gateway.vocabulary.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS_PER_PATTERN = 0.25
"""The longest that one pattern may look at one value; what then ran out counts as not matched."""
WEAK = 0.3
"""presidio's own score under which its pattern is any nine digits or the like."""
_ROOT = "presidio_analyzer"
_BASES = ("analysis_explanation", "recognizer_result", "score_thresholds", "entity_recognizer", "local_recognizer")
_FOLDERS = {"generic": "generic"} | {
    country: f"country_specific.{folder}"
    for country, folder in (
        *(
            ("AU", "australia"),
            ("CA", "canada"),
            ("FI", "finland"),
            ("DE", "germany"),
            ("IN", "india"),
            ("IT", "italy"),
        ),
        *(("KR", "korea"), ("NG", "nigeria"), ("PH", "philippines"), ("PL", "poland"), ("SG", "singapore")),
        *(("ZA", "south_africa"), ("ES", "spain"), ("SE", "sweden"), ("TH", "thai"), ("TR", "turkey"), ("GB", "uk")),
        ("US", "us"),
    )
}
"""Country to the folder of presidio that holds its recognizers."""

logging.getLogger("presidio-analyzer").addHandler(logging.NullHandler())


def spans(recognizer: str, text: str) -> list[tuple[int, int]]:
    """Return where ``recognizer`` finds something in ``text``: start and end of each hit.

    ``recognizer`` is written ``folder.module.Class``, with a country's code for its folder:
    ``DE.de_social_security_recognizer.DeSocialSecurityRecognizer``. A value on which the library fails or runs out of
    time has no hits: neither may stop the scan or be quoted. ``ConfigurationError`` when the recognizer is not there.
    """
    loaded = _load(recognizer)
    try:
        results = loaded.analyze(text, loaded.supported_entities, None) or []
    except Exception:  # noqa: BLE001 - a library's failure on a hostile value must neither stop the scan nor quote it
        return []
    return [(result.start, result.end) for result in results if result.score >= WEAK]


@cache
def _load(recognizer: str) -> Any:  # noqa: ANN401 - presidio's own type
    folder, module, name = recognizer.split(".")
    path = f"{_ROOT}.predefined_recognizers.{_FOLDERS[folder]}.{module}"
    try:
        with _private():
            return getattr(importlib.import_module(path), name)()
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(
            f"presidio-analyzer has no {name} where version 2.2 keeps it ({type(error).__name__}); install the version "
            "that constraints.txt names"
        ) from None


@contextmanager
def _private() -> Iterator[None]:
    """Let imports inside find a presidio that holds only its bases; put back what was there."""
    with _LOCK:
        before = _taken_out()
        sys.modules.update(_COPIES)
        try:
            if not _COPIES:
                _make_bases()
            yield
        finally:
            _COPIES.update(_taken_out())
            sys.modules.update(before)


_LOCK = threading.RLock()
_COPIES: dict[str, ModuleType] = {}
"""What was imported, so that each module runs once."""


def _taken_out() -> dict[str, ModuleType]:
    """Take presidio's modules out of ``sys.modules`` and return them."""
    return {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".", 1)[0] == _ROOT}


def _make_bases() -> None:
    spec = find_spec(_ROOT)
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(_ROOT)
    home = Path(next(iter(spec.submodule_search_locations)))
    shells = [_ROOT, f"{_ROOT}.predefined_recognizers", f"{_ROOT}.predefined_recognizers.country_specific"]
    shells += [f"{_ROOT}.predefined_recognizers.{folder}" for folder in _FOLDERS.values()]
    made = {name: _shell(name, home) for name in shells}
    made[f"{_ROOT}.nlp_engine"] = ModuleType(f"{_ROOT}.nlp_engine")
    vars(made[f"{_ROOT}.nlp_engine"])["NlpArtifacts"] = object  # named in annotations, never made
    root = made[_ROOT]
    sys.modules.update(made)
    for base in (*_BASES, "pattern", "pattern_recognizer"):
        module = importlib.import_module(f"{_ROOT}.{base}")
        for name, value in vars(module).items():
            if getattr(value, "__module__", None) == module.__name__:
                setattr(root, name, value)
    vars(sys.modules[f"{_ROOT}.pattern_recognizer"])["REGEX_TIMEOUT_SECONDS"] = SECONDS_PER_PATTERN  # no setter


def _shell(name: str, home: Path) -> ModuleType:
    """Return an empty package whose modules can be imported one by one."""
    package = ModuleType(name)
    package.__path__ = [str(home.joinpath(*name.split(".")[1:]))]
    return package
