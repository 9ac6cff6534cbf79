"""The published language as files, for those who build the other side: `phoihop contracts export`."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from shared.agreement.parties import Agency
from shared.contracts import asyncapi
from shared.contracts.base import Contract, Registry, To
from shared.contracts.cloudevent import ATTRIBUTES
from shared.contracts.jsonschema import Json, recipient_schema
from shared.contracts.registry import REGISTRY


def export(folder: Path, registry: Registry = REGISTRY) -> list[Path]:
    """Write every file of the published language below `folder`; the paths written, in order.

    Files of a contract that is no longer there are left for the caller to remove: that is a decision.
    """
    written = []
    for name, content in sorted(rendered(registry).items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        written.append(path)
    return written


def rendered(registry: Registry = REGISTRY) -> dict[str, str]:
    """Path from the folder of the export → text of the file."""
    documents = schemas(registry)
    documents |= {f"{agency}.asyncapi.json": asyncapi.document(agency, registry) for agency in Agency}
    files = {name: _text(document) for name, document in documents.items()}
    files["README.md"] = _overview(registry)
    return files


def schemas(registry: Registry = REGISTRY) -> dict[str, Json]:
    """Path → JSON Schema: what `shared.contracts.compatibility` compares."""
    cuts = {
        asyncapi.schema_file(contract, to): recipient_schema(contract, to)
        for contract in registry.by_type.values()
        for to in contract.to
    }
    return {asyncapi.ATTRIBUTES_FILE: ATTRIBUTES, **cuts}


def _text(document: Json) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _overview(registry: Registry) -> str:
    parts = [
        "# The published language\n\n"
        "Written by `phoihop contracts export`; how to change it: [adding-an-event.md](adding-an-event.md).\n"
        "What stands around the data of every message: [cloudevent.json](cloudevent.json).\n"
    ]
    for agency in Agency:
        contracts = [contract for contract in registry.by_type.values() if contract.publisher is agency]
        parts.append(
            f"## Told by the {agency}\n\n"
            f"Together with what the {agency} side hears, as AsyncAPI: "
            f"[{agency}.asyncapi.json]({agency}.asyncapi.json).\n\n"
            "| Event | What it says | Told to | Fields |\n|---|---|---|---|\n"
            + "".join(row for contract in contracts for row in _rows(contract))
        )
    return "\n".join([*parts, _inner_objects(registry)])


def _rows(contract: Contract) -> Iterator[str]:
    """A row for each set of fields: who gets just these."""
    for fields in dict.fromkeys(to.fields for to in contract.to):
        whom = ", ".join(_whom(contract, to) for to in contract.to if to.fields == fields)
        yield f"| {contract.name} v{contract.version} | {contract.summary} | {whom} | {_codes(fields)} |\n"


def _whom(contract: Contract, to: To) -> str:
    whom = f"[{to.agency}]({asyncapi.schema_file(contract, to)})"
    if to.commune != "commune":
        whom += f" of `{to.commune}`"
    return whom if to.only_if is None else f"{whom} (only if {to.only_if})"


def _codes(names: Iterable[str]) -> str:
    return " ".join(f"`{name}`" for name in names)


def _inner_objects(registry: Registry) -> str:
    found = {
        name: inner["properties"]
        for schema in schemas(registry).values()
        for name, inner in schema.get("$defs", {}).items()
    }
    rows = "".join(f"| {name} | {_codes(fields)} |\n" for name, fields in sorted(found.items()))
    return f"## Objects inside the data\n\n| Object | Fields |\n|---|---|\n{rows}"
