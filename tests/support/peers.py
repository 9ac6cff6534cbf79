"""Two offices at the ends of a channel, each on its own log, as the tests of the inbox need them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

from shared.agreement.parties import Agency, Channel
from shared.log.application import AgencyLog
from shared.messaging.parking import StepFailedAgain, StepParked
from tests.support.kernel import (
    CA_DONG,
    PGD,
    UBND_DONG,
    Hands,
    Hearer,
    opened,
    say_disbursed,
    say_list,
    say_release,
    told,
)

CHANNEL = Channel(CA_DONG, UBND_DONG)


class Peers:
    """The police and the bank speak; the People's Committee hears."""

    def __init__(self, police: AgencyLog, bank: AgencyLog, commune: AgencyLog, hands: Hands) -> None:
        self.police, self.bank, self.commune, self.hands = police, bank, commune, hands
        self.hearer = Hearer(commune, UBND_DONG)

    def release(self, *persons: UUID) -> list[bytes]:
        """Tell of releases; returns the new messages."""
        return self._saying(lambda: [say_release(self.police, person) for person in persons])

    def send_list(self, list_id: UUID, *persons: UUID) -> bytes:
        (message,) = self._saying(lambda: say_list(self.police, list_id, *persons))
        return message

    def disburse(self, person: UUID) -> bytes:
        say_disbursed(self.bank, person)
        channel = Channel(PGD, UBND_DONG)
        return told(self.bank, channel, self.bank.books.head("told", channel.name)[0] - 1)[0]

    def _saying(self, say: Callable[[], object]) -> list[bytes]:
        before = self.police.books.head("told", CHANNEL.name)[0]
        say()
        return told(self.police, CHANNEL, before)


@contextmanager
def peers(folder: Path) -> Iterator[Peers]:
    hands = Hands()
    with (
        opened(folder / "police.sqlite", hands, Agency.POLICE) as police,
        opened(folder / "bank.sqlite", hands, Agency.BANK) as bank,
        opened(folder / "commune.sqlite", hands, Agency.COMMUNE) as commune,
    ):
        yield Peers(police, bank, commune, hands)


def persons(count: int) -> list[UUID]:
    return [uuid4() for _ in range(count)]


def parked_keys(hearer: Hearer) -> set[UUID]:
    """Keys at which something waits now."""
    keys = {event.key for event in hearer.events(StepParked) if isinstance(event, StepParked)}
    return {key for key in keys if hearer.waiting(key)}


def codes(hearer: Hearer) -> list[str]:
    parked = hearer.events(StepParked, StepFailedAgain)
    return [event.code for event in parked if isinstance(event, StepParked | StepFailedAgain)]


def parked_reason(hearer: Hearer) -> str:
    (parked,) = hearer.events(StepParked)
    assert isinstance(parked, StepParked)
    return parked.reason
