"""A commune police office on a real log in a temporary folder, and the committee and bank it hears.

The log tells through the real teller, so that an event which its contract does not allow fails the test.
"""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import msgspec

from services.police.application import lists, persons
from services.police.borrower_list import BorrowerList
from services.police.entries import as_told, content_hash
from services.police.facts import Registration
from services.police.list_events import Document
from services.police.person import ReleasedPerson
from services.police.publications import published
from services.police.reactions import REACTIONS
from services.police.views import views
from services.police.views.persons import same_person, wishing
from shared.agreement.acting import Command, Role, User
from shared.agreement.calendar import Calendar, Month
from shared.agreement.parties import Agency, Agreement, Commune, Party, Route
from shared.contracts.base import Data
from shared.contracts.registry import REGISTRY
from shared.log.application import AgencyLog, Outcome, UnitOfWork
from shared.log.clock import start_of
from shared.log.events import Aggregate, Event
from shared.log.views import ViewStore
from shared.messaging.reactions import HeardEvent
from shared.messaging.told import Teller

COMMUNE, OTHER_COMMUNE = "99901", "99902"
POLICE = Party("ca-hoadong", Agency.POLICE, "Công an xã Hoa Đông", COMMUNE)
OTHER_POLICE = Party("ca-tanmy", Agency.POLICE, "Công an xã Tân Mỹ", OTHER_COMMUNE)
COMMITTEE = Party("ubnd-hoadong", Agency.COMMUNE, "UBND xã Hoa Đông", COMMUNE)
OTHER_COMMITTEE = Party("ubnd-tanmy", Agency.COMMUNE, "UBND xã Tân Mỹ", OTHER_COMMUNE)
BANK = Party("pgd-songgia", Agency.BANK, "PGD Sông Giả")
AGREEMENT = Agreement(
    number="01/QCPH",
    valid_from=date(2025, 1, 1),
    valid_until=date(2027, 12, 31),
    communes=(Commune(COMMUNE, "Hoa Đông", "Giả"), Commune(OTHER_COMMUNE, "Tân Mỹ", "Giả")),
    parties=(POLICE, OTHER_POLICE, COMMITTEE, OTHER_COMMITTEE, BANK),
    routes=(
        Route(COMMUNE, BANK.code, date(2020, 1, 1)),
        Route(OTHER_COMMUNE, BANK.code, date(2020, 1, 1)),
    ),
)
MARCH = Month(2026, 3)
MARCH_LIST = lists.list_key(COMMUNE, MARCH)

OFFICER = User("an", "An Giả Định", "Cán bộ Công an xã", POLICE.code, Role.OFFICER)
CHIEF = User("truong", "Trường Giả Định", "Trưởng Công an xã", POLICE.code, Role.LEADER)
DEPUTY = User("pho", "Phó Giả Định", "Phó Trưởng Công an xã", POLICE.code, Role.LEADER)
FOREIGNER = User("khach", "Khách Giả Định", "Cán bộ", OTHER_POLICE.code, Role.OFFICER)

E = TypeVar("E", bound=Event)
_NUMBERS = iter(range(1, 10**6))


def registration(**changed: Any) -> Registration:
    """An eligible person with a number of his own, but for what is `changed`."""
    data = {
        "full_name": "Nguyễn Văn Giả Định",
        "birth": "1985-03-02",
        "sex": "male",
        "identity_number": f"999085{next(_NUMBERS):06d}",
        "hamlet": "Thôn Một",
        "commune": COMMUNE,
        "ground": "sentence_completed",
        "certificate_no": "0123/GCN",
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
    if changed.keys() - data.keys():
        raise TypeError(f"no such facts: {changed.keys() - data.keys()}")
    return Registration.of(data | changed)


class Office:
    """`now` is its clock, at first 2 March 2026 in the morning. What others say is heard as by the inbox."""

    def __init__(self, folder: Path, party: Party = POLICE) -> None:
        self.party = party
        self.now = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
        tell = Teller(Agency.POLICE, AGREEMENT, published)
        self.log = AgencyLog(folder / "log.sqlite", lambda: self.now, tell)
        self.views = ViewStore(folder, self.log, views(AGREEMENT))
        self.calendar = Calendar(AGREEMENT.settings)

    def at(self, day: date) -> None:
        """Nine in the morning of a local day."""
        self.now = start_of(day) + timedelta(hours=9)

    def same(self, *facts: Any) -> UUID | None:
        with self.views.reading() as db:
            return same_person(db, self.party.code, *facts)

    def wishing(self) -> list[UUID]:
        with self.views.reading() as db:
            return wishing(db, self.party.code)

    def execute(
        self, user: User, decide: Callable[[UnitOfWork, Command], Aggregate], version: int | None = None
    ) -> Outcome:
        command = Command(user, str(uuid4()), "", version)
        return self.log.execute(command, lambda work: decide(work, command))

    def decide(self, act: Callable[[UnitOfWork], Any], actor: str = "tick") -> Any:
        return self.log.decide(self.party.code, actor, act)

    def register(self, **changed: Any) -> UUID:
        told = registration(**changed)
        outcome = self.execute(
            OFFICER, lambda work, _: persons.register_person(work, self.party, told, self.same)
        )
        return self.log.get(ReleasedPerson, outcome.resource).case.person_id

    def person(self, person_id: UUID) -> ReleasedPerson:
        return self.log.get(ReleasedPerson, persons.case_key(self.party.code, person_id))

    def do(self, use_case: Callable[..., Aggregate], *facts: Any, by: User = OFFICER) -> Outcome:
        """A use case that takes (work, command, …)."""
        return self.execute(by, lambda work, command: use_case(work, command, *facts))

    def open(self, month: Month = MARCH) -> UUID:
        self.decide(lambda work: lists.open_list(work, self.calendar, self.party, month))
        return lists.list_key(self.party.commune or "", month)

    def draft(self, *chosen: UUID, by: User = OFFICER, month: Month = MARCH) -> None:
        list_id = self.open(month)
        self.do(lists.draft_list, list_id, self.wishing(), chosen or None, by=by)

    def sign(self, by: User = CHIEF, month: Month = MARCH) -> None:
        self.do(lists.sign_list, lists.list_key(COMMUNE, month), by=by)

    def submit(self, by: User = CHIEF, month: Month = MARCH, dated: date | None = None) -> None:
        document = Document("03/DS-CAX", dated or date(2026, 3, 2))
        self.do(lists.submit_list, lists.list_key(COMMUNE, month), document, by=by)

    def held(self, month: Month = MARCH) -> BorrowerList:
        return self.log.get(BorrowerList, lists.list_key(COMMUNE, month))

    def events(self, kind: type[E]) -> list[E]:
        recorded = (it.event for page in self.log.read() for it in page)
        return [event for event in recorded if isinstance(event, kind)]

    def told(self, hearer: Party) -> list[tuple[str, Data]]:
        """What a party was told, in order: (contract, data)."""
        letters = [
            msgspec.json.decode(message.envelope)
            for message in self.log.books.select_told(f"{self.party.code}→{hearer.code}", 0, 1000)
        ]
        return [(letter["type"].split(".")[3], letter["data"]) for letter in letters]

    # What the others say

    def hear(
        self, agency: Agency, name: str, data: Data, *cases: UUID, publisher: str = "", on: date | None = None
    ) -> None:
        heard = heard_event(agency, name, data, *cases, hearer=self.party.code, publisher=publisher)
        heard = HeardEvent(**{**_fields(heard), "occurred": start_of(on) if on else self.now})
        reaction = REACTIONS[agency, name]

        def act(work: UnitOfWork) -> None:
            if reaction.whole:
                reaction.whole(work, heard)
            if reaction.each_case:
                for case in heard.cases:
                    reaction.each_case(work, heard, case)

        self.decide(act, f"inbox:{heard.publisher}")

    def confirm(
        self, *struck: UUID, month: Month = MARCH, leave_out: tuple[UUID, ...] = (), **changed: Any
    ) -> None:
        """The committee confirms the list, strikes out these persons and knows of no `leave_out`."""
        listed = [e for e in self.held(month).sent.values() if e.person_id not in leave_out]
        decisions = [
            {
                "entry_id": str(entry.entry_id),
                "person_id": str(entry.person_id),
                "decision": "struck" if entry.person_id in struck else "confirmed",
                "reason": "not_resident" if entry.person_id in struck else None,
            }
            for entry in listed
        ]
        confirmed = [entry for entry in listed if entry.person_id not in struck]
        data = {
            "list_id": str(self.held(month).id),
            "commune": COMMUNE,
            "month": str(month),
            "round": self.held(month).round,
            "decisions": decisions,
            "entries": len(confirmed),
            "content_hash": content_hash(confirmed),
            "document_no": "12/XN-UBND",
            "document_on": "2026-03-02",
            "signer_name": "Lê Giả Lập",
            "signer_title": "Phó Chủ tịch UBND xã",
            **changed,
        }
        self.hear(Agency.COMMUNE, "ListConfirmed", data, *(entry.person_id for entry in listed))

    def give_back(self, reason: str = "wrong_particulars", round: int = 1, on: date | None = None) -> None:
        data = {
            "list_id": str(MARCH_LIST),
            "commune": COMMUNE,
            "month": "2026-03",
            "round": round,
            "reasons": [{"entry_id": None, "reason": reason}],
            "returned_on": "2026-03-03",
        }
        self.hear(Agency.COMMUNE, "ListReturned", data, on=on)

    def submitted(self, **changed: Any) -> UUID:
        """One person, registered, listed, confirmed and handed to the bank."""
        person_id = self.register(**changed)
        self.draft()
        self.sign()
        self.confirm()
        self.submit()
        return person_id

    def loan(self, name: str, person_id: UUID, loan_id: UUID, **data: Any) -> None:
        """What the bank tells of a loan."""
        whole = {"loan_id": str(loan_id), "person_id": str(person_id), "commune": self.party.commune}
        self.hear(Agency.BANK, name, as_told(whole | data), person_id)

    def approve(self, person_id: UUID, entry_id: UUID, loan_id: UUID | None = None) -> UUID:
        loan_id = loan_id or uuid4()
        self.loan(
            "LoanApproved",
            person_id,
            loan_id,
            entry_id=entry_id,
            purpose="production",
            amount=50_000_000,
            term_months=60,
            approved_on="2026-03-12",
            document_no="07/TB-PGD",
        )
        return loan_id


def heard_event(
    agency: Agency, name: str, data: Data, *cases: UUID, hearer: str, publisher: str = ""
) -> HeardEvent:
    """A contract event cut to what the police may see of it, and checked."""
    contract = REGISTRY[agency, name]
    assert contract.seen_by(Agency.POLICE, data).validate(data) == {}
    said_by = publisher or next(p.code for p in AGREEMENT.parties if p.agency is agency)
    subject = UUID(data["list_id" if contract.about == "list" else "person_id"])
    return HeardEvent(
        contract, said_by, hearer, uuid4(), subject, cases, datetime(2026, 3, 2, tzinfo=UTC), deepcopy(data)
    )


def _fields(heard: HeardEvent) -> dict[str, Any]:
    return {name: getattr(heard, name) for name in HeardEvent.__dataclass_fields__}
