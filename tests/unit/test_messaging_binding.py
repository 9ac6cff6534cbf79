"""The binary binding gives back the publisher's own bytes, whatever they say; what is no event is refused."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.hashing import canonical
from shared.contracts.registry import REGISTRY
from shared.messaging.envelope import Letter
from shared.messaging.kafka.binding import MOST_HEADERS, NoEvent, from_record, sequence_of, to_record

ENVELOPE: dict[str, Any] = {
    "specversion": "1.0",
    "id": "1f6a7c52-1a53-4d3c-8a0b-7b1d6a4a1007",
    "source": "/ca-dong/9d5a3c1e-0b7f-4a52-b6c8-3e2f1a0d5008",
    "type": "vn.phoihop.police.PersonReleased.v1",
    "subject": "3f0d4a52-6a1e-4b7e-9d55-0f6d0c1b7a01",
    "time": "2026-03-02T01:30:00.000000Z",
    "recordedtime": "2026-03-02T01:30:00.250000Z",
    "sequence": f"{7:020}",
    "correlationid": "4c0e6d9b-2f81-4b67-9a3e-5d7c8b9f2009",
    "dataschema": "urn:phoihop:contract:police:PersonReleased:1",
    "datacontenttype": "application/json",
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(data=st.dictionaries(st.text(), json_values), cases=st.text(), cause=st.text())
def test_what_comes_back_is_what_was_sealed_byte_for_byte(data: Any, cases: str, cause: str) -> None:
    sealed = canonical(ENVELOPE | {"data": data, "cases": cases, "causationid": cause})
    assert from_record(*to_record(sealed)) == sealed


@pytest.mark.parametrize("contract", REGISTRY.by_type.values(), ids=lambda contract: contract.type)
def test_every_event_comes_back_with_its_hash(contract: Any) -> None:
    for to in contract.to:
        sealed = canonical(ENVELOPE | {"type": contract.type, "data": contract.cut(contract.example, to)})
        back = from_record(*to_record(sealed))
        assert Letter.read(back).hash == Letter.read(sealed).hash
        assert back == sealed


def test_attributes_are_headers_as_the_specification_names_them_and_the_value_is_the_data() -> None:
    headers, value = to_record(canonical(ENVELOPE | {"data": {"name": "Nguyễn"}, "cases": "a b"}))
    assert value == '{"name":"Nguyễn"}'.encode()
    assert dict(headers)["content-type"] == b"application/json"
    assert {name for name, _ in headers} - {"content-type"} == {
        f"ce_{name}" for name in (*ENVELOPE, "cases") if name != "datacontenttype"
    }
    assert sequence_of(headers) == 7


def test_headers_that_others_add_on_the_way_change_nothing() -> None:
    sealed = canonical(ENVELOPE | {"data": {}})
    headers, value = to_record(sealed)
    assert from_record([("traceparent", b"00-1-2-01"), *headers, ("x", b"\xff")], value) == sealed


def test_data_that_were_written_otherwise_on_the_way_come_back_as_they_were_sealed() -> None:
    sealed = canonical(ENVELOPE | {"data": {"a": 1, "b": "ễ"}})
    headers, value = to_record(sealed)
    spaced = b'{ "b" : "\\u1ec5",\n"a" : 1 }'
    assert msgspec.json.decode(spaced) == msgspec.json.decode(value)
    assert from_record(list(reversed(headers)), spaced) == sealed


@pytest.mark.parametrize(
    ("extra", "value", "words"),
    [
        ([], None, "without a value"),
        ([], b"", "no canonical JSON"),
        ([], b"{", "no canonical JSON"),
        ([], b'{"a":9007199254740993}', "no canonical JSON"),
        ([], b"[" * 5000 + b"]" * 5000, "no canonical JSON"),
        ([("ce_id", b"x")], b"{}", "twice"),
        ([("ce_data", b"{}")], b"{}", "twice"),
        ([("ce_cases", b"\xff")], b"{}", "no text"),
        ([("ce_cases", None)], b"{}", "no text"),
        ([(f"x{number}", b"") for number in range(MOST_HEADERS)], b"{}", "headers, at most"),
    ],
)
def test_a_record_that_is_no_event_is_refused_with_the_reason(extra: Any, value: Any, words: str) -> None:
    headers, _ = to_record(canonical(ENVELOPE | {"data": {}}))
    with pytest.raises(NoEvent, match=words):
        from_record([*headers, *extra], value)


@pytest.mark.parametrize("value", [None, b"", b"7", b"x" * 20, b"-" + b"1" * 19, "٣".encode() * 10])
def test_a_sequence_that_is_no_number_is_refused(value: bytes | None) -> None:
    with pytest.raises(NoEvent, match="ce_sequence"):
        sequence_of([] if value is None else [("ce_sequence", value)])
