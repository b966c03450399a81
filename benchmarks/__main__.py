"""Run every benchmark in this folder, one after the other, or some: ``python -m benchmarks [NAME ... [OPTION ...]]``.

Without a name, a benchmark that takes options is given its ``OPTIONS_FOR_ALL``. Modules without ``main`` serve others.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path


def main(arguments: list[str]) -> None:
    """Run the benchmarks that ``arguments`` name, with the options that follow the names, or all."""
    options = next((arguments[at:] for at, each in enumerate(arguments) if each.startswith("-")), [])
    names = arguments[: len(arguments) - len(options)]
    for name in names:
        _run(name, options)
    if not names:
        for name in sorted(m.name for m in pkgutil.iter_modules([str(Path(__file__).parent)]) if m.name[0] != "_"):
            _run(name, None)


def _run(name: str, options: list[str] | None) -> None:
    module = importlib.import_module(f"benchmarks.{name}")
    if not hasattr(module, "main"):
        return
    if options is None:
        options = list(getattr(module, "OPTIONS_FOR_ALL", ()))
    print(f"\n== {name}", flush=True)
    _ = module.main(options) if options else module.main()


if __name__ == "__main__":
    main(sys.argv[1:])
