"""Hashes that both sides of a channel compute alike."""

import hashlib

import rfc8785

from shared.contracts.base import Data


def canonical(value: Data | list[Data]) -> bytes:
    """RFC 8785 canonical JSON."""
    return rfc8785.dumps(value)


def sha256_of(value: Data | list[Data]) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()


def content_hash(entries: list[Data]) -> str:
    """The hash (hex) of a list's confirmed entries in order, each with its salt, as they travel."""
    return sha256_of(entries)
