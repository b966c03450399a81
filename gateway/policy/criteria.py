"""The thresholds that a policy fixes before a run: of attacks, of measures of use, and what must have been played."""

from __future__ import annotations

from pydantic import Field

from gateway.policy.part import Part, Slug

COUNTABLE = frozenset({"singling_out", "verbatim", "inference"})
"""Attacks that can be put as counts: they run inside the source where rows stay there."""
NEED_ROWS = frozenset(
    {
        "copied_runs", "linkability", "membership", "near_copies", "rare_combinations", "reconstruction", "shadow",
        "whole_history",
    }
)  # fmt: skip
"""Attacks that a policy may accept as not run where rows stay."""
NEED_ROWS_TOO = (
    "three_way", "correlations", "missingness", "coverage", "detection", "fairness", "series", "task", "tasks",
)  # fmt: skip
"""Thresholds and tasks of measures that need rows: where rows stay, none can be held against them."""
STAY = "rows stay in the source"
"""Why an attack was not run."""


class CriteriaClause(Part):
    """Thresholds fixed before the run. Attack figures are excess risks over the control set, 0 to 1."""

    singling_out: float = Field(default=0.1, ge=0, le=1, description="Highest excess risk, upper end of its interval.")
    verbatim: float = Field(default=0.05, ge=0, le=1, description="Highest excess share of copied training rows.")
    membership: float = Field(default=0.1, ge=0, le=1, description="Highest advantage of a membership guess.")
    near_copies: float = Field(
        default=0.05, ge=0, le=1, description="Highest excess share of training rows copied but for a detail."
    )
    linkability: float = Field(
        default=0.1, ge=0, le=1, description="Highest excess risk that two halves of one person are brought together."
    )
    inference: float = Field(
        default=0.1, ge=0, le=1, description="Highest excess risk that a secret is told from all the rest of a row."
    )
    rare_combinations: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="Highest excess share of one person's combinations of values that reappear.",
    )
    reconstruction: float = Field(
        default=0.1, ge=0, le=1, description="Highest excess share of rows rebuilt from the published measurements."
    )
    shadow: float = Field(
        default=0.3, ge=0, le=1, description="Highest advantage of guesses taught by models trained for the purpose."
    )
    shadow_models: int = Field(
        default=0, ge=0, le=2000, description="Models that the shadow attack trains for each of its targets; 0: none."
    )
    accept_not_run: list[Slug] = Field(
        default_factory=list,
        description="Attacks that need rows, and may be missing where `rows_stay`: accepted here, by name, beforehand.",
    )
    audit_games: int = Field(
        default=0,
        ge=0,
        le=1_000_000,
        description="Games that `gateway audit` must have played on exactly this configuration before a run; 0: none.",
    )
    acceptance: float = Field(
        default=0.2, ge=0, le=1, description="Highest mean distance that the private acceptance test may find."
    )
    one_way: float = Field(default=0.1, ge=0, le=1, description="Highest mean one-way total variation distance.")
    two_way: float = Field(default=0.2, ge=0, le=1, description="Highest mean two-way total variation distance.")
    three_way: float | None = Field(default=None, ge=0, le=1, description="Highest mean three-way distance.")
    correlations: float | None = Field(
        default=None, ge=0, le=2, description="Highest mean difference of two columns' correlation."
    )
    missingness: float | None = Field(
        default=None, ge=0, le=1, description="Highest mean difference in how often two columns are empty together."
    )
    coverage: float | None = Field(
        default=None, ge=0, le=1, description="Lowest share of ranges and rare categories that synthetic rows reach."
    )
    detection: float | None = Field(
        default=None, ge=0, le=1, description="Highest AUC, counted from chance, of telling synthetic from real rows."
    )
    fairness: float | None = Field(
        default=None, ge=0, le=2, description="Largest loss of usefulness in any subgroup beyond the loss for all."
    )
    series: float | None = Field(
        default=None, ge=0, le=1, description="Highest mean distance of how rows are spread over time."
    )
    usefulness: float = Field(
        default=0.85, ge=0, le=1.5, description="Lowest ratio of AUC above chance, synthetic to real."
    )
    task: str | None = Field(default=None, description="Column of the unit's table that the usefulness check predicts.")
    tasks: list[str] = Field(default_factory=list, description="Further columns to predict; each is held against it.")
