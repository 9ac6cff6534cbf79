"""Time passing, as events: one tick per office and local day, and the work that falls due on it.

Missed days are ticked one by one. The duties of a day are small commits that do nothing the second time;
when all are done the tick is recorded, so a crash between them repeats nothing and loses nothing.
"""

import logging
from collections.abc import Iterator
from datetime import date, timedelta

from eventsourcing.persistence import PersistenceError, Tracking

from shared.agreement.parties import Channel, Party
from shared.hosting.definition import Duty, Service
from shared.log.application import UnitOfWork, natural_id
from shared.log.clock import start_of
from shared.log.events import Aggregate, Event
from shared.messaging.digest import say_digest

logger = logging.getLogger(__name__)

MOST_DAYS_AT_ONCE = 31
"""So that a service that slept for months still answers its users and its peers between the days."""


class Ticked(Event, frozen=True, kw_only=True):
    """The local day `day` began for `office`, and what fell due on it was done; `failed` names what was not."""

    TOPIC = "ticks/ticked"
    office: str
    day: date
    failed: tuple[str, ...] = ()


class DutyFailed(Event, frozen=True, kw_only=True):
    """A duty could not be done; the others were. Shown to the administrators until somebody looks."""

    TOPIC = "ticks/duty.failed"
    office: str
    day: date
    duty: str
    reason: str


class Tick(Aggregate):
    """One per office and local day."""

    done = False

    def when(self, event: Event) -> None:
        self.done = self.done or isinstance(event, Ticked)


def last_ticked(service: Service, office: Party) -> date | None:
    """The last day that was done for an office: the position of the process that ticks it."""
    position = service.log.books.max_tracking_id(_position_of(office))
    return None if position is None else date.fromordinal(position)


def _position_of(office: Party) -> str:
    return f"ticks/{office.code}"


def tick_all(service: Service) -> bool:
    """Tick the days that began since the last time, oldest first; True when days are left for the next call."""
    behind = False
    for office in service.offices:
        days = list(_days_to_tick(service, office))
        for day in days[:MOST_DAYS_AT_ONCE]:
            tick(service, office, day)
        behind = behind or len(days) > MOST_DAYS_AT_ONCE
    return behind


def tick(service: Service, office: Party, day: date) -> None:
    """Do what falls due for an office on a day, then record the tick."""
    failed = [
        name for name, duty in _duties(service, office, day) if not _do(service, office, day, name, duty)
    ]

    def record(work: UnitOfWork) -> None:
        tick = work.get_or_new(Tick, natural_id("tick", office.code, day))
        if not tick.done:
            tick.trigger(Ticked, start_of(day), office=office.code, day=day, failed=tuple(failed))

    service.log.decide(office.code, "tick", record, Tracking(_position_of(office), day.toordinal()))


def _days_to_tick(service: Service, office: Party) -> Iterator[date]:
    today = service.today()
    last = last_ticked(service, office)
    day = today if last is None else last + timedelta(days=1)
    while day <= today:
        yield day
        day += timedelta(days=1)


def _duties(service: Service, office: Party, day: date) -> Iterator[tuple[str, Duty]]:
    yield from service.definition.duties_on(service, office, day)
    for name in service.log.books.channels("told"):
        channel = Channel.named(name)
        if channel.publisher == office.code:
            yield f"digest {name}", _saying_digest(channel, day)


def _saying_digest(channel: Channel, day: date) -> Duty:
    return lambda work: say_digest(work, channel, day)


def _do(service: Service, office: Party, day: date, name: str, duty: Duty) -> bool:
    try:
        service.log.decide(office.code, "tick", duty)
    except (PersistenceError, OSError):
        raise  # The store's trouble: the whole day is tried again.
    except Exception as error:
        logger.exception("duty %s of %s on %s failed", name, office.code, day)
        reason = f"{type(error).__name__}: {error}"[:2000]

        def record(work: UnitOfWork) -> None:
            tick = work.get_or_new(Tick, natural_id("tick", office.code, day))
            tick.trigger(DutyFailed, work.now, office=office.code, day=day, duty=name, reason=reason)

        service.log.decide(office.code, "tick", record)
        return False
    return True
