"""Two communes that share no bank, each with a case taken from release to repayment, in one deployment per agency."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

from services.bank.loan import Loan
from services.commune.application import residents
from services.police.application import lists
from services.police.application.imports import import_file
from services.police.facts import Registration
from services.police.views.imports import imports_of
from shared.agreement.calendar import Month
from shared.agreement.parties import Agency
from shared.hosting.definition import ImportOptions
from shared.log.application import UnitOfWork
from shared.log.clock import start_of
from shared.messaging.parking import ParkedCase, parked_id
from shared.web.paging import Page
from tests.support import season_acts as do
from tests.support import town
from tests.support.season_acts import COMMITTEE_OF, POLICE_OF
from tests.support.town import DONG, TAY, Town, officer

MARCH = Month(2026, 3)
HEADER = (
    "Họ và tên;Ngày sinh;Giới tính;Số định danh;Thôn/tổ dân phố;Diện;Số giấy chứng nhận;Ngày cấp;"
    "Ngày chấp hành xong;Ngày về cư trú;Chấp hành pháp luật;Tham gia tệ nạn xã hội;Nhu cầu vay"
)
ROW = "Thôn Hai;đặc xá;7/GCN;10/05/2024;10/05/2024;12/05/2024;tốt;không;không"
NAMES = {DONG: "Nguyễn Đông Giả", TAY: "Trần Tây Giả"}


@dataclass
class Traces:
    """What of one commune an office of the other must never see. `ids`: by the name that a route gives them."""

    ids: dict[str, list[str]] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)

    @property
    def all(self) -> set[str]:
        return {id for ids in self.ids.values() for id in ids} | set(self.words)


@contextmanager
def two_communes(folder: Path) -> Iterator[tuple[Town, dict[str, Traces]]]:
    with town.opened(folder, town.agreement(banks=2)) as there:
        yield there, {commune: _live(there, commune) for commune in (DONG, TAY)}


def _live(there: Town, commune: str) -> Traces:
    police, committee = there.of(POLICE_OF[commune]), there.of(COMMITTEE_OF[commune])
    bank = there.desks[Agency.BANK]
    person, number, note = uuid4(), f"9990850{commune}", f"KÍN-{commune}"
    at(there, date(2026, 2, 24))
    do.register(police, commune, person, _registration(commune, number, note))
    there.deliver()
    committee.execute(
        officer(COMMITTEE_OF[commune]),
        lambda work, command: residents.note_resident(work, command, person, f"{note}-ỦY-BAN"),
    )
    run = _import(there, commune)
    police.tick(POLICE_OF[commune], date(2026, 2, 25))
    at(there, date(2026, 2, 26))
    do.draft(police, commune, MARCH, Random(commune))
    at(there, date(2026, 2, 27))
    do.sign(police, commune, MARCH)
    there.deliver()
    at(there, date(2026, 3, 2))
    do.check(committee, commune, MARCH, Confirming())
    do.confirm(committee, commune, MARCH, date(2026, 3, 2))
    there.deliver()
    at(there, date(2026, 3, 4))
    do.submit(police, commune, MARCH, date(2026, 3, 4))
    there.deliver()
    at(there, date(2026, 3, 9))
    borrower = f"Lê Thị {note}"
    do.apply(bank, commune, MARCH, person, 12, borrower=borrower)
    loan, entry = (
        do.loan_of(bank, commune, MARCH, person),
        do.entry_of(bank, commune, MARCH, person),
    )
    today = date(2026, 3, 9)
    for act in (do.look_up, do.propose, do.approve, do.prepare, do.disburse):
        act(bank, loan, today)
    at(there, date(2026, 3, 12))
    do.receive(bank, loan, date(2026, 3, 12))
    there.deliver()
    key = _park_something(there, commune)
    return Traces(
        {
            "person_id": [str(person)],
            "case_id": [str(person)],
            "list_id": [str(lists.list_key(commune, MARCH))],
            "entry_id": [str(entry)],
            "loan_id": [str(loan)],
            "posting_id": [str(id) for id in bank.log.get(Loan, loan).ledger.receipts],
            "run": [run],
            "key": [str(key)],
        },
        [NAMES[commune], number, note, borrower],
    )


class Confirming(Random):
    """Strikes nobody."""

    def random(self) -> float:
        return 1.0


def at(there: Town, day: date) -> None:
    for desk in there.desks.values():
        desk.clock.now = start_of(day) + timedelta(hours=9)


def _registration(commune: str, number: str, note: str) -> Registration:
    completed = date(2024, 5, 10)
    return Registration.of(
        {
            "full_name": NAMES[commune],
            "birth": "1985-03-02",
            "sex": "male",
            "identity_number": number,
            "hamlet": "Thôn Một",
            "commune": commune,
            "ground": "sentence_completed",
            "certificate_no": f"{commune}/GCN",
            "certificate_issued_on": completed,
            "completed_on": completed,
            "probation_ends_on": None,
            "resident_since": completed,
            "conduct_good": True,
            "social_evils": False,
            "wants_loan": True,
            "purpose": "production",
            "amount": 50_000_000,
            "study_months": None,
            "note": note,
        }
    )


def _import(there: Town, commune: str) -> str:
    """An import of one new person; returns the run."""
    office = there.agreement.party(POLICE_OF[commune])
    service = there.of(office.code).service
    book = BytesIO(f"{HEADER}\nLê Sổ Giả;1979;nữ;9991790{commune};{ROW}\n".encode())
    report = import_file(
        service, [office], f"{office.code}.csv", book, ImportOptions(f"officer.{office.code}")
    )
    assert report.all_taken, report.errors
    with service.views.reading() as db:
        (run,) = imports_of(db, office.code, Page(10, None))
    return str(run["run"])


def _park_something(there: Town, commune: str) -> UUID:
    """At every office of the commune something waits under one key."""
    key = uuid4()
    offices = [POLICE_OF[commune], COMMITTEE_OF[commune], do.bank_of(there.desks[Agency.BANK], commune)]
    for office in offices:
        log = there.of(office).log

        def park(work: UnitOfWork, office: str = office) -> None:
            case = work.get_or_new(ParkedCase, parked_id(office, key))
            case.park(work.now, office, key, uuid4(), "poisoned", f"KÍN-{commune}")

        log.decide(office, "inbox", park)
    return key
