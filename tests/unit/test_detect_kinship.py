"""What a draft proposes of whose rows are whose, on catalogues of the shape of well-known databases, without rows."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.policy.coverage import coverage
from gateway.policy.lineage import Lineage, lineage
from gateway.policy.loading import parse_policy
from gateway.policy.model import TO_BE_CONFIRMED, Policy
from gateway.raw.detect.detecting import detect
from gateway.raw.detect.drafting import draft_policy
from gateway.raw.detect.findings import Finding
from gateway.vocabulary.errors import PolicyError, Problem
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.roles import Role, Treatment
from gateway.vocabulary.schema import Column, Kind, Reference, Schema, Table

KINDS = {
    "int": Kind.INTEGER, "text": Kind.TEXT, "date": Kind.DATE, "time": Kind.DATETIME, "num": Kind.DECIMAL,
    "bool": Kind.BOOLEAN, "enum": Kind.ENUM, "bytes": Kind.UNSUPPORTED,
}  # fmt: skip

SAKILA = """
actor: actor_id int!, first_name text!, last_name text!
country: country_id int!, country text!
city: city_id int!, city text!, country_id int! > country
address: address_id int!, address text!, district text!, city_id int! > city, postal_code text, phone text!
language: language_id int!, name text!
category: category_id int!, name text!
film: film_id int!, title text!, language_id int! > language, rental_rate num!, special bytes
film_actor: actor_id int! > actor, film_id int! > film ; actor_id film_id
film_category: film_id int! > film, category_id int! > category ; film_id category_id
film_text: film_id int!, title text!
store: store_id int!, manager_staff_id int! > staff, address_id int! > address
staff: staff_id int!, first_name text!, last_name text!, address_id int! > address, store_id int! > store, picture bytes
inventory: inventory_id int!, film_id int! > film, store_id int! > store
customer: customer_id int!, store_id int! > store, first_name text!, last_name text!, email text, active bool!, \
address_id int! > address, create_date time!, last_update time
rental: rental_id int!, rental_date time!, inventory_id int! > inventory, customer_id int! > customer, \
return_date time, staff_id int! > staff, last_update time!
payment: payment_id int!, customer_id int! > customer, staff_id int! > staff, rental_id int > rental, amount num!, \
payment_date time!
"""
PAGILA = SAKILA.replace("rental_id int > rental", "rental_id int! > rental")
BERKA = """
district: district_id int!, region text, inhabitants int
client: client_id int!, birth_number text, gender text, district_id int! > district
account: account_id int!, district_id int! > district, frequency text, date date!
disp: disp_id int!, client_id int! > client, account_id int! > account, type enum!
card: card_id int!, disp_id int! > disp, type text, issued date!
loan: loan_id int!, account_id int! > account, date date!, amount num, status text
order: order_id int!, account_id int! > account, bank_to text, amount num, k_symbol enum
trans: trans_id int!, account_id int! > account, date date!, type text, amount num, balance num
"""
CLINIC = """
patients: patient_id int!, given_name text!, email text!, birth_date date!, sex enum!, enrolled_on date!, \
followed_days int!, deceased bool!, case_of int > patients
lab_tests: code text!, name text!
lab_results: lab_result_id int!, patient_id int! > patients, test text! > lab_tests, taken_on date!, value num
conditions: code text!, name text!
diagnoses: diagnosis_id int!, patient_id int! > patients, condition text! > conditions, diagnosed_on date!
"""


def catalogue(text: str) -> Schema:
    """A table a line: ``name: column kind[!][ > table], ... [; key columns]``; the first column is the key if none."""
    lines = [line.split(";") for line in text.strip().splitlines()]
    heads = {line[0].partition(":")[0].strip(): line for line in lines}
    keys = {
        name: tuple(map(ColumnName, line[1].split() if len(line) > 1 else [line[0].partition(":")[2].split()[0]]))
        for name, line in heads.items()
    }
    tables = []
    for name, line in heads.items():
        columns, references = [], []
        for part in line[0].partition(":")[2].split(","):
            words = part.split()
            kind = KINDS[words[1].rstrip("!")]
            columns.append(
                Column(
                    name=ColumnName(words[0]), kind=kind, native=words[1], nullable="!" not in words[1],
                    values=("one", "two") if kind is Kind.ENUM else (),
                )
            )  # fmt: skip
            if len(words) > 2:
                target = TableName(words[3])
                references.append(Reference(columns=(columns[-1].name,), target=target, target_columns=keys[words[3]]))
        tables.append(
            Table(name=TableName(name), columns=tuple(columns), primary_key=keys[name], references=tuple(references))
        )
    return Schema(tables=tuple(tables))


@dataclasses.dataclass(frozen=True)
class Empty:
    """A snapshot of tables without rows: what is found there comes from names and types."""

    schema: Schema

    def batches(self, _table: TableName, _columns: Any) -> Any:
        return iter(())

    def sample(self, table: TableName, columns: Any, *, rows: int) -> pa.Table:  # noqa: ARG002 - there are none
        found = self.schema.table(table)
        return pa.table({name: pa.array([], found.column(name).arrow_type) for name in columns})


def drafted(schema: Schema, unit: str | None = None) -> str:
    findings = detect(Empty(schema), progress=lambda *_: None)  # type: ignore[arg-type] - all that detection asks for
    return draft_policy(schema, findings, source_name="shop", unit_table=TableName(unit) if unit else None)


def confirmed(text: str) -> Policy:
    return parse_policy(text.replace(TO_BE_CONFIRMED, "Looked at by the steward"), name="draft")


@cache
def proposed(text: str) -> tuple[Policy, Lineage]:
    schema = catalogue(text)
    policy = confirmed(drafted(schema))
    assert coverage(policy, schema) == ()
    return policy, lineage(policy, schema)


def owners(tree: Lineage) -> dict[str, str]:
    return {
        kin.table: f"{kin.owner} {'names it by' if kin.named else 'by'} "
        + ", ".join(kin.owner_columns if kin.named else kin.columns)
        for kin in tree.owned
    }


def told(tree: Lineage, table: str) -> tuple[str | None, str | None, str | None]:
    kin = tree.of(TableName(table))
    return kin.order, kin.since, kin.kind


def test_the_whole_clinic_is_proposed_as_its_policy_has_it() -> None:
    policy, tree = proposed(CLINIC)
    assert owners(tree) == {"lab_results": "patients by patient_id", "diagnoses": "patients by patient_id"}
    assert told(tree, "lab_results") == ("taken_on", "enrolled_on", "test")
    assert told(tree, "diagnoses") == ("diagnosed_on", "enrolled_on", "condition")
    assert tree.public == ("lab_tests", "conditions")
    assert policy.tables["patients"].columns["case_of"].treatment is Treatment.KEY


def test_rentals_and_addresses_are_the_customers_and_films_are_public() -> None:
    policy, tree = proposed(SAKILA)
    assert tree.unit.table == "customer"
    # rental_id may be NULL here, and such payments would be nobody's
    assert owners(tree) == {
        "address": "customer names it by address_id",
        "rental": "customer by customer_id",
        "payment": "customer by customer_id",
    }
    assert told(tree, "rental") == ("rental_date", None, None)
    assert set(tree.public) == {
        "country", "city", "language", "category", "film", "film_category", "store", "inventory",
    }  # fmt: skip
    assert policy.tables["store"].without == ["manager_staff_id", "address_id"]
    assert policy.tables["film"].without == ["special"]
    assert "persons of its own" in str(policy.tables["staff"].reason)
    assert "persons of its own" in str(policy.tables["actor"].reason)
    assert "nothing that is released points here" in str(policy.tables["film_text"].reason)
    assert policy.tables["rental"].columns["staff_id"].treatment is Treatment.DROP


def test_the_most_specific_owner_is_proposed_where_none_may_be_null() -> None:
    _, tree = proposed(PAGILA)
    assert owners(tree)["payment"] == "rental by rental_id"
    payment = tree.of(TableName("payment"))
    assert [reference.target for reference in payment.ancestral] == ["customer"]
    assert told(tree, "payment") == ("payment_date", "rental_date", None)


def test_accounts_are_named_by_the_bridge_and_what_clients_share_is_dropped() -> None:
    policy, tree = proposed(BERKA)
    assert owners(tree) == {
        "disp": "client by client_id",
        "account": "disp names it by account_id",
        "card": "disp by disp_id",
    }
    assert tree.public == ("district",)
    for name in ("loan", "order", "trans"):
        assert "make the table it points at the unit of protection" in str(policy.tables[name].reason)


def test_with_accounts_as_the_unit_all_that_is_booked_on_them_is_theirs() -> None:
    schema = catalogue(BERKA)
    policy = confirmed(drafted(schema, unit="account"))
    assert coverage(policy, schema) == ()
    tree = lineage(policy, schema)
    assert owners(tree) == {
        "disp": "account by account_id",
        "loan": "account by account_id",
        "order": "account by account_id",
        "trans": "account by account_id",
        "card": "disp by disp_id",
    }
    assert told(tree, "trans") == ("date", "date", None)
    assert told(tree, "order") == (None, None, "k_symbol")
    assert "persons of its own" in str(policy.tables["client"].reason)


def test_a_public_table_is_refused_until_a_person_has_said_why() -> None:
    text = drafted(catalogue(CLINIC))
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, name="draft")
    assert [problem.where for problem in caught.value.problems] == ["tables.lab_tests", "tables.conditions"]
    assert all("draft" in problem.message for problem in caught.value.problems)


def test_owners_are_told_by_names_where_no_foreign_key_is_declared() -> None:
    bare = CLINIC.replace("patient_id int! > patients", "patient_id int!").replace("> lab_tests", "")
    assert "no foreign key is declared: check" in drafted(catalogue(bare))
    policy, tree = proposed(bare)
    assert owners(tree) == {"lab_results": "patients by patient_id", "diagnoses": "patients by patient_id"}
    assert policy.tables["lab_tests"].treatment == "drop"


def test_a_table_of_tenants_stands_in_the_way_of_owners_and_is_dropped() -> None:
    customers = catalogue("realms: realm int!, name text!\ncustomers: id int!, realm int!, email text!, joined date!")
    keyed = dataclasses.replace(
        customers.table(TableName("customers")),
        primary_key=(ColumnName("realm"), ColumnName("id")),
        references=(_reference("realm", "realms", "realm"),),
    )
    orders = dataclasses.replace(
        catalogue("orders: nr int!, realm int!, customer int!, at date!").tables[0],
        references=(_reference("realm customer", "customers", "realm id"), _reference("realm", "realms", "realm")),
    )
    schema = Schema(tables=(customers.tables[0], keyed, orders))
    policy = confirmed(drafted(schema))
    assert coverage(policy, schema) == ()
    assert policy.tables["realms"].treatment == "drop"
    assert lineage(policy, schema).of(TableName("orders")).columns == ("realm", "customer")


def _reference(here: str, target: str, there: str) -> Reference:
    return Reference(
        columns=tuple(map(ColumnName, here.split())),
        target=TableName(target),
        target_columns=tuple(map(ColumnName, there.split())),
    )


NAMES = ["customers", "orders", "addresses", "lines", "staff", "tags", "accounts"]


@st.composite
def catalogues(draw: st.DrawFn) -> Schema:
    """Tables that point at each other in any way: circles, bridges, composite keys, at what is not there.

    No column is in two references; that is refused where it cannot close, and told to the steward.
    """
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True))
    second = st.sampled_from([None, None, None, None, Kind.INTEGER, Kind.INTEGER, Kind.DATE])
    composite = {name: kind for name in names if (kind := draw(second)) is not None}
    tables = []
    for name in names:
        columns = [Column(name=ColumnName("id"), kind=Kind.INTEGER, native="int", nullable=False)]
        if name in composite:
            columns.append(Column(name=ColumnName("nr"), kind=composite[name], native="int", nullable=False))
        for extra, kind in (("email", Kind.TEXT), ("at", Kind.DATETIME), ("blob", Kind.UNSUPPORTED)):
            if draw(st.booleans()):
                columns.append(Column(name=ColumnName(extra), kind=kind, native=extra, nullable=draw(st.booleans())))
        references = []
        for target in draw(st.lists(st.sampled_from([*names, "elsewhere"]), max_size=3)):
            key = ("id", "nr") if target in composite else ("id",)
            here = []
            for part in key:
                taken = {name for reference in references for name in reference.columns}
                kind = composite[target] if part == "nr" else Kind.INTEGER
                known = [c.name for c in columns if c.kind is kind and c.name not in {*taken, *here}]
                fresh = ColumnName(f"{target}_{part}_{len(columns)}")
                column = draw(st.sampled_from([fresh, fresh, *known]))
                if column == fresh:
                    columns.append(Column(name=fresh, kind=kind, native="int", nullable=draw(st.booleans())))
                here.append(column)
            references.append(_reference(" ".join(here), target, " ".join(key)))
        key = ("id", "nr") if name in composite else ("id",)
        tables.append(
            Table(
                name=TableName(name), columns=tuple(columns), primary_key=tuple(map(ColumnName, key)),
                references=tuple(references),
            )
        )  # fmt: skip
    return Schema(tables=tuple(tables))


def found(schema: Schema) -> list[Finding]:
    """What detection might say, without the time it takes."""
    said: dict[str, tuple[Role, str | None, Treatment]] = {
        "email": (Role.DIRECT, "email", Treatment.REPLACE),
        "at": (Role.QUASI, "event_date", Treatment.LEARN),
        "blob": (Role.NONE, None, Treatment.DROP),
        "id": (Role.NONE, None, Treatment.KEY),
    }
    verdicts = {name: said.get(name, (Role.NONE, None, Treatment.LEARN)) for t in schema.tables for name in names_of(t)}
    return [
        Finding(
            table=table.name, column=ColumnName(name), role=verdicts[name][0], entity=verdicts[name][1],
            confidence=0.9, evidence=(), treatment=verdicts[name][2],
        )
        for table in schema.tables
        for name in names_of(table)
    ]  # fmt: skip


def names_of(table: Table) -> list[str]:
    return [str(column.name) for column in table.columns]


@given(schema=catalogues())
def test_a_draft_of_any_catalogue_covers_it_or_says_only_that_nothing_is_learned(schema: Schema) -> None:
    text = draft_policy(schema, found(schema), source_name="shop")
    problems: tuple[Problem, ...] = ()
    try:
        policy = confirmed(text)
        unit = schema.table(TableName(policy.unit.table))
        if any(unit.column(ColumnName(name)).kind is Kind.DATE for name in policy.unit.key):
            return  # such a unit cannot be released so far, and is told so
        problems = coverage(policy, schema)
    except PolicyError as error:
        problems = tuple(p for p in error.problems if "there would be nothing to release" not in p.message)
        policy = None
    assert [str(problem) for problem in problems] == []
    if policy is not None:
        tree = lineage(policy, schema)
        assert len(tree.kin) + len(tree.public) + len(tree.dropped) == len(schema.tables)
