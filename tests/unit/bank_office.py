"""A transaction office on a real log in a temporary folder, and the police and commune it hears."""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

from services.bank.application import lists, loans, money
from services.bank.application.loading import list_id_here, loan_id_of, person_id_here
from services.bank.listed_person import ListedPerson
from services.bank.loan import Loan
from services.bank.loan_events import Borrower
from services.bank.publications import published
from services.bank.reactions import REACTIONS
from services.bank.received_list import ReceivedList
from services.bank.rules import Asked, Lookup
from services.bank.service import AGENCY
from shared.agreement.acting import Command, Role, User
from shared.agreement.calendar import Calendar
from shared.agreement.parties import Agency, Agreement, Commune, Party, Route
from shared.contracts.base import Data, Published
from shared.contracts.common import ENTRY_EXAMPLE
from shared.contracts.hashing import content_hash
from shared.contracts.registry import REGISTRY
from shared.hosting.definition import Service
from shared.log.application import AgencyLog, Outcome, UnitOfWork
from shared.log.clock import LOCAL, local_day
from shared.log.events import Aggregate, Event
from shared.log.views import ViewStore
from shared.messaging.parking import ParkedCase, parked_id
from shared.messaging.reactions import HeardEvent
from shared.messaging.told import Teller
from shared.web.identity import Users

OFFICE, POLICE, COMMITTEE = "pgd-bato", "ca-hoadong", "ubnd-hoadong"
COMMUNE = "99901"

OFFICER = User("mai", "Mai Giả Định", "Cán bộ tín dụng", OFFICE, Role.OFFICER)
LEADER = User("hung", "Hùng Giả Định", "Giám đốc", OFFICE, Role.LEADER)
DEPUTY = User("thu", "Thu Giả Định", "Phó Giám đốc", OFFICE, Role.LEADER)
STRANGER = User("xa", "Xa Giả Định", "Giám đốc", "pgd-khac", Role.LEADER)

AGREEMENT = Agreement(
    "01/QC",
    date(2024, 1, 1),
    date(2028, 12, 31),
    (Commune(COMMUNE, "Xã Hòa Đông", "Tỉnh Giả Định"),),
    (
        Party(POLICE, Agency.POLICE, "Công an xã Hòa Đông", COMMUNE),
        Party(COMMITTEE, Agency.COMMUNE, "UBND xã Hòa Đông", COMMUNE),
        Party(OFFICE, Agency.BANK, "PGD Ba Tơ"),
        Party("pgd-khac", Agency.BANK, "PGD khác"),
    ),
    (Route(COMMUNE, OFFICE, date(2024, 1, 1)),),
)

WIFE = Borrower("Trần Thị Giả Định", "999188000321", "spouse")

E = TypeVar("E", bound=Event)


class Office:
    """`today` moves its clock to nine in the morning. What others say is heard as the inbox would."""

    def __init__(self, folder: Path) -> None:
        self.now = datetime(2026, 3, 6, 2, tzinfo=UTC)
        teller = Teller(Agency.BANK, AGREEMENT, published)
        self.log = AgencyLog(folder / "log.sqlite", lambda: self.now, teller)
        self.calendar = Calendar(AGREEMENT.settings)

    @property
    def today(self) -> date:
        return local_day(self.now)

    @today.setter
    def today(self, day: date) -> None:
        self.now = datetime.combine(day, time(9), LOCAL).astimezone(UTC)

    def hear(self, name: str, data: Data) -> None:
        heard = heard_event(name, data, self.now)
        reaction = REACTIONS[heard.contract.publisher, name]

        def act(work: UnitOfWork) -> None:
            if reaction.whole:
                reaction.whole(work, heard)
            if reaction.each_case:
                for case in heard.cases:
                    reaction.each_case(work, heard, case)

        self.log.decide(OFFICE, f"inbox:{heard.publisher}", act)

    def execute(
        self, user: User, decide: Callable[[UnitOfWork, Command], Aggregate], version: int | None = None
    ) -> Outcome:
        command = Command(user, str(uuid4()), "", version)
        return self.log.execute(command, lambda work: decide(work, command))

    def open_list(self, *entries: Data, list_id: UUID | None = None) -> UUID:
        """Both halves come and match."""
        id = list_id or uuid4()
        self.hear("ListSubmitted", submitted(id, list(entries)))
        self.hear("ListConfirmed", confirmed(id, list(entries)))
        return id

    def park(self, entry: Data) -> None:
        def act(work: UnitOfWork) -> None:
            case = UUID(entry["person_id"])
            parked = work.get_or_new(ParkedCase, parked_id(OFFICE, case))
            parked.park(work.now, OFFICE, case, uuid4(), "KeyError", "không đọc được")

        self.log.decide(OFFICE, "test", act)

    def reject(self, entry: Data, reason: str, by: User = OFFICER) -> Outcome:
        person, id = UUID(entry["person_id"]), UUID(entry["entry_id"])
        return self.execute(by, lambda work, command: lists.reject_entry(work, command, person, id, reason))

    def apply(self, entry: Data, borrower: Borrower = WIFE, by: User = OFFICER, **asked: Any) -> UUID:
        """File an application for what is listed, over 12 months, but for what `asked` changes."""
        person, id = UUID(entry["person_id"]), UUID(entry["entry_id"])
        wanted = {
            "purpose": entry["purpose"],
            "amount": entry["amount"],
            "term_months": 12,
            "study_months": entry["study_months"],
        }
        what = Asked(**(wanted | asked))
        return self.execute(
            by, lambda work, command: loans.file_application(work, command, person, id, borrower, what)
        ).resource

    def look_up(
        self, loan_id: UUID, on: date | None = None, person: bool = False, borrower: bool = False
    ) -> None:
        lookup = Lookup(on or self.today, person, borrower)
        self.execute(OFFICER, lambda work, command: loans.record_lookup(work, command, loan_id, lookup))

    def propose(
        self, loan_id: UUID, amount: int | None = None, term: int | None = None, by: User = OFFICER
    ) -> None:
        self.execute(by, lambda work, command: loans.propose_approval(work, command, loan_id, amount, term))

    def propose_refusal(self, loan_id: UUID, grounds: str = "art_3_conditions") -> None:
        self.execute(OFFICER, lambda work, command: loans.propose_refusal(work, command, loan_id, grounds))

    def approve(self, loan_id: UUID, by: User = LEADER) -> None:
        self.execute(by, lambda work, command: loans.approve_loan(work, command, loan_id, "07/TB-PGD"))

    def refuse(self, loan_id: UUID, by: User = LEADER, grounds: str = "art_3_conditions") -> None:
        self.execute(by, lambda work, command: loans.refuse_loan(work, command, loan_id, grounds))

    def prepare(self, loan_id: UUID, amount: int, by: User = OFFICER) -> None:
        self.execute(by, lambda work, command: money.prepare_tranche(work, command, loan_id, amount))

    def confirm(self, loan_id: UUID, tranche_no: int = 1, on: date | None = None, by: User = LEADER) -> None:
        day = on or self.today
        self.execute(by, lambda work, command: money.confirm_tranche(work, command, loan_id, tranche_no, day))

    def approved(self, entry: Data, **asked: Any) -> UUID:
        """An approved loan of which nothing is paid out yet; the entry's list is opened for it."""
        self.open_list(entry)
        loan_id = self.apply(entry, **asked)
        self.look_up(loan_id)
        self.propose(loan_id)
        self.approve(loan_id)
        return loan_id

    def disbursed(self, entry: Data, **asked: Any) -> UUID:
        """A loan paid out today in one tranche."""
        loan_id = self.approved(entry, **asked)
        self.prepare(loan_id, self.loan(loan_id).left_to_disburse)
        self.confirm(loan_id)
        return loan_id

    def receive(
        self,
        loan_id: UUID,
        principal: int,
        interest: int = 0,
        *,
        no: str | None = None,
        on: date | None = None,
        by: User = OFFICER,
    ) -> UUID:
        """Post a receipt; returns its posting's id."""
        receipt_no, day = no or uuid4().hex[:8], on or self.today
        self.execute(
            by,
            lambda work, command: money.post_receipt(
                work, command, self.calendar, loan_id, principal, interest, receipt_no, day
            ),
        )
        return list(self.loan(loan_id).ledger.receipts)[-1]

    def reverse(self, loan_id: UUID, posting_id: UUID, by: User = LEADER) -> None:
        self.execute(by, lambda work, command: money.reverse_receipt(work, command, loan_id, posting_id))

    def find_overdue(self, loan_id: UUID, day: date) -> None:
        self.log.decide(OFFICE, "tick", lambda work: money.find_overdue(work, self.calendar, loan_id, day))

    def interest(self, loan_id: UUID) -> int:
        """Owed today."""
        loan = self.loan(loan_id)
        return loan.interest_owed(self.today, money.payable_until(loan, self.calendar))

    def loan(self, loan_id: UUID) -> Loan:
        return self.log.get(Loan, loan_id)

    def loan_of(self, entry: Data) -> UUID:
        return loan_id_of(OFFICE, UUID(entry["entry_id"]))

    def received(self, list_id: UUID) -> ReceivedList:
        return self.log.get(ReceivedList, list_id_here(OFFICE, list_id))

    def person(self, entry: Data) -> ListedPerson:
        return self.log.get(ListedPerson, person_id_here(OFFICE, UUID(entry["person_id"])))

    def events(self, kind: type[E]) -> list[E]:
        recorded = (it.event for page in self.log.read() for it in page)
        return [event for event in recorded if isinstance(event, kind)]

    def said(self) -> list[Published]:
        """What the office published so far, each checked against its contract."""
        recorded = (it.event for page in self.log.read() for it in page)
        publications = [said for event in recorded if (said := published(event))]
        for said in publications:
            assert REGISTRY[Agency.BANK, said.contract].whole.validate(said.data) == {}, said
        return publications

    def names_said(self) -> list[str]:
        return [said.contract for said in self.said()]


def heard_event(name: str, data: Data, occurred: datetime) -> HeardEvent:
    """A contract event as the bank may see it, checked."""
    agency = Agency.COMMUNE if name == "ListConfirmed" else Agency.POLICE
    contract = REGISTRY[agency, name]
    assert contract.seen_by(Agency.BANK, data).validate(data) == {}
    persons: list[str] = [entry["person_id"] for entry in data["entries"]] if name == "ListSubmitted" else []
    persons += [data["person_id"]] if "person_id" in data else []
    persons += [data["entry"]["person_id"]] if "entry" in data else []
    return HeardEvent(
        contract,
        COMMITTEE if agency is Agency.COMMUNE else POLICE,
        OFFICE,
        uuid4(),
        UUID(data["list_id"] if contract.about == "list" else data["person_id"]),
        tuple(map(UUID, dict.fromkeys(persons))),
        occurred,
        deepcopy(data),
    )


def listed(**changed: Any) -> Data:
    """An entry: 50 million for production, sentence completed on 2024-05-10."""
    return ENTRY_EXAMPLE | {
        "entry_id": str(uuid4()),
        "person_id": str(uuid4()),
        "salt": uuid4().hex,
        **changed,
    }


def training(**changed: Any) -> Data:
    return listed(purpose="training", amount=36_000_000, study_months=9, **changed)


def submitted(list_id: UUID, entries: list[Data], /, **changed: Any) -> Data:
    return {
        "list_id": str(list_id),
        "commune": COMMUNE,
        "month": "2026-03",
        "round": 1,
        "entries": entries,
        "content_hash": content_hash(entries),
        "document_no": "03/DS-CAX",
        "document_on": "2026-03-04",
        "signer_name": "Trần Giả Lập",
        "signer_title": "Trưởng Công an xã",
        **changed,
    }


def confirmed(list_id: UUID, entries: list[Data], /, **changed: Any) -> Data:
    return {
        "list_id": str(list_id),
        "commune": COMMUNE,
        "month": "2026-03",
        "round": 1,
        "entries": len(entries),
        "content_hash": content_hash(entries),
        "document_no": "12/XN-UBND",
        "document_on": "2026-03-03",
        "signer_name": "Lê Giả Lập",
        "signer_title": "Phó Chủ tịch UBND xã",
        **changed,
    }


def ended(list_id: UUID, entry: Data, on: str = "2026-03-09") -> Data:
    return {
        "list_id": str(list_id),
        "entry_id": entry["entry_id"],
        "person_id": entry["person_id"],
        "commune": COMMUNE,
        "ended_on": on,
    }


def corrected(list_id: UUID, entry: Data, **changed: Any) -> Data:
    return {"list_id": str(list_id), "commune": COMMUNE, "entry": entry | changed}


def transferred(entry: Data, to_commune: str = "99902") -> Data:
    return {
        "person_id": entry["person_id"],
        "commune": COMMUNE,
        "to_commune": to_commune,
        "transferred_on": "2026-04-20",
    }


def service_of(office: Office, folder: Path) -> Service:
    return Service(
        AGENCY,
        AGREEMENT,
        office.calendar,
        (AGREEMENT.party(OFFICE), AGREEMENT.party("pgd-khac")),
        office.log,
        ViewStore(folder, office.log, AGENCY.views(AGREEMENT)),
        Users(folder / "users.sqlite", method="scrypt:1024:8:1"),
        lambda: office.now,
    )
