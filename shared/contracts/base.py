"""What a contract is, and how an event is cut to what each recipient may see."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, Literal
from uuid import UUID

import marshmallow as ma
import msgspec

from shared.agreement.calendar import Month
from shared.agreement.parties import Agency

Data = dict[str, Any]
"""JSON values only: text, whole numbers, booleans, null, lists, objects. Never floats."""


class Strict(ma.Schema):
    """Unknown fields are errors: what is not in the contract is not said."""

    class Meta:
        unknown = ma.RAISE


class Id(ma.fields.UUID):
    """A UUID as `str` writes it, in no other way: ids of two events are compared as text."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> UUID:
        read = super()._deserialize(value, attr, data, **options)
        if str(read) != value:
            raise self.make_error("invalid_uuid")
        return read


class Day(ma.fields.Date):
    """A date as YYYY-MM-DD, in no other way of ISO 8601: dates of two events are compared as text."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> date:
        read = super()._deserialize(value, attr, data, **options)
        if read.isoformat() != value:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        return read


class Truth(ma.fields.Boolean):
    """true or false; not 1, which in Python equals True."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> bool:
        read = super()._deserialize(value, attr, data, **options)
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return read


def text(most: int = 200, **options: Any) -> ma.fields.String:
    return ma.fields.String(required=True, validate=ma.validate.Length(min=1, max=most), **options)


def code(*known: str, **options: Any) -> ma.fields.String:
    return ma.fields.String(required=True, validate=ma.validate.OneOf(known), **options)


def uuid(**options: Any) -> Id:
    return Id(required=True, **options)


def day(**options: Any) -> Day:
    """A local calendar date."""
    return Day(required=True, **options)


def whole(least: int = 0, most: int = 10**13, **options: Any) -> ma.fields.Integer:
    return ma.fields.Integer(required=True, strict=True, validate=ma.validate.Range(least, most), **options)


def vnd(least: int = 0, **options: Any) -> ma.fields.Integer:
    """Whole đồng."""
    return whole(least, metadata={"unit": "VND"}, **options)


def truth(**options: Any) -> Truth:
    return Truth(required=True, **options)


def _is_month(value: str) -> None:
    try:
        Month.parse(value)
    except ValueError:
        raise ma.ValidationError("expected YYYY-MM") from None


def month(**options: Any) -> ma.fields.String:
    return ma.fields.String(required=True, validate=[ma.validate.Length(equal=7), _is_month], **options)


def commune_code(**options: Any) -> ma.fields.String:
    return ma.fields.String(required=True, validate=ma.validate.Regexp(r"^[0-9]{5}\Z"), **options)


def sha256(**options: Any) -> ma.fields.String:
    return ma.fields.String(required=True, validate=ma.validate.Regexp(r"^[0-9a-f]{64}\Z"), **options)


@dataclass(frozen=True)
class To:
    """One recipient: the office of `agency` for the commune that the field `commune` of the data names.

    `fields`: what it may see, each one spelled out. `only_if`: told only when the publication carries this
    flag. `sees_cases`: whether it may learn whom the event touches.
    """

    agency: Agency
    fields: tuple[str, ...]
    commune: str = "commune"
    only_if: str | None = None
    sees_cases: bool = True


@dataclass(frozen=True)
class Contract:
    """A published event. `about` says what the envelope's subject is."""

    publisher: Agency
    name: str
    about: Literal["case", "list", "channel"]
    schema: type[Strict]
    to: tuple[To, ...]
    example: Data
    summary: str
    version: int = 1
    flags: tuple[str, ...] = field(default=(), kw_only=True)

    @property
    def type(self) -> str:
        return f"vn.phoihop.{self.publisher}.{self.name}.v{self.version}"

    @property
    def dataschema(self) -> str:
        return f"urn:phoihop:contract:{self.publisher}:{self.name}:{self.version}"

    @cached_property
    def whole(self) -> Strict:
        """The schema of everything the publisher knows, before any cut."""
        return self.schema()

    @cached_property
    def _places(self) -> list[tuple[To, Strict]]:
        """Each recipient with the schema of what it may see; to make a schema takes longer than to use it."""
        return [(to, self.schema(only=to.fields)) for to in self.to]

    def cut(self, data: Data, to: To) -> Data:
        return {name: data[name] for name in to.fields}

    def seen_by(self, agency: Agency, data: Data) -> Strict:
        """The schema that `data`, received by an office of `agency`, must fit.

        Where an agency has more than one place in a contract (both communes of a transfer), the place is
        told by the fields that came. Raises KeyError when the agency is no recipient.
        """
        places = [place for place in self._places if place[0].agency is agency]
        if not places:
            raise KeyError(f"{self.name} is not told to {agency}")
        return next((schema for to, schema in places if set(to.fields) == set(data)), places[0][1])


class Published(msgspec.Struct, frozen=True):
    """What an agency's own event says in the published language, before the cut per recipient.

    `flags` decide about recipients with `only_if`; they do not travel. `only_hearer`: a party's code, for
    what is said on one channel alone.
    """

    contract: str
    subject: UUID
    cases: tuple[UUID, ...]
    occurred: datetime
    data: Data
    flags: frozenset[str] = frozenset()
    only_hearer: str | None = None


class Registry(Mapping[tuple[Agency, str], Contract]):
    """The newest contract by publishing agency and name; `by_type` every one by the envelope's type."""

    def __init__(self, *contracts: Contract) -> None:
        oldest_first = sorted(contracts, key=lambda contract: contract.version)
        self._contracts = {(contract.publisher, contract.name): contract for contract in oldest_first}
        self.by_type = {contract.type: contract for contract in contracts}
        if len(self.by_type) != len(contracts):
            raise ValueError("two contracts of one type")

    def __getitem__(self, key: tuple[Agency, str]) -> Contract:
        return self._contracts[key]

    def __iter__(self) -> Iterator[tuple[Agency, str]]:
        return iter(self._contracts)

    def __len__(self) -> int:
        return len(self._contracts)
