"""What was published stays understood: a change that old hearers or old messages cannot live with is refused."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import marshmallow as ma
import pytest

from shared.agreement.parties import Agency
from shared.contracts.base import Contract, Registry, To, code, uuid
from shared.contracts.compatibility import breaks
from shared.contracts.export import schemas
from shared.contracts.jsonschema import Json
from tests.contracts.made_up import MOVED, Home, Moved, told

RELEASED = "police/PersonReleased.v1/commune.json"
SUBMITTED = "police/ListSubmitted.v1/bank.json"
RETURNED = "commune/ListReturned.v1/police.json"
TRANSFERRED_TO_BANK = "police/ResidenceTransferred.v1/bank.json"


def changed(path: str, change: Callable[[Json], Any]) -> dict[str, Json]:
    new = copy.deepcopy(schemas())
    change(new[path])
    return new


def set_in(*place: str, **keywords: Any) -> Callable[[Json], None]:
    def change(schema: Json) -> None:
        for step in place:
            schema = schema[step]
        schema.update(keywords)

    return change


def without(*place: str) -> Callable[[Json], None]:
    def change(schema: Json) -> None:
        for step in place[:-1]:
            schema = schema[step]
        del schema[place[-1]]

    return change


def with_field(schema: Json) -> None:
    schema["properties"]["more"] = {"type": "string", "format": "uuid"}


def with_required_field(schema: Json) -> None:
    with_field(schema)
    schema["required"].append("more")


def without_field(schema: Json) -> None:
    del schema["properties"]["ground"]
    schema["required"].remove("ground")


ENTRY = ("$defs", "Entry", "properties")
PARTICULARS = ("$defs", "Particulars", "properties")
BREAKS = {
    "a field is gone": (RELEASED, without_field, "field ground is gone"),
    "a field is new": (RELEASED, with_field, "field more is new"),
    "a required field is new": (RELEASED, with_required_field, "field more is new"),
    "a field of an inner object is gone": (
        SUBMITTED,
        without(*ENTRY, "salt"),
        "entries[]: field salt is gone",
    ),
    "a field two objects down is new": (
        SUBMITTED,
        set_in(*PARTICULARS, phone={}),
        "particulars: field phone is new",
    ),
    "a field may be left out": (RELEASED, set_in(required=["person_id"]), "required was"),
    "another type": (
        SUBMITTED,
        set_in(*ENTRY, "amount", type="string"),
        "amount: type was integer, is string",
    ),
    "a null is taken": (SUBMITTED, set_in(*ENTRY, "amount", type=["integer", "null"]), "amount: type was"),
    "a null is refused": (
        SUBMITTED,
        set_in(*PARTICULARS, "identity_number", type="string"),
        "identity_number: type was",
    ),
    "a value more": (
        RELEASED,
        set_in("properties", "ground", enum=["amnesty", "parole"]),
        "ground: enum was",
    ),
    "a value less": (RELEASED, set_in("properties", "ground", enum=["amnesty"]), "ground: enum was"),
    "any value": (RELEASED, without("properties", "ground", "enum"), "ground: enum was"),
    "a longer text": (
        SUBMITTED,
        set_in("properties", "document_no", maxLength=61),
        "maxLength was 60, is 61",
    ),
    "a shorter text": (
        SUBMITTED,
        set_in("properties", "document_no", maxLength=59),
        "maxLength was 60, is 59",
    ),
    "a text without limit": (
        SUBMITTED,
        without("properties", "document_no", "maxLength"),
        "maxLength was 60, is None",
    ),
    "a higher limit": (
        SUBMITTED,
        set_in("properties", "round", maximum=100),
        "round: maximum was 99, is 100",
    ),
    "a lower limit": (SUBMITTED, set_in("properties", "round", minimum=0), "round: minimum was 1, is 0"),
    "more entries": (SUBMITTED, set_in("properties", "entries", maxItems=501), "maxItems was 500, is 501"),
    "fewer entries": (RETURNED, set_in("properties", "reasons", minItems=2), "minItems was 1, is 2"),
    "another pattern": (
        RELEASED,
        set_in("properties", "commune", pattern="^[0-9]{6}$"),
        "commune: pattern was",
    ),
    "another format": (
        RELEASED,
        set_in("properties", "person_id", format="uri"),
        "person_id: format was uuid, is uri",
    ),
    "another unit": (SUBMITTED, set_in(*ENTRY, "amount", **{"x-unit": "kVND"}), "x-unit was VND, is kVND"),
    "other items": (SUBMITTED, without("properties", "entries", "items"), "items was"),
    "unknown fields are taken": (
        RELEASED,
        set_in(additionalProperties=True),
        "additionalProperties was False, is True",
    ),
    "told on another condition": (
        TRANSFERRED_TO_BANK,
        without("x-told-only-if"),
        "x-told-only-if was bank_concerned",
    ),
    "told on a condition only": (
        SUBMITTED,
        set_in(**{"x-told-only-if": "x"}),
        "x-told-only-if was None, is x",
    ),
    "cases are not named any more": (
        SUBMITTED,
        set_in(**{"x-sees-cases": False}),
        "x-sees-cases was True, is False",
    ),
    "the subject is another": (SUBMITTED, set_in(**{"x-about": "case"}), "x-about was list, is case"),
    "an attribute of the envelope is gone": (
        "cloudevent.json",
        without("properties", "sequence"),
        "sequence is gone",
    ),
}


@pytest.mark.parametrize(("path", "change", "said"), BREAKS.values(), ids=BREAKS.keys())
def test_a_change_within_a_version_is_refused(path: str, change: Callable[[Json], Any], said: str) -> None:
    (found,) = (one for one in breaks(schemas(), changed(path, change)) if said in one)
    assert found.startswith(f"{path}: ")


@pytest.mark.parametrize(("path", "change", "said"), BREAKS.values(), ids=BREAKS.keys())
def test_taking_such_a_change_back_is_one_too(path: str, change: Callable[[Json], Any], said: str) -> None:
    assert breaks(changed(path, change), schemas())


def test_a_recipient_who_is_no_longer_told_is_a_break() -> None:
    new = {path: schema for path, schema in schemas().items() if path != SUBMITTED}
    assert breaks(schemas(), new) == [f"{SUBMITTED}: this recipient is no longer told"]


def test_an_event_that_is_gone_is_a_break_even_when_a_new_version_is_there() -> None:
    new = {
        path.replace("PersonReleased.v1", "PersonReleased.v2"): schema for path, schema in schemas().items()
    }
    (found,) = breaks(schemas(), new)
    assert found.startswith(f"{RELEASED}: this version of the event is gone")


ALLOWED: dict[str, Callable[[dict[str, Json]], Any]] = {
    "nothing": lambda new: None,
    "a new event": lambda new: new.update({"police/MadeUp.v1/commune.json": new[RELEASED]}),
    "a new version beside the old": lambda new: new.update(
        {RELEASED.replace("v1", "v2"): changed(RELEASED, with_required_field)[RELEASED]}
    ),
    "a new recipient": lambda new: new.update(
        {RETURNED.replace("police.json", "nobody.json"): new[RETURNED]}
    ),
    "other words": lambda new: new[RELEASED].update(
        description="In other words.", title="Released", examples=[]
    ),
    "other words about a field": lambda new: new[RELEASED]["properties"]["commune"].update(
        description="Code."
    ),
    "another order": lambda new: (
        new[RELEASED]["required"].reverse(),
        new[RELEASED]["properties"]["ground"]["enum"].reverse(),
    ),
    "an inner object under another name": lambda new: new.update(
        {RELEASED: renamed(new[RELEASED], "Particulars", "Person")}
    ),
}


def renamed(schema: Json, old: str, new: str) -> Json:
    inner = dict(schema["$defs"])
    inner[new] = inner.pop(old)
    properties = {
        name: {"$ref": f"#/$defs/{new}"} if field == {"$ref": f"#/$defs/{old}"} else field
        for name, field in schema["properties"].items()
    }
    return {**schema, "$defs": inner, "properties": properties}


@pytest.mark.parametrize("change", ALLOWED.values(), ids=ALLOWED.keys())
def test_what_old_hearers_and_old_messages_can_live_with_is_allowed(change: Callable[[Any], Any]) -> None:
    new = copy.deepcopy(schemas())
    change(new)
    assert breaks(schemas(), new) == []


class Bigger(Home):
    floor = uuid()


def moved_with(**fields: Any) -> Contract:
    return replace(MOVED, schema=type("Moved", (Moved,), fields))


CONTRACT_CHANGES = {
    "a field more is told": (told("person_id", "commune", "home", "reason"), "field reason is new"),
    "a field less is told": (told("person_id", "commune"), "field home is gone"),
    "somebody else is told": (replace(MOVED, to=(To(Agency.BANK, ("person_id",)),)), "no longer told"),
    "another event": (replace(MOVED, name="MovedAway"), "version of the event is gone"),
    "another version instead": (replace(MOVED, version=2), "version of the event is gone"),
    "a field is of another kind": (moved_with(commune=uuid()), "commune: "),
    "an optional object grew": (
        moved_with(home=ma.fields.Nested(Bigger, required=True, allow_none=True)),
        "home: field floor is new",
    ),
    "an optional object is always there": (
        moved_with(home=ma.fields.Nested(Home, required=True)),
        "home: anyOf was",
    ),
}


@pytest.mark.parametrize(("after", "said"), CONTRACT_CHANGES.values(), ids=CONTRACT_CHANGES.keys())
def test_a_contract_changed_in_the_program_is_refused(after: Contract, said: str) -> None:
    found = breaks(schemas(Registry(MOVED)), schemas(Registry(after)))
    assert any(said in one for one in found), found


def test_what_only_the_publisher_knows_may_change() -> None:
    after = moved_with(reason=code("work", "family", "other"), note=uuid())
    assert breaks(schemas(Registry(MOVED)), schemas(Registry(after))) == []
