"""A season told in order, and heard again by one agency in any other order.

Told: every act in turn, every message carried at once. What was said is kept with the number of the act after
which it was said. Heard again: a fresh service of one agency does its own acts at their time, and what the others
said comes whenever chance will, but not before it was said, and not after what rests on it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random

from shared.agreement.errors import DomainError
from shared.agreement.parties import Agreement, Channel
from shared.log.clock import start_of
from tests.support import town
from tests.support.season import ENDS, TICKED, Act, Author
from tests.support.town import Desk, Town

HEARD_AT = start_of(ENDS)
"""The clock while messages are heard, so that what is decided on hearing them is stamped alike in every order."""
MOST_AT_ONCE, MOST_REPEATS = 6, 5
PACES = (0.01, 1.0, 1.0)
"""How often a channel brings something: one in three is slow, so that others run far ahead of it."""


@dataclass
class Tale:
    """`acts`: what was done, in order. `said`: each channel's messages with the number of the act before them."""

    agreed: Agreement
    acts: list[Act] = field(default_factory=list)
    said: dict[Channel, list[tuple[int, bytes]]] = field(default_factory=dict)


@contextmanager
def told(folder: Path, seed: int) -> Iterator[tuple[Tale, Town]]:
    """The story of a seed, and the town in which it was told."""
    tale = Tale(town.agreement())
    with town.opened(folder, tale.agreed) as told_in:
        ticked = {office.code: list(TICKED) for office in tale.agreed.parties}
        for act in Author(seed).write():
            _tick_until(told_in.of(act.office), act.office, ticked[act.office], act.on)
            try:
                act.play(told_in.of(act.office), len(tale.acts))
            except DomainError:
                continue
            tale.acts.append(act)
            _keep(tale, told_in)
        for office, days in ticked.items():
            _tick_until(told_in.of(office), office, days, ENDS)
        _keep(tale, told_in)
        yield tale, told_in


def _keep(tale: Tale, told_in: Town) -> None:
    for desk in told_in.desks.values():
        desk.clock.now = HEARD_AT
    told_in.deliver()
    for desk in told_in.desks.values():
        for channel in desk.incoming:
            known = tale.said.setdefault(channel, [])
            known += [(len(tale.acts), it) for it in told_in.of(channel.publisher).told(channel, len(known))]


def _tick_until(desk: Desk, office: str, days: list[date], until: date) -> None:
    while days and days[0] <= until:
        desk.tick(office, days.pop(0))


class Hearing:
    """One agency lives through a tale again, on a fresh desk."""

    def __init__(self, tale: Tale, desk: Desk, chance: Random) -> None:
        self.tale = tale
        self.desk = desk
        self.chance = chance
        self.offices = [office.code for office in desk.service.offices]
        self.days = {office: list(TICKED) for office in self.offices}
        self.pace = {channel: chance.choice(PACES) for channel in desk.incoming}

    def live(self) -> None:
        for number, act in enumerate(self.tale.acts):
            for _ in range(self.chance.randrange(3)):
                self._something(number, act.on)
            if act.office in self.offices:
                if act.ticks:
                    _tick_until(self.desk, act.office, self.days[act.office], act.on)
                for publisher in act.rests_on:
                    self._catch_up(Channel(publisher, act.office), number)
                act.play(self.desk, number)
        while self._something(len(self.tale.acts), ENDS):
            pass

    def _something(self, number: int, today: date) -> bool:
        """A day is ticked, or a few messages of one channel come; False when there is nothing left."""
        office = self.chance.choice(self.offices)
        if self.days[office] and self.days[office][0] <= today and self.chance.random() < 0.3:
            self.desk.tick(office, self.days[office].pop(0))
            return True
        waiting = [channel for channel in self.desk.incoming if self._waiting(channel, number)]
        if waiting:
            (channel,) = self.chance.choices(waiting, [self.pace[it] for it in waiting])
            self._hear(channel, number, self.chance.randint(1, MOST_AT_ONCE))
        return bool(waiting) or any(days and days[0] <= today for days in self.days.values())

    def _waiting(self, channel: Channel, number: int) -> int:
        """How many messages were said before this act and not heard yet."""
        said = sum(before <= number for before, _ in self.tale.said[channel])
        return said - self.desk.inbox.position(channel)

    def _catch_up(self, channel: Channel, number: int) -> None:
        while waiting := self._waiting(channel, number):
            self._hear(channel, number, waiting)

    def _hear(self, channel: Channel, number: int, count: int) -> None:
        """The next few, each up to five times, with some that were heard before."""
        self.desk.clock.now = HEARD_AT
        position = self.desk.inbox.position(channel)
        since = max(0, position - self.chance.randrange(3))
        until = position + min(count, self._waiting(channel, number))
        batch = [
            message
            for _, message in self.tale.said[channel][since:until]
            for _ in range(self.chance.choice((1, 1, 1, 2, MOST_REPEATS)))
        ]
        self.desk.inbox.hear(channel, batch)
