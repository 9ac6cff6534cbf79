"""Hashes that both sides of a channel compute alike."""

import hashlib
from typing import Any

import msgspec
import rfc8785

from shared.contracts.base import Data

_MOST_EXACT = 2**53 - 1
_sorted = msgspec.json.Encoder(order="sorted").encode


def canonical(value: Data | list[Data]) -> bytes:
    """RFC 8785 canonical JSON. Raises ValueError for what has none, such as whole numbers beyond ±(2**53 - 1)."""
    return _sorted(value) if _written_alike(value) else rfc8785.dumps(value)


def _written_alike(value: Any) -> bool:
    """Whether msgspec, many times faster, writes the same bytes (tests/property/test_canonical_json.py). It writes
    floats otherwise, and sorts names by code points, the RFC by UTF-16: the same for ASCII."""
    kind = type(value)
    if kind is dict:
        return all(type(name) is str and name.isascii() and _written_alike(it) for name, it in value.items())
    if kind is list:
        return all(map(_written_alike, value))
    return value is None or kind is str or kind is bool or (kind is int and abs(value) <= _MOST_EXACT)


def sha256_of(value: Data | list[Data]) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()


def content_hash(entries: list[Data]) -> str:
    """The hash (hex) of a list's confirmed entries in order, each with its salt, as they travel."""
    return sha256_of(entries)
