"""The offices that are measured: real services, set up as they run, for a commune of the example agreement."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from services.police.application.persons import Same, register_person
from services.police.facts import Registration
from services.police.views.persons import same_person
from shared.agreement.acting import Command, Role, User
from shared.agreement.parties import Agency, Channel, load_agreement
from shared.contracts.base import Data
from shared.contracts.registry import REGISTRY
from shared.hosting.config import Config
from shared.hosting.host import Host, open_host
from shared.log.application import AgencyLog, UnitOfWork
from shared.log.events import Stamp
from shared.log.views import ViewStore
from shared.messaging.envelope import seal
from shared.messaging.feed import MOST_EVENTS
from shared.messaging.inbox import Inbox

AGREEMENT_FILE = Path(__file__).parents[2] / "examples" / "agreement.toml"
AGREEMENT = load_agreement(AGREEMENT_FILE)
COMMUNE = "99901"
POLICE, COMMITTEE, BANK = (
    next(party for party in AGREEMENT.parties if party.agency is agency and party.commune in (COMMUNE, None))
    for agency in Agency
)
TO_COMMITTEE, TO_POLICE = Channel(POLICE.code, COMMITTEE.code), Channel(BANK.code, POLICE.code)
OFFICER = User("an", "An Giả Định", "Cán bộ Công an xã", POLICE.code, Role.OFFICER)

COMMIT = 500
"""Persons in a commit, as an import takes them."""


@contextmanager
def host(folder: Path, agency: Agency = Agency.POLICE) -> Iterator[Host]:
    office = {Agency.POLICE: POLICE, Agency.COMMUNE: COMMITTEE, Agency.BANK: BANK}[agency]
    opened = open_host(folder, Config(agency, (office.code,), str(AGREEMENT_FILE), port=0))
    try:
        yield opened
    finally:
        opened.close()


def registration(number: int) -> Registration:
    """An eligible person of the commune."""
    return Registration.of(
        {
            "full_name": "Nguyễn Văn Giả Định",
            "birth": "1985-03-02",
            "sex": "male",
            "identity_number": f"999{number:09}",
            "hamlet": "Thôn Một",
            "commune": COMMUNE,
            "ground": "sentence_completed",
            "certificate_no": f"{number}/GCN",
            "certificate_issued_on": date(2024, 5, 10),
            "completed_on": date(2024, 5, 10),
            "probation_ends_on": None,
            "resident_since": date(2024, 5, 12),
            "conduct_good": True,
            "social_evils": False,
            "wants_loan": True,
            "purpose": "production",
            "amount": 50_000_000,
            "study_months": None,
            "note": None,
        }
    )


def nobody_yet(*_: object) -> None:
    """Instead of looking in the register for the same person."""


def in_register(views: ViewStore) -> Same:
    """As the police's API asks it: of the register, caught up with the log."""

    def same(*facts: Any) -> UUID | None:
        with views.reading() as db:
            return same_person(db, POLICE.code, *facts)

    return same


def register(log: AgencyLog, number: int, same: Same = nobody_yet) -> None:
    """One command, one commit."""
    command = Command(OFFICER, str(uuid4()), "0" * 64)
    told = registration(number)
    log.execute(command, lambda work: register_person(work, POLICE, told, same))


def register_many(log: AgencyLog, persons: int) -> list[UUID]:
    """COMMIT persons to a commit; returns their cases."""
    cases: list[UUID] = []

    def act(work: UnitOfWork) -> None:
        for number in range(len(cases), min(len(cases) + COMMIT, persons)):
            cases.append(register_person(work, POLICE, registration(number), nobody_yet).case.person_id)

    while len(cases) < persons:
        log.decide(POLICE.code, OFFICER.username, act)
    return cases


def hear_all(inbox: Inbox, channel: Channel, messages: Sequence[bytes], batch: int = MOST_EVENTS) -> None:
    for first in range(0, len(messages), batch):
        inbox.hear(channel, messages[first : first + batch])
    check_heard(inbox, channel, len(messages))


def check_heard(inbox: Inbox, channel: Channel, count: int) -> None:
    """What was not heard is not measured. Raises RuntimeError."""
    if inbox.position(channel) != count or inbox.stopped(channel):
        raise RuntimeError(f"heard {inbox.position(channel)} of {count}: {inbox.stopped(channel)}")


def said_by_the_bank(cases: Sequence[UUID], recoveries: int) -> Iterator[bytes]:
    """What the bank tells the police of a loan to each of these: approved, paid out, recovered, settled."""
    incarnation, sequence, occurred = uuid4(), 0, datetime(2026, 3, 1, tzinfo=UTC)
    for case in cases:
        loan = {"loan_id": str(uuid4()), "person_id": str(case), "commune": COMMUNE}
        for name, facts in _life_of_a_loan(recoveries):
            contract, stamp = REGISTRY[Agency.BANK, name], Stamp(uuid4(), BANK.code, "tindung", uuid4())
            (to,) = (to for to in contract.to if to.agency is Agency.POLICE)
            data = contract.cut(contract.example | loan | facts, to)
            sequence += 1
            yield seal(contract, stamp, incarnation, case, (case,), occurred, data, sequence, occurred)


def _life_of_a_loan(recoveries: int) -> Iterator[tuple[str, Data]]:
    yield "LoanApproved", {}
    yield "LoanDisbursed", {}
    amount = 50_000_000 // recoveries
    for number in range(1, recoveries + 1):
        principal = 50_000_000 - amount * number
        yield "DebtRecovered", {"posting_id": str(uuid4()), "amount": amount, "principal": principal}
    yield "LoanSettled", {}
