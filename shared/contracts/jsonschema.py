"""From a contract's marshmallow schema to JSON Schema 2020-12, as one recipient sees it.

Only the kinds of field and check that contracts are made of are known. Anything else is refused with
UnknownKind, because a check left out of the published schema would be a check nobody else knows of.
"""

import re
from typing import Any

import marshmallow as ma

from shared.contracts import base
from shared.contracts.base import Contract, Strict, To

Json = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

UUID_PATTERN = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

# With a pattern beside the format, since readers of JSON Schema need not check formats.
UUID: Json = {"type": "string", "format": "uuid", "pattern": f"^{UUID_PATTERN}$"}
DATE: Json = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_TYPES: dict[type[ma.fields.Field[Any]], Json] = {
    ma.fields.String: {"type": "string"},
    base.Id: UUID,
    base.Day: DATE,
    ma.fields.Integer: {"type": "integer"},
    base.Truth: {"type": "boolean"},
}
_MONTH = {"pattern": "^[1-9][0-9]{3}-(0[1-9]|1[0-2])$"}
_METADATA = {"unit": "x-unit", "description": "description"}
# What a Python pattern means differently elsewhere: classes that know every script's digits, look-around.
_NOT_PORTABLE = re.compile(r"\\[AbBdDsSwW]|\(\?|(?<!\\)\$")


class UnknownKind(Exception):
    """A field or check of a contract that has no exact counterpart in JSON Schema."""


def place(to: To) -> str:
    """The name of a recipient's place in a contract: `bank`, or `commune-to_commune` for the commune moved to."""
    return str(to.agency) if to.commune == "commune" else f"{to.agency}-{to.commune}"


def recipient_schema(contract: Contract, to: To) -> Json:
    """The JSON Schema of the data that one recipient gets. Raises UnknownKind, naming event and field."""
    definitions: dict[str, Json] = {}
    try:
        body = _object(contract.schema(only=to.fields), definitions)
    except UnknownKind as unknown:
        raise UnknownKind(f"{contract.type}: {unknown}") from None
    schema = {
        "$schema": DIALECT,
        "$id": f"{contract.dataschema}:to:{place(to)}",
        "title": contract.type,
        **body,
        "description": " ".join(filter(None, (contract.summary, body.get("description")))),
        "examples": [contract.cut(contract.example, to)],
        "x-about": contract.about,
        "x-sees-cases": to.sees_cases,
    }
    if to.only_if is not None:
        schema["x-told-only-if"] = to.only_if
    if definitions:
        schema["$defs"] = definitions
    return schema


def _object(schema: ma.Schema, definitions: dict[str, Json]) -> Json:
    if not isinstance(schema, Strict):
        raise UnknownKind(f"{type(schema).__name__} lets unknown fields pass: derive it from Strict")
    return {
        **_described(schema),
        "type": "object",
        "properties": {name: _field(name, field, definitions) for name, field in schema.fields.items()},
        "required": sorted(schema.fields),
        "additionalProperties": False,
    }


def _described(schema: Strict) -> Json:
    words = (type(schema).__doc__ or "").split()
    return {"description": " ".join(words)} if words else {}


def _field(name: str, field: ma.fields.Field[Any], definitions: dict[str, Json]) -> Json:
    if not field.required or field.data_key is not None:
        raise UnknownKind(
            f"{name} may be left out or is renamed: every field of a contract is said (null where unknown)"
        )
    return _value(name, field, definitions)


def _value(name: str, field: ma.fields.Field[Any], definitions: dict[str, Json]) -> Json:
    made = _nullable(_kind(name, field, definitions)) if field.allow_none else _kind(name, field, definitions)
    for key, value in field.metadata.items():
        if key not in _METADATA:
            raise UnknownKind(f"{name} has metadata “{key}”; known are {', '.join(_METADATA)}")
        made[_METADATA[key]] = value
    return made


def _kind(name: str, field: ma.fields.Field[Any], definitions: dict[str, Json]) -> Json:
    # Exact types: a subclass would bring checks of its own.
    if type(field) is ma.fields.Nested and not field.many:
        made = _nested(name, field.schema, definitions)
    elif type(field) is ma.fields.List:
        made = {"type": "array", "items": _value(f"{name}[]", field.inner, definitions)}
    elif type(field) in _TYPES and getattr(field, "strict", True):
        made = dict(_TYPES[type(field)])
    else:
        raise UnknownKind(f"{name} is a field of a kind that contracts do not have: {field!r}")
    for check in field.validators:
        keywords = _check(name, check, made.get("type") == "array")
        if twice := keywords.keys() & made.keys():
            raise UnknownKind(f"{name} is checked twice for {', '.join(sorted(twice))}")
        made |= keywords
    return made


def _nested(name: str, schema: ma.Schema, definitions: dict[str, Json]) -> Json:
    key = type(schema).__name__
    made = _object(schema, definitions)
    if definitions.setdefault(key, made) != made:
        raise UnknownKind(f"{name}: two different schemas are named {key}")
    return {"$ref": f"#/$defs/{key}"}


def _nullable(made: Json) -> Json:
    if "type" not in made:
        return {"anyOf": [made, {"type": "null"}]}
    nullable = {**made, "type": [made["type"], "null"]}
    if "enum" in made:
        nullable["enum"] = [*made["enum"], None]
    return nullable


def _check(name: str, check: Any, array: bool) -> Json:
    if check is base._is_month:
        return _MONTH
    match check:
        case ma.validate.OneOf():
            return {"enum": list(check.choices)}
        case ma.validate.Length():
            least, most = ("minItems", "maxItems") if array else ("minLength", "maxLength")
            low, high = (check.min, check.max) if check.equal is None else (check.equal, check.equal)
            return _given({least: low, most: high})
        case ma.validate.Range(min_inclusive=True, max_inclusive=True):
            return _given({"minimum": check.min, "maximum": check.max})
        case ma.validate.Regexp():
            return {"pattern": _portable(name, check.regex)}
    raise UnknownKind(f"{name} has a check that JSON Schema cannot say: {check!r}")


def _portable(name: str, pattern: re.Pattern[Any]) -> str:
    """The same pattern for readers of ECMA-262, where `$` is the very end as `\\Z` is in Python."""
    inner = pattern.pattern.removeprefix("^").removesuffix(r"\Z")
    if pattern.pattern != rf"^{inner}\Z" or _NOT_PORTABLE.search(inner) or pattern.flags != re.UNICODE:
        raise UnknownKind(
            f"{name}: {pattern.pattern!r} means something else outside Python; write ^…\\Z with [0-9]"
        )
    return f"^{inner}$"


def _given(keywords: Json) -> Json:
    return {key: value for key, value in keywords.items() if value is not None}
