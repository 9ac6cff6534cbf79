"""Whatever officers, committee and bank do in whatever order, the bank and the register agree on who is pending."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.police.application import lists, persons
from services.police.application.rows import take_row
from services.police.borrower_list import Status
from services.police.entries import as_told
from services.police.facts import Conduct, Need
from services.police.person_events import PersonRegistered
from shared.agreement.errors import DomainError
from shared.agreement.parties import Agency
from shared.log.events import Aggregate
from tests.unit.police_office import (
    AGREEMENT,
    BANK,
    COMMUNE,
    MARCH_LIST,
    OFFICER,
    OTHER_COMMUNE,
    POLICE,
    Office,
    registration,
)

NUMBERS = ("999085900001", "999085900002")


class NothingToDo(Exception):
    """The other party would not do this now."""


def committee(act: Callable[[Office, UUID], None]) -> Callable[[Office, UUID], None]:
    """It acts on a list that lies with it, only."""

    def when_it_holds_the_list(office: Office, who: UUID) -> None:
        if office.held().status is not Status.SENT:
            raise NothingToDo
        act(office, who)

    return when_it_holds_the_list


def rename(office: Office, who: UUID) -> None:
    told = registration(full_name=f"{office.person(who).particulars.full_name} Hai")
    number = office.person(who).particulars.identity_number
    particulars = registration(full_name=told.particulars.full_name, identity_number=number).particulars
    office.do(persons.correct_release, who, particulars, told.release, told.resident_since, office.same)


def withdraw(office: Office, who: UUID) -> None:
    entry_id = next(iter(office.person(who).pending), who)  # an id that is no entry's is refused
    office.do(lists.withdraw_from_list, MARCH_LIST, entry_id, "absent")


def reject(office: Office, who: UUID) -> None:
    """The bank rejects only what it holds."""
    held = [id for id, person_id in held_by_the_bank(office).items() if person_id == who]
    if not held:
        raise NothingToDo
    entry_id = held[0]
    said = {"list_id": MARCH_LIST, "entry_id": entry_id, "person_id": who, "commune": COMMUNE}
    said |= {"reason": "not_found", "rejected_on": date(2026, 3, 6)}
    office.hear(Agency.BANK, "ListEntryRejected", as_told(said), who)


def import_again(office: Office, who: UUID) -> None:
    number = office.person(who).particulars.identity_number
    told = registration(
        full_name=office.person(who).particulars.full_name, identity_number=number, amount=70_000_000
    )
    office.decide(lambda work: take_row(work, POLICE, told, office.same))


def move(office: Office, who: UUID) -> None:
    office.execute(
        OFFICER,
        lambda work, command: persons.transfer_person(
            work, command, AGREEMENT, who, OTHER_COMMUNE, date(2026, 3, 1)
        ),
    )


ACTS: dict[str, Callable[[Office, UUID], None]] = {
    "draft": lambda office, _: office.draft(),
    "draft one": lambda office, who: office.draft(who),
    "sign": lambda office, _: office.sign(),
    "confirm": committee(lambda office, _: office.confirm()),
    "confirm, one struck": committee(lambda office, who: office.confirm(who)),
    "return": committee(lambda office, _: office.give_back(round=office.held().round)),
    "submit": lambda office, _: office.submit(),
    "withdraw": withdraw,
    "reject": reject,
    "rename": rename,
    "import again": import_again,
    "bad conduct": lambda office, who: _do(office, persons.assess_conduct, who, Conduct(False, False)),
    "good conduct": lambda office, who: _do(office, persons.assess_conduct, who, Conduct(True, False)),
    "wish": lambda office, who: _do(office, persons.survey_need, who, Need(True, "production", 9_000_000)),
    "no wish": lambda office, who: _do(office, persons.survey_need, who, Need(False)),
    "move house": lambda office, who: _do(
        office, persons.register_residence, who, "Thôn Hai", date(2026, 1, 1)
    ),
    "move away": move,
    "retract": lambda office, who: _do(office, persons.retract_release, who, "duplicate"),
}
STEPS = st.lists(st.tuples(st.sampled_from(sorted(ACTS)), st.integers(0, 1)), max_size=3)


@st.composite
def months(draw: st.DrawFn) -> list[tuple[str, int]]:
    """The list's own way to the bank, and between its steps whatever happens."""
    way = [*draw(st.sampled_from([(), ("draft", "sign", "return")])), "draft", "sign"]
    way += [draw(st.sampled_from(["confirm", "confirm, one struck"])), "submit"]
    acts: list[tuple[str, int]] = []
    for step in way:
        acts += [*draw(STEPS), *([("draft", 0)] if step == "sign" else []), (step, draw(st.integers(0, 1)))]
    return acts + draw(STEPS)


def _do(office: Office, use_case: Callable[..., Aggregate], who: UUID, *facts: object) -> None:
    office.do(use_case, who, *facts)


def held_by_the_bank(office: Office) -> dict[UUID, UUID]:
    """Entry and person: what the bank, told what it was told, holds as pending."""
    pending: dict[UUID, UUID] = {}
    for name, data in office.told(BANK):
        if name == "ListSubmitted":
            pending |= {UUID(e["entry_id"]): UUID(e["person_id"]) for e in data["entries"]}
        elif name in ("ListEntryWithdrawn", "EligibilityEnded"):
            pending.pop(UUID(data["entry_id"]), None)
    return {id: who for id, who in pending.items() if id not in office.held().rejected}


@settings(max_examples=60, deadline=None)
@given(months())
def test_the_bank_holds_as_pending_exactly_whom_the_register_holds_so(acts: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as folder:
        office = Office(Path(folder))
        office.open()
        people = [office.register(identity_number=number) for number in NUMBERS]
        for name, who in acts:
            before = office.log.head()
            try:
                ACTS[name](office, people[who])
            except (DomainError, NothingToDo):
                assert office.log.head() == before
            check_agreement(office)


def check_agreement(office: Office) -> None:
    held = office.held()
    people = [event.case.person_id for event in office.events(PersonRegistered)]
    pending = {id: person_id for person_id in people for id in office.person(person_id).pending}
    at_the_bank = held_by_the_bank(office)
    if held.at_the_bank:
        assert pending == at_the_bank
    else:
        assert at_the_bank == {}
        assert pending.keys() <= held.sent.keys() - held.gone.keys()
    # What the bank was last told of a pending entry is what the register says now.
    for entry_id, person_id in at_the_bank.items():
        latest = [
            e
            for name, data in office.told(BANK)
            for e in (data.get("entries", []) or [data.get("entry")])
            if e and UUID(e["entry_id"]) == entry_id
        ][-1]
        assert latest["particulars"] == as_told(office.person(person_id).particulars)
