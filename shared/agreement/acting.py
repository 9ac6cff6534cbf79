"""Who acts: users, their roles and their commands."""

from enum import StrEnum

import msgspec


class Role(StrEnum):
    OFFICER = "officer"
    LEADER = "leader"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


READERS = (Role.OFFICER, Role.LEADER, Role.AUDITOR)
"""Who may look at persons, lists and loans; administrators look after users and channels."""

CLERKS = (Role.OFFICER, Role.LEADER)
"""Who keeps registers and prepares; that a second signer is another person is the aggregates' own rule."""


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
