"""Whatever order channels are heard in, however often and in whatever batches: the same facts in the end.

Each channel keeps its own order; between channels nothing is promised. What must converge is what each
office decided per case and list, in the order of each channel, and the digests of what was heard.
"""

import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.agreement.parties import Agency, Channel
from shared.log.application import natural_id
from shared.messaging.digest import say_digest
from shared.messaging.parking import StepParked
from shared.messaging.receipt import EventHeard
from tests.support.kernel import (
    CA_DONG,
    CA_TAY,
    DONG,
    NOON,
    PGD,
    TAY,
    UBND_DONG,
    Hearer,
    example,
    opened,
    say,
    say_disbursed,
    say_list,
    say_release,
    told,
)

PERSONS = [natural_id("person", number) for number in range(4)]
LISTS = [natural_id("list", number) for number in range(2)]
KEYS = [*PERSONS, *LISTS]
PUBLISHERS = (CA_DONG, CA_TAY, PGD)
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def spoken(folder: Path) -> dict[str, list[bytes]]:
    """By publisher, what three offices tell the committee of Đông about the same persons and lists."""
    with (
        opened(folder / "police.sqlite", agency=Agency.POLICE) as police,
        opened(folder / "bank.sqlite", agency=Agency.BANK) as bank,
    ):
        for person in PERSONS[:3]:
            say_release(police, person)
        say_list(police, LISTS[0], *PERSONS[:3])
        police.decide(
            CA_DONG, "tick", lambda work: say_digest(work, Channel(CA_DONG, UBND_DONG), NOON.date())
        )
        say_release(police, PERSONS[0])
        say_list(police, LISTS[1], *PERSONS[1:3])
        for person in (PERSONS[3], PERSONS[0]):
            moved = example(
                Agency.POLICE, "ResidenceTransferred", person_id=str(person), commune=TAY, to_commune=DONG
            )
            say(police, CA_TAY, "ResidenceTransferred", moved, cases=[person])
        for person in (PERSONS[0], PERSONS[1], PERSONS[0], PERSONS[3]):
            say_disbursed(bank, person)
        bank.decide(PGD, "tick", lambda work: say_digest(work, Channel(PGD, UBND_DONG), NOON.date()))
        say_disbursed(bank, PERSONS[2])
        logs = {CA_DONG: police, CA_TAY: police, PGD: bank}
        return {publisher: told(log, Channel(publisher, UBND_DONG)) for publisher, log in logs.items()}


with tempfile.TemporaryDirectory() as _folder:
    SPOKEN = spoken(Path(_folder))


@contextmanager
def committee() -> Iterator[Hearer]:
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder) / "commune.sqlite") as log:
        yield Hearer(log, UBND_DONG)


@dataclass(frozen=True)
class Facts:
    """What converges: per case or list, and publisher, the steps done in order; and each channel's digest."""

    done: dict[tuple[UUID, str], tuple[str, ...]]
    digests: dict[str, tuple[int, bytes]]
    parked: frozenset[UUID]
    stopped: frozenset[str]


PUBLISHER_OF = {
    event_id: publisher
    for publisher, messages in SPOKEN.items()
    for message in messages
    for event_id in [message.split(b'"id":"')[1].split(b'"')[0].decode()]
}


def facts(hearer: Hearer) -> Facts:
    done: dict[tuple[UUID, str], tuple[str, ...]] = {}
    for key in KEYS:
        for step in hearer.steps(key):
            place = (key, PUBLISHER_OF[step.split()[1]])
            done[place] = (*done.get(place, ()), step)
    return Facts(
        done,
        {
            publisher: hearer.log.books.head("heard", hearer.channel(publisher).name)
            for publisher in PUBLISHERS
        },
        frozenset(key for key in KEYS if hearer.waiting(key)),
        frozenset(publisher for publisher in PUBLISHERS if hearer.stopped(publisher)),
    )


def in_order() -> Facts:
    with committee() as hearer:
        for publisher in PUBLISHERS:
            hearer.hear(*SPOKEN[publisher], publisher=publisher)
        return facts(hearer)


EXPECTED = in_order()


def deliver(hearer: Hearer, order: random.Random, *, trouble: bool = False) -> None:
    """Deliver every message of every channel, in pieces, again and again, until each position is reached."""
    while left := [p for p in PUBLISHERS if hearer.inbox.position(hearer.channel(p)) < len(SPOKEN[p])]:
        publisher = order.choice(left)
        if trouble:
            hearer.scribe.failing = {key: KeyError() for key in order.sample(KEYS, order.randint(0, 3))}
        position = hearer.inbox.position(hearer.channel(publisher))
        start = max(0, position - order.randint(0, 4))  # the peer may repeat what was heard
        batch = SPOKEN[publisher][start : position + order.randint(1, 5)]
        repeated = [message for message in batch for _ in range(order.choice((1, 1, 1, 2, 5)))]
        hearer.hear(*repeated, publisher=publisher)
        if order.random() < 0.2:
            hearer.restart()
        if trouble and order.random() < 0.3:
            wish(hearer, order)


def wish(hearer: Hearer, order: random.Random) -> None:
    if parked := [key for key in KEYS if hearer.waiting(key)]:
        hearer.retry(order.choice(parked))


def heal(hearer: Hearer, order: random.Random) -> None:
    """The fault is mended, and somebody retries what is parked, in any order."""
    hearer.scribe.failing.clear()
    for _ in range(100):
        if not any(hearer.waiting(key) for key in KEYS):
            return
        wish(hearer, order)
    raise AssertionError("something stays parked for ever")


def test_what_is_compared_is_not_empty() -> None:
    assert set(EXPECTED.done) >= {(PERSONS[0], publisher) for publisher in PUBLISHERS}
    assert {sequence for sequence, _ in EXPECTED.digests.values()} == {2, 6, 7}
    assert EXPECTED.parked == EXPECTED.stopped == frozenset()


@QUICK
@given(st.randoms(use_true_random=False))
def test_any_interleaving_repetition_and_batching_ends_in_the_same_facts(order: random.Random) -> None:
    with committee() as hearer:
        deliver(hearer, order)
        assert facts(hearer) == EXPECTED


@QUICK
@given(st.randoms(use_true_random=False))
def test_failures_that_heal_end_in_the_same_facts_as_none_each_case_in_its_order(
    order: random.Random,
) -> None:
    with committee() as hearer:
        deliver(hearer, order, trouble=True)
        heal(hearer, order)
        assert facts(hearer) == EXPECTED
        heard = heard_order(hearer)
        for key in KEYS:  # A parked case is one queue, whatever channel its events came on.
            numbers = [heard[step.split()[1]] for step in hearer.steps(key)]
            assert numbers == sorted(numbers)


def heard_order(hearer: Hearer) -> dict[str, int]:
    heard = hearer.events(EventHeard)
    return {str(event.stamped.causation): number for number, event in enumerate(heard)}


@QUICK
@given(st.randoms(use_true_random=False), st.sampled_from(["lost", "swapped", "changed"]))
def test_a_channel_on_which_something_is_wrong_stops_and_the_others_end_as_they_would(
    order: random.Random, wrong: str
) -> None:
    messages = list(SPOKEN[CA_DONG])
    place = order.randrange(1, len(messages) - 1)
    delivered: Sequence[bytes]
    match wrong:
        case "lost":
            delivered = [*messages[:place], *messages[place + 1 :]]
        case "swapped":
            delivered = [*messages[:place], messages[place + 1], messages[place], *messages[place + 2 :]]
        case _:
            changed = messages[place - 1].replace(b'"datacontenttype"', b'"x":"y","datacontenttype"')
            delivered = [*messages[:place], changed, *messages[place:]]
    with committee() as hearer:
        start = 0
        while start < len(delivered):
            size = order.randint(1, 4)
            hearer.hear(*delivered[start : start + size])
            start += size
        for publisher in (CA_TAY, PGD):
            hearer.hear(*SPOKEN[publisher], publisher=publisher)
        ended = facts(hearer)
        assert ended.stopped == {CA_DONG}
        assert ended.digests[CA_DONG][0] == place
        assert hearer.events(StepParked) == []
        for (key, publisher), steps in EXPECTED.done.items():
            if publisher != CA_DONG:
                assert ended.done[key, publisher] == steps
