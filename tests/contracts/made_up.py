"""A made-up event, to be changed in tests."""

from dataclasses import replace

import marshmallow as ma

from shared.agreement.parties import Agency
from shared.contracts.base import Contract, Strict, To, code, commune_code, uuid


class Home(Strict):
    street = uuid()


class Moved(Strict):
    person_id = uuid()
    commune = commune_code()
    reason = code("work", "family")
    home = ma.fields.Nested(Home, required=True, allow_none=True)


MOVED = Contract(
    Agency.POLICE,
    "Moved",
    "case",
    Moved,
    (To(Agency.COMMUNE, ("person_id", "commune", "home")),),
    {
        "person_id": "3f0d4a52-6a1e-4b7e-9d55-0f6d0c1b7a01",
        "commune": "99901",
        "reason": "work",
        "home": None,
    },
    "Somebody moved.",
)


def told(*fields: str) -> Contract:
    return replace(MOVED, to=(To(Agency.COMMUNE, fields),))
