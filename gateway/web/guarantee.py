"""The guarantee in words, as odds, and where the budget went: from the certificate alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.privacy.odds import worst_posterior
from gateway.vocabulary.markup import Markup, element, joined
from gateway.web import charts, wording
from gateway.web.layout import facts, figure, folded, name, percent, table

if TYPE_CHECKING:
    from gateway.release.certificate import Certificate
    from gateway.vocabulary.markup import Child

_PRIORS = (0.01, 0.1, 0.5, 0.9)
_SORTS = (
    ("rows of ", "how many rows there are"),
    ("one-way ", "single columns"),
    ("rows by ", "single columns"),
    ("distance of ", "choosing what to measure together"),
    ("where values lie in ", "which values and ranges there are"),
    ("steps of ", "which values and ranges there are"),
    ("values of ", "which values and ranges there are"),
    ("bounds of ", "which values and ranges there are"),
    ("numbers of ", "which values and ranges there are"),
    ("remainders of ", "which values and ranges there are"),
    ("pair ", "two columns together"),
    ("table ", "two and more columns together"),
    ("halves ", "two columns together"),
    ("norms of ", "how much of one person counts"),
    ("acceptance", "the private acceptance test"),
)
"""How labels of events begin, which are words of the program, and what that is to a reader."""


def told(certificate: Certificate, *, ledger: Child = None) -> Markup:
    """Return who is protected, the odds, and the budget; ``ledger`` is a line on what is left of it."""
    return joined(
        figure(
            "Who is protected",
            element("p", element("strong", certificate.meaning)),
            means=wording.UNIT.means,
            not_shown=wording.UNIT.not_shown,
        ),
        figure(
            f"Somebody who is 50 % sure becomes at most {percent(worst_posterior(certificate.epsilon))} sure",
            facts((
                ("Epsilon", f"{certificate.epsilon:.3f}"),
                ("Delta", f"{certificate.delta:g}"),
                ("Unit", name(certificate.unit)),
                ("Source", name(certificate.source)),
                ("Ledger", ledger),
            )),
            table(
                f"How sure somebody can become that one {certificate.unit} is in the data",
                ("Before seeing the release", "After, at most"),
                [(percent(prior), percent(worst_posterior(certificate.epsilon, prior))) for prior in _PRIORS],
            ),
            means=wording.GUARANTEE.means,
            not_shown=wording.GUARANTEE.not_shown,
        ),
        _budget(certificate),
    )  # fmt: skip


def spent(certificate: Certificate) -> dict[str, float]:
    """Return which share of the budget went where, the largest first: of the information that all noise let through.

    Of noise with a standard deviation sigma that is 1 / sigma^2, in the measure of what one person moves.
    """
    parts: dict[str, float] = {}
    for event in certificate.events:
        weight = _weight(event)
        if weight:
            sort = _sort(str(event.get("label", "")))
            parts[sort] = parts.get(sort, 0.0) + weight
    whole = sum(parts.values())
    return dict(sorted(((part, each / whole) for part, each in parts.items()), key=lambda each: -each[1]))


def _weight(event: dict[str, Any]) -> float:
    sigma = event.get("sigma")
    known = isinstance(sigma, int | float) and sigma > 0
    return float(event.get("times", 1)) / float(sigma) ** 2 if known and sigma is not None else 0.0


def _sort(label: str) -> str:
    for start, words in _SORTS:
        if label.startswith(start):
            return words
    return "rows that people own, and what they hang on" if ": " in label else "other questions"


def _budget(certificate: Certificate) -> Markup | None:
    parts = spent(certificate)
    if not parts:
        return None
    rows = [(part, percent(share)) for part, share in parts.items()]
    return figure(
        "Where the budget went",
        charts.spending(parts, caption=f"{len(certificate.events):,} entries, each a question answered with noise"),
        folded("Figures", table("Shares of the budget", ("Spent on", "Share"), rows)),
        element("p", "What was decided on the way, from noisy answers alone:") if certificate.notes else None,
        element("ul", *(element("li", note) for note in certificate.notes)) if certificate.notes else None,
        means=wording.BUDGET.means,
        not_shown=wording.BUDGET.not_shown,
    )
