"""What the tests of the published language have in common."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from jsonschema.validators import extend
from referencing import Registry as Resources
from referencing import Resource

from shared.agreement.parties import Agency
from shared.contracts.asyncapi import document
from shared.contracts.base import Contract, To
from shared.contracts.export import schemas
from shared.contracts.jsonschema import Json, place
from shared.contracts.registry import REGISTRY

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "contracts"
CONTRACTS = list(REGISTRY.by_type.values())
CUTS = [(contract, to) for contract in CONTRACTS for to in contract.to]
SCHEMAS = schemas()
DOCUMENTS = {agency: document(agency, REGISTRY) for agency in Agency}

each_contract = pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.type)


def cuts(those: list[tuple[Contract, To]]) -> pytest.MarkDecorator:
    ids = [f"{contract.type}-{place(to)}" for contract, to in those]
    return pytest.mark.parametrize(("contract", "to"), those, ids=ids)


each_cut = cuts(CUTS)


def _pattern(
    validator: Any, pattern: str, instance: Any, schema: Json
) -> Iterator[jsonschema.ValidationError]:
    # JSON Schema's patterns are ECMA-262: `$` is the very end. Python's would let a line break follow.
    assert pattern.startswith("^") and pattern.endswith("$")
    if isinstance(instance, str) and not re.search(pattern[:-1] + r"\Z", instance, re.ASCII):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


_Validator: Any = extend(jsonschema.Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]
_RESOURCES: Resources[Any] = Resources().with_resources(
    (f"./{path}", Resource.from_contents(schema)) for path, schema in SCHEMAS.items()
)


def validator(schema: Json) -> Any:
    """A validator that resolves references between exported files and asserts formats."""
    return _Validator(schema, registry=_RESOURCES, format_checker=_Validator.FORMAT_CHECKER)


def properties(schema: Json) -> Iterator[tuple[str, Json]]:
    """Every field that a schema speaks of, of inner objects too."""
    for body in (schema, *schema.get("$defs", {}).values()):
        yield from body["properties"].items()


def marshmallow_refuses(contract: Contract, to: To, data: Any) -> bool:
    return bool(contract.schema(only=to.fields).validate(data))
