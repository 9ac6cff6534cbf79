"""What people do at the three offices, by commune, month and person: one use case each, on a desk of the town.

Each raises the DomainError with which the office refuses.
"""

from datetime import date
from random import Random
from unittest.mock import patch
from uuid import UUID

import msgspec

from services.bank.application import lists as bank_lists
from services.bank.application import loans, money
from services.bank.application.loading import loan_id_of
from services.bank.loan import Loan
from services.bank.loan_events import Borrower
from services.bank.rules import Asked, Lookup
from services.commune.application import list_check_id
from services.commune.application import lists as commune_lists
from services.commune.list_check import ListCheck
from services.commune.list_events import Objection
from services.police.application import lists, persons
from services.police.application.persons import Same
from services.police.facts import Conduct, Need, Particulars, Registration, Release
from services.police.list_events import Document
from services.police.person import ReleasedPerson
from services.police.views.persons import same_person, wishing
from shared.agreement.calendar import Month
from shared.agreement.errors import NotFound
from shared.agreement.parties import Agency
from shared.log.clock import local_day
from tests.support.town import (
    CA_DONG,
    CA_TAY,
    DONG,
    TAY,
    UBND_DONG,
    UBND_TAY,
    Desk,
    leader,
    officer,
    rows,
)

POLICE_OF = {DONG: CA_DONG, TAY: CA_TAY}
COMMITTEE_OF = {DONG: UBND_DONG, TAY: UBND_TAY}

# The police


def register(desk: Desk, commune: str, person: UUID, told: Registration) -> None:
    office = desk.agreement.party(POLICE_OF[commune])
    same = _same(desk, office.code)
    with patch("services.police.application.persons.uuid4", lambda: person):
        desk.execute(officer(office.code), lambda work, _: persons.register_person(work, office, told, same))


def _same(desk: Desk, office: str) -> Same:
    def same(particulars: Particulars, release: Release) -> UUID | None:
        with desk.service.views.reading() as db:
            return same_person(db, office, particulars, release)

    return same


def draft(desk: Desk, commune: str, month: Month, chance: Random) -> None:
    """The ids and salts of entries come from `chance`, so that they are the same whenever the story is told."""
    office = POLICE_OF[commune]
    with desk.service.views.reading() as db:
        people = wishing(db, office)
    with (
        patch(
            "services.police.application.lists.uuid4", lambda: UUID(int=chance.getrandbits(128), version=4)
        ),
        patch("services.police.application.lists.token_hex", lambda size: chance.randbytes(size).hex()),
    ):
        desk.execute(
            officer(office),
            lambda work, command: lists.draft_list(work, command, lists.list_key(commune, month), people),
        )


def sign(desk: Desk, commune: str, month: Month) -> None:
    by = leader(POLICE_OF[commune])
    desk.execute(by, lambda work, command: lists.sign_list(work, command, lists.list_key(commune, month)))


def submit(desk: Desk, commune: str, month: Month, on: date) -> None:
    document = Document(f"{month}/DS", on)
    desk.execute(
        leader(POLICE_OF[commune]),
        lambda work, command: lists.submit_list(work, command, lists.list_key(commune, month), document),
    )


def unwish(desk: Desk, commune: str, person: UUID) -> None:
    by = officer(POLICE_OF[commune])
    desk.execute(by, lambda work, command: persons.survey_need(work, command, person, Need(wants_loan=False)))


def wish(desk: Desk, commune: str, person: UUID) -> None:
    need = Need(wants_loan=True, purpose="production", amount=30_000_000)
    by = officer(POLICE_OF[commune])
    desk.execute(by, lambda work, command: persons.survey_need(work, command, person, need))


def assess(desk: Desk, commune: str, person: UUID) -> None:
    by, conduct = officer(POLICE_OF[commune]), Conduct(good=True, social_evils=False)
    desk.execute(by, lambda work, command: persons.assess_conduct(work, command, person, conduct))


def worsen(desk: Desk, commune: str, person: UUID) -> None:
    by, conduct = officer(POLICE_OF[commune]), Conduct(good=False, social_evils=True)
    desk.execute(by, lambda work, command: persons.assess_conduct(work, command, person, conduct))


def rehouse(desk: Desk, commune: str, person: UUID) -> None:
    today = local_day(desk.clock.now)
    hamlet = f"Thôn {today:%d%m} của {commune}"
    by = officer(POLICE_OF[commune])
    desk.execute(by, lambda work, command: persons.register_residence(work, command, person, hamlet, today))


def correct(desk: Desk, commune: str, person: UUID) -> None:
    """The day of birth was wrong."""
    held = desk.log.get(ReleasedPerson, persons.case_key(POLICE_OF[commune], person))
    right = msgspec.structs.replace(held.particulars, birth=f"1986-01-{local_day(desk.clock.now).day:02}")
    facts, same = (right, held.release, held.resident_since), _same(desk, POLICE_OF[commune])
    by = officer(POLICE_OF[commune])
    desk.execute(by, lambda work, command: persons.correct_release(work, command, person, *facts, same))


def retract(desk: Desk, commune: str, person: UUID) -> None:
    by = officer(POLICE_OF[commune])
    desk.execute(by, lambda work, command: persons.retract_release(work, command, person, "entered_in_error"))


def hand_over(desk: Desk, commune: str, to: str, person: UUID, on: date) -> None:
    by = officer(POLICE_OF[commune])
    desk.execute(
        by, lambda work, command: persons.transfer_person(work, command, desk.agreement, person, to, on)
    )


# The committee


def check(desk: Desk, commune: str, month: Month, chance: Random) -> None:
    """Entry by entry; about one in four is struck."""
    office, list_id = COMMITTEE_OF[commune], lists.list_key(commune, month)
    for entry_id in list(desk.log.get(ListCheck, list_check_id(office, list_id)).standing):
        _check_one(desk, office, list_id, entry_id, "not_resident" if chance.random() < 0.25 else None)


def _check_one(desk: Desk, office: str, list_id: UUID, entry_id: UUID, reason: str | None) -> None:
    desk.execute(
        officer(office),
        lambda work, command: commune_lists.check_entry(work, command, list_id, entry_id, reason, None),
    )


def confirm(desk: Desk, commune: str, month: Month, on: date) -> None:
    list_id = lists.list_key(commune, month)
    desk.execute(
        leader(COMMITTEE_OF[commune]),
        lambda work, command: commune_lists.confirm_list(work, command, list_id, f"{month}/XN", on),
    )


def give_back(desk: Desk, commune: str, month: Month) -> None:
    objections = [Objection("missing_document")]
    desk.execute(
        leader(COMMITTEE_OF[commune]),
        lambda work, command: commune_lists.return_list(
            work, command, lists.list_key(commune, month), objections, None
        ),
    )


# The bank


def bank_of(desk: Desk, commune: str) -> str:
    office = desk.agreement.office(Agency.BANK, commune, local_day(desk.clock.now))
    assert office is not None
    return office.code


def entry_of(desk: Desk, commune: str, month: Month, person: UUID) -> UUID:
    """Raises NotFound."""
    found = rows(
        desk,
        "SELECT entry_id FROM bank_entry WHERE office=? AND list_id=? AND person_id=? ORDER BY line DESC",
        bank_of(desk, commune),
        str(lists.list_key(commune, month)),
        str(person),
    )
    if not found:
        raise NotFound("entry", person)
    return UUID(found[0]["entry_id"])


def loan_of(desk: Desk, commune: str, month: Month, person: UUID) -> UUID:
    return loan_id_of(bank_of(desk, commune), entry_of(desk, commune, month, person))


def reject(desk: Desk, commune: str, month: Month, person: UUID) -> None:
    entry = entry_of(desk, commune, month, person)
    desk.execute(
        officer(bank_of(desk, commune)),
        lambda work, command: bank_lists.reject_entry(work, command, person, entry, "not_found"),
    )


def apply(
    desk: Desk, commune: str, month: Month, person: UUID, term: int, *, borrower: str = "Vợ Giả Định"
) -> None:
    entry = entry_of(desk, commune, month, person)
    who = Borrower(borrower, "999188000321", "spouse")
    asked = Asked("production", 30_000_000, term, None)
    desk.execute(
        officer(bank_of(desk, commune)),
        lambda work, command: loans.file_application(work, command, person, entry, who, asked),
    )


def _lender(desk: Desk, loan: UUID) -> str:
    return desk.log.get(Loan, loan).office


def look_up(desk: Desk, loan: UUID, on: date) -> None:
    lookup = Lookup(on, person_has_debt=False, borrower_has_debt=False)
    desk.execute(
        officer(_lender(desk, loan)), lambda work, command: loans.record_lookup(work, command, loan, lookup)
    )


def propose(desk: Desk, loan: UUID, _on: date) -> None:
    desk.execute(
        officer(_lender(desk, loan)),
        lambda work, command: loans.propose_approval(work, command, loan, None, None),
    )


def approve(desk: Desk, loan: UUID, _on: date) -> None:
    desk.execute(
        leader(_lender(desk, loan)), lambda work, command: loans.approve_loan(work, command, loan, "07/TB")
    )


def refuse(desk: Desk, loan: UUID, _on: date) -> None:
    desk.execute(
        leader(_lender(desk, loan)),
        lambda work, command: loans.refuse_loan(work, command, loan, "plan_or_capacity"),
    )


def prepare(desk: Desk, loan: UUID, _on: date) -> None:
    left = desk.log.get(Loan, loan).left_to_disburse
    desk.execute(
        officer(_lender(desk, loan)), lambda work, command: money.prepare_tranche(work, command, loan, left)
    )


def disburse(desk: Desk, loan: UUID, on: date) -> None:
    desk.execute(
        leader(_lender(desk, loan)), lambda work, command: money.confirm_tranche(work, command, loan, 1, on)
    )


def receive(desk: Desk, loan: UUID, on: date) -> None:
    _receive(desk, loan, on, desk.log.get(Loan, loan).ledger.principal // 3, 0)


def settle(desk: Desk, loan: UUID, on: date) -> None:
    held = desk.log.get(Loan, loan)
    interest = held.interest_owed(on, money.payable_until(held, desk.service.calendar))
    _receive(desk, loan, on, held.ledger.principal, interest)


def _receive(desk: Desk, loan: UUID, on: date, principal: int, interest: int) -> None:
    desk.execute(
        officer(_lender(desk, loan)),
        lambda work, command: money.post_receipt(
            work, command, desk.service.calendar, loan, principal, interest, f"PT-{on}", on
        ),
    )


def take_back(desk: Desk, loan: UUID, _on: date) -> None:
    posted = list(desk.log.get(Loan, loan).ledger.receipts)
    if not posted:
        raise NotFound("loan", loan)
    desk.execute(
        leader(_lender(desk, loan)),
        lambda work, command: money.reverse_receipt(work, command, loan, posted[-1]),
    )
