"""The envelope: the same bytes for ever on the sending side, and nothing but envelopes on the hearing side."""

from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.agreement.parties import Agency, Channel
from shared.contracts.registry import REGISTRY
from shared.log.events import Stamp
from shared.messaging.envelope import MOST_BYTES, Letter, seal
from tests.support.kernel import CA_DONG, UBND_DONG, Hands, opened, released, say, say_release, tampered

RELEASED = REGISTRY[Agency.POLICE, "PersonReleased"]
EVENT, CASE, LOG = UUID(int=0xE), UUID(int=0xC), UUID(int=0xA)
STAMP = Stamp(EVENT, CA_DONG, "lan", UUID(int=0xB))
OCCURRED = datetime(2026, 3, 2, 5, 0, 0, 250, tzinfo=UTC)


def sealed(**changed: Any) -> bytes:
    facts: dict[str, Any] = {
        "stamp": STAMP,
        "incarnation": LOG,
        "subject": CASE,
        "cases": (CASE,),
        "occurred": OCCURRED,
        "data": released(CASE),
        "sequence": 7,
        "recorded_at": OCCURRED + timedelta(hours=1),
    }
    return seal(RELEASED, **(facts | changed))


def test_an_envelope_says_these_things_and_no_others() -> None:
    envelope = msgspec.json.decode(sealed())
    assert envelope.pop("data") == released(CASE)
    assert envelope == {
        "specversion": "1.0",
        "id": str(EVENT),
        "source": f"/ca-dong/{LOG}",
        "type": "vn.phoihop.police.PersonReleased.v1",
        "subject": str(CASE),
        "time": "2026-03-02T05:00:00.000250Z",
        "recordedtime": "2026-03-02T06:00:00.000250Z",
        "sequence": "00000000000000000007",
        "correlationid": str(UUID(int=0xB)),
        "dataschema": "urn:phoihop:contract:police:PersonReleased:1",
        "datacontenttype": "application/json",
        "cases": str(CASE),
    }


def test_the_actor_stays_at_home() -> None:
    assert b"lan" not in sealed(data={})


def test_equal_facts_make_equal_bytes_whatever_their_order() -> None:
    data = released(CASE)
    assert sealed(data=dict(reversed(data.items()))) == sealed()


def test_an_instant_is_told_in_utc_whatever_zone_it_came_in() -> None:
    hanoi = timezone(timedelta(hours=7))
    assert sealed(occurred=OCCURRED.astimezone(hanoi)) == sealed()


def test_the_cause_is_told_when_there_is_one() -> None:
    cause = uuid4()
    caused = msgspec.structs.replace(STAMP, causation=cause)
    assert msgspec.json.decode(sealed(stamp=caused))["causationid"] == str(cause)


def test_several_cases_stand_side_by_side_and_none_is_left_out() -> None:
    cases = (uuid4(), uuid4())
    assert msgspec.json.decode(sealed(cases=cases))["cases"] == f"{cases[0]} {cases[1]}"
    assert "cases" not in msgspec.json.decode(sealed(cases=()))
    assert Letter.read(sealed(cases=cases)).envelope.case_ids == cases
    assert Letter.read(sealed(cases=())).envelope.case_ids == ()


def test_what_was_sealed_is_read_again() -> None:
    letter = Letter.read(sealed())
    assert letter.sealed == sealed()
    assert letter.hash == sha256(sealed()).digest()
    envelope = letter.envelope
    assert (envelope.publisher, envelope.number, envelope.time) == (CA_DONG, 7, OCCURRED)


def test_the_hash_does_not_depend_on_how_a_carrier_wrote_the_json() -> None:
    reordered = dict(sorted(msgspec.json.decode(sealed()).items(), reverse=True))
    pretty = msgspec.json.format(msgspec.json.encode(reordered), indent=4)
    assert pretty != sealed()
    assert Letter.read(pretty).hash == Letter.read(sealed()).hash


def test_what_is_too_long_to_be_sent_is_refused_before_the_commit(tmp_path: Path) -> None:
    with opened(tmp_path / "police.sqlite", Hands(), Agency.POLICE) as police:
        before = police.head()
        data = released(CASE) | {"certificate_no": None}
        long_cases = [uuid4() for _ in range(MOST_BYTES // 37 + 1)]
        with pytest.raises(
            ValueError, match=rf"PersonReleased of {CASE} is \d+ bytes long, at most {MOST_BYTES}"
        ):
            say(police, CA_DONG, "PersonReleased", data, cases=long_cases)
        assert police.head() == before
        assert police.books.head("told", Channel(CA_DONG, UBND_DONG).name)[0] == 0


def test_the_longest_message_is_sent_and_read() -> None:
    room = MOST_BYTES - len(sealed(data={"x": ""}))
    longest = sealed(data={"x": "a" * room})
    assert len(longest) == MOST_BYTES
    assert Letter.read(longest).sealed == longest
    with pytest.raises(ValueError, match="at most"):
        sealed(data={"x": "a" * (room + 1)})


def test_a_message_is_told_with_the_same_bytes_after_a_restart(tmp_path: Path) -> None:
    channel = Channel(CA_DONG, UBND_DONG).name
    path = tmp_path / "police.sqlite"
    with opened(path, Hands(), Agency.POLICE) as police:
        say_release(police, CASE)
        (before,) = police.books.select_told(channel, 0, 1)
    with opened(path, Hands(), Agency.POLICE) as police:
        (after,) = police.books.select_told(channel, 0, 1)
    assert after == before


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"null",
        b"7",
        b"[]",
        b"{}",
        b'"envelope"',
        b"<html>502 Bad Gateway</html>",
        b"\xff\xfe\x00",
        b'{"specversion": "1.0"',
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": 123456789012345678901234567890}',
        b'{"a": "\\ud800"}',
        b"[" * 2000 + b"]" * 2000,
        b"[" * 500_000,
        b'{"a":' * 900 + b"1" + b"}" * 900,
        b" " * (2 * MOST_BYTES + 1),
    ],
    ids=lambda message: repr(message[:24]),
)
def test_what_is_no_envelope_is_refused(message: bytes) -> None:
    with pytest.raises(ValueError):
        Letter.read(message)


WRONG: list[dict[str, Any]] = [
    {"specversion": "0.3"},
    {"specversion": 1},
    {"id": "7"},
    {"id": ""},
    {"id": "{" + str(EVENT) + "}"},
    {"id": str(EVENT).upper()},
    {"id": EVENT.hex},
    {"subject": "Nguyễn Văn Giả"},
    {"subject": ""},
    {"correlationid": "x"},
    {"causationid": "x"},
    {"cases": "x"},
    {"cases": f"{CASE},{CASE}"},
    {"cases": f"{CASE}  {CASE}"},
    {"cases": 7},
    {"sequence": ""},
    {"sequence": "0"},
    {"sequence": "0" * 20},
    {"sequence": "-1"},
    {"sequence": "1.0"},
    {"sequence": "٣"},
    {"sequence": "9" * 5000},
    {"sequence": 7},
    {"time": "yesterday"},
    {"time": "2026-03-02"},
    {"time": "2026-03-02T05:00:00"},
    {"recordedtime": "2026-03-02T05:00:00"},
    {"time": 0},
    {"source": ""},
    {"source": "ca-dong"},
    {"source": "/ca-dong"},
    {"source": f"//{LOG}"},
    {"source": f"ca-dong/{LOG}"},
    {"source": f"/ca-dong/{LOG}/"},
    {"source": "/ca-dong/first"},
    {"datacontenttype": "text/html"},
]
MISSING = [
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "recordedtime",
    "sequence",
    "correlationid",
    "dataschema",
    "datacontenttype",
    "data",
]


@pytest.mark.parametrize("changed", WRONG, ids=lambda changed: repr(changed)[:48])
def test_an_envelope_with_a_wrong_attribute_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Letter.read(tampered(sealed(), **changed))


@pytest.mark.parametrize("name", MISSING)
def test_an_envelope_without_one_of_its_attributes_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Letter.read(tampered(sealed(), **{name: None}))


def test_an_attribute_that_we_do_not_know_does_no_harm_but_counts_for_the_hash() -> None:
    letter = Letter.read(tampered(sealed(), traceparent="00-abc"))
    assert letter.envelope == Letter.read(sealed()).envelope
    assert letter.hash != Letter.read(sealed()).hash


@given(st.binary(max_size=300))
def test_rubbish_is_refused_whatever_it_is(message: bytes) -> None:
    with pytest.raises(ValueError):
        Letter.read(message)


@given(st.integers(0, len(sealed()) - 1), st.integers(0, 255))
def test_a_changed_byte_makes_another_hash_or_no_envelope(place: int, byte: int) -> None:
    changed = bytearray(sealed())
    if changed[place] == byte:
        return
    changed[place] = byte
    try:
        letter = Letter.read(bytes(changed))
    except ValueError:
        return
    assert letter.hash != Letter.read(sealed()).hash
