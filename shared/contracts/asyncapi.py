"""One AsyncAPI 3.0 document per agency: what it tells and hears, on which channels."""

from collections.abc import Iterator

from shared.agreement.parties import AGENCY_VI, Agency
from shared.contracts.base import Contract, Registry, To
from shared.contracts.cloudevent import attributes_of, example_attributes
from shared.contracts.jsonschema import Json, place

ATTRIBUTES_FILE = "cloudevent.json"
JSON_SCHEMA = "application/schema+json;version=draft-2020-12"

_Pair = tuple[Agency, Agency]


def schema_file(contract: Contract, to: To) -> str:
    """Where a recipient's schema lies, from the folder of the export."""
    return f"{contract.publisher}/{contract.name}.v{contract.version}/{place(to)}.json"


def document(agency: Agency, registry: Registry) -> Json:
    messages = {key: _message(contract, to) for key, contract, to, _ in _messages(agency, registry)}
    channels: dict[_Pair, list[str]] = {}
    for key, _, _, pair in _messages(agency, registry):
        channels.setdefault(pair, []).append(key)
    return {
        "asyncapi": "3.0.0",
        "id": f"urn:phoihop:{agency}",
        "info": {
            "title": f"phoihop: {agency}",
            "version": "1",
            "description": f"What {AGENCY_VI[agency]} tells and hears. A channel is an ordered pair of offices; "
            "messages on it have one order and no gap.",
        },
        "defaultContentType": "application/json",
        "channels": {_name(pair): _channel(pair, keys) for pair, keys in channels.items()},
        "operations": {
            f"{_name(pair)}.{action}": _operation(action, pair, keys)
            for pair, keys in channels.items()
            for action, actor in (("send", pair[0]), ("receive", pair[1]))
            if actor is agency
        },
        "components": {
            "messages": messages,
            "correlationIds": {"correlationid": {"location": "$message.header#/correlationid"}},
        },
    }


def _messages(agency: Agency, registry: Registry) -> Iterator[tuple[str, Contract, To, _Pair]]:
    for contract in registry.by_type.values():
        for to in contract.to:
            if agency in (contract.publisher, to.agency):
                key = f"{contract.publisher}.{contract.name}.v{contract.version}.{place(to)}"
                yield key, contract, to, (contract.publisher, to.agency)


def _message(contract: Contract, to: To) -> Json:
    message = {
        "name": contract.type,
        "title": contract.name,
        "summary": contract.summary,
        "contentType": "application/json",
        "correlationId": {"$ref": "#/components/correlationIds/correlationid"},
        "headers": {
            "schemaFormat": JSON_SCHEMA,
            "schema": {"allOf": [{"$ref": f"./{ATTRIBUTES_FILE}"}, attributes_of(contract, to)]},
        },
        "payload": {"schemaFormat": JSON_SCHEMA, "schema": {"$ref": f"./{schema_file(contract, to)}"}},
        "examples": [
            {
                "name": "example",
                "headers": example_attributes(contract, to),
                "payload": contract.cut(contract.example, to),
            }
        ],
    }
    if to.only_if is not None:
        message["x-told-only-if"] = to.only_if
    return message


def _name(pair: _Pair) -> str:
    return f"{pair[0]}.{pair[1]}"


def _channel(pair: _Pair, keys: list[str]) -> Json:
    publisher, hearer = str(pair[0]), str(pair[1])
    if publisher == hearer:
        hearer = f"receiving_{hearer}"
    return {
        "title": f"{pair[0]} → {pair[1]}",
        "address": f"{{{publisher}}}.{{{hearer}}}",
        "parameters": {
            publisher: {"description": f"Code of the office that tells ({AGENCY_VI[pair[0]]})."},
            hearer: {"description": f"Code of the office that hears ({AGENCY_VI[pair[1]]})."},
        },
        "messages": {key: {"$ref": f"#/components/messages/{key}"} for key in keys},
    }


def _operation(action: str, pair: _Pair, keys: list[str]) -> Json:
    channel = f"#/channels/{_name(pair)}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "summary": f"Tell the {pair[1]}." if action == "send" else f"Hear from the {pair[0]}.",
        "messages": [{"$ref": f"{channel}/messages/{key}"} for key in keys],
    }
