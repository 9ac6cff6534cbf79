"""What a commune police office tells, hears and shows: complete, fitting its contracts, derived from the log alone."""

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest

from services.police import list_events, person_events
from services.police.application import persons
from services.police.application.lists import withdraw_from_list
from services.police.duties import duties_on
from services.police.facts import Conduct, Need
from services.police.publications import _SAYINGS, published
from services.police.reactions import REACTIONS
from services.police.views.lists import lists_of
from services.police.views.persons import incomplete, persons_of
from shared.agreement.calendar import Month
from shared.agreement.parties import Agency
from shared.contracts.registry import REGISTRY
from shared.log.events import Event
from shared.web.paging import Page
from tests.unit.police_office import (
    AGREEMENT,
    OFFICER,
    OTHER_COMMUNE,
    OTHER_POLICE,
    POLICE,
    Office,
    registration,
)

PRIVATE = {
    person_events.PersonReceived,
    person_events.NeedSurveyed,
    person_events.ConductAssessed,
    person_events.NoteWritten,
    person_events.EntryListed,
    person_events.EntryClosed,
    person_events.LoanNoted,
    list_events.ListOpened,
    list_events.ListDrafted,
    list_events.ReturnRecorded,
    list_events.ConfirmationRecorded,
    list_events.AcknowledgementRecorded,
    list_events.RejectionRecorded,
    list_events.ReminderIssued,
}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_every_event_is_published_or_said_to_be_private() -> None:
    kinds = {
        kind
        for module in (person_events, list_events)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Event) and "TOPIC" in vars(kind)
    }
    assert kinds == set(_SAYINGS) | PRIVATE
    assert not set(_SAYINGS) & PRIVATE


def test_every_contract_of_the_police_is_spoken_and_fits(office: Office) -> None:
    lived(office)
    spoken = set()
    for event in office.events(Event):
        publication = published(event)
        if publication is not None:
            contract = REGISTRY[Agency.POLICE, publication.contract]
            assert contract.whole.validate(publication.data) == {}
            assert publication.flags <= set(contract.flags)
            spoken.add(contract.name)
    theirs = {name for agency, name in REGISTRY if agency is Agency.POLICE}
    assert spoken == theirs - {"ChannelDigest"}


def test_no_note_conduct_or_reason_crosses_a_channel_but_what_the_annex_says(office: Office) -> None:
    lived(office)
    for party in AGREEMENT.parties:
        for name, data in office.told(party):
            said = str(data)
            assert SECRET not in said
            assert "absent" not in said and "conduct " not in said
            if party.agency is not Agency.COMMUNE:
                assert "conduct" not in said and "social_evils" not in said, name


def test_we_react_to_everything_we_are_told_or_say_that_it_is_not_of_interest() -> None:
    told_to_us = {
        key for key, contract in REGISTRY.items() if any(to.agency is Agency.POLICE for to in contract.to)
    }
    assert set(REACTIONS) == told_to_us


def test_views_rebuilt_from_the_log_equal_the_live_ones(office: Office) -> None:
    lived(office)
    live = office.views.dump()
    office.views.rebuild()
    assert office.views.dump() == live
    assert len(live["police_persons"]) == 3
    assert len(live["police_lists_reminders"]) == 1


def test_the_views_say_of_every_case_and_list_what_the_log_says(office: Office) -> None:
    people, page = lived(office), Page(limit=200, after=None)
    with office.views.reading() as db:
        rows = {row["person_id"]: row for row in persons_of(db, POLICE.code, page)}
        for person_id in people:
            person, row = office.person(person_id), rows.pop(str(person_id))
            need, conduct = person.need or Need(False), person.conduct
            assert conduct is not None
            assert (row["version"], row["standing"]) == (person.version, person.standing)
            assert (row["full_name"], row["hamlet"]) == (
                person.particulars.full_name,
                person.particulars.hamlet,
            )
            assert row["resident_since"] == person.resident_since.isoformat()
            assert bool(row["wants_loan"]) == need.wants_loan
            assert (bool(row["conduct_good"]), bool(row["social_evils"])) == (
                conduct.good,
                conduct.social_evils,
            )
        assert rows == {}
        held, lists = office.held(), {row["month"]: row for row in lists_of(db, POLICE.code, page)}
        assert list(lists) == ["2026-04", "2026-03"]
        assert (lists["2026-03"]["version"], lists["2026-03"]["status"]) == (held.version, held.status)
        assert lists["2026-04"]["late_holder"] == "police"
        assert [row["month"] for row in lists_of(db, POLICE.code, page, "submitted")] == ["2026-03"]


def test_the_views_show_one_office_and_what_was_asked_for(office: Office) -> None:
    office.register(full_name="Lê Thị Hồng")
    office.register(full_name="Lê Văn Hùng", identity_number=None)
    page = Page(limit=200, after=None)
    with office.views.reading() as db:
        assert [row["full_name"] for row in persons_of(db, POLICE.code, page, name="Hùng")] == ["Lê Văn Hùng"]
        assert persons_of(db, POLICE.code, page, standing="transferred") == []
        assert persons_of(db, OTHER_POLICE.code, page) == []
        assert [row["full_name"] for row in incomplete(db, POLICE.code)] == ["Lê Văn Hùng"]


SECRET = "ghi chú riêng của Công an xã"


def lived(office: Office) -> list[UUID]:
    """Two months in which everything that is published happens at least once."""
    ended = office.submitted(note=SECRET)
    moving = office.register()
    office.do(persons.register_residence, ended, "Thôn Hai", date(2026, 1, 1))
    office.do(persons.assess_conduct, ended, Conduct(good=False, social_evils=True))
    retracted = office.register()
    right = registration(full_name="Nguyễn Văn Thật")
    office.do(
        persons.correct_release, retracted, right.particulars, right.release, date(2025, 1, 1), office.same
    )
    office.do(persons.retract_release, retracted, "duplicate")
    april = Month(2026, 4)
    office.draft(month=april)
    office.sign(month=april)
    entry_id = next(iter(office.held(april).sent))
    office.do(withdraw_from_list, office.held(april).id, entry_id, "absent")
    office.do(persons.survey_need, moving, Need(True, "production", 5_000_000))
    hear_return(office, april)
    service = SimpleNamespace(agreement=AGREEMENT, calendar=office.calendar)
    for day in (date(2026, 4, 1), date(2026, 4, 7)):
        office.at(day)
        for _, duty in duties_on(service, POLICE, day):  # type: ignore[arg-type]
            office.decide(duty)
    office.execute(
        OFFICER,
        lambda work, command: persons.transfer_person(
            work, command, AGREEMENT, moving, OTHER_COMMUNE, date(2026, 4, 2)
        ),
    )
    return [ended, moving, retracted]


def hear_return(office: Office, month: Month) -> None:
    said = {
        "list_id": str(office.held(month).id),
        "commune": POLICE.commune,
        "month": str(month),
        "round": 1,
        "reasons": [{"entry_id": None, "reason": "wrong_particulars"}],
        "returned_on": "2026-03-03",
    }
    office.hear(Agency.COMMUNE, "ListReturned", said)
