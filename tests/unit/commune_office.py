"""A People's Committee on a real log in a temporary folder, and the police and bank it hears."""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

from services.commune.application import list_check_id, lists, resident_id
from services.commune.list_check import ListCheck
from services.commune.list_events import Objection
from services.commune.reactions import REACTIONS
from services.commune.resident import Resident
from services.commune.service import AGENCY
from shared.agreement.acting import Command, Role, User
from shared.agreement.calendar import Calendar
from shared.agreement.parties import Agency, Agreement, Commune, Party, Route
from shared.contracts.base import Data
from shared.contracts.common import ENTRY_EXAMPLE, PARTICULARS
from shared.contracts.hashing import content_hash
from shared.contracts.registry import REGISTRY
from shared.hosting.definition import Service
from shared.log.application import AgencyLog, Outcome, UnitOfWork
from shared.log.clock import start_of
from shared.log.events import Aggregate, Event
from shared.log.views import ViewStore
from shared.messaging.reactions import HeardEvent
from shared.web.identity import Users

OFFICE, POLICE, OTHER_POLICE, BANK = "ubnd-hoadong", "ca-hoadong", "ca-khac", "pgd-bato"
COMMUNE, OTHER_COMMUNE = "99901", "99902"
SENT_ON = date(2026, 3, 3)

SPECIALIST = User("binh", "Bình Giả Định", "Công chức", OFFICE, Role.OFFICER)
COLLEAGUE = User("cuc", "Cúc Giả Định", "Công chức", OFFICE, Role.OFFICER)
CHAIR = User("lan", "Lan Giả Định", "Chủ tịch UBND xã", OFFICE, Role.LEADER)

E = TypeVar("E", bound=Event)


class Office:
    """`now` is its clock. What others say is heard through the reactions, as the inbox would."""

    def __init__(self, folder: Path) -> None:
        self.now = datetime(2026, 3, 3, 2, 0, tzinfo=UTC)
        self.log = AgencyLog(folder / "log.sqlite", lambda: self.now)

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def hear(self, name: str, data: Data, *, publisher: str = POLICE, occurred: date | None = None) -> None:
        heard = heard_event(name, data, publisher, start_of(occurred) if occurred else self.now)
        reaction = REACTIONS[heard.contract.publisher, name]

        def act(work: UnitOfWork) -> None:
            if reaction.whole:
                reaction.whole(work, heard)
            if reaction.each_case:
                for case in heard.cases:
                    reaction.each_case(work, heard, case)

        self.log.decide(OFFICE, f"inbox:{publisher}", act)

    def execute(
        self, user: User, decide: Callable[[UnitOfWork, Command], Aggregate], version: int | None = None
    ) -> Outcome:
        command = Command(user, str(uuid4()), "", version)
        return self.log.execute(command, lambda work: decide(work, command))

    def check(self, list_id: UUID, entry: Data, reason: str | None = None, by: User = SPECIALIST) -> Outcome:
        entry_id = UUID(entry["entry_id"])
        return self.execute(
            by, lambda work, command: lists.check_entry(work, command, list_id, entry_id, reason, "riêng")
        )

    def confirm(
        self, list_id: UUID, by: User = CHAIR, on: date | None = None, version: int | None = None
    ) -> Outcome:
        day = on or SENT_ON
        return self.execute(
            by, lambda work, command: lists.confirm_list(work, command, list_id, "12/XN-UBND", day), version
        )

    def give_back(self, list_id: UUID, *objections: Objection, by: User = CHAIR) -> Outcome:
        return self.execute(
            by, lambda work, command: lists.return_list(work, command, list_id, objections, "riêng")
        )

    def held(self, list_id: UUID) -> ListCheck:
        return self.log.get(ListCheck, list_check_id(OFFICE, list_id))

    def resident(self, person_id: UUID) -> Resident:
        return self.log.get(Resident, resident_id(OFFICE, person_id))

    def events(self, kind: type[E]) -> list[E]:
        recorded = (it.event for page in self.log.read() for it in page)
        return [event for event in recorded if isinstance(event, kind)]


def heard_event(name: str, data: Data, publisher: str, occurred: datetime) -> HeardEvent:
    """A contract event cut to what the committee may see of it, and checked."""
    agency = Agency.BANK if publisher == BANK else Agency.POLICE
    contract = REGISTRY[agency, name]
    assert contract.seen_by(Agency.COMMUNE, data).validate(data) == {}
    about_list = contract.about == "list"
    persons = [data[key] for key in ("person_id",) if key in data]
    persons += [entry["person_id"] for entry in data.get("entries", []) if isinstance(entry, dict)]
    return HeardEvent(
        contract,
        publisher,
        OFFICE,
        uuid4(),
        UUID(data["list_id"] if about_list else data["person_id"]),
        tuple(map(UUID, persons)),
        occurred,
        deepcopy(data),
    )


def entries(count: int) -> list[Data]:
    return [
        ENTRY_EXAMPLE | {"entry_id": str(uuid4()), "person_id": str(uuid4()), "salt": uuid4().hex}
        for _ in range(count)
    ]


def list_sent(list_id: UUID, listed: list[Data], round: int = 1) -> Data:
    return {
        "list_id": str(list_id),
        "commune": COMMUNE,
        "month": "2026-03",
        "round": round,
        "entries": listed,
        "annex": [
            {"entry_id": entry["entry_id"], "conduct_good": True, "social_evils": False} for entry in listed
        ],
    }


def list_submitted(list_id: UUID, confirmed: list[Data], **changed: Any) -> Data:
    return {
        "list_id": str(list_id),
        "commune": COMMUNE,
        "month": "2026-03",
        "round": 1,
        "entries": confirmed,
        "content_hash": content_hash(confirmed),
        "document_no": "03/DS-CAX",
        "document_on": "2026-03-04",
        "signer_name": "Trần Giả Lập",
        "signer_title": "Trưởng Công an xã",
        **changed,
    }


def entry_ended(list_id: UUID, entry: Data, on: str = "2026-03-03") -> Data:
    return {
        "list_id": str(list_id),
        "entry_id": entry["entry_id"],
        "person_id": entry["person_id"],
        "commune": COMMUNE,
        "ended_on": on,
    }


def list_overdue(list_id: UUID, holder: str = "police") -> Data:
    return {
        "list_id": str(list_id),
        "commune": COMMUNE,
        "month": "2026-03",
        "due_on": "2026-03-05",
        "holder": holder,
        "held_since": "2026-02-25",
    }


def released(person_id: UUID, **changed: Any) -> Data:
    return {
        "person_id": str(person_id),
        "commune": COMMUNE,
        "particulars": PARTICULARS,
        "ground": "sentence_completed",
        "resident_since": "2024-05-12",
        **changed,
    }


AGREEMENT = Agreement(
    number="QC-01",
    valid_from=date(2025, 1, 1),
    valid_until=date(2028, 12, 31),
    communes=(
        Commune(COMMUNE, "Xã Hòa Đông", "Tỉnh Giả Định"),
        Commune(OTHER_COMMUNE, "Xã Khác", "Tỉnh Giả Định"),
    ),
    parties=(
        Party(OFFICE, Agency.COMMUNE, "UBND xã Hòa Đông", COMMUNE),
        Party("ubnd-khac", Agency.COMMUNE, "UBND xã Khác", OTHER_COMMUNE),
        Party(POLICE, Agency.POLICE, "Công an xã Hòa Đông", COMMUNE),
        Party(OTHER_POLICE, Agency.POLICE, "Công an xã Khác", OTHER_COMMUNE),
        Party(BANK, Agency.BANK, "PGD Ba Tơ"),
    ),
    routes=(Route(COMMUNE, BANK, date(2025, 1, 1)),),
)


def service_of(office: Office, folder: Path) -> Service:
    return Service(
        AGENCY,
        AGREEMENT,
        Calendar(AGREEMENT.settings),
        (AGREEMENT.party(OFFICE), AGREEMENT.party("ubnd-khac")),
        office.log,
        ViewStore(folder, office.log, AGENCY.views(AGREEMENT)),
        Users(folder / "users.sqlite", method="scrypt:1024:8:1"),
        lambda: office.now,
    )
