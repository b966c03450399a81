"""Whose rows every table holds: what is accepted, what is refused, and the tree that comes of it."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pydantic
import pytest
from ruamel.yaml import YAML

from gateway.policy.coverage import coverage
from gateway.policy.lineage import Lineage, lineage, shares
from gateway.policy.model import Policy, TableClause, UnitClause
from gateway.policy.sentences import told_of_shares, told_of_tables
from gateway.vocabulary.errors import PolicyError
from gateway.vocabulary.names import ColumnName, TableName
from gateway.vocabulary.schema import Column, Kind, Reference, Schema, Table

KINDS = {
    "i": Kind.INTEGER, "t": Kind.TEXT, "d": Kind.DATE, "m": Kind.DATETIME, "n": Kind.DECIMAL, "b": Kind.BOOLEAN,
    "e": Kind.ENUM, "x": Kind.UNSUPPORTED,
}  # fmt: skip
KEY = {"role": "key", "treatment": "key"}
LEARN = {"role": "sensitive", "treatment": "learn"}
DROP = {"role": "none", "treatment": "drop", "reason": "Not needed by anyone"}


def table(name: str, columns: str, *references: str, key: str = "id", unique: tuple[str, ...] = ()) -> Table:
    """``table("visits", "id:i at:d? who:i", "who > people.id")``."""
    named = [part.partition(":") for part in columns.split()]
    pointing = [text.partition(" > ") for text in references]
    return Table(
        name=TableName(name),
        columns=tuple(
            Column(name=ColumnName(n), kind=KINDS[k[0]], native=k, nullable=k.endswith("?"), values=("a", "b"))
            for n, _, k in named
        ),
        primary_key=tuple(map(ColumnName, key.split())),
        unique=tuple(tuple(map(ColumnName, names.split())) for names in unique),
        references=tuple(
            Reference(
                columns=tuple(map(ColumnName, here.split())),
                target=TableName(there.split(".")[0]),
                target_columns=tuple(map(ColumnName, there.split(".")[1].split())),
            )
            for here, _, there in pointing
        ),
    )


SHOP = Schema(
    tables=(
        table("customers", "id:i born:d joined:d address:i? boss:i?", "address > addresses.id", "boss > customers.id"),
        table("addresses", "id:i street:t city:i", "city > cities.id"),
        table("cities", "id:i name:t land:i photo:x mayor:i?", "land > lands.id", "mayor > customers.id"),
        table("lands", "id:i name:t"),
        table("orders", "id:i who:i? at:d state:e spent:n", "who > customers.id"),
        table("lines", "order:i nr:i thing:i pieces:i", "order > orders.id", "thing > things.id", key="order nr"),
        table("things", "id:i name:t seller:i", "seller > sellers.id"),
        table("sellers", "id:i name:t"),
        table("returns", "id:i order:i nr:i who:i at:m", "order nr > lines.order nr", "order > orders.id",
              "who > customers.id"),
        table("friends", "one:i other:i since:d", "one > customers.id", "other > customers.id", key="one other"),
        table("notes", "id:i about:i text:t"),
    )
)  # fmt: skip

BASE: dict[str, Any] = {
    "version": 1,
    "name": "shop",
    "purpose": "Teach analysts",
    "source": {"name": "shop", "url": "${A}"},
    "unit": {"name": "customer", "table": "customers", "key": ["id"], "meaning": "One customer"},
    "target": {"name": "sharing", "url": "${B}", "schema": "shop"},
    "tables": {
        "returns": {
            "treatment": "synthesize",
            "owner": {"table": "lines", "columns": ["order", "nr"]},
            "order": "at",
            "most": 5,
            "columns": {"id": KEY, "order": KEY, "nr": KEY, "who": KEY, "at": LEARN},
        },
        "lines": {
            "treatment": "synthesize",
            "owner": {"table": "orders", "columns": ["order"]},
            "kind": "thing",
            "columns": {"order": KEY, "nr": KEY, "thing": LEARN, "pieces": LEARN},
        },
        "orders": {
            "treatment": "synthesize",
            "owner": {"table": "customers", "columns": ["who"]},
            "order": "at",
            "since": "joined",
            "kind": "state",
            "columns": {"id": KEY, "who": KEY, "at": LEARN, "state": LEARN, "spent": LEARN},
        },
        "friends": {
            "treatment": "synthesize",
            "owner": {"table": "customers", "columns": ["one"]},
            "columns": {"one": KEY, "other": KEY, "since": LEARN},
        },
        "notes": {
            "treatment": "synthesize",
            "owner": {"table": "customers", "columns": ["about"]},
            "columns": {"id": KEY, "about": KEY, "text": LEARN},
        },
        "addresses": {
            "treatment": "synthesize",
            "owner": {"table": "customers", "named_by": ["address"]},
            "columns": {"id": KEY, "street": LEARN, "city": LEARN},
        },
        "customers": {
            "treatment": "synthesize",
            "columns": {"id": KEY, "born": LEARN, "joined": LEARN, "address": KEY, "boss": KEY},
        },
        "cities": {"treatment": "reference", "reason": "On every map", "without": ["photo", "mayor"]},
        "lands": {"treatment": "reference", "reason": "On every map"},
        "things": {"treatment": "reference", "reason": "In the catalogue", "without": ["seller"]},
        "sellers": {"treatment": "drop", "reason": "Persons of their own"},
    },
}


def policy(*changes: tuple[str, Any]) -> Policy:
    """``policy(("tables.orders.order", "spent"))``; None takes an entry out."""
    raw = copy.deepcopy(BASE)
    for place, value in changes:
        *path, last = place.split(".")
        at = raw
        for part in path:
            at = at.setdefault(part, {})
        if value is None:
            del at[last]
        else:
            at[last] = value
    return Policy.model_validate(raw)


def told(*changes: tuple[str, Any], schema: Schema = SHOP) -> list[str]:
    return [str(problem) for problem in coverage(policy(*changes), schema)]


def tree(*changes: tuple[str, Any]) -> Lineage:
    return lineage(policy(*changes), SHOP)


def names(references: tuple[Reference, ...]) -> list[tuple[str, ...]]:
    return [(*reference.columns, reference.target) for reference in references]


def test_a_whole_shop_is_covered_and_owners_come_before_what_they_own() -> None:
    assert told() == []
    found = tree()
    assert [kin.table for kin in found.kin] == [
        "customers", "orders", "friends", "notes", "addresses", "lines", "returns",
    ]  # fmt: skip
    assert found.unit.table == "customers"
    assert found.public == ("cities", "lands", "things")
    assert found.dropped == ("sellers",)
    assert [kin.table for kin in found.children(TableName("customers"))] == ["orders", "friends", "notes", "addresses"]
    assert found.of(TableName("lines")).owner == "orders"


def test_each_table_knows_what_its_references_are() -> None:
    found = {str(kin.table): kin for kin in tree().kin}
    assert (found["orders"].columns, found["orders"].owner_columns) == (("who",), ("id",))
    assert (found["orders"].order, found["orders"].since, found["orders"].kind) == ("at", "joined", "state")
    assert (found["orders"].most, found["returns"].most) == (1000, 5)
    assert names(found["lines"].public) == [("thing", "things")]
    assert names(found["friends"].links) == [("other", "customers")]
    assert found["friends"].ancestral == ()
    assert names(found["customers"].links) == [("boss", "customers")]
    # its order is named by the line's own reference, and closes with it; its customer is the order's
    assert names(found["returns"].links) == [("who", "customers")] == names(found["returns"].ancestral)
    assert found["returns"].owner_columns == ("order", "nr")


def test_a_row_that_its_owner_names_is_one_for_each() -> None:
    addresses = tree().of(TableName("addresses"))
    assert addresses.named
    assert (addresses.owner, addresses.columns, addresses.owner_columns) == ("customers", ("id",), ("address",))
    assert addresses.most == 1
    assert names(addresses.public) == [("city", "cities")]


def test_an_owner_may_be_named_by_columns_that_no_foreign_key_is_declared_for() -> None:
    assert tree().of(TableName("notes")).owner_columns == ("id",)
    for columns, why in ((["text"], "number and type"), (["about", "id"], "number and type"), (["abuot"], "`about`?")):
        (line,) = told(("tables.notes.owner.columns", columns))
        assert line.startswith("tables.notes.owner.columns: ")
        assert why in line


def test_rows_whose_owner_stands_in_their_key_are_one_for_each() -> None:
    alone = table("notes", "id:i about:i text:t", unique=("about",))
    schema = Schema(tables=(*SHOP.tables[:-1], alone))
    assert lineage(policy(), schema).of(TableName("notes")).most == 1


def test_a_foreign_key_to_no_key_names_no_owner() -> None:
    loose = table("notes", "id:i about:i text:t", "about > customers.boss")
    (line,) = told(schema=Schema(tables=(*SHOP.tables[:-1], loose)))
    assert "at columns that are no key there" in line


def test_whose_rows_they_are_is_told_in_words() -> None:
    said = told_of_tables(policy())
    assert (
        "each row of `orders` belongs to the row of `customers` in its `who`; at most 1000 each; in the order of `at`, "
        "counted from `joined` there; of the kinds in `state`"
    ) in said
    assert "each row of `customers` has a row of `addresses`, which its `address` names" in said
    assert "`cities` is public and copied as it is, without `photo`, `mayor`: On every map" in said
    assert len(said) == 9  # all but the unit's table and the one that is dropped
    assert told_of_shares(policy(("budget.split", {"customers": 0.25, "orders": 0.75}))) == "customers 25%, orders 75%"
    assert told_of_shares(policy()).startswith("three tenths to the unit's table")


def test_rows_may_end_with_a_column_of_their_owner() -> None:
    end = ("tables.orders.until", "born")
    assert told(end) == []
    assert tree(end).of(TableName("orders")).until == "born"
    assert any("counted from `joined` there; none after `born` there" in line for line in told_of_tables(policy(end)))


@pytest.mark.parametrize(
    ("until", "also", "expected"),
    [
        ("state", (), "names `state`, of kind enum, and `order` is of kind integer; the end is of the same kind"),
        ("spent", (), "names `spent`, of kind decimal, and `order` is of kind integer; the end"),
        ("at", (), "names `at`, of kind date, and `order` is of kind integer"),
        ("spent", (("tables.orders.columns.spent.domain", {"sentinels": [9]}),), "whose `sentinels` are no moments"),
    ],
)
def test_an_end_that_does_not_compare_with_the_order_is_refused(until: str, also: Any, expected: str) -> None:
    said = told(("tables.lines.order", "pieces"), ("tables.lines.until", until), *also)
    assert any(line.startswith("tables.lines.until: ") and expected in line for line in said), said


def test_nothing_ends_that_has_no_order() -> None:
    with pytest.raises(pydantic.ValidationError, match="`until` says where `order` ends, and there is no `order`"):
        policy(("tables.lines.until", "at"))


def test_shares_are_as_declared_or_three_tenths_for_the_unit() -> None:
    even = shares(policy(), tree())
    assert even[TableName("customers")] == pytest.approx(0.3)
    assert {round(share, 9) for table, share in even.items() if table != "customers"} == {round(0.7 / 6, 9)}
    split = {"customers": 0.4, **dict.fromkeys(("orders", "friends", "notes", "addresses", "lines", "returns"), 0.1)}
    assert shares(policy(("budget.split", split)), tree()) == split
    assert list(shares(policy(("budget.split", split)), tree())) == [kin.table for kin in tree().kin]
    with pytest.raises(pydantic.ValidationError, match="do not add up to 1"):
        policy(("budget.split", {"customers": 0.4}))
    assert told(("budget.split", {"customers": 0.5, "sellers": 0.5}))[-1] == (
        "budget.split.sellers: is not a synthesized table, and has nothing to spend"
    )
    assert "budget.split: leaves out `orders`" in "\n".join(told(("budget.split", {"customers": 1.0})))


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        ("tables.notes.owner.table", "addresses", "owner.table: is `addresses`, whose rows are named by `customers`"),
        ("tables.notes.owner", None, "tables.notes: has no `owner`: say whose rows these are"),
        ("tables.orders.owner.table", "shops", "owner.table: names `shops`, which is not a synthesized table"),
        ("tables.orders.owner.table", "lands", "owner.table: names `lands`, which is not a synthesized table"),
        ("tables.orders.owner", {"table": "lines", "columns": ["id"]}, "leads in a circle (`orders`, `lines`)"),
        ("tables.orders.owner", {"table": "orders", "columns": ["id"]}, "leads in a circle (`orders`)"),
        ("tables.customers.owner", {"table": "orders", "columns": ["id"]}, "belongs to the unit's own table"),
        ("tables.addresses.owner.named_by", ["born"], "owner.named_by: no foreign key is declared from these columns"),
        ("tables.orders.order", "state", "order: names `state`, of kind enum"),
        ("tables.orders.order", "who", "order: names `who`, which points at other rows"),
        ("tables.orders.order", "when", "order: names `when`, which is not a column of `orders`"),
        ("tables.orders.order", "spent", "since: names `joined`, of kind date, and `order` is of kind decimal"),
        ("tables.orders.columns.at", DROP, "order: names `at`, which is not learned"),
        ("tables.orders.columns.at.domain", {"sentinels": [9]}, "`sentinels` are no moments"),
        ("tables.orders.since", "join", "since: names `join`, which is not a column of `customers`"),
        ("tables.customers.columns.joined", DROP, "since: names `joined`, which is not a learned column of the owner"),
        ("tables.orders.until", "left", "until: names `left`, which is not a column of `customers`"),
        ("tables.orders.until", "boss", "until: names `boss`, which is not a learned column of the owner `customers`"),
        ("tables.returns.until", "pieces", "until: names `pieces`, a number: beside dates it counts days after"),
        ("tables.orders.kind", "spent", "kind: names `spent`, of kind decimal"),
        ("tables.orders.kind", "nothing", "kind: names `nothing`, which is not a column"),
        ("tables.orders.kind", "at", "kind: names `at`, which is the `order`"),
        ("tables.orders.columns.state", DROP, "kind: names `state`, which is not learned"),
        ("tables.orders.columns.who", DROP, "who: points at `customers`, to whom the rows belong; use `role: key`"),
        ("tables.orders.columns.who", LEARN, "who: points at `customers`, to whom the rows belong; use `role: key`"),
        ("tables.friends.columns.other", LEARN, "other: points at `customers`, where no value of the source may"),
        ("tables.customers.columns.address", LEARN, "address: points at `addresses`, to whom the rows belong"),
        ("tables.lines.columns.thing", KEY, "thing: points at the public table `things`, whose keys are public"),
        ("tables.lines.columns.thing.domain", {"lowest": 1, "highest": 2}, "thing: points at the public table"),
        ("tables.orders.knowledge", {"target": "state"}, "knowledge: is kept for the unit's own table only"),
        ("tables.cities.without", ["photo"], "without: should name `mayor`, of the reference to `customers`, and"),
        ("tables.cities.without", ["mayor"], "without: should name `photo`, of type x, which is not supported"),
        ("tables.cities.without", ["photo", "mayor", "maior"], "names `maior`, which is not a column of `cities`"),
        ("tables.lands.without", ["id", "name"], "names every column, so that nothing is left"),
        ("tables.lands.without", ["id"], "tables.cities.without: leaves the way to `id` of `lands`"),
        ("tables.cities.without", ["id", "photo", "mayor"], "city: points at `id` of `cities`, which is left out"),
        ("tables.lands.overrides", {"nmae": "On every map"}, "overrides.nmae: names `nmae`, which is not a column of"),
        ("tables.cities.overrides", {"photo": "On every map"}, "overrides.photo: is left out already"),
        ("tables.things.without", [], "should name `seller`, of the reference to `sellers`, which is not released"),
        ("tables.lands", {"treatment": "drop", "reason": "Not needed"}, "should name `land`, of the reference to"),
        ("tables.things", {"treatment": "drop", "reason": "Not needed"}, "thing: points at other rows, of `things`"),
    ],
)  # fmt: skip
def test_what_does_not_hang_together_is_told_with_its_place(place: str, value: Any, expected: str) -> None:
    said = told((place, value))
    assert any(expected in line for line in said), said
    with pytest.raises(PolicyError):
        tree((place, value))


def test_references_may_be_given_up_and_then_all_of_them() -> None:
    assert told(("tables.friends.columns.other", DROP), ("tables.customers.columns.boss", DROP)) == []
    found = tree(("tables.friends.columns.other", DROP), ("tables.customers.columns.boss", DROP))
    assert found.of(TableName("friends")).links == found.unit.links == ()
    pair = table("notes", "id:i about:i text:t order:i? nr:i?", "order nr > lines.order nr")
    schema = Schema(tables=(*SHOP.tables[:-1], pair))
    assert told(("tables.notes.columns.order", DROP), ("tables.notes.columns.nr", DROP), schema=schema) == []
    (line,) = told(("tables.notes.columns.order", KEY), ("tables.notes.columns.nr", DROP), schema=schema)
    assert "order: points at `lines` together with `nr`; keep all of them, or drop all" in line


def test_a_column_of_two_references_cannot_close_for_both() -> None:
    tenant = table("notes", "id:i about:i text:t who:i", "who > customers.id", "about who > lines.order nr")
    said = told(("tables.notes.columns.who", KEY), schema=Schema(tables=(*SHOP.tables[:-1], tenant)))
    assert any("one value cannot be made up for both" in line for line in said), said


def test_a_bridge_has_an_owner_and_a_link_or_a_public_side() -> None:
    liked = table("notes", "about:i thing:i", "about > customers.id", "thing > things.id", key="about thing")
    schema = Schema(tables=(*SHOP.tables[:-1], liked))
    assert told(("tables.notes.columns", {"about": KEY, "thing": LEARN}), schema=schema) == []
    kin = lineage(policy(("tables.notes.columns", {"about": KEY, "thing": LEARN})), schema).of(TableName("notes"))
    assert names(kin.public) == [("thing", "things")]


def test_rows_told_apart_by_their_order_alone_may_have_it_learned() -> None:
    daily = table("notes", "about:i day:d text:t", "about > customers.id", key="about day")
    columns = ("tables.notes.columns", {"about": KEY, "day": LEARN, "text": LEARN})
    schema = Schema(tables=(*SHOP.tables[:-1], daily))
    assert told(columns, ("tables.notes.order", "day"), schema=schema) == []
    assert any("day: is part of the primary key" in line for line in told(columns, schema=schema))
    (line,) = told(("tables.lines.columns.nr", LEARN), ("tables.returns.columns.nr", KEY))
    assert "nr: is part of the primary key: every row has its own value. Use `key`" in line


def test_a_key_that_points_at_a_dropped_table_may_still_be_fresh() -> None:
    child = table("notes", "id:i about:i text:t", "id > sellers.id")
    assert told(schema=Schema(tables=(*SHOP.tables[:-1], child))) == []


@pytest.mark.parametrize(
    ("table_clause", "expected"),
    [
        ({"treatment": "reference"}, "`reference` needs a `reason`"),
        ({"treatment": "reference", "reason": "To be confirmed: look"}, "has the `reason` of a draft still"),
        ({"treatment": "reference", "reason": "On every map", "columns": {"id": KEY}}, "public table has no `columns`"),
        ({"treatment": "reference", "reason": "On every map", "order": "id"}, "public table has no `order`"),
        ({"treatment": "reference", "reason": "On every map", "without": ["a", "a"]}, "names a column twice"),
        ({"treatment": "drop", "reason": "Not needed", "without": ["a"]}, "has no `without`"),
        ({"treatment": "drop", "reason": "Not needed", "owner": {"table": "a", "columns": ["b"]}}, "has no `owner`"),
        (
            {"treatment": "drop", "reason": "Not needed", "overrides": {"a": "On every map"}},
            "no `without`, `overrides` or `declared`",
        ),
        ({"treatment": "synthesize", "columns": {"id": KEY}, "without": ["a"]}, "are for public tables"),
        ({"treatment": "synthesize", "columns": {"id": KEY}, "overrides": {"a": "On every map"}}, "are for public"),
        ({"treatment": "synthesize", "columns": {"id": KEY}, "most": 3}, "`most` is said of the rows of one owner"),
        ({"treatment": "synthesize", "columns": {"id": KEY}, "owner": {"table": "a"}}, "an owner has either"),
        (
            {"treatment": "synthesize", "columns": {"id": KEY}, "owner": {"table": "a", "columns": ["b", "b"]}},
            "names a column twice",
        ),
        (
            {"treatment": "synthesize", "columns": {"id": KEY}, "owner": {"table": "a", "named_by": ["b"]}, "most": 3},
            "`most` is not for a row that its owner names",
        ),
        (
            {
                "treatment": "synthesize",
                "columns": {"id": KEY},
                "owner": {"table": "a", "columns": ["b"]},
                "since": "c",
            },
            "there is no `order`",
        ),
    ],
)
def test_a_table_says_only_what_its_treatment_keeps(table_clause: dict[str, Any], expected: str) -> None:
    with pytest.raises(pydantic.ValidationError, match=expected):
        policy(("tables.sellers", table_clause))


def test_what_the_how_to_shows_may_be_written() -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "whole-database.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    shown = YAML(typ="safe").load(block)
    assert UnitClause.model_validate(shown["unit"]).table == "patients"
    columns = {"patient_id": KEY, "taken_on": LEARN, "test": LEARN}
    clause = TableClause.model_validate({**shown["tables"]["lab_results"], "columns": columns})
    assert clause.owner is not None
    assert clause.owner.columns == ["patient_id"]
