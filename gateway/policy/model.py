"""What a policy file may say. Frozen; an unknown key is an error. `policies/schema.json` is generated from here."""

from __future__ import annotations

import datetime as dt
import itertools
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from gateway.policy.facts import contradictions, parse_order
from gateway.vocabulary.entities import Entity
from gateway.vocabulary.roles import LEARNABLE_ROLES, Role, Treatment

if TYPE_CHECKING:
    from collections.abc import Collection

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=8)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
EnvironmentReference = Annotated[str, StringConstraints(pattern=r"^\$\{[A-Z][A-Z0-9_]*\}$")]
"""``${NAME}``: a URL is never written into a policy; each side of the gateway resolves only its own reference."""

HARD_STOP_EPSILON = 10.0
"""No policy can raise a lifetime above this."""


class Part(BaseModel):
    """A piece of a policy: frozen, and closed to keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SourceClause(Part):
    """Where the production rows are."""

    name: Slug = Field(description="The source system's name in the ledger.")
    url: EnvironmentReference = Field(description="Reference to the SQLAlchemy URL; resolved by the raw side only.")
    schema_name: str | None = Field(
        default=None, alias="schema", description="Database schema; default of the role if absent."
    )


class UnitClause(Part):
    """Who is protected."""

    name: Slug = Field(description="Name of the unit of protection in the ledger, such as `patient`.")
    table: str
    key: list[str] = Field(min_length=1, description="Columns that name one unit.")
    meaning: str = Field(min_length=8, description="The unit in words, shown to stewards and auditors.")


class BudgetClause(Part):
    """What one release may spend, and what may be spent on one unit in all."""

    epsilon: float = Field(default=1.0, gt=0, le=HARD_STOP_EPSILON)
    delta: float = Field(default=1e-6, gt=0, lt=1e-3)
    lifetime_epsilon: float = Field(default=8.0, gt=0, le=HARD_STOP_EPSILON)
    reason: Reason | None = Field(default=None, description="Needed when epsilon is above 1 or the lifetime above 8.")

    @model_validator(mode="after")
    def _raising_needs_a_reason(self) -> Self:
        if (self.epsilon > 1.0 or self.lifetime_epsilon > 8.0) and self.reason is None:  # noqa: PLR2004 - the defaults
            raise ValueError("epsilon above 1 or lifetime_epsilon above 8 needs a `reason`")
        if self.epsilon > self.lifetime_epsilon:
            raise ValueError("epsilon is above lifetime_epsilon: such a release could never run")
        return self


Scalar = bool | int | float | dt.datetime | dt.date | str
Bound = int | float | dt.datetime | dt.date


def _order(text: str) -> str:
    parse_order(text)
    return text


Pair = Annotated[list[str], Field(min_length=2, max_length=2)]
Order = Annotated[str, AfterValidator(_order)]
"""``start <= end``."""


class DomainClause(Part):
    """Which values a column may take, declared public. What is left out is discovered under differential privacy."""

    values: list[str] | None = Field(default=None, min_length=1, description="All categories; others count as NULL.")
    groups: dict[str, list[str]] | None = Field(
        default=None,
        min_length=1,
        description="A hierarchy of the categories: group to its values. Together they are `values`.",
    )
    prefixes: list[Annotated[int, Field(gt=0, le=200)]] | None = Field(
        default=None,
        min_length=1,
        description="Lengths at which a code is cut to coarser ones: `[1, 3]`. For text whose values are discovered.",
    )
    lowest: Bound | None = Field(default=None, description="Lowest value, inclusive.")
    highest: Bound | None = Field(default=None, description="Highest value, inclusive.")
    step: float | None = Field(
        default=None, gt=0, description="All numbers are whole multiples of it, such as 0.5, counted from 0."
    )
    sentinels: list[Bound] | None = Field(
        default=None,
        min_length=1,
        description="Numbers or dates with a meaning of their own, such as 999; they may lie outside the bounds.",
    )

    @model_validator(mode="after")
    def _is_one_kind_of_domain(self) -> Self:
        if (self.values is not None or self.groups is not None) and (
            self.lowest is not None or self.highest is not None
        ):
            raise ValueError("a domain has either `values` or `lowest` and `highest`")
        if (self.lowest is None) != (self.highest is None):
            raise ValueError("`lowest` and `highest` go together; leave both out to have them discovered")
        if self.lowest is not None and self.highest is not None:
            try:
                ordered = self.lowest < self.highest  # type: ignore[operator]
            except TypeError:
                raise ValueError("`lowest` and `highest` are of different types") from None
            if not ordered:
                raise ValueError("`lowest` is not below `highest`")
        return self

    @model_validator(mode="after")
    def _refines_what_it_can(self) -> Self:
        listed = self.values is not None or self.groups is not None
        numeric = self.lowest is not None or self.step is not None or self.sentinels is not None
        if listed and (self.step is not None or self.sentinels is not None):
            raise ValueError("`step` and `sentinels` are for numbers; listed values need neither")
        if self.prefixes is not None and (listed or numeric):
            raise ValueError("`prefixes` are for text whose values are discovered; declare nothing beside them")
        if self.prefixes is not None and any(a >= b for a, b in itertools.pairwise(self.prefixes)):
            raise ValueError("`prefixes` are lengths in increasing order, such as `[1, 3]`")
        if self.sentinels is not None and len(set(self.sentinels)) < len(self.sentinels):
            raise ValueError("`sentinels` lists a number twice")
        return self

    @model_validator(mode="after")
    def _groups_are_the_values(self) -> Self:
        if self.groups is None:
            return self
        together = [value for group in self.groups.values() for value in group]
        if not all(self.groups.values()):
            raise ValueError("`groups` has a group without values; list its values or take it out")
        if len(set(together)) < len(together):
            raise ValueError("`groups` lists a value twice; a value belongs to one group")
        if self.values is None:
            object.__setattr__(self, "values", together)  # frozen for everyone else: this is still its making
        elif set(self.values) != set(together):
            raise ValueError("`values` and `groups` list different values; `groups` alone is enough")
        return self


class KnowledgeClause(Part):
    """What is known of several columns together, declared public. It costs nothing, helps, and is always kept."""

    target: str | None = Field(default=None, description="The column that analysts will predict.")
    important: list[Pair] = Field(
        default_factory=list, description="Pairs of columns that matter more than others: `[[age, income]]`."
    )
    order: list[Order] = Field(
        default_factory=list, description="Orders that hold in every row where both are present: `start <= end`."
    )
    depends: dict[str, str] = Field(
        default_factory=dict,
        description="Dependent column to the column that determines it: `city: post_code`.",
    )

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every important pair."""
        return tuple((one, other) for one, other in self.important)

    @property
    def orders(self) -> tuple[tuple[str, str], ...]:
        """Every declared order as (lower, upper)."""
        return tuple(dict.fromkeys(pair for text in self.order for pair in parse_order(text)))

    def fits(self, *, columns: Collection[str], learned: Collection[str]) -> Self:
        """Return this if it holds together and fits a table's ``columns``; ``ValueError`` with the first problem."""
        for place, message in contradictions(self.model_dump(), columns=columns, learned=learned):
            raise ValueError(f"`knowledge.{place[0]}` {message}")
        return self


class ColumnClause(Part):
    """What one column is and what becomes of it."""

    role: Role
    treatment: Treatment
    entity: Entity | None = Field(default=None, description="What `replace` invents.")
    domain: DomainClause | None = None
    override: Reason | None = Field(default=None, description="Why detection's finding on this column is not followed.")
    reason: Reason | None = Field(default=None, description="Why a column is dropped.")

    @model_validator(mode="after")
    def _treatment_fits_role(self) -> Self:
        if self.treatment is Treatment.LEARN and self.role not in LEARNABLE_ROLES:
            raise ValueError(f"a column with role `{self.role}` is never learned; use `replace`, `key` or `drop`")
        if self.treatment is Treatment.REPLACE and self.entity is None:
            raise ValueError("`replace` needs an `entity`: what to invent")
        if self.treatment is Treatment.DROP and self.reason is None:
            raise ValueError("`drop` needs a `reason`")
        if self.treatment is not Treatment.LEARN and self.domain is not None:
            raise ValueError("only a learned column has a `domain`")
        return self


class TableTreatment(StrEnum):
    """What becomes of a table."""

    SYNTHESIZE = "synthesize"
    DROP = "drop"


class TableClause(Part):
    """What becomes of one table. A dropped table needs a reason; a synthesized one names every column."""

    treatment: TableTreatment
    reason: Reason | None = None
    columns: dict[str, ColumnClause] = Field(default_factory=dict)
    knowledge: KnowledgeClause | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.treatment is TableTreatment.DROP and self.reason is None:
            raise ValueError("`drop` needs a `reason`")
        if self.treatment is TableTreatment.DROP and self.columns:
            raise ValueError("a dropped table has no `columns`")
        if self.treatment is TableTreatment.SYNTHESIZE and not self.columns:
            raise ValueError("a synthesized table names all its columns")
        if self.treatment is TableTreatment.DROP and self.knowledge is not None:
            raise ValueError("a dropped table has no `knowledge`")
        if self.knowledge is not None:
            learned = [name for name, column in self.columns.items() if column.treatment is Treatment.LEARN]
            self.knowledge.fits(columns=self.columns, learned=learned)
        return self


class GenerateClause(Part):
    """How the rows are made."""

    generator: Slug = Field(
        default="pairwise", description="Name of a generator plugin; `auto` picks one from what is public or noisy."
    )
    holdout: float = Field(default=0.1, ge=0.02, le=0.5, description="Share of units kept out of training as control.")
    seed: int = Field(
        default=1, ge=0, lt=2**32, description="Public seed of sampling and of attacks; the noise has none."
    )


class CriteriaClause(Part):
    """Thresholds fixed before the run. Attack figures are excess risks over the control set, 0 to 1."""

    singling_out: float = Field(default=0.1, ge=0, le=1, description="Highest excess risk, upper end of its interval.")
    verbatim: float = Field(default=0.05, ge=0, le=1, description="Highest excess share of copied training rows.")
    membership: float = Field(default=0.1, ge=0, le=1, description="Highest advantage of a membership guess.")
    linkability: float = Field(
        default=0.1, ge=0, le=1, description="Highest excess risk that two tables of one person are brought together."
    )
    one_way: float = Field(default=0.1, ge=0, le=1, description="Highest mean one-way total variation distance.")
    two_way: float = Field(default=0.2, ge=0, le=1, description="Highest mean two-way total variation distance.")
    usefulness: float = Field(
        default=0.85, ge=0, le=1.5, description="Lowest ratio of AUC above chance, synthetic to real."
    )
    task: str | None = Field(default=None, description="Column of the unit's table that the usefulness check predicts.")


class ApprovalsClause(Part):
    """Who must say yes."""

    needed: int = Field(default=1, ge=1, le=5)
    valid_days: int = Field(default=14, ge=1, le=365, description="An approval not published by then lapses.")


class TargetClause(Part):
    """Where the approved tables go."""

    name: Slug
    url: EnvironmentReference = Field(
        description="Reference to the SQLAlchemy URL; resolved by the synthetic side only."
    )
    schema_name: str = Field(alias="schema", min_length=1, max_length=48)
    readers: str | None = Field(default=None, description="Database role that is granted SELECT.")


class Policy(Part):
    """Everything a release is allowed to be."""

    version: Literal[1]
    name: Slug
    purpose: str = Field(min_length=8)
    source: SourceClause
    unit: UnitClause
    tables: dict[str, TableClause] = Field(min_length=1)
    budget: BudgetClause = BudgetClause()
    generate: GenerateClause = GenerateClause()
    criteria: CriteriaClause = CriteriaClause()
    approvals: ApprovalsClause = ApprovalsClause()
    target: TargetClause
    expires_after_days: int = Field(default=90, ge=1, le=3650)
