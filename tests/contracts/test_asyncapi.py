"""Each agency's AsyncAPI 3.0 document: well-formed, and about its own channels only."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from shared.agreement.parties import Agency
from shared.contracts.asyncapi import schema_file
from shared.contracts.base import Contract, To
from shared.contracts.cloudevent import ATTRIBUTES, attributes_of
from shared.contracts.jsonschema import Json
from shared.log.events import Stamp
from shared.messaging.envelope import Envelope, open_envelope, seal
from tests.contracts.language import CUTS, DOCUMENTS, SCHEMAS, each_cut, validator

each_agency = pytest.mark.parametrize("agency", list(Agency))

# What the AsyncAPI 3.0.0 specification allows an object to have, as far as these documents use it; with a
# star what it demands. `x-…` is allowed everywhere.
DOCUMENT = {
    "asyncapi*",
    "id",
    "info*",
    "servers",
    "defaultContentType",
    "channels",
    "operations",
    "components",
}
INFO = {"title*", "version*", "description"}
CHANNEL = {"address", "title", "summary", "description", "messages", "parameters"}
PARAMETER = {"enum", "default", "description", "examples", "location"}
OPERATION = {"action*", "channel*", "title", "summary", "description", "messages"}
COMPONENTS = {"schemas", "messages", "correlationIds"}
CORRELATION_ID = {"location*", "description"}
MESSAGE = {
    "headers",
    "payload",
    "correlationId",
    "contentType",
    "name",
    "title",
    "summary",
    "description",
    "examples",
}
MULTI_FORMAT_SCHEMA = {"schemaFormat*", "schema*"}
EXAMPLE = {"headers", "payload", "name", "summary"}
KEY = re.compile(r"^[\w.\-]+\Z", re.ASCII)


def is_formed(thing: Json, like: set[str]) -> None:
    keys = {key for key in thing if not key.startswith("x-")}
    assert keys <= {key.removesuffix("*") for key in like}
    assert {key.removesuffix("*") for key in like if key.endswith("*")} <= keys


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def resolve(reference: str, within: Json) -> Any:
    """Raises KeyError where it leads nowhere."""
    file, _, pointer = reference.partition("#")
    found: Any = SCHEMAS[file.removeprefix("./")] if file else within
    for step in filter(None, pointer.split("/")):
        found = found[step.replace("~1", "/").replace("~0", "~")]
    return found


@each_agency
def test_every_object_has_what_the_specification_demands_and_nothing_it_forbids(agency: Agency) -> None:
    made = DOCUMENTS[agency]
    is_formed(made, DOCUMENT)
    assert made["asyncapi"] == "3.0.0"
    is_formed(made["info"], INFO)
    is_formed(made["components"], COMPONENTS)
    for correlation in made["components"]["correlationIds"].values():
        is_formed(correlation, CORRELATION_ID)
    for channel in made["channels"].values():
        is_formed(channel, CHANNEL)
        for parameter in channel["parameters"].values():
            is_formed(parameter, PARAMETER)
    for operation in made["operations"].values():
        is_formed(operation, OPERATION)
        assert operation["action"] in {"send", "receive"}
    for message in made["components"]["messages"].values():
        is_formed(message, MESSAGE)
        is_formed(message["headers"], MULTI_FORMAT_SCHEMA)
        is_formed(message["payload"], MULTI_FORMAT_SCHEMA)
        for example in message["examples"]:
            is_formed(example, EXAMPLE)
            assert {"headers", "payload"} & example.keys()
    for part in (made["channels"], made["operations"], *made["components"].values()):
        assert part and all(KEY.match(key) for key in part)


@each_agency
def test_every_reference_leads_somewhere(agency: Agency) -> None:
    made = DOCUMENTS[agency]
    found = list(references(made))
    assert found
    for reference in found:
        assert resolve(reference, made), reference


def test_a_reference_to_nothing_is_found_out() -> None:
    made = DOCUMENTS[Agency.BANK]
    for reference in ("#/components/messages/none", "./bank/None.v1/police.json"):
        with pytest.raises(KeyError):
            resolve(reference, made)


@each_agency
def test_an_operation_speaks_messages_of_its_own_channel(agency: Agency) -> None:
    made = DOCUMENTS[agency]
    for operation in made["operations"].values():
        channel = operation["channel"]["$ref"]
        assert channel.startswith("#/channels/")
        names = {reference["$ref"] for reference in operation["messages"]}
        assert names == {f"{channel}/messages/{key}" for key in resolve(channel, made)["messages"]}
        assert len(names) == len(operation["messages"])


@each_agency
def test_an_agency_sends_where_it_publishes_and_receives_where_it_hears(agency: Agency) -> None:
    made = DOCUMENTS[agency]
    pairs = {
        (contract.publisher, to.agency) for contract, to in CUTS if agency in (contract.publisher, to.agency)
    }
    assert set(made["channels"]) == {f"{publisher}.{hearer}" for publisher, hearer in pairs}
    assert {
        (operation["action"], operation["channel"]["$ref"].removeprefix("#/channels/"))
        for operation in made["operations"].values()
    } == {
        (action, f"{pair[0]}.{pair[1]}")
        for pair in pairs
        for action, actor in (("send", pair[0]), ("receive", pair[1]))
        if actor is agency
    }


@each_agency
def test_a_channels_address_has_exactly_its_parameters_and_no_two_are_alike(agency: Agency) -> None:
    channels = DOCUMENTS[agency]["channels"].values()
    for channel in channels:
        assert re.findall(r"{(\w+)}", channel["address"]) == list(channel["parameters"])
    assert len({channel["address"] for channel in channels}) == len(channels)


@each_agency
def test_a_message_is_named_by_its_cloudevents_type_and_leads_to_its_recipients_schema(
    agency: Agency,
) -> None:
    messages = DOCUMENTS[agency]["components"]["messages"].values()
    expected = sorted(
        (contract.type, f"./{schema_file(contract, to)}")
        for contract, to in CUTS
        if agency in (contract.publisher, to.agency)
    )
    assert sorted((message["name"], message["payload"]["schema"]["$ref"]) for message in messages) == expected


@each_agency
def test_an_agency_reads_nothing_about_what_two_others_tell_each_other(agency: Agency) -> None:
    for reference in references(DOCUMENTS[agency]):
        if reference.startswith("./") and "/" in reference[2:]:
            publisher, _, hearer = reference[2:].split("/")
            assert agency in (publisher, re.split(r"[-.]", hearer)[0])


@each_agency
def test_every_message_has_an_example_that_fits(agency: Agency) -> None:
    for message in DOCUMENTS[agency]["components"]["messages"].values():
        (example,) = message["examples"]
        validator(message["headers"]["schema"]).validate(example["headers"])
        validator(message["payload"]["schema"]).validate(example["payload"])


CASES = (UUID("3f0d4a52-6a1e-4b7e-9d55-0f6d0c1b7a01"), UUID("3f0d4a52-6a1e-4b7e-9d55-0f6d0c1b7a02"))


def sealed(contract: Contract, to: To, cases: tuple[UUID, ...], causation: UUID | None) -> Json:
    """The attributes of a message as the publisher really seals it."""
    stamp = Stamp(UUID(int=1), "ca-hoadong", "officer", UUID(int=2), causation)
    moment = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
    data = contract.cut(contract.example, to)
    letter = seal(contract, stamp, UUID(int=3), UUID(int=4), cases, moment, data, 12, moment)
    attributes: Json = msgspec.json.decode(letter)
    assert attributes.pop("data") == data
    return attributes


def headers(contract: Contract, to: To) -> Any:
    return validator({"allOf": [{"$ref": "./cloudevent.json"}, attributes_of(contract, to)]})


@each_cut
def test_what_is_sealed_has_the_attributes_that_were_published(contract: Contract, to: To) -> None:
    cases = CASES if to.sees_cases else ()
    for causation in (None, UUID(int=5)):
        attributes = sealed(contract, to, cases, causation)
        headers(contract, to).validate(attributes)
        assert ("cases" in attributes, "causationid" in attributes) == (bool(cases), causation is not None)


@each_cut
def test_attributes_of_another_event_are_refused(contract: Contract, to: To) -> None:
    attributes = sealed(contract, to, (), None)
    for change in (
        {"type": "vn.phoihop.police.Other.v1"},
        {"dataschema": "urn:phoihop:contract:police:Other:1"},
        {"specversion": "0.3"},
        {"sequence": "12"},
        {"time": "2026-03-02T08:30:00+07:00"},
        {"cases": "Nguyễn Văn A"},
        {"note": "x"},
    ):
        assert not headers(contract, to).is_valid(attributes | change), change
    if not to.sees_cases:
        assert not headers(contract, to).is_valid(attributes | {"cases": str(CASES[0])})


def test_the_envelope_that_is_read_has_the_attributes_that_were_published() -> None:
    read = {field.name: field.required for field in msgspec.structs.fields(Envelope)}
    assert read.pop("data")
    assert set(read) == set(ATTRIBUTES["properties"])
    assert {name for name, required in read.items() if required} == set(ATTRIBUTES["required"])


@each_cut
def test_an_example_of_a_message_can_be_opened_by_a_hearer(contract: Contract, to: To) -> None:
    made = DOCUMENTS[to.agency]["components"]["messages"].values()
    examples = [
        message["examples"][0]
        for message in made
        if message["name"] == contract.type
        and message["examples"][0]["payload"] == contract.cut(contract.example, to)
    ]
    assert examples
    for example in examples:
        opened = open_envelope(msgspec.json.encode({**example["headers"], "data": example["payload"]}))
        assert (opened.type, opened.number) == (contract.type, 7)
