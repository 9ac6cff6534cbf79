"""Who acts: users, their roles and their commands."""

from enum import StrEnum

import msgspec


class Role(StrEnum):
    OFFICER = "officer"
    LEADER = "leader"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class User(msgspec.Struct, frozen=True):
    """A person at one office. `title` is what stands under the signature, `office` a party's code."""

    username: str
    name: str
    title: str
    office: str
    role: Role


class Command(msgspec.Struct, frozen=True):
    """Who wants something done, once.

    `body_hash`: hex SHA-256 of the request; `expected_version`: of the resource the user looked at.
    """

    user: User
    key: str
    body_hash: str
    expected_version: int | None = None
