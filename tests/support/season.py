"""A season of the agreement by chance: who does what on which day in two communes, and on what it rests.

The author does not care whether an office may do what it does: whoever tells the story leaves out what is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from uuid import UUID

from services.police.facts import Registration
from shared.agreement.calendar import Month
from shared.log.clock import start_of
from tests.support import season_acts as do
from tests.support.season_acts import COMMITTEE_OF, POLICE_OF
from tests.support.town import DONG, PGD, TAY, Desk

MARCH, APRIL = Month(2026, 3), Month(2026, 4)
BEGINS, ENDS = date(2026, 2, 20), date(2026, 5, 20)
TICKED = (
    date(2026, 2, 27),
    date(2026, 3, 2),
    date(2026, 3, 3),
    date(2026, 3, 5),
    date(2026, 3, 6),
    date(2026, 3, 16),
    date(2026, 4, 1),
    date(2026, 4, 7),
    date(2026, 4, 20),
    date(2026, 5, 4),
    date(2026, 5, 18),
    ENDS,
)
"""The days on which an office looks at its calendar: reminders, due days, the days after them, final dates."""

CHANGES = (do.unwish, do.worsen, do.worsen, do.rehouse, do.correct, do.correct, do.retract)

Doing = Callable[[Desk], object]


@dataclass(frozen=True)
class Act:
    """One thing that `office` does. `rests_on`: the parties whose word must have come before. `ticks`: the day
    itself begins, so the days before it must have."""

    on: date
    office: str
    what: str
    do: Doing
    rests_on: tuple[str, ...] = ()
    ticks: bool = False

    def play(self, desk: Desk, number: int) -> None:
        desk.clock.now = start_of(self.on) + timedelta(hours=8, minutes=number)
        self.do(desk)


class Author:
    """Makes up a season. Every choice comes from the seed."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.acts: list[Act] = []
        self.people = {commune: self._people() for commune in POLICE_OF}

    def write(self) -> list[Act]:
        for commune, people in self.people.items():
            for person in people:
                self._register(commune, person)
            self._month(commune, MARCH)
        for commune, people in self.people.items():
            for person in people:
                self._fate(commune, person, MARCH)
        for commune in self.people:
            self._month(commune, APRIL)
        for commune in self.people:
            for person in self.people[DONG] + self.people[TAY]:
                self._fate(commune, person, APRIL)
        return sorted(self.acts, key=lambda act: act.on)

    def _people(self) -> list[UUID]:
        return [UUID(int=self.chance.getrandbits(128), version=4) for _ in range(self.chance.randint(2, 4))]

    def _add(self, on: date, office: str, what: str, doing: Doing, *rests_on: str) -> None:
        self.acts.append(Act(on, office, what, doing, rests_on))

    def _maybe(self, probability: float) -> bool:
        return self.chance.random() < probability

    def _register(self, commune: str, person: UUID) -> None:
        told = self._registration(commune)
        self._add(
            BEGINS,
            POLICE_OF[commune],
            f"registers {person}",
            lambda desk: do.register(desk, commune, person, told),
        )

    def _registration(self, commune: str) -> Registration:
        released = date(2024, 5, self.chance.randint(1, 28))
        training = self._maybe(0.3)
        return Registration.of(
            {
                "full_name": f"Giả Định {self.chance.randrange(10**6)}",
                "birth": "1985",
                "sex": "male",
                "identity_number": f"999{self.chance.randrange(10**9):09d}",
                "hamlet": "Thôn Một",
                "commune": commune,
                "ground": "sentence_completed",
                "certificate_no": f"{self.chance.randrange(10**4)}/GCN",
                "certificate_issued_on": released,
                "completed_on": released,
                "probation_ends_on": None,
                "resident_since": released + timedelta(days=self.chance.randint(1, 9)),
                "conduct_good": True,
                "social_evils": False,
                "wants_loan": self._maybe(0.9),
                "purpose": "training" if training else "production",
                "amount": 20_000_000 if training else 50_000_000,
                "study_months": 9 if training else None,
                "note": None,
            }
        )

    def _month(self, commune: str, month: Month) -> None:
        """The list from its opening to the bank; perhaps returned once, perhaps late at the committee."""
        police, committee = POLICE_OF[commune], COMMITTEE_OF[commune]
        opens = month.plus(-1).day(25)
        first = month.day(1)
        self.acts.append(
            Act(opens, police, f"opens {month}", lambda desk: desk.tick(police, opens), ticks=True)
        )
        signed = self._round(commune, month, opens + timedelta(days=1))
        self._disturb(commune, month, signed)
        if self._maybe(0.4):
            returned = signed + timedelta(days=1)
            self._add(
                returned,
                committee,
                f"returns {month}",
                lambda desk: do.give_back(desk, commune, month),
                police,
            )
            signed = self._round(commune, month, returned)
            self._disturb(commune, month, signed)
        checked = max(signed + timedelta(days=1), first)
        confirmed = first + timedelta(days=6) if self._maybe(0.3) else checked + timedelta(days=1)
        draw = self.chance.random()
        self._add(
            checked,
            committee,
            f"checks {month}",
            lambda desk: do.check(desk, commune, month, Random(draw)),
            police,
        )
        self._add(
            confirmed,
            committee,
            f"confirms {month}",
            lambda desk: do.confirm(desk, commune, month, confirmed),
            police,
        )
        self._disturb(commune, month, confirmed)
        submitted = confirmed + timedelta(days=1)
        self._add(
            submitted,
            police,
            f"submits {month}",
            lambda desk: do.submit(desk, commune, month, submitted),
            committee,
        )

    def _round(self, commune: str, month: Month, drafted: date) -> date:
        police, committee = POLICE_OF[commune], COMMITTEE_OF[commune]
        salt, signed = self.chance.random(), drafted + timedelta(days=1)
        self._add(
            drafted,
            police,
            f"drafts {month}",
            lambda desk: do.draft(desk, commune, month, Random(salt)),
            committee,
            PGD,
        )
        self._add(
            signed,
            police,
            f"signs {month}",
            lambda desk: do.sign(desk, commune, month),
            committee,
            PGD,
        )
        return signed

    def _disturb(self, commune: str, month: Month, on: date) -> None:
        """Something changes about somebody on the list."""
        for person in self.people[DONG] + self.people[TAY]:
            if self._maybe(0.12):
                self._change(commune, person, on, self.chance.choice(CHANGES))

    def _change(
        self, commune: str, person: UUID, on: date, change: Callable[[Desk, str, UUID], object]
    ) -> None:
        others = [office for office in POLICE_OF.values() if office != POLICE_OF[commune]]
        self._add(
            on,
            POLICE_OF[commune],
            f"{change.__name__} {person}",
            lambda desk: change(desk, commune, person),
            COMMITTEE_OF[commune],
            PGD,
            *others,
        )

    def _fate(self, commune: str, person: UUID, month: Month) -> None:
        """What becomes of a person's entry once the list is at the bank."""
        day = month.day(9 + self.chance.randrange(4))
        kind = self.chance.choice(("lend", "lend", "lend", "refuse", "reject", "change", "move", "rest"))
        if kind == "change":
            self._change(commune, person, day, self.chance.choice(CHANGES))
        elif kind == "move":
            self._move(commune, person, day)
        elif kind == "reject":
            self._bank(
                commune, day, f"rejects {person}", lambda desk: do.reject(desk, commune, month, person)
            )
        elif kind in ("lend", "refuse"):
            self._lend(commune, month, person, day, refused=kind == "refuse")
            if self._maybe(0.3):
                self._move(commune, person, day + timedelta(days=4))
            elif self._maybe(0.3):
                self._change(
                    commune, person, day + timedelta(days=1), self.chance.choice((do.worsen, do.rehouse))
                )

    def _bank(self, commune: str, on: date, what: str, doing: Doing, *, by_the_entry: bool = True) -> None:
        """`by_the_entry`: decided by how the entry stands, so by what the commune's offices said of it."""
        self._add(
            on, PGD, what, doing, *((POLICE_OF[commune], COMMITTEE_OF[commune]) if by_the_entry else ())
        )

    def _lend(self, commune: str, month: Month, person: UUID, on: date, *, refused: bool) -> None:
        def step(days: int, what: str, doing: Callable[[Desk, UUID, date], object]) -> None:
            day = on + timedelta(days=days)
            self._bank(
                commune,
                day,
                f"{what} {person}",
                lambda desk: doing(desk, do.loan_of(desk, commune, month, person), day),
                by_the_entry=doing in (do.propose, do.approve, do.refuse, do.disburse),
            )

        term = self.chance.choice((1, 12))
        self._bank(
            commune, on, f"applies {person}", lambda desk: do.apply(desk, commune, month, person, term)
        )
        step(0, "looks up", do.look_up)
        step(1, "proposes", do.propose)
        if refused:
            return step(2, "refuses", do.refuse)
        step(2, "approves", do.approve)
        step(3, "prepares", do.prepare)
        step(3, "disburses", do.disburse)
        if self._maybe(0.7):
            step(self.chance.choice((5, 40)), "receives", do.receive)
        if self._maybe(0.2):
            step(6, "takes back", do.take_back)
        if self._maybe(0.5):
            step(self.chance.choice((7, 45)), "settles", do.settle)
        return None

    def _move(self, commune: str, person: UUID, on: date) -> None:
        """To the other commune, where the case is carried on; some move back after a while."""
        other = TAY if commune == DONG else DONG
        self._leave(commune, other, person, on)
        self._arrive(other, person, on + timedelta(days=1))
        if self._maybe(0.6):
            back = on + timedelta(days=self.chance.choice((2, 24, 26, 28)))
            self._leave(other, commune, person, back)
            self._arrive(commune, person, back + timedelta(days=1))

    def _leave(self, commune: str, to: str, person: UUID, on: date) -> None:
        self._add(
            on,
            POLICE_OF[commune],
            f"hands over {person}",
            lambda desk: do.hand_over(desk, commune, to, person, on),
            COMMITTEE_OF[commune],
            PGD,
            POLICE_OF[to],
        )

    def _arrive(self, commune: str, person: UUID, on: date) -> None:
        for change in (do.rehouse, do.assess, do.wish):
            self._change(commune, person, on, change)
