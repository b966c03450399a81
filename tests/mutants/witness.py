"""A plugin for pytest that runs beside a killer: which package was tested, and how each test ended, as JSON lines."""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

import gateway

# one example that fails is enough: the smallest one is not looked for
hypothesis.settings.register_profile(
    "mutants", deadline=None, max_examples=25, derandomize=True, database=None,
    phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
)  # fmt: skip

TOLD = "GATEWAY_MUTANT_TOLD"
"""Variable with the path of the file that the lines go to."""


def pytest_configure() -> None:
    _tell({"gateway": str(gateway.__file__)})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    report = yield
    errors = list(_leaves(call.excinfo.value)) if call.excinfo is not None else []
    _tell({
        "test": item.nodeid, "when": report.when, "outcome": report.outcome,
        "errors": [type(error).__name__ for error in errors],
        "timed_out": any("Timeout" in str(error)[:20] for error in errors),
    })  # fmt: skip
    return report


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _leaves(each)
    else:
        yield error


def _tell(line: dict[str, Any]) -> None:
    with Path(os.environ[TOLD]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
