"""What stands around an event's data: the CloudEvents 1.0 attributes, as JSON Schema.

`shared.messaging.envelope` seals them; tests/contracts hold the two together.
"""

from shared.agreement.parties import Agency
from shared.contracts.base import Contract, To
from shared.contracts.common import CASE, LIST
from shared.contracts.hashing import canonical
from shared.contracts.jsonschema import DIALECT, UUID, UUID_PATTERN, Json

_INSTANT = {
    "type": "string",
    "format": "date-time",
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z$",
}

ATTRIBUTES: Json = {
    "$schema": DIALECT,
    "$id": "urn:phoihop:cloudevent:1",
    "title": "CloudEvents attributes of every message",
    "description": "All that is said besides the data. In structured mode they stand beside `data`.",
    "type": "object",
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {**UUID, "description": "The event: the same on every channel that is told of it."},
        "source": {
            "type": "string",
            "pattern": f"^/[^/]+/{UUID_PATTERN}$",
            "description": "/party/incarnation of its log.",
        },
        "type": {"type": "string", "description": "vn.phoihop.publisher.Event.vN"},
        "subject": {**UUID, "description": "The case, list or channel that the event is about."},
        "time": {**_INSTANT, "description": "When it occurred, UTC."},
        "recordedtime": {**_INSTANT, "description": "When the publisher recorded it, UTC."},
        "sequence": {
            "type": "string",
            "pattern": "^[0-9]{20}$",
            "description": "Its number on this channel: 1, 2, 3 … without a gap, zero-padded.",
        },
        "cases": {
            "type": "string",
            "pattern": f"^{UUID_PATTERN}( {UUID_PATTERN})*$",
            "description": "Every case the event touches, space-separated; absent where it touches none or "
            "the hearer may not know.",
        },
        "correlationid": {**UUID, "description": "What this belongs to, across agencies."},
        "causationid": {
            **UUID,
            "description": "The event that led to this one; absent where a person decided.",
        },
        "dataschema": {"type": "string", "description": "urn:phoihop:contract:publisher:Event:N"},
        "datacontenttype": {"const": "application/json"},
    },
    "required": [
        "correlationid",
        "datacontenttype",
        "dataschema",
        "id",
        "recordedtime",
        "sequence",
        "source",
        "specversion",
        "subject",
        "time",
        "type",
    ],
    "additionalProperties": False,
}

_OFFICE = {Agency.POLICE: "ca-hoadong", Agency.COMMUNE: "ubnd-hoadong", Agency.BANK: "pgd-hoadong"}
_SUBJECT = {"case": CASE, "list": LIST, "channel": "e1c1b1a0-52c6-5a53-9f0e-2f1d6c3ab006"}


def attributes_of(contract: Contract, to: To) -> Json:
    """What is fixed of the attributes by the contract and the recipient, over and above ATTRIBUTES."""
    fixed: Json = {
        "type": "object",
        "properties": {"type": {"const": contract.type}, "dataschema": {"const": contract.dataschema}},
    }
    return fixed if to.sees_cases else {**fixed, "not": {"required": ["cases"]}}


def example_attributes(contract: Contract, to: To) -> Json:
    example = {
        "specversion": "1.0",
        "id": "1f6a7c52-1a53-4d3c-8a0b-7b1d6a4a1007",
        "source": f"/{_OFFICE[contract.publisher]}/9d5a3c1e-0b7f-4a52-b6c8-3e2f1a0d5008",
        "type": contract.type,
        "subject": _SUBJECT[contract.about],
        "time": "2026-03-02T01:30:00.000000Z",
        "recordedtime": "2026-03-02T01:30:00.250000Z",
        "sequence": f"{7:020}",
        "correlationid": "4c0e6d9b-2f81-4b67-9a3e-5d7c8b9f2009",
        "dataschema": contract.dataschema,
        "datacontenttype": "application/json",
    }
    if to.sees_cases and CASE.encode() in canonical(contract.cut(contract.example, to)):
        example["cases"] = CASE
    return example
