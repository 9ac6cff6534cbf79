"""The JSON Schemas take what the agencies themselves take, and refuse what they refuse."""

import copy
import re
from typing import Any

import marshmallow as ma
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.agreement.parties import Agency
from shared.contracts.base import Contract, Id, Strict, To, code, commune_code, day, text, truth, uuid, vnd
from shared.contracts.hashing import canonical
from shared.contracts.jsonschema import DATE, UUID, UnknownKind, recipient_schema
from shared.contracts.registry import REGISTRY
from tests.contracts.language import CUTS, each_cut, marshmallow_refuses, validator

NEAR_MISSES = (
    "",
    " ",
    "x" * 201,
    "99901\n",
    "9990",
    "٩٩٩٠١",
    "2026-13",
    "0000-05",
    "2026-3",
    "2026-02-30",
    "2026-03-05T00:00:00",
    "05/03/2026",
    "3f0d4a52-6a1e-4b7e-9d55-0f6d0c1b7a0",
    "3f0d4a52-6a1e-4b7e-9d55-0f6d0c1b7a01",
    "3F0D4A52-6A1E-4B7E-9D55-0F6D0C1B7A01",
    "{3f0d4a52-6a1e-4b7e-9d55-0f6d0c1b7a01}",
    "3f0d4a526a1e4b7e9d550f6d0c1b7a01",
    "2026-03-05",
    "20260305",
    "2026-W10-4",
    "0000-01-01",
    "training",
    "g" * 64,
    "AB" * 32,
    "Male",
    "50000000",
    "true",
)
# A whole number written 1.0 is the same JSON number as 1 (RFC 8785 writes 1), so it is no counterexample.
FRACTIONS = st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: not number.is_integer())
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | FRACTIONS
    | st.sampled_from(NEAR_MISSES)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def near(value: Any) -> st.SearchStrategy[Any]:
    """What a value could be mistaken for: numbers at the limits there are, texts of nearly the right shape."""
    if isinstance(value, int) and not isinstance(value, bool):
        return st.sampled_from((-1, 0, 1, 72, 73, 99, 100, 500, 501, 600, 601, 10**13, 10**13 + 1))
    return st.sampled_from(NEAR_MISSES)


def containers(value: Any) -> list[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    found = [value] if isinstance(value, dict | list) and value else []
    return found + [one for each in inner for one in containers(each)]


@st.composite
def garbled(draw: st.DrawFn) -> tuple[Contract, To, Any]:
    """What a recipient gets of an example, with one thing in it changed, left out, put in or doubled."""
    contract, to = draw(st.sampled_from(CUTS))
    data = copy.deepcopy(contract.cut(contract.example, to))
    where = draw(st.sampled_from(containers(data)))
    key = draw(st.sampled_from(sorted(where) if isinstance(where, dict) else range(len(where))))
    match draw(st.sampled_from(("change", "leave out", "put in"))):
        case "change":
            where[key] = draw(near(where[key]) | VALUES)
        case "leave out":
            del where[key]
        case _ if isinstance(where, dict):
            where[draw(st.text(max_size=10) | st.sampled_from(sorted(contract.example)))] = draw(VALUES)
        case _:
            where.append(draw(VALUES))
    return contract, to, data


@settings(deadline=None, max_examples=300)
@given(garbled())
def test_an_agency_and_the_published_schema_refuse_the_same(case: tuple[Contract, To, Any]) -> None:
    contract, to, data = case
    valid = validator(recipient_schema(contract, to)).is_valid(data)
    assert valid is not marshmallow_refuses(contract, to, data)


@each_cut
def test_a_missing_or_unknown_field_is_refused_by_both(contract: Contract, to: To) -> None:
    data = contract.cut(contract.example, to)
    schema = validator(recipient_schema(contract, to))
    for field in data:
        without = {name: value for name, value in data.items() if name != field}
        assert marshmallow_refuses(contract, to, without) and not schema.is_valid(without)
    assert marshmallow_refuses(contract, to, {**data, "note": "x"}) and not schema.is_valid(
        {**data, "note": "x"}
    )


REFUSED: list[tuple[str, str, tuple[str | int, ...], Any]] = [
    ("police", "PersonReleased", ("particulars", "identity_number"), "٠٠١٠٨٥٠٠٠١٢٣"),
    ("police", "PersonReleased", ("particulars", "identity_number"), "999085000123\n"),
    ("police", "PersonReleased", ("particulars", "birth"), "1985\n"),
    ("police", "PersonReleased", ("particulars", "birth"), "02/03/1985"),
    ("police", "PersonReleased", ("particulars", "full_name"), ""),
    ("police", "PersonReleased", ("commune",), "99901\n"),
    ("police", "PersonReleased", ("ground",), "escaped"),
    ("police", "PersonReleased", ("ground",), None),
    ("police", "PersonReleased", ("resident_since",), "2026-02-30"),
    ("police", "ListSubmitted", ("month",), "2026-13"),
    ("police", "ListSubmitted", ("round",), 0),
    ("police", "ListSubmitted", ("round",), 100),
    ("police", "ListSubmitted", ("round",), True),
    ("police", "ListSubmitted", ("content_hash",), "AB" * 32),
    ("police", "ListSubmitted", ("entries", 0, "amount"), 50_000_000.5),
    ("police", "ListSubmitted", ("entries", 0, "amount"), "50000000"),
    ("police", "ListSubmitted", ("entries", 0, "study_months"), 73),
    ("police", "ListSubmitted", ("entries",), None),
    ("commune", "ListReturned", ("reasons",), []),
    ("bank", "LoanApproved", ("loan_id",), "7"),
    ("bank", "LoanApproved", ("loan_id",), "C7F1F9BE-7D0B-4F6E-9B1A-64F0C9F3B004"),
    ("bank", "LoanApproved", ("loan_id",), "c7f1f9be7d0b4f6e9b1a64f0c9f3b004"),
    ("bank", "LoanApproved", ("approved_on",), "20260312"),
    ("bank", "LoanApproved", ("approved_on",), "2026-W11-4"),
    ("police", "ListSentForConfirmation", ("annex", 0, "conduct_good"), 1),
    ("police", "ListSentForConfirmation", ("annex", 0, "conduct_good"), "true"),
    ("bank", "LoanApproved", ("amount",), 10**13 + 1),
]


@pytest.mark.parametrize(("publisher", "name", "path", "value"), REFUSED)
def test_a_value_outside_the_contract_is_refused_by_both(
    publisher: str, name: str, path: tuple[str | int, ...], value: Any
) -> None:
    contract = REGISTRY[Agency(publisher), name]
    for to in contract.to:
        data: Any = copy.deepcopy(contract.cut(contract.example, to))
        where = data
        for step in path[:-1]:
            where = where[step]
        where[path[-1]] = value
        assert marshmallow_refuses(contract, to, data)
        assert not validator(recipient_schema(contract, to)).is_valid(data)


def test_a_null_is_taken_where_the_contract_has_one() -> None:
    contract = REGISTRY[Agency.POLICE, "ListSubmitted"]
    data = copy.deepcopy(contract.example)
    data["entries"][0]["certificate_no"] = data["entries"][0]["certificate_issued_on"] = None
    data["entries"][0]["particulars"]["identity_number"] = None
    assert not marshmallow_refuses(contract, contract.to[0], data)
    assert validator(recipient_schema(contract, contract.to[0])).is_valid(data)


def test_a_number_written_with_a_point_is_the_same_number_once_canonical() -> None:
    assert canonical({"amount": 50_000_000.0}) == canonical({"amount": 50_000_000})


class Lenient(ma.Schema):
    reason = code("a")


def checked(check: Any) -> ma.fields.String:
    return ma.fields.String(required=True, validate=check)


UNKNOWN = {
    "a fraction": ma.fields.Float(required=True),
    "a decimal": ma.fields.Decimal(required=True),
    "anything at all": ma.fields.Raw(required=True),
    "an instant": ma.fields.DateTime(required=True),
    "an address on the web": ma.fields.Url(required=True),
    "an id written in any way": ma.fields.UUID(required=True),
    "a date written in any way": ma.fields.Date(required=True),
    "a number that may come as text": ma.fields.Integer(required=True),
    "a truth that may come as text": ma.fields.Boolean(required=True),
    "a field that may be left out": Id(),
    "a field under another name": uuid(data_key="other"),
    "a field with a remark nobody knows": uuid(metadata={"remark": "x"}),
    "an object that takes unknown fields": ma.fields.Nested(Lenient, required=True),
    "a list of anything": ma.fields.List(ma.fields.Raw(required=True), required=True),
    "a check in Python": checked(str.isupper),
    "a pattern that takes every script's digits": checked(ma.validate.Regexp(r"^\d{5}\Z")),
    "a pattern that lets a line break follow": checked(ma.validate.Regexp(r"^[0-9]{5}$")),
    "a pattern that looks at the beginning only": checked(ma.validate.Regexp(r"^[0-9]{5}")),
    "a pattern without regard to case": checked(ma.validate.Regexp(r"^[a-f]\Z", re.IGNORECASE)),
    "two lengths": checked([ma.validate.Length(max=5), ma.validate.Length(max=6)]),
    "a limit that is itself excluded": ma.fields.Integer(
        required=True, strict=True, validate=ma.validate.Range(min=0, min_inclusive=False)
    ),
}


def contract_with(field: Any) -> Contract:
    schema = type("Made", (Strict,), {"said": field})
    to = To(Agency.BANK, ("said",))
    return Contract(Agency.POLICE, "Made", "case", schema, (to,), {"said": None}, "Made up.")


@pytest.mark.parametrize("field", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_json_schema_cannot_say_exactly_is_not_published(field: Any) -> None:
    contract = contract_with(field)
    with pytest.raises(UnknownKind, match=r"^vn\.phoihop\.police\.Made\.v1: "):
        recipient_schema(contract, contract.to[0])


class Inner(Strict):
    amount = vnd(1, allow_none=True)


def test_each_kind_of_field_is_published_with_its_limits() -> None:
    def published(field: Any) -> Any:
        contract = contract_with(field)
        return recipient_schema(contract, contract.to[0])["properties"]["said"]

    assert published(text(60)) == {"type": "string", "minLength": 1, "maxLength": 60}
    assert published(text(60, allow_none=True))["type"] == ["string", "null"]
    assert published(code("a", "b", allow_none=True)) == {
        "type": ["string", "null"],
        "enum": ["a", "b", None],
    }
    assert published(vnd(1)) == {"type": "integer", "minimum": 1, "maximum": 10**13, "x-unit": "VND"}
    assert published(commune_code()) == {"type": "string", "pattern": "^[0-9]{5}$"}
    assert published(truth()) == {"type": "boolean"}
    assert published(uuid()) == UUID
    assert published(day(allow_none=True)) == {**DATE, "type": ["string", "null"]}
    assert published(ma.fields.Nested(Inner, required=True, allow_none=True)) == {
        "anyOf": [{"$ref": "#/$defs/Inner"}, {"type": "null"}]
    }
    several = ma.fields.List(
        ma.fields.Nested(Inner), required=True, validate=ma.validate.Length(min=1, max=9)
    )
    assert published(several) == {
        "type": "array",
        "items": {"$ref": "#/$defs/Inner"},
        "minItems": 1,
        "maxItems": 9,
    }
