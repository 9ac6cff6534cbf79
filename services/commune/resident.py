"""A person of the commune who came back from prison, as the People's Committee knows them from the police."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from shared.contracts.base import Data
from shared.log.events import Aggregate, Event


class Presence(StrEnum):
    HERE = "here"
    MOVED_AWAY = "moved_away"
    RETRACTED = "retracted"


class Who(msgspec.Struct, frozen=True):
    """Whose picture of whom: `office` is a party's code."""

    office: str
    person_id: UUID


class Facts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the police have said so far: `told` by those of this commune, `brought` by those of the last one.

    Particulars have the contract's fields.
    """

    told: Data | None = None
    told_ground: str | None = None
    resident_since: date | None = None
    brought: Data | None = None
    brought_ground: str | None = None
    arrived_on: date | None = None
    moved_on: date | None = None
    moved_to: str | None = None
    retracted_for: str | None = None

    @property
    def particulars(self) -> Data | None:
        """Our own police's word goes before that of the former commune's; None where nobody has said."""
        return self.told or self.brought

    @property
    def ground(self) -> str | None:
        return self.told_ground or self.brought_ground

    @property
    def presence(self) -> Presence:
        """Who moved away and came back on the same day is here."""
        if self.retracted_for is not None:
            return Presence.RETRACTED
        if self.moved_on is None or (self.arrived_on is not None and self.arrived_on >= self.moved_on):
            return Presence.HERE
        return Presence.MOVED_AWAY


class ResidentRecorded(Event, frozen=True, kw_only=True):
    """What is known now, because the police published `because`."""

    TOPIC = "commune/resident.recorded"
    who: Who
    because: str
    facts: Facts


class ResidentNoted(Event, frozen=True, kw_only=True):
    """`note` stays in this office, and replaces the one before; `by` is a username."""

    TOPIC = "commune/resident.noted"
    who: Who
    note: str
    by: str


class Resident(Aggregate):
    """One per committee and person. The facts end up the same in whatever order the channels bring them."""

    CALLED = "person"

    who: Who

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.facts = Facts()
        self.note: str | None = None

    def describe(
        self,
        at: datetime,
        who: Who,
        because: str,
        particulars: Data,
        ground: str | None,
        resident_since: date,
    ) -> None:
        """Our own police say who and where the person is. A ground they leave out stays as it was."""
        ground = ground or self.facts.told_ground
        self._record(at, who, because, told=particulars, told_ground=ground, resident_since=resident_since)

    def arrive(
        self, at: datetime, who: Who, because: str, particulars: Data, ground: str, arrived_on: date
    ) -> None:
        """The police of the former commune hand the person over; of two hand-overs the later one counts."""
        before = self.facts.arrived_on
        if before is None or before <= arrived_on:
            self._record(at, who, because, brought=particulars, brought_ground=ground, arrived_on=arrived_on)

    def move_away(self, at: datetime, who: Who, because: str, moved_to: str, moved_on: date) -> None:
        self._record(at, who, because, moved_to=moved_to, moved_on=moved_on)

    def retract(self, at: datetime, who: Who, because: str, reason: str) -> None:
        """The release should never have been recorded; `reason` is a code of the contract."""
        self._record(at, who, because, retracted_for=reason)

    def write_note(self, at: datetime, note: str, by: str) -> None:
        self.trigger(ResidentNoted, at, who=self.who, note=note, by=by)

    def _record(self, at: datetime, who: Who, because: str, **changes: object) -> None:
        facts = msgspec.structs.replace(self.facts, **changes)
        if facts != self.facts:
            self.trigger(ResidentRecorded, at, who=who, because=because, facts=facts)

    def when(self, event: ResidentRecorded | ResidentNoted) -> None:
        self.who = event.who
        match event:
            case ResidentRecorded():
                self.facts = event.facts
            case ResidentNoted():
                self.note = event.note
