"""Who is told what: decided once, with the event, by the contract and the agreement."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from shared.agreement.parties import Agency, Agreement, Channel, Party, Route
from shared.contracts.registry import REGISTRY
from shared.log.application import AgencyLog
from shared.messaging.told import Teller, Unspeakable
from tests.support.kernel import (
    AGREEMENT,
    CA_DONG,
    CA_TAY,
    DONG,
    NOON,
    PGD,
    TAY,
    UBND_DONG,
    UBND_TAY,
    Hands,
    example,
    list_sent,
    note,
    opened,
    published,
    released,
    say,
    say_release,
)

PERSON = UUID(int=0x1)


class Agencies:
    """Each agency's log, all with one clock."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.hands = Hands()
        self.police, self.commune, self.bank = (
            stack.enter_context(opened(folder / f"{agency}.sqlite", self.hands, agency)) for agency in Agency
        )


@pytest.fixture
def agencies(tmp_path: Path) -> Iterator[Agencies]:
    with ExitStack() as stack:
        yield Agencies(tmp_path, stack)


def told_to(log: AgencyLog) -> dict[str, dict[str, Any]]:
    """By hearer, the last envelope told."""
    last = {}
    for name in log.books.channels("told"):
        sequence = log.books.head("told", name)[0]
        (message,) = log.books.select_told(name, sequence - 1, 1)
        last[Channel.named(name).hearer] = msgspec.json.decode(message.envelope)
    return last


def test_a_release_is_told_to_the_committee_of_the_commune_and_nobody_else(agencies: Agencies) -> None:
    say_release(agencies.police, PERSON)
    assert set(told_to(agencies.police)) == {UBND_DONG}


def test_a_hearer_gets_the_fields_of_its_contract_and_no_other(agencies: Agencies) -> None:
    say_release(agencies.police, PERSON)
    data = told_to(agencies.police)[UBND_DONG]["data"]
    assert set(data) == {"person_id", "commune", "particulars", "ground", "resident_since"}
    assert "certificate_no" not in data
    assert data["person_id"] == str(PERSON)


def test_an_event_that_says_nothing_in_the_published_language_is_told_to_nobody(agencies: Agencies) -> None:
    note(agencies.police, uuid4(), "riêng của công an")
    assert agencies.police.books.channels("told") == []


@pytest.mark.parametrize(
    ("flags", "hearers"),
    [((), {UBND_DONG, UBND_TAY, CA_TAY}), (("bank_concerned",), {UBND_DONG, UBND_TAY, CA_TAY, PGD})],
)
def test_a_transfer_is_told_to_both_communes_the_receiving_police_and_a_bank_that_is_concerned(
    agencies: Agencies, flags: tuple[str, ...], hearers: set[str]
) -> None:
    data = example(Agency.POLICE, "ResidenceTransferred", person_id=str(PERSON), commune=DONG, to_commune=TAY)
    say(agencies.police, CA_DONG, "ResidenceTransferred", data, cases=[PERSON], flags=flags)
    told = told_to(agencies.police)
    assert set(told) == hearers
    moved = {"person_id", "commune", "to_commune", "transferred_on"}
    assert set(told[UBND_DONG]["data"]) == moved
    assert set(told[UBND_TAY]["data"]) == moved | {"particulars", "ground"}
    assert set(told[CA_TAY]["data"]) == set(data)
    if PGD in told:
        assert set(told[PGD]["data"]) == moved
    assert {envelope["cases"] for envelope in told.values()} == {str(PERSON)}
    assert len({envelope["id"] for envelope in told.values()}) == 1


def test_a_transfer_within_one_commune_is_told_to_its_committee_once(agencies: Agencies) -> None:
    data = example(
        Agency.POLICE, "ResidenceTransferred", person_id=str(PERSON), commune=DONG, to_commune=DONG
    )
    say(agencies.police, CA_DONG, "ResidenceTransferred", data, cases=[PERSON])
    assert set(told_to(agencies.police)) == {UBND_DONG}


def test_a_transfer_out_of_the_agreement_is_told_to_those_who_are_in_it(agencies: Agencies) -> None:
    data = example(
        Agency.POLICE, "ResidenceTransferred", person_id=str(PERSON), commune=DONG, to_commune="99909"
    )
    say(agencies.police, CA_DONG, "ResidenceTransferred", data, cases=[PERSON])
    assert set(told_to(agencies.police)) == {UBND_DONG}


@pytest.mark.parametrize(("flags", "hearers"), [((), {UBND_DONG}), (("submitted",), {UBND_DONG, PGD})])
def test_the_bank_hears_of_a_withdrawn_entry_only_once_the_list_is_with_it(
    agencies: Agencies, flags: tuple[str, ...], hearers: set[str]
) -> None:
    data = example(Agency.POLICE, "ListEntryWithdrawn", person_id=str(PERSON), commune=DONG)
    say(agencies.police, CA_DONG, "ListEntryWithdrawn", data, cases=[PERSON], flags=flags)
    assert set(told_to(agencies.police)) == hearers


def test_the_bank_learns_of_a_confirmed_list_neither_the_decisions_nor_whom_they_are_about(
    agencies: Agencies,
) -> None:
    struck = uuid4()
    data = example(Agency.COMMUNE, "ListConfirmed", commune=DONG)
    data["decisions"] = [
        {"entry_id": str(uuid4()), "person_id": str(struck), "decision": "struck", "reason": "social_evils"}
    ]
    say(agencies.commune, UBND_DONG, "ListConfirmed", data, cases=[struck])
    told = told_to(agencies.commune)
    assert told[CA_DONG]["data"]["decisions"] == data["decisions"]
    assert told[CA_DONG]["cases"] == str(struck)
    assert "cases" not in told[PGD]
    assert "decisions" not in told[PGD]["data"]
    assert str(struck) not in str(told[PGD])


def test_the_annex_of_a_list_goes_to_the_committee_alone(agencies: Agencies) -> None:
    say(agencies.police, CA_DONG, "ListSentForConfirmation", list_sent(uuid4(), PERSON), cases=[PERSON])
    told = told_to(agencies.police)
    assert set(told) == {UBND_DONG}
    assert told[UBND_DONG]["data"]["annex"]


def test_what_is_said_on_one_channel_alone_is_told_to_its_hearer_alone(agencies: Agencies) -> None:
    data = example(Agency.POLICE, "ChannelDigest")
    say(agencies.police, CA_DONG, "ChannelDigest", data, only_hearer=PGD)
    assert set(told_to(agencies.police)) == {PGD}


def test_every_event_of_the_agreement_is_told_to_whom_its_contract_names_with_its_fields(
    agencies: Agencies,
) -> None:
    speaker = {Agency.POLICE: CA_DONG, Agency.COMMUNE: UBND_DONG, Agency.BANK: PGD}
    logs = {
        Agency.POLICE: agencies.police,
        Agency.COMMUNE: agencies.commune,
        Agency.BANK: agencies.bank,
    }
    for (agency, name), contract in REGISTRY.items():
        if contract.about == "channel":
            continue
        data = example(agency, name)
        id = say(logs[agency], speaker[agency], name, data, cases=[PERSON], flags=contract.flags)
        heard = logs[agency].books.channels_told(str(id))
        agencies_told = {AGREEMENT.party(Channel.named(channel).hearer).agency for channel in heard}
        assert agencies_told == {to.agency for to in contract.to}, name
        for channel in heard:
            sequence = logs[agency].books.head("told", channel)[0]
            (message,) = logs[agency].books.select_told(channel, sequence - 1, 1)
            seen = set(msgspec.json.decode(message.envelope)["data"])
            hearer = AGREEMENT.party(Channel.named(channel).hearer).agency
            assert seen in [set(to.fields) for to in contract.to if to.agency is hearer], (name, channel)


@pytest.mark.parametrize(
    "wrong",
    [
        {"commune": "9990"},
        {"ground": "pardon"},
        {"person_id": "x"},
        {"resident_since": "12/05/2024"},
        {"note": "không được gửi"},
        {"particulars": {"full_name": "A"}},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_data_that_do_not_fit_the_contract_are_not_recorded(
    agencies: Agencies, wrong: dict[str, Any]
) -> None:
    police, before = agencies.police, agencies.police.head()
    with pytest.raises(Unspeakable, match=f"PersonReleased.*{next(iter(wrong))}"):
        say(police, CA_DONG, "PersonReleased", released(PERSON) | wrong, subject=PERSON)
    assert police.head() == before
    assert police.books.channels("told") == []


def test_data_that_lack_a_field_are_not_recorded(agencies: Agencies) -> None:
    data = released(PERSON)
    del data["ground"]
    with pytest.raises(Unspeakable, match="ground"):
        say(agencies.police, CA_DONG, "PersonReleased", data)


def test_an_event_of_another_agency_cannot_be_said(agencies: Agencies) -> None:
    with pytest.raises(Unspeakable, match="LoanSettled"):
        say(agencies.police, CA_DONG, "LoanSettled", example(Agency.BANK, "LoanSettled"))


def test_a_flag_that_the_contract_does_not_know_cannot_be_set(agencies: Agencies) -> None:
    data = example(Agency.POLICE, "ListEntryWithdrawn")
    with pytest.raises(Unspeakable, match="submited"):
        say(agencies.police, CA_DONG, "ListEntryWithdrawn", data, flags=["submited"])


def test_an_event_cannot_be_said_to_somebody_whom_its_contract_does_not_name(agencies: Agencies) -> None:
    with pytest.raises(Unspeakable, match=PGD):
        say(agencies.police, CA_DONG, "PersonReleased", released(PERSON), only_hearer=PGD)


def test_the_bank_office_that_served_the_commune_when_it_happened_is_told(tmp_path: Path) -> None:
    moved = date(2026, 3, 3)
    agreement: Agreement = msgspec.structs.replace(
        AGREEMENT,
        parties=(*AGREEMENT.parties, Party("pgd-moi", Agency.BANK, "PGD Mới")),
        routes=(*AGREEMENT.routes, Route(DONG, "pgd-moi", moved)),
    )
    hands = Hands()
    with opened(tmp_path / "police.sqlite", hands, Agency.POLICE) as police:
        police.tell = Teller(Agency.POLICE, agreement, published)
        data = example(Agency.POLICE, "EligibilityEnded", person_id=str(PERSON), commune=DONG)
        say(police, CA_DONG, "EligibilityEnded", data)
        assert set(told_to(police)) == {PGD}
        # Local midnight of the 3rd is 17:00 UTC of the 2nd.
        hands.now = NOON.replace(hour=17) - timedelta(microseconds=1)
        say(police, CA_DONG, "EligibilityEnded", data)
        assert set(told_to(police)) == {PGD}
        hands.turn(microseconds=1)
        say(police, CA_DONG, "EligibilityEnded", data)
        assert set(told_to(police)) == {PGD, "pgd-moi"}
