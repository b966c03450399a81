"""The tables of the records. ``migrations`` makes exactly these; a test compares the two.

What only a trigger can hold (append-only tables, fixed columns) is written in the migrations.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

SCHEMA_VERSION: Final = "0001"
"""The newest migration."""
VERSION_TABLE: Final = "gateway_records_version"
"""Where the version is kept; by this name a database is known to hold records of the gateway."""

METADATA: Final = sa.MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "uq": "%(table_name)s_%(column_0_N_name)s_unique",
        "fk": "%(table_name)s_%(column_0_N_name)s_fk",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)


def _logged() -> sa.Column[int]:
    """Return the column that ties a row to the log entry of the step that wrote it; the entry comes last."""
    return sa.Column(
        "logged", sa.Integer, sa.ForeignKey("log.seq", deferrable=True, initially="DEFERRED"), nullable=False
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


LOG: Final = sa.Table(
    "log",
    METADATA,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    _text("time"),
    _text("actor"),
    _text("action"),
    _text("subject"),
    _text("details"),
    _text("writes"),
    _text("previous"),
    _text("hash"),
    sa.CheckConstraint("seq >= 1", name="seq"),
    sa.UniqueConstraint("previous"),
    sa.UniqueConstraint("hash"),
)

RUNS: Final = sa.Table(
    "runs",
    METADATA,
    sa.Column("run", sa.Text, primary_key=True),
    _text("policy"),
    _text("policy_digest"),
    _text("source"),
    _text("unit"),
    _text("requester"),
    _text("state"),
    _text("created"),
    _text("changed"),
    sa.Column("reason", sa.Text),
    _logged(),
    sa.CheckConstraint(
        "state IN ('created', 'reserved', 'measured', 'sampled', 'judged', 'handed_over', 'failed')", name="state"
    ),
    sa.CheckConstraint("(state = 'failed') = (reason IS NOT NULL)", name="reason"),
    sa.UniqueConstraint("run", "requester"),
    sa.UniqueConstraint("run", "source", "unit"),
)

LEDGER: Final = sa.Table(
    "ledger",
    METADATA,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    _text("run"),
    _text("kind"),
    _text("source"),
    _text("unit"),
    sa.Column("epsilon", sa.Double, nullable=False),
    sa.Column("delta", sa.Double, nullable=False),
    sa.Column("rho", sa.Double, nullable=False),
    sa.Column("delta_selection", sa.Double, nullable=False),
    sa.Column("lifetime_epsilon", sa.Double),
    sa.Column("events", sa.Text),
    _text("time"),
    _logged(),
    sa.UniqueConstraint("run", "kind"),
    sa.ForeignKeyConstraint(["run", "source", "unit"], ["runs.run", "runs.source", "runs.unit"]),
    sa.CheckConstraint(
        "(kind = 'reserved' AND lifetime_epsilon IS NOT NULL AND events IS NULL)"
        " OR (kind = 'committed' AND lifetime_epsilon IS NULL AND events IS NOT NULL)",
        name="kind",
    ),
    sa.CheckConstraint("epsilon >= 0 AND delta >= 0 AND rho >= 0 AND delta_selection >= 0", name="figures"),
)

RELEASES: Final = sa.Table(
    "releases",
    METADATA,
    sa.Column("release", sa.Text, primary_key=True),
    _text("run"),
    _text("policy"),
    _text("requester"),
    _text("state"),
    sa.Column("approvals_needed", sa.Integer, nullable=False),
    sa.Column("approval_valid_days", sa.Integer, nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("approved_until", sa.Text),
    _text("expires"),
    _text("target"),
    _text("created"),
    _text("changed"),
    _logged(),
    sa.CheckConstraint(
        "state IN ('blocked', 'pending', 'approved', 'rejected', 'published', 'withdrawn', 'superseded')", name="state"
    ),
    sa.CheckConstraint("approvals_needed >= 1 AND approval_valid_days >= 1 AND round >= 1", name="figures"),
    sa.CheckConstraint("state NOT IN ('approved', 'published') OR approved_until IS NOT NULL", name="approved"),
    sa.UniqueConstraint("release", "requester"),
    sa.ForeignKeyConstraint(["run", "requester"], ["runs.run", "runs.requester"]),
)

VOTES: Final = sa.Table(
    "votes",
    METADATA,
    sa.Column("release", sa.Text, primary_key=True),
    sa.Column("round", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("reviewer", sa.Text, primary_key=True),
    _text("requester"),
    sa.Column("approve", sa.Boolean, nullable=False),
    sa.Column("comment", sa.Text),
    _text("time"),
    _logged(),
    # the requester stands beside the reviewer, and the reference keeps it the true one
    sa.ForeignKeyConstraint(["release", "requester"], ["releases.release", "releases.requester"]),
    sa.CheckConstraint("lower(trim(reviewer)) <> lower(trim(requester))", name="not_own_request"),
    sa.CheckConstraint("approve OR (comment IS NOT NULL AND length(trim(comment)) > 0)", name="comment"),
)
