"""What a contract is, and how an event is cut to what each recipient may see."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
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


def text(most: int = 200, **options: Any) -> ma.fields.String:
    return ma.fields.String(required=True, validate=ma.validate.Length(min=1, max=most), **options)


def code(*known: str, **options: Any) -> ma.fields.String:
    return ma.fields.String(required=True, validate=ma.validate.OneOf(known), **options)


def uuid(**options: Any) -> ma.fields.UUID:
    return ma.fields.UUID(required=True, **options)


def day(**options: Any) -> ma.fields.Date:
    """A local calendar date."""
    return ma.fields.Date(required=True, **options)


def whole(least: int = 0, most: int = 10**13, **options: Any) -> ma.fields.Integer:
    return ma.fields.Integer(required=True, strict=True, validate=ma.validate.Range(least, most), **options)


def vnd(least: int = 0, **options: Any) -> ma.fields.Integer:
    """Whole đồng."""
    return whole(least, metadata={"unit": "VND"}, **options)


def truth(**options: Any) -> ma.fields.Boolean:
    return ma.fields.Boolean(required=True, truthy={True}, falsy={False}, **options)


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

    def cut(self, data: Data, to: To) -> Data:
        return {name: data[name] for name in to.fields}

    def seen_by(self, agency: Agency, data: Data) -> Strict:
        """The schema that `data`, received by an office of `agency`, must fit.

        Where an agency has more than one place in a contract (both communes of a transfer), the place is
        told by the fields that came. Raises KeyError when the agency is no recipient.
        """
        places = [to for to in self.to if to.agency is agency]
        if not places:
            raise KeyError(f"{self.name} is not told to {agency}")
        fitting = next((to for to in places if set(to.fields) == set(data)), places[0])
        return self.schema(only=fitting.fields)


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
    """All contracts by publishing agency and name; `by_type` by the envelope's type."""

    def __init__(self, *contracts: Contract) -> None:
        self._contracts = {(contract.publisher, contract.name): contract for contract in contracts}
        self.by_type = {contract.type: contract for contract in contracts}
        if len(self._contracts) != len(contracts):
            raise ValueError("two contracts of one publisher and name")

    def __getitem__(self, key: tuple[Agency, str]) -> Contract:
        return self._contracts[key]

    def __iter__(self) -> Iterator[tuple[Agency, str]]:
        return iter(self._contracts)

    def __len__(self) -> int:
        return len(self._contracts)
