"""Two ways of writing canonical JSON give the same bytes: rfc8785 is the judge of what those are."""

import sys
from enum import StrEnum
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from shared.contracts.common import ENTRY_EXAMPLE
from shared.contracts.hashing import canonical

BEFORE_SURROGATES, AFTER_SURROGATES = 0xD7FF, 0xE000

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**54), 2**54)
    | st.floats()
    | st.text(max_size=20)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
)


class Reason(StrEnum):
    OTHER = "other"


def written(write: Any, value: Any) -> bytes | type[ValueError]:
    try:
        result: bytes = write(value)
    except ValueError:
        return ValueError
    return result


@given(values)
@example({"\U00010000": 1, "\uffff": 2})  # their order differs between code points and UTF-16
@example([2**53 - 1, -(2**53) + 1])
@example([2**53])
@example([-(2**53)])
@example([1.0, -0.0, 1e21, 1e-7])
@example("\ud800")
@example([(1, 2), Reason.OTHER])
def test_canonical_json_is_what_rfc_8785_says(value: Any) -> None:
    assert written(canonical, value) == written(rfc8785.dumps, value)


def test_every_character_is_written_as_rfc_8785_says() -> None:
    characters = "".join(
        chr(code) for code in range(sys.maxunicode + 1) if not BEFORE_SURROGATES < code < AFTER_SURROGATES
    )
    value: Any = [characters, {"name": characters}]
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize("order", [list, lambda items: list(reversed(items))])
def test_fields_may_come_in_any_order(order: Any) -> None:
    entry: Any = dict(order(list(ENTRY_EXAMPLE.items())))
    assert canonical(entry) == rfc8785.dumps(entry)
