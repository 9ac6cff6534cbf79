"""What the log is made of: events with stable topics, and aggregates folded from them.

Written in the functional style of the eventsourcing library (events are frozen msgspec structs, the
projector is passed to `Repository.get`), because rules inside decorated event bodies would run again
on replay and the library's default projector is slow. See docs/adr/0002.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Self, TypeVar
from uuid import UUID

import msgspec
from eventsourcing.utils import register_topic


# gc=False: what a log holds is never part of a cycle, and going through it again and again makes reading slow.
class Stamp(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Who acted and why, put on every event by the application when it saves."""

    event_id: UUID
    party: str
    actor: str
    correlation: UUID
    causation: UUID | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A decision. `occurred` is when it took effect (UTC); when it was learnt is the log's `recorded_at`."""

    TOPIC: ClassVar[str]
    VERSION: ClassVar[int] = 1

    originator_id: UUID
    originator_version: int
    occurred: Annotated[datetime, msgspec.Meta(tz=True)]
    stamp: Stamp | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "TOPIC" in cls.__dict__:
            register_topic(cls.TOPIC, cls)

    @property
    def stamped(self) -> Stamp:
        """The stamp of an event that was saved. Raises RuntimeError on one that was not."""
        if self.stamp is None:
            raise RuntimeError(f"{type(self).__qualname__} was never saved, so nobody signed it")
        return self.stamp


E = TypeVar("E", bound=Event)


class Aggregate:
    """State folded from events. Decisions are methods that check the rules and then `trigger`.

    Subclasses implement `when(event)`, which only assigns: it runs again on every replay. `CALLED`: what
    users call it when it is not there, a thing that `shared.agreement.errors.NotFound` knows.
    """

    CALLED: ClassVar[str] = "item"

    def __init__(self, id: UUID) -> None:
        self.id = id
        self.version = 0
        self._pending: list[Event] = []

    def trigger(self, kind: type[E], at: datetime, **facts: Any) -> E:
        event = kind(originator_id=self.id, originator_version=self.version + 1, occurred=at, **facts)
        self._apply(event)
        self._pending.append(event)
        return event

    def when(self, event: Any) -> None:
        raise NotImplementedError

    def decide_into(self, decided: list[Event]) -> None:
        """Put what is decided into a list that aggregates share, so that it stays in the order of deciding."""
        decided += self._pending
        self._pending = decided

    def collect_events(self) -> Sequence[Event]:
        pending, self._pending = self._pending, []
        return pending

    def _apply(self, event: Event) -> None:
        self.when(event)
        self.version = event.originator_version

    @classmethod
    def project(cls, aggregate: Self | None, events: Iterable[Event]) -> Self | None:
        """The library's projector function for this class."""
        for event in events:
            if aggregate is None:
                aggregate = cls(event.originator_id)
            aggregate._apply(event)
        return aggregate
