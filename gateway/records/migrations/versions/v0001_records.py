"""The first schema: log, runs, ledger, releases, votes, and the triggers that keep what must not change."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("log", "ledger", "votes")
FIXED = {
    "runs": ("run", "policy", "policy_digest", "source", "unit", "requester", "created"),
    "releases": (
        "release", "run", "policy", "requester", "approvals_needed", "approval_valid_days", "expires", "target",
        "created",
    ),
}  # fmt: skip
"""Columns that keep their first value; the others of these tables follow the state."""
UNIQUE = {
    "log": (("seq",), ("previous",), ("hash",)),
    "ledger": (("seq",), ("run", "kind")),
    "votes": (("release", "round", "reviewer"),),
    "runs": (("run",),),
    "releases": (("release",),),
}


def upgrade() -> None:
    """Make the tables and their triggers. There is no way back: records are never thrown away."""
    _tables()
    if op.get_bind().dialect.name == "sqlite":
        _sqlite_triggers()
    else:
        _postgresql_triggers()


def _tables() -> None:
    op.create_table(
        "log",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("time", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("writes", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.CheckConstraint("seq >= 1", name=op.f("log_seq_check")),
        sa.PrimaryKeyConstraint("seq", name=op.f("log_pk")),
        sa.UniqueConstraint("hash", name=op.f("log_hash_unique")),
        sa.UniqueConstraint("previous", name=op.f("log_previous_unique")),
    )
    op.create_table(
        "runs",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("policy_digest", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created", sa.Text(), nullable=False),
        sa.Column("changed", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("logged", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'failed') = (reason IS NOT NULL)", name=op.f("runs_reason_check")),
        sa.CheckConstraint(
            "state IN ('created', 'reserved', 'measured', 'sampled', 'judged', 'handed_over', 'failed')",
            name=op.f("runs_state_check"),
        ),
        sa.ForeignKeyConstraint(
            ["logged"], ["log.seq"], name=op.f("runs_logged_fk"), initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("run", name=op.f("runs_pk")),
        sa.UniqueConstraint("run", "requester", name=op.f("runs_run_requester_unique")),
        sa.UniqueConstraint("run", "source", "unit", name=op.f("runs_run_source_unit_unique")),
    )
    op.create_table(
        "ledger",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("epsilon", sa.Double(), nullable=False),
        sa.Column("delta", sa.Double(), nullable=False),
        sa.Column("rho", sa.Double(), nullable=False),
        sa.Column("delta_selection", sa.Double(), nullable=False),
        sa.Column("lifetime_epsilon", sa.Double(), nullable=True),
        sa.Column("events", sa.Text(), nullable=True),
        sa.Column("time", sa.Text(), nullable=False),
        sa.Column("logged", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'reserved' AND lifetime_epsilon IS NOT NULL AND events IS NULL)"
            " OR (kind = 'committed' AND lifetime_epsilon IS NULL AND events IS NOT NULL)",
            name=op.f("ledger_kind_check"),
        ),
        sa.CheckConstraint(
            "epsilon >= 0 AND delta >= 0 AND rho >= 0 AND delta_selection >= 0", name=op.f("ledger_figures_check")
        ),
        sa.ForeignKeyConstraint(
            ["logged"], ["log.seq"], name=op.f("ledger_logged_fk"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["run", "source", "unit"], ["runs.run", "runs.source", "runs.unit"], name=op.f("ledger_run_source_unit_fk")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("ledger_pk")),
        sa.UniqueConstraint("run", "kind", name=op.f("ledger_run_kind_unique")),
    )
    op.create_table(
        "releases",
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("approvals_needed", sa.Integer(), nullable=False),
        sa.Column("approval_valid_days", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("approved_until", sa.Text(), nullable=True),
        sa.Column("expires", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("created", sa.Text(), nullable=False),
        sa.Column("changed", sa.Text(), nullable=False),
        sa.Column("logged", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('blocked', 'pending', 'approved', 'rejected', 'published', 'withdrawn', 'superseded')",
            name=op.f("releases_state_check"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'published') OR approved_until IS NOT NULL", name=op.f("releases_approved_check")
        ),
        sa.CheckConstraint(
            "approvals_needed >= 1 AND approval_valid_days >= 1 AND round >= 1", name=op.f("releases_figures_check")
        ),
        sa.ForeignKeyConstraint(
            ["logged"], ["log.seq"], name=op.f("releases_logged_fk"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["run", "requester"], ["runs.run", "runs.requester"], name=op.f("releases_run_requester_fk")
        ),
        sa.PrimaryKeyConstraint("release", name=op.f("releases_pk")),
        sa.UniqueConstraint("release", "requester", name=op.f("releases_release_requester_unique")),
    )
    op.create_table(
        "votes",
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("approve", sa.Boolean(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("time", sa.Text(), nullable=False),
        sa.Column("logged", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "approve OR (comment IS NOT NULL AND length(trim(comment)) > 0)", name=op.f("votes_comment_check")
        ),
        sa.CheckConstraint("lower(trim(reviewer)) <> lower(trim(requester))", name=op.f("votes_not_own_request_check")),
        sa.ForeignKeyConstraint(
            ["logged"], ["log.seq"], name=op.f("votes_logged_fk"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["release", "requester"],
            ["releases.release", "releases.requester"],
            name=op.f("votes_release_requester_fk"),
        ),
        sa.PrimaryKeyConstraint("release", "round", "reviewer", name=op.f("votes_pk")),
    )


def _sqlite_triggers() -> None:
    for table in (*APPEND_ONLY, *FIXED):
        columns = f" OF {', '.join(_quoted(FIXED[table]))}" if table in FIXED else ""
        _sqlite_refusal(f"{table}_update", f"BEFORE UPDATE{columns} ON {table}")
        _sqlite_refusal(f"{table}_delete", f"BEFORE DELETE ON {table}")
        # INSERT OR REPLACE deletes the row in its way without asking the trigger above
        taken = " OR ".join(
            "(" + " AND ".join(f"{name} = NEW.{name}" for name in _quoted(key)) + ")" for key in UNIQUE[table]
        )
        _sqlite_refusal(
            f"{table}_replace", f"BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE {taken})"
        )


def _sqlite_refusal(name: str, event: str) -> None:
    op.execute(f"CREATE TRIGGER {name} {event} BEGIN SELECT RAISE(ABORT, 'records are kept as they are'); END")


def _postgresql_triggers() -> None:
    op.execute(
        "CREATE FUNCTION gateway_keep() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'records are kept as they are' USING ERRCODE = 'restrict_violation'; END $$"
    )
    for table in (*APPEND_ONLY, *FIXED):
        columns = f" OF {', '.join(_quoted(FIXED[table]))}" if table in FIXED else ""
        for name, event in (
            ("update", f"BEFORE UPDATE{columns} ON {table} FOR EACH ROW"),
            ("delete", f"BEFORE DELETE ON {table} FOR EACH ROW"),
            ("truncate", f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT"),
        ):
            op.execute(f"CREATE TRIGGER {table}_{name} {event} EXECUTE FUNCTION gateway_keep()")


def _quoted(names: tuple[str, ...]) -> list[str]:
    return [f'"{name}"' for name in names]
