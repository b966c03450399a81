"""What a policy file may say. Frozen; an unknown key is an error. `policies/schema.json` is generated from here."""

from __future__ import annotations

import datetime as dt
import math
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from gateway.policy.criteria import CriteriaClause
from gateway.policy.domains import misstated
from gateway.policy.facts import contradictions, parse_order
from gateway.policy.part import Part, Slug
from gateway.vocabulary.entities import Entity
from gateway.vocabulary.roles import LEARNABLE_ROLES, Role, Treatment

if TYPE_CHECKING:
    from collections.abc import Collection

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=8)]
Declared = Annotated[str, StringConstraints(min_length=1, max_length=400)]
"""``numeric(5,1), not null``, as ``policy.declarations`` writes it."""
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""An ISO 3166 code."""
EnvironmentReference = Annotated[str, StringConstraints(pattern=r"^\$\{[A-Z][A-Z0-9_]*\}$")]
"""``${NAME}``: a URL is never written into a policy; each side of the gateway resolves only its own reference."""

HARD_STOP_EPSILON = 10.0
"""No policy can raise a lifetime above this."""
TO_BE_CONFIRMED = "To be confirmed"
"""How the reasons begin that a draft proposes for public tables: a person has to put their own in the place."""
MOST_ROWS = 1000
"""Rows of one table that one owner can have, unless `most` says otherwise."""


class SourceClause(Part):
    """Where the production rows are."""

    name: Slug = Field(description="The source system's name in the ledger.")
    url: EnvironmentReference = Field(description="Reference to the SQLAlchemy URL; resolved by the raw side only.")
    schema_name: str | None = Field(
        default=None, alias="schema", description="Database schema; default of the role if absent."
    )
    rows_stay: bool = Field(
        default=False,
        description="Rows are counted inside the source and never read: attacks that need rows are then not run.",
    )
    countries: list[Country] = Field(
        default_factory=list,
        description="Countries whose numbers detection looks for besides the usual ones: `[DE, FR]`.",
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
    acceptance: float = Field(
        default=0.02, ge=0.005, le=0.2, description="Share of the budget for the private acceptance test."
    )
    split: dict[str, Annotated[float, Field(gt=0, le=1)]] | None = Field(
        default=None,
        min_length=1,
        description="Share of each synthesized table, 1 in all; if absent, .3 for the unit's and the rest in equal "
        "parts.",
    )

    @model_validator(mode="after")
    def _shares_are_of_a_whole(self) -> Self:
        if self.split is not None and not math.isclose(math.fsum(self.split.values()), 1.0, abs_tol=1e-9):
            raise ValueError("the shares in `split` do not add up to 1")
        return self

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
    def _holds_together(self) -> Self:
        if wrong := misstated(self):
            raise ValueError(wrong)
        if self.groups is not None and self.values is None:
            together = [value for group in self.groups.values() for value in group]
            object.__setattr__(self, "values", together)  # frozen for everyone else: this is still its making
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
    declared: Declared | None = Field(
        default=None,
        description="What the source declared when this was written; `gateway scan --against` tells what it says now.",
    )

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
    """Its rows belong to units of protection, and are made up."""
    REFERENCE = "reference"
    """Public, and copied as it is."""
    DROP = "drop"


class OwnerClause(Part):
    """Whose rows these are: rows of the unit's table, or of one that leads there."""

    table: str = Field(description="The owner's table.")
    columns: list[str] | None = Field(
        default=None, min_length=1, description="Columns of this table that name the owner's row: `[patient_id]`."
    )
    named_by: list[str] | None = Field(
        default=None,
        min_length=1,
        description="Or columns of the OWNER's table that name the row here: `[address_id]`. Each owner then gets a "
        "row of its own.",
    )

    @model_validator(mode="after")
    def _points_one_way(self) -> Self:
        if (self.columns is None) == (self.named_by is None):
            raise ValueError(
                "an owner has either `columns`, of this table, or `named_by`, columns of the owner's table"
            )
        names = self.columns or self.named_by or []
        if len(set(names)) < len(names):
            raise ValueError("names a column twice")
        return self


class TableClause(Part):
    """What becomes of one table. One that is dropped or public needs a reason; a synthesized one names every column."""

    treatment: TableTreatment
    reason: Reason | None = Field(
        default=None, description="Why the table is dropped, or why everything in it may be known to all."
    )
    owner: OwnerClause | None = Field(
        default=None, description="Whose rows these are; every synthesized table but the unit's has one."
    )
    order: str | None = Field(
        default=None, description="Date, date-time or number by which the rows of one owner follow each other."
    )
    since: str | None = Field(
        default=None, description="Column of the owner, of the same kind, that the first `order` is counted from."
    )
    until: str | None = Field(default=None, description="Column of the owner; none of these rows lies after it.")
    kind: str | None = Field(default=None, description="Column that says what sort of row it is: `test`.")
    most: int | None = Field(
        default=None,
        ge=1,
        le=100_000,
        description=f"Rows that one owner can have, declared public; more are not looked at. {MOST_ROWS} if absent.",
    )
    without: list[str] = Field(default_factory=list, description="Columns of a public table that are left out.")
    overrides: dict[str, Reason] = Field(
        default_factory=dict,
        description="Column of a public table that seems to identify somebody, to why it may be known to all.",
    )
    declared: dict[str, Declared] = Field(
        default_factory=dict,
        description="Column of a public table to what the source declared when its reason was given; likewise.",
    )
    columns: dict[str, ColumnClause] = Field(default_factory=dict)
    knowledge: KnowledgeClause | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.treatment is not TableTreatment.SYNTHESIZE:
            return self._is_bare()
        if not self.columns:
            raise ValueError("a synthesized table names all its columns")
        if self.without or self.overrides or self.declared:
            raise ValueError(
                "`without`, `overrides` and `declared` are for public tables; a column here has a clause of its own"
            )
        if self.knowledge is not None:
            learned = [name for name, column in self.columns.items() if column.treatment is Treatment.LEARN]
            self.knowledge.fits(columns=self.columns, learned=learned)
        return self._is_a_history()

    def _is_bare(self) -> Self:
        what = "a dropped table" if self.treatment is TableTreatment.DROP else "a public table"
        if self.reason is None:
            raise ValueError(f"`{self.treatment}` needs a `reason`")
        for name in ("columns", "knowledge", "owner", "order", "since", "until", "kind", "most"):
            if getattr(self, name):
                raise ValueError(f"{what} has no `{name}`")
        if self.treatment is TableTreatment.DROP and (self.without or self.overrides or self.declared):
            raise ValueError("a dropped table has no `without`, `overrides` or `declared`: all of it is left out")
        if len(set(self.without)) < len(self.without):
            raise ValueError("`without` names a column twice")
        if self.treatment is TableTreatment.REFERENCE and self.reason.startswith(TO_BE_CONFIRMED):
            raise ValueError(
                f"has the `reason` of a draft still ({TO_BE_CONFIRMED!r}). Its rows will be copied as they are: look "
                "at them, and write why everything in them may be known to all; or use `treatment: drop`"
            )
        return self

    def _is_a_history(self) -> Self:
        said = [name for name in ("order", "since", "until", "kind", "most") if getattr(self, name) is not None]
        if self.owner is None and said:
            raise ValueError(f"`{said[0]}` is said of the rows of one owner, and the table has no `owner`")
        if self.owner is not None and self.owner.named_by is not None and said:
            raise ValueError(f"`{said[0]}` is not for a row that its owner names: there is one for each")
        for name, says in (("since", "what the first `order` is counted from"), ("until", "where `order` ends")):
            if getattr(self, name) is not None and self.order is None:
                raise ValueError(f"`{name}` says {says}, and there is no `order`")
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

    @property
    def overrides(self) -> dict[str, dict[str, str]]:
        """Table to column to the reason why detection's finding is not followed; tables without one are not in it."""
        found = {
            name: {column: said.override for column, said in table.columns.items() if said.override is not None}
            | table.overrides
            for name, table in self.tables.items()
        }
        return {name: reasons for name, reasons in found.items() if reasons}
