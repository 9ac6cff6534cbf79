"""What a People's Committee tells the others, and what it does with everything it is told."""

from pathlib import Path
from uuid import UUID, uuid4

import pytest

from services.commune.list_events import ListConfirmed, ListReturned, Objection
from services.commune.publications import published
from services.commune.reactions import REACTIONS
from shared.agreement.parties import Agency
from shared.contracts.base import Published
from shared.contracts.hashing import content_hash
from shared.contracts.registry import REGISTRY
from shared.log.events import Event
from tests.unit.commune_office import Office, entries, entry_ended, list_overdue, list_sent, released

LIST = uuid4()


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def told(event: Event) -> Published:
    publication = published(event)
    assert publication is not None
    assert REGISTRY[Agency.COMMUNE, publication.contract].whole.validate(publication.data) == {}
    return publication


def test_a_confirmation_tells_every_decision(office: Office) -> None:
    listed = entries(2)
    office.hear("ListSentForConfirmation", list_sent(LIST, listed))
    office.check(LIST, listed[0], "not_resident")
    office.check(LIST, listed[1])
    office.confirm(LIST)
    publication = told(office.events(ListConfirmed)[0])
    assert publication.contract == "ListConfirmed"
    assert publication.subject == LIST
    assert publication.cases == tuple(UUID(entry["person_id"]) for entry in listed)
    assert publication.data == {
        "list_id": str(LIST),
        "commune": "99901",
        "month": "2026-03",
        "round": 1,
        "decisions": [
            {
                "entry_id": listed[0]["entry_id"],
                "person_id": listed[0]["person_id"],
                "decision": "struck",
                "reason": "not_resident",
            },
            {
                "entry_id": listed[1]["entry_id"],
                "person_id": listed[1]["person_id"],
                "decision": "confirmed",
                "reason": None,
            },
        ],
        "entries": 1,
        "content_hash": content_hash(listed[1:]),
        "document_no": "12/XN-UBND",
        "document_on": "2026-03-03",
        "signer_name": "Lan Giả Định",
        "signer_title": "Chủ tịch UBND xã",
    }


def test_a_return_tells_codes_and_no_words(office: Office) -> None:
    listed = entries(2)
    office.hear("ListSentForConfirmation", list_sent(LIST, listed))
    office.hear("ListEntryWithdrawn", entry_ended(LIST, listed[0]))
    office.give_back(
        LIST, Objection("entry_missing"), Objection("wrong_particulars", UUID(listed[1]["entry_id"]))
    )
    publication = told(office.events(ListReturned)[0])
    assert publication.contract == "ListReturned"
    assert publication.cases == tuple(UUID(entry["person_id"]) for entry in listed)
    assert publication.data["reasons"] == [
        {"entry_id": None, "reason": "entry_missing"},
        {"entry_id": listed[1]["entry_id"], "reason": "wrong_particulars"},
    ]
    assert publication.data["returned_on"] == "2026-03-03"
    assert "riêng" not in str(publication)


def test_nothing_else_leaves_the_committee(office: Office) -> None:
    listed = entries(2)
    office.hear("PersonReleased", released(uuid4()))
    office.hear("ListOverdue", list_overdue(LIST))
    office.hear("ListSentForConfirmation", list_sent(LIST, listed))
    office.hear("ListEntryWithdrawn", entry_ended(LIST, listed[0]))
    office.check(LIST, listed[1])
    assert [published(event) for event in office.events(Event)] == [None] * len(office.events(Event))


def test_there_is_a_reaction_to_everything_that_a_committee_is_told() -> None:
    heard = {
        key for key, contract in REGISTRY.items() if any(to.agency is Agency.COMMUNE for to in contract.to)
    }
    assert set(REACTIONS) == heard


def test_whatever_the_contracts_let_a_committee_say_it_says() -> None:
    names = {name for publisher, name in REGISTRY if publisher is Agency.COMMUNE}
    assert names == {"ListConfirmed", "ListReturned", "ChannelDigest"}
