"""All mutants, by the line of the table of mistakes that others made, and that table in a page of the documentation."""

from __future__ import annotations

from typing import Final

from tests.mutants import rows_01_to_03, rows_04_to_05, rows_06_to_09, rows_10_to_14
from tests.mutants.planting import ROOT, Mutant

MUTANTS: Final[tuple[Mutant, ...]] = (
    *rows_01_to_03.MUTANTS,
    *rows_04_to_05.MUTANTS,
    *rows_06_to_09.MUTANTS,
    *rows_10_to_14.MUTANTS,
)

MISTAKES: Final = {
    1: "Categories, bounds, bins or missing values are read from the rows",
    2: "A value is kept when its count passes a threshold that no δ pays for",
    3: "How far one person can move an answer is assumed, and nothing enforces it",
    4: "What was drawn, what is recorded and what it costs are not the same",
    5: "Who is in a sample is not each person's own chance, or a noise scale follows from the sample",
    6: "Real rows choose what is measured, and how well",
    7: "Noise is seeded, shared or repeated, or its seed is kept",
    8: "Noise or sums are floating-point numbers",
    9: "The number of rows is taken to be public",
    10: "One person decides whether a run ends, or an error quotes them",
    11: "Rules and ends are mined from the rows, and kept as if they were declared",
    12: "What is stored, logged or shown on the way holds values or exact figures",
    13: "Something is measured a second time after a crash, so that noise averages out",
    14: "Real rows choose among results, or reports on them reach everybody",
}
"""The lines, in words."""

REMARKS: Final = {
    5: "Nothing here is trained on noisy gradients, so there is no batch and no scale to break. Who is held out as the "
    "control is all that is drawn by chance; that is broken below. A test fails as soon as a module imports PyTorch, "
    "JAX or TensorFlow: then this line has to be filled.",
}

PAGE: Final = ROOT / "docs" / "explanation" / "how-the-guarantee-is-tested.md"
BEGIN: Final = "<!-- written by `python -m tests.mutants`; a test compares -->\n"


def sections() -> str:
    """Return the mutants as Markdown: a heading and a table for each line."""
    parts = []
    for row, mistake in MISTAKES.items():
        lines = "".join(
            f"| {_sentence(each.mistake)} | `{each.path}` | `{each.test.partition('::')[2]}` |\n"
            for each in MUTANTS
            if each.row == row
        )
        remark = f"{REMARKS[row]}\n\n" if row in REMARKS else ""
        parts.append(f"### {row}. {mistake}\n\n{remark}| planted | in | found by |\n|---|---|---|\n{lines}")
    return "\n".join(parts)


def page() -> str:
    """Return the page as it has to be: what a person wrote, and behind it what is told here."""
    return PAGE.read_text(encoding="utf-8").partition(BEGIN)[0] + BEGIN + "\n" + sections()


def _sentence(words: str) -> str:
    return (words[0].upper() + words[1:]).replace("|", "\\|")
