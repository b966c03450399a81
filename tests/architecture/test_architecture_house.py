"""The house rules that an import contract cannot hold."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import gateway

HOUSE = Path(gateway.__file__).parent
MODULES = sorted(HOUSE.rglob("*.py"))
CODE = [path for path in MODULES if "migrations" not in path.parts]
FORBIDDEN = {"utils", "util", "common", "helpers", "helper", "core", "manager", "managers", "misc", "base"}


def name(path: Path) -> str:
    return str(path.relative_to(HOUSE.parent))


def test_every_module_says_what_it_is_for() -> None:
    silent = [name(path) for path in CODE if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert silent == []


def test_every_folder_of_code_is_a_package() -> None:
    folders = {path.parent for path in CODE}
    assert [name(folder) for folder in sorted(folders) if not (folder / "__init__.py").is_file()] == []


def test_no_module_or_folder_is_called_by_a_name_that_says_nothing() -> None:
    assert [name(path) for path in MODULES if FORBIDDEN & {path.stem, *path.relative_to(HOUSE).parts[:-1]}] == []


def test_modules_stay_within_400_lines() -> None:
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in CODE}
    assert {path: lines for path, lines in lengths.items() if lines > 400} == {}


def test_functions_stay_under_60_lines_and_half_of_them_under_a_dozen() -> None:
    lengths: dict[str, int] = {}
    kernels: set[str] = set()
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                function = f"{name(path)}:{node.lineno} {node.name}"
                lengths[function] = (node.end_lineno or 0) - node.lineno + 1
                if any(isinstance(each, ast.Name) and each.id == "kernel" for each in node.decorator_list):
                    kernels.add(function)
    # a compiled kernel that hands a tuple of arrays to another inside its loop takes three times as long
    long = {f: lines for f, lines in lengths.items() if lines >= (100 if f in kernels else 60)}
    assert long == {}
    assert sorted(lengths.values())[len(lengths) // 2] < 12


@pytest.mark.parametrize("stage", ["raw/connect/sources", "raw/detect/recognizers", "raw/judge/attacks"])
def test_a_plugin_folder_holds_only_plugins_and_private_parts(stage: str) -> None:
    for path in (HOUSE / stage).glob("[!_]*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {target.id for node in tree.body if isinstance(node, ast.Assign) for target in node.targets
                 if isinstance(target, ast.Name)}  # fmt: skip
        names |= {node.target.id for node in tree.body if isinstance(node, ast.AnnAssign)
                  and isinstance(node.target, ast.Name)}  # fmt: skip
        names |= {node.name for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
        assert "plugin" in names, f"{name(path)} has no `plugin`"
