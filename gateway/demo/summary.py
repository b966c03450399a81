"""What the demo says at its end: what was published, what it promises, and what to type next."""

from __future__ import annotations

import resource
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql
from rich.panel import Panel
from rich.table import Table

from gateway.privacy.odds import worst_posterior

if TYPE_CHECKING:
    import psycopg
    from rich.console import Console

    from gateway.policy.model import Policy

QUERIES = {
    "Who has which diagnosis, and of how many of them died": (
        "SELECT c.name, count(DISTINCT p.patient_id) AS patients, "
        "round(avg(extract(year FROM age(d.diagnosed_on, p.birth_date)))) AS age, "
        "round(100 * avg(p.deceased::int), 1) AS died_percent "
        "FROM clinic.diagnoses d JOIN clinic.patients p USING (patient_id) "
        "JOIN clinic.conditions c ON c.code = d.condition GROUP BY 1 ORDER BY 2 DESC"
    ),
    "HDL of women and men, by what they weigh": (
        "SELECT p.sex, width_bucket(p.bmi, 20, 40, 4) AS bmi_group, count(*), round(avg(r.value), 1) AS mean "
        "FROM clinic.lab_results r JOIN clinic.patients p USING (patient_id) "
        "JOIN clinic.lab_tests t ON t.code = r.test WHERE t.code = 'hdl' AND p.bmi IS NOT NULL "
        "GROUP BY 1, 2 ORDER BY 1, 2"
    ),
    "The longest histories": (
        "SELECT patient_id, count(*) AS results, min(taken_on) AS first, max(taken_on) AS last "
        "FROM clinic.lab_results GROUP BY 1 ORDER BY 2 DESC LIMIT 5"
    ),
}
"""What analysts might ask of the clinic."""

_REFERENCES = """
SELECT c.relname, array_agg(a.attname ORDER BY k.n), t.relname, array_agg(b.attname ORDER BY k.n)
FROM pg_constraint f
JOIN pg_class c ON c.oid = f.conrelid JOIN pg_class t ON t.oid = f.confrelid
JOIN pg_namespace s ON s.oid = c.relnamespace
CROSS JOIN unnest(f.conkey, f.confkey) WITH ORDINALITY AS k (here, there, n)
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.here
JOIN pg_attribute b ON b.attrelid = t.oid AND b.attnum = k.there
WHERE f.contype = 'f' AND s.nspname = %s
GROUP BY f.oid, c.relname, t.relname ORDER BY 1, 2
"""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the gateway's own commands said of one run."""

    run: dict[str, Any]
    budget: dict[str, Any]
    log: dict[str, Any]
    seconds: float


def show(out: Console, policy: Policy, connection: psycopg.Connection[Any], told: Told) -> None:
    """Print what was published, counted by the sharing database as the analyst of ``connection`` sees it."""
    schema = policy.target.schema_name
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column()
    for number, (name, clause) in enumerate(policy.tables.items()):
        if clause.treatment.value == "drop":
            continue
        rows = _number(connection, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, name)))
        whose = (
            "public, copied as it is"
            if clause.treatment.value == "reference"
            else "made up" + (f", each belonging to one of {clause.owner.table}" if clause.owner else "")
        )
        grid.add_row("published" if not number else "", f"[bold]{schema}.{name}[/bold]: {rows:,} rows, {whose}")
    closed = references(connection, schema, staged=f"{schema}__{told.run['release'][:12]}")
    ways = ", ".join(f"{here} → {there}" for here, there, lost in closed if not lost)
    lost = sum(lost for _, _, lost in closed)
    grid.add_row("references", f"{'all' if not lost else f'all but {lost}'} lead to a row: {ways}")
    grid.add_row("checks passed", _checks(told.run["checks"]))
    grid.add_row("promise", _promise(policy, told.run))
    grid.add_row(
        "left to spend", f"epsilon {told.budget['epsilon_left']:.2g} of {told.budget['epsilon_allowed']:g} per patient"
    )
    grid.add_row("log", f"whole, {told.log['entries']} entries")
    grid.add_row("took", _took(told.seconds))
    out.print(Panel(grid, title="The whole way", title_align="left", padding=(1, 2), expand=False))


def references(connection: psycopg.Connection[Any], schema: str, *, staged: str) -> list[tuple[str, str, int]]:
    """Return (columns, target, how many rows lead nowhere) of every reference that ``schema`` has.

    References are declared on the tables of the schema ``staged``, behind the views that readers see.
    """
    found = []
    for table, columns, target, keys in connection.execute(_REFERENCES, [staged]).fetchall():
        there = sql.SQL(" AND ").join(
            sql.SQL("t.{} = h.{}").format(sql.Identifier(key), sql.Identifier(column))
            for column, key in zip(columns, keys, strict=True)
        )
        some = sql.SQL(" AND ").join(sql.SQL("h.{} IS NOT NULL").format(sql.Identifier(column)) for column in columns)
        lost = sql.SQL("SELECT count(*) FROM {} h WHERE {} AND NOT EXISTS (SELECT FROM {} t WHERE {})").format(
            sql.Identifier(schema, table), some, sql.Identifier(schema, target), there
        )
        found.append((f"{table}.{', '.join(columns)}", target, _number(connection, lost)))
    return found


def _checks(checks: dict[str, str]) -> str:
    passed = [name for name, outcome in checks.items() if outcome == "passed"]
    attacks = [
        name.replace("_", " ")
        for name in passed
        if "." not in name and name not in {"references", "ends", "usefulness"}
    ]
    others = ["distances of every table", *(name for name in ("references", "ends", "usefulness") if name in passed)]
    return f"{len(passed)} of {len(checks)}. Attacks: {', '.join(attacks)}. Use: {', '.join(others)}"


def _promise(policy: Policy, run: dict[str, Any]) -> str:
    odds = 100 * worst_posterior(run["epsilon"])
    return (
        f"whoever was 50 % sure that a {policy.unit.name} is in the data becomes at most {odds:.0f} % sure, by all "
        f"tables at once (epsilon {run['epsilon']:.2g}, delta {run['delta']:g}, for {policy.unit.meaning})"
    )


def _took(seconds: float) -> str:
    """Return how long it all took, and the most memory that any of the programs run held."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024
    computing, memory = used.ru_utime + used.ru_stime, used.ru_maxrss * unit / 1e6
    return f"{seconds:.0f} s, of them {computing:.0f} s of computing; {memory:.0f} MB of memory at most"


def _number(connection: psycopg.Connection[Any], query: sql.Composed) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
