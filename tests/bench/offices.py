"""The offices that are measured: real services on real logs, for one made-up commune."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from services.police.application.persons import Same, register_person
from services.police.facts import Registration
from services.police.service import AGENCY as POLICE_SERVICE
from services.police.views.persons import same_person
from shared.agreement.acting import Command, Role, User
from shared.agreement.parties import Agency, Agreement, Commune, Party, Route
from shared.contracts.base import Data
from shared.contracts.registry import REGISTRY
from shared.hosting.definition import AgencyDefinition
from shared.hosting.host import open_log, shared_views
from shared.log.application import AgencyLog, UnitOfWork
from shared.log.clock import system_clock
from shared.log.events import Stamp
from shared.log.views import View, ViewStore
from shared.messaging.envelope import seal

CODE = "99901"
POLICE = Party("ca-hoadong", Agency.POLICE, "Công an xã Hoa Đông", CODE)
COMMITTEE = Party("ubnd-hoadong", Agency.COMMUNE, "UBND xã Hoa Đông", CODE)
BANK = Party("pgd-songgia", Agency.BANK, "PGD Sông Giả")
AGREEMENT = Agreement(
    "01/QCPH",
    date(2025, 1, 1),
    date(2030, 12, 31),
    (Commune(CODE, "Hoa Đông", "Giả"),),
    (POLICE, COMMITTEE, BANK),
    (Route(CODE, BANK.code, date(2025, 1, 1)),),
)
OFFICER = User("an", "An Giả Định", "Cán bộ Công an xã", POLICE.code, Role.OFFICER)

COMMIT = 500
"""Persons in a commit, as an import takes them."""


@contextmanager
def log_of(folder: Path, definition: AgencyDefinition = POLICE_SERVICE) -> Iterator[AgencyLog]:
    log = open_log(folder, system_clock, definition, AGREEMENT)
    try:
        yield log
    finally:
        log.close()


def views_of(log: AgencyLog, definition: AgencyDefinition = POLICE_SERVICE) -> Sequence[View]:
    return [*shared_views(log, definition), *definition.views(AGREEMENT)]


def registration(number: int) -> Registration:
    return Registration.of(
        {
            "full_name": "Nguyễn Văn Giả Định",
            "birth": "1985-03-02",
            "sex": "male",
            "identity_number": f"999{number:09}",
            "hamlet": "Thôn Một",
            "commune": CODE,
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


def said_by_the_bank(cases: Sequence[UUID], recoveries: int) -> Iterator[bytes]:
    """What the bank tells the police of a loan to each of these: approved, paid out, recovered, settled."""
    incarnation, sequence = uuid4(), 0
    for case in cases:
        loan = uuid4()
        for name, changed in _life_of_a_loan(recoveries):
            sequence += 1
            contract = REGISTRY[Agency.BANK, name]
            (to,) = (to for to in contract.to if to.agency is Agency.POLICE)
            data: Data = contract.example | {"loan_id": str(loan), "person_id": str(case), "commune": CODE}
            stamp = Stamp(uuid4(), BANK.code, "tindung", uuid4())
            occurred = datetime(2026, 3, 1, tzinfo=UTC)
            yield seal(
                contract,
                stamp,
                incarnation,
                case,
                (case,),
                occurred,
                contract.cut(data | changed, to),
                sequence,
                occurred,
            )


def _life_of_a_loan(recoveries: int) -> Iterator[tuple[str, Data]]:
    yield "LoanApproved", {}
    yield "LoanDisbursed", {}
    for number in range(1, recoveries + 1):
        yield (
            "DebtRecovered",
            {
                "posting_id": str(uuid4()),
                "amount": 50_000_000 // recoveries,
                "principal": 50_000_000 - 50_000_000 // recoveries * number,
            },
        )
    yield "LoanSettled", {}
