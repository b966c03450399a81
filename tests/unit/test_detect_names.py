"""Names are taken apart and understood, in several languages and in the light of their table."""

from typing import Any

import pytest

from gateway.raw.detect.context import contexts
from gateway.raw.detect.detecting import examine, load_recognizers
from gateway.raw.detect.lexicon import LEXICON, Need
from gateway.raw.detect.meanings import MEANINGS, PERSON_KEY
from gateway.raw.detect.recognizer import ColumnSample
from gateway.raw.detect.wording import matches, words
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.roles import Role, Treatment
from gateway.vocabulary.schema import Column, Kind, Reference, Schema, Table

KINDS = {"t": Kind.TEXT, "i": Kind.INTEGER, "d": Kind.DATE, "b": Kind.BOOLEAN, "n": Kind.DECIMAL, "u": Kind.UNSUPPORTED}


def a_table(name: Any, columns: Any, *, key: Any = (), references: Any = (), comments: Any = None) -> Any:
    shapes = []
    for column in columns.split():
        label, kind = column.rsplit(":", 1)
        comment = (comments or {}).get(label)
        shapes.append(Column(name=ColumnName(label), kind=KINDS[kind], native="int", comment=comment))
    return Table(
        name=TableName(name),
        columns=tuple(shapes),
        primary_key=tuple(map(ColumnName, key)),
        references=tuple(
            Reference(columns=(ColumnName(here),), target=TableName(to), target_columns=(ColumnName(there),))
            for here, to, there in references
        ),
    )


def findings_by_name(*tables: Any) -> Any:
    schema = Schema(tables=tables)
    known, recognizers = contexts(schema), load_recognizers()
    return {
        (table.name, column.name): examine(
            ColumnSample(
                schema=schema, table=table, column=column, values=(), rows=0, nulls=0, context=known[table.name]
            ),
            recognizers,
        )
        for table in tables
        for column in table.columns
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cust_dob", ("customer", "dob")),
        ("CustDOB", ("customer", "dob")),
        ("DOBOfCust", ("dob", "of", "customer")),
        ("Geburtsdatum", ("geburtsdatum",)),
        ("Straße", ("strasse",)),
        ("PRÉNOM", ("prenom",)),
        ("address2", ("address",)),
        ("e-mail addresses", ("e", "mail", "address")),
        ("", ()),
        ("日本語", ()),
        ("__42__", ()),
    ],
)
def test_a_name_is_taken_apart_into_its_words(name: Any, expected: Any) -> None:
    assert words(name) == expected


@pytest.mark.parametrize(
    ("name", "entity"),
    [
        ("cust_dob", "birth_date"),
        ("CustDOB", "birth_date"),
        ("Geburtsdatum", "birth_date"),
        ("fecha_nacimiento", "birth_date"),
        ("DateNaissance", "birth_date"),
        ("custlastname", "family_name"),
        ("patientenvorname", "given_name"),
        ("StudentName", "full_name"),
        ("billing_email", "email"),
        ("EMAIL_1", "email"),
        ("home_phone", "phone"),
        ("Telefonnummer", "phone"),
        ("SSN", "national_number"),
        ("codice_fiscale", "national_number"),
        ("iban_to", "bank_account"),
        ("user_pass", "password"),
        ("last_login_ip", "ip_address"),
    ],
)
def test_a_name_means_what_its_words_say(name: Any, entity: Any) -> None:
    assert matches(name)[0].entry.entity == entity


@pytest.mark.parametrize(
    "name",
    ["email_count", "phone_type", "has_email", "product_name", "package", "company_address_id", "avg_salary", "stage"],
)
def test_a_name_about_something_else_means_little(name: Any) -> None:
    assert all(match.entry.score * match.factor < 0.45 or match.entry.need > 0 for match in matches(name))


def test_every_entity_of_the_lexicon_has_a_role() -> None:
    assert {entry.entity for entry in LEXICON} <= set(MEANINGS)


def test_the_same_word_means_a_person_in_a_table_of_persons_only() -> None:
    found = findings_by_name(
        a_table("employees", "id:i name:t title:t city:t", key=["id"]),
        a_table("albums", "id:i name:t title:t city:t", key=["id"]),
    )
    assert found["employees", "name"].entity == "full_name"
    assert found["employees", "title"].entity == "occupation"
    assert found["employees", "city"].role is Role.QUASI
    for column in ("id", "name", "title", "city"):
        assert found["albums", column].role is Role.NONE


def test_a_table_without_a_telling_name_is_of_persons_when_its_columns_are() -> None:
    known = contexts(
        Schema(tables=(a_table("t17", "nr:i sex:t age:i income:n"), a_table("t18", "nr:i colour:t volume:n")))
    )
    assert known[TableName("t17")].nearness is Need.PERSON
    assert known[TableName("t18")].nearness is Need.ANYWHERE


def test_an_order_with_a_ship_name_is_no_person() -> None:
    found = findings_by_name(
        a_table("customers", "customer_id:i email:t", key=["customer_id"]),
        a_table(
            "orders",
            "order_id:i customer_id:i first_name:t",
            key=["order_id"],
            references=[("customer_id", "customers", "customer_id")],
        ),
    )
    assert found["orders", "order_id"].role is Role.NONE
    assert found["orders", "first_name"].role is Role.DIRECT


def test_keys_are_found_by_declaration_through_several_hops() -> None:
    found = findings_by_name(
        a_table("x1", "pk:i vorname:t nachname:t", key=["pk"]),
        a_table("x2", "pk:i who:i", key=["pk"], references=[("who", "x1", "pk")]),
        a_table("x3", "z:i", references=[("z", "x2", "who")]),
        a_table("x4", "z:i", references=[("z", "x2", "pk")]),
    )
    assert found["x1", "pk"].role is Role.KEY
    assert found["x1", "pk"].treatment is Treatment.KEY
    assert found["x2", "who"].role is Role.KEY
    assert found["x2", "who"].treatment is Treatment.DROP
    assert found["x3", "z"].role is Role.KEY
    assert found["x4", "z"].role is Role.NONE


@pytest.mark.parametrize(
    "name", ["customer_id", "CustomerId", "users_id", "manager_staff_id", "ReportsTo", "KundenNr", "id_", "assigned_to"]
)
def test_keys_are_found_by_name_where_nothing_is_declared(name: Any) -> None:
    table = "patients" if name == "id_" else "visits"
    found = findings_by_name(a_table(table, f"{name}:i total:n"))
    assert found[table, name].entity == PERSON_KEY


@pytest.mark.parametrize("name", ["parent_id", "product_id", "album_id", "max_users", "user_type_id", "num_students"])
def test_keys_of_things_and_counts_of_persons_are_no_keys(name: Any) -> None:
    assert findings_by_name(a_table("things", f"{name}:i"))["things", name].role is Role.NONE


def test_a_declared_reference_to_a_thing_beats_a_name_that_sounds_like_a_person() -> None:
    found = findings_by_name(
        a_table("models", "id:i label:t", key=["id"]),
        a_table("cars", "driver_id:i", references=[("driver_id", "models", "id")]),
    )
    assert found["cars", "driver_id"].role is Role.NONE


def test_references_in_a_circle_end() -> None:
    found = findings_by_name(
        a_table("a", "x:i", references=[("x", "b", "y")]), a_table("b", "y:i", references=[("y", "a", "x")])
    )
    assert found["a", "x"].role is Role.NONE


def test_a_comment_and_a_generic_name_in_a_telling_table_are_read() -> None:
    found = findings_by_name(
        a_table("patients", "patient_id:i c1:t", key=["patient_id"], comments={"c1": "E-mail address of the patient"}),
        a_table(
            "diagnoses",
            "diagnosis_id:i patient_id:i code:t",
            key=["diagnosis_id"],
            references=[("patient_id", "patients", "patient_id")],
        ),
    )
    assert found["diagnoses", "diagnosis_id"].role is Role.NONE
    assert found["patients", "c1"].entity == "email"
    assert found["diagnoses", "code"].role is Role.SENSITIVE


def test_a_date_of_a_person_is_quasi_and_a_note_of_the_system_is_not() -> None:
    found = findings_by_name(a_table("patients", "seen_on:d updated_at:d create_date:d"))
    assert found["patients", "seen_on"].role is Role.QUASI
    assert found["patients", "updated_at"].role is Role.NONE
    assert found["patients", "create_date"].role is Role.NONE


def test_a_type_that_does_not_fit_weakens_a_word() -> None:
    found = findings_by_name(a_table("patients", "email:b phone:d"))
    assert found["patients", "email"].role is Role.NONE
    assert found["patients", "phone"].role is not Role.DIRECT


def test_hostile_names_are_read_without_harm() -> None:
    name = "a" * 100_000 + "_email"
    assert words(name)
    assert matches("'; DROP TABLE x; --\x00\n") == ()
