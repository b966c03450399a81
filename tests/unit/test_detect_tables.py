"""A name is read in the light of its whole table, and of the other tables."""

import dataclasses
from typing import Any

import pytest

from gateway.raw.detect.affixes import without_affix
from gateway.raw.detect.context import contexts
from gateway.raw.detect.detecting import examine
from gateway.raw.detect.findings import Evidence
from gateway.raw.detect.keynames import names_person_key
from gateway.raw.detect.lexicon import Need
from gateway.raw.detect.meanings import PERSON_KEY
from gateway.raw.detect.recognizer import ColumnSample
from gateway.raw.detect.recognizers.keys import Keys
from gateway.raw.detect.recognizers.names import Names
from gateway.raw.detect.weighing import weigh
from gateway.raw.detect.wording import matches, reading_without, vocabulary, words
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.roles import Role
from gateway.vocabulary.schema import Column, Kind, Reference, Schema, Table

KINDS = {"t": Kind.TEXT, "i": Kind.INTEGER, "d": Kind.DATE, "b": Kind.BOOLEAN, "n": Kind.DECIMAL}


def a_table(name: Any, columns: Any, *, key: Any = (), references: Any = ()) -> Any:
    shapes = [column.rsplit(":", 1) for column in columns.split()]
    return Table(
        name=TableName(name),
        columns=tuple(Column(name=ColumnName(label), kind=KINDS[kind], native="int") for label, kind in shapes),
        primary_key=tuple(map(ColumnName, key)),
        references=tuple(
            Reference(
                columns=tuple(map(ColumnName, here.split())),
                target=TableName(to),
                target_columns=tuple(map(ColumnName, there.split())),
            )
            for here, to, there in references
        ),
    )


def findings(*tables: Any) -> Any:
    schema = Schema(tables=tables)
    known = contexts(schema)
    return {
        (table.name, column.name): examine(
            ColumnSample(
                schema=schema, table=table, column=column, values=(), rows=0, nulls=0, context=known[table.name]
            ),
            (Names(), Keys()),
        )
        for table in tables
        for column in table.columns
    }


# --- words that all columns of a table repeat ------------------------------------------------------------------------


def test_a_word_that_all_columns_repeat_is_read_over() -> None:
    table = a_table("adherents", "id_adh:i nom_adh:t ville_adh:t cp_adh:t", key=["id_adh"])
    assert without_affix(table, "nom_adh") == "nom"
    assert findings(table)["adherents", "nom_adh"].entity == "full_name"


def test_a_word_that_means_something_is_no_affix_however_often_it_is_repeated() -> None:
    table = a_table("t1", "address_line:t address_city:t address_zip:t address_code:t")
    assert without_affix(table, "address_city") is None
    table = a_table("links", "a_id:i b_id:i c_id:i d_id:i")
    assert without_affix(table, "a_id") is None


# --- keys ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["id_cliente", "idcliente", "codcliente", "codigo_alumno", "person_id_creator", "ref_cod_aluno", "Id_users",
     "customer_unique_id", "created_by_id", "printed_by", "advisor_id", "idpacientenuevo"],
)  # fmt: skip
def test_keys_of_persons_are_read_in_the_order_of_every_language(name: Any) -> None:
    assert findings(a_table("things", f"{name}:i weight:n"))["things", name].entity == PERSON_KEY


@pytest.mark.parametrize(
    "name", ["sort_by", "group_by", "id_producto", "tipo_cliente_id", "num_clientes", "customer_group_id"]
)
def test_what_only_sounds_like_a_key_of_persons_is_none(name: Any) -> None:
    assert findings(a_table("things", f"{name}:i weight:n"))["things", name].role is Role.NONE
    assert not names_person_key("productid")


def test_the_key_of_persons_is_known_again_under_its_own_name() -> None:
    found = findings(
        a_table("people", "per_nr:i vorname:t nachname:t", key=["per_nr"]),
        a_table("pictures", "per_nr:i format:t", key=["per_nr"]),
        a_table("parts", "part_nr:i label:t", key=["part_nr"]),
        a_table("stock", "part_nr:i amount:n"),
    )
    assert found["pictures", "per_nr"].role is Role.KEY
    assert found["stock", "part_nr"].role is Role.NONE


def test_a_column_named_as_a_table_of_persons_points_there() -> None:
    found = findings(
        a_table("patients", "Id:t BIRTHDATE:d"), a_table("conditions", "START:d PATIENT:t ENCOUNTER:t CODE:t")
    )
    assert found["conditions", "PATIENT"].role is Role.KEY
    assert found["conditions", "CODE"].entity == "diagnosis"
    assert found["conditions", "START"].role is Role.QUASI


def test_of_a_key_of_several_columns_the_shared_part_is_nobodys() -> None:
    found = findings(
        a_table("customers", "tenant_id:i customer_id:i email:t", key=["tenant_id", "customer_id"]),
        a_table("visits", "tenant_id:i customer_id:i at:d",
                references=[("tenant_id customer_id", "customers", "tenant_id customer_id")]),
    )  # fmt: skip
    assert found["visits", "customer_id"].role is Role.KEY
    assert found["visits", "tenant_id"].role is Role.NONE


def test_what_points_at_persons_or_things_row_by_row_may_point_at_one() -> None:
    table = a_table("events", "causer_type:t causer_id:i item_type:t item_id:i target_type:t target_id:i")
    found = findings(table)
    assert found["events", "causer_id"].role is Role.KEY
    assert found["events", "item_id"].role is Role.NONE
    assert found["events", "target_id"].role is Role.NONE
    listed = dataclasses.replace(table.columns[4], kind=Kind.ENUM, values=("App\\Models\\User", "Post"))
    columns = (*table.columns[:4], listed, table.columns[5])
    assert findings(dataclasses.replace(table, columns=columns))["events", "target_id"].role is Role.KEY


def test_a_key_shared_with_a_table_of_parties_is_a_persons() -> None:
    found = findings(
        a_table("party", "party_id:i", key=["party_id"]),
        a_table("person", "party_id:i first_name:t", key=["party_id"], references=[("party_id", "party", "party_id")]),
        a_table("mail", "party_id:i address:t", references=[("party_id", "person", "party_id")]),
    )
    assert found["person", "party_id"].role is Role.KEY
    assert found["mail", "party_id"].role is Role.KEY


def test_the_number_of_an_entry_in_a_log_of_persons_is_none_of_theirs() -> None:
    found = findings(
        a_table("person", "person_id:i surname:t", key=["person_id"]),
        a_table("log_person", "log_person_id:i person_id:i on:d", key=["log_person_id"],
                references=[("person_id", "person", "person_id")]),
    )  # fmt: skip
    assert found["log_person", "log_person_id"].role is Role.NONE
    assert found["log_person", "person_id"].role is Role.KEY


# --- what a table is to persons --------------------------------------------------------------------------------------


def nearness(*tables: Any) -> Any:
    return [context.nearness for context in contexts(Schema(tables=tables)).values()]


def test_who_wrote_a_row_down_does_not_make_it_about_persons() -> None:
    users = a_table("users", "user_id:i email:t", key=["user_id"])
    concept = a_table("concept_label", "concept_id:i label:t creator:i", references=[("creator", "users", "user_id")])
    order = a_table("orders", "order_id:i buyer:i", references=[("buyer", "users", "user_id")])
    assert nearness(users, concept, order) == [Need.PERSON, Need.ANYWHERE, Need.LINKED]
    assert findings(users, concept)["concept_label", "creator"].role is Role.KEY


def test_places_are_nobodys_even_where_persons_are_named_beside_them() -> None:
    users = a_table("users", "nick:t email:t", key=["nick"])
    cities = a_table("cities", "city:t latitude:n nick:t", references=[("nick", "users", "nick")])
    found = findings(users, cities)
    assert found["cities", "city"].role is Role.NONE
    assert found["cities", "latitude"].role is Role.NONE
    assert found["cities", "nick"].role is Role.KEY


def test_where_a_firm_is_says_nothing_of_a_person_but_its_phone_may() -> None:
    found = findings(a_table("suppliers", "id:i city:t phone:t"), a_table("contacts", "id:i city:t phone:t"))
    assert found["suppliers", "city"].role is Role.NONE
    assert found["suppliers", "phone"].role is Role.DIRECT
    assert found["contacts", "city"].role is Role.QUASI


def test_facts_that_only_persons_have_make_a_table_one_of_persons() -> None:
    assert nearness(a_table("t1", "age:i glucose:n bmi:n"), a_table("t2", "age:i weight:n volume:n")) == [
        Need.PERSON,
        Need.ANYWHERE,
    ]


def test_a_list_of_what_persons_can_be_is_no_table_of_persons() -> None:
    assert nearness(a_table("tipos_clientes", "id:i nombre:t"), a_table("gruposclientes", "id:i nombre:t")) == [
        Need.ANYWHERE,
        Need.ANYWHERE,
    ]


def test_a_name_beside_an_e_mail_address_is_a_persons() -> None:
    found = findings(a_table("sign_ups", "name:t email:t"), a_table("stores", "name:t email:t"))
    assert found["sign_ups", "name"].entity == "full_name"
    assert found["stores", "name"].role is Role.NONE


# --- counts, flags, comments, types ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["open_accounts", "num_satisfactory_accounts", "current_accounts_delinq", "phones"])
def test_accounts_that_are_counted_are_no_numbers_of_accounts(name: Any) -> None:
    assert findings(a_table("loans", f"{name}:i term:i"))["loans", name].role is not Role.DIRECT


def test_the_bounds_of_a_salary_of_a_job_are_nobodys() -> None:
    found = findings(a_table("jobs", "job_id:i max_salary:n"), a_table("employees", "employee_id:i salary:n"))
    assert found["jobs", "max_salary"].role is Role.NONE
    assert found["employees", "salary"].role is Role.SENSITIVE


def test_an_enum_of_yes_and_no_is_a_flag_whatever_it_is_called() -> None:
    table = a_table("persons", "id:i canLogin:t")
    flag = dataclasses.replace(table.columns[1], kind=Kind.ENUM, native="enum('Y','N')", values=("Y", "N"))
    flagged = dataclasses.replace(table, columns=(table.columns[0], flag))
    assert findings(table)["persons", "canLogin"].role is Role.DIRECT
    assert findings(flagged)["persons", "canLogin"].role is Role.NONE


def test_the_labels_of_an_enum_are_not_its_type() -> None:
    table = a_table("persons", "id:i line_kind:t")
    enum = dataclasses.replace(
        table.columns[1], kind=Kind.ENUM, native="enum('mobile','fax')", values=("mobile", "fax")
    )
    assert findings(dataclasses.replace(table, columns=(enum,)))["persons", "line_kind"].role is Role.NONE


def test_a_common_word_in_a_comment_says_nothing_and_a_telling_one_does() -> None:
    table = a_table("orders", "c1:t c2:t customer_id:i")
    said = (
        dataclasses.replace(table.columns[0], comment="What state the order is in"),
        dataclasses.replace(table.columns[1], comment="E-mail of whoever ordered"),
        table.columns[2],
    )
    found = findings(dataclasses.replace(table, columns=said))
    assert found["orders", "c1"].role is Role.NONE
    assert found["orders", "c2"].entity == "email"


def test_a_reference_to_a_thing_is_no_identifier_whatever_it_is_called() -> None:
    found = findings(
        a_table("pages", "name:t", key=["name"]),
        a_table("users", "id:i homepage:t website:t", key=["id"], references=[("homepage", "pages", "name")]),
    )
    assert found["users", "homepage"].role is Role.NONE
    assert found["users", "website"].role is Role.DIRECT


def test_a_hash_of_an_identifier_is_one_too() -> None:
    found = findings(a_table("users", "id:i email_md5:t password_hash:t colour_hash:t"))
    assert found["users", "email_md5"].entity == "email"
    assert found["users", "password_hash"].entity == "password"
    assert found["users", "colour_hash"].role is Role.NONE


@pytest.mark.parametrize(
    ("name", "expected"),
    [("idcliente", ("id", "cliente")), ("langcode", ("language", "code")), ("Nationalitaet", ("nationalitat",)),
     ("identity", ("identity",)), ("value", ("value",)),
         ("alumnocelular", ("alumno", "celular")), ("datainserimento", ("data", "inserimento")),
         ("mortgage", ("mortgage",)), ("package", ("package",)), ("coverage", ("coverage",)),
         ("observaciones", ("observacion",))],
)  # fmt: skip
def test_heads_that_are_glued_on_and_umlauts_written_out_are_seen(name: Any, expected: Any) -> None:
    assert words(name) == expected


# --- measuring without some words ------------------------------------------------------------------------------------


def test_words_can_be_left_out_and_are_back_afterwards() -> None:
    assert "cognome" in vocabulary("cognome_cliente")
    with reading_without(frozenset({"cognome", "cliente"})):
        assert matches("cognome") == ()
        assert vocabulary("cognome_cliente") == frozenset()
    assert matches("cognome")


# --- numbers of their own, and values where nobody is near -----------------------------------------------------------


def with_values(table: Any, column: Any, values: Any, *others: Any) -> Any:
    schema = Schema(tables=(table, *others))
    return ColumnSample(
        schema=schema, table=table, column=table.column(ColumnName(column)), values=values, rows=len(values), nulls=0,
        context=contexts(schema)[table.name],
    )  # fmt: skip


def test_an_id_that_no_two_persons_share_is_theirs_and_one_of_another_table_is_not() -> None:
    numbers = tuple(map(str, range(40)))
    passengers = a_table("passengers", "passenger_id:i surname:t wiki_id:i address_id:i", key=["passenger_id"])
    addresses = a_table("addresses", "address_id:i")
    (found,) = Keys().recognize(with_values(passengers, "wiki_id", numbers, addresses))
    assert found.entity == PERSON_KEY
    assert Keys().recognize(with_values(passengers, "address_id", numbers, addresses)) == ()
    assert Keys().recognize(with_values(passengers, "wiki_id", numbers[:19], addresses)) == ()


def test_values_that_are_cities_say_something_of_persons_only_near_one() -> None:
    seen = Evidence(recognizer="values", entity="city", score=0.8, share=1.0, reason="cities")
    cities, people = a_table("cities", "label:t"), a_table("people", "label:t surname:t")
    assert weigh(with_values(cities, "label", ("a", "b", "c")), [seen]).role is Role.NONE
    assert weigh(with_values(people, "label", ("a", "b", "c")), [seen]).role is Role.QUASI


def test_a_table_that_shares_the_key_of_persons_is_one_of_persons() -> None:
    extras = a_table("extras", "user_id:i alias:t name:t", key=["user_id"], references=[("user_id", "users", "id")])
    found = findings(a_table("users", "id:i", key=["id"]), extras)
    assert found["extras", "user_id"].role is Role.KEY
    assert found["extras", "name"].role is Role.DIRECT


@pytest.mark.parametrize("name", ["user_created", "utente_inserimento", "usuario_creacion"])
def test_a_person_beside_a_word_of_bookkeeping_is_who_wrote_the_row(name: Any) -> None:
    assert findings(a_table("things", f"{name}:i weight:n"))["things", name].role is not Role.NONE
