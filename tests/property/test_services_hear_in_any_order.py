"""The real services hear a season of the agreement in any order of the channels, and know the same at its end."""

import itertools
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.agreement.parties import Agency, Channel
from shared.contracts.registry import REGISTRY
from shared.mirror.agree import pair_hash
from tests.support import town
from tests.support.converged import facts, own_events
from tests.support.retelling import Hearing, Tale, told
from tests.support.town import Desk, Town, rows

SEASONS = range(8)
ORDERS = 12
"""How many orders each agency hears, of seasons taken by chance."""

Season = tuple[Tale, dict[Agency, dict[str, Any]], dict[Agency, frozenset[str]]]
"""A tale, what each agency knows at its end, and the ids of what each decided."""


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Season]:
    @cache
    def tell(seed: int) -> Season:
        with told(tmp_path_factory.mktemp("season"), seed) as (tale, there):
            check_in_order(there)
            known = {agency: facts(desk) for agency, desk in there.desks.items()}
            return tale, known, {agency: own_events(desk) for agency, desk in there.desks.items()}

    return tell


def check_in_order(there: Town) -> None:
    """Heard as it was said, nothing is parked or stopped, and every pair of offices agrees."""
    for desk in there.desks.values():
        assert_flowing(desk)
        for channel in desk.incoming:
            said = there.of(channel.publisher).log.books.head("told", channel.name)
            assert said == desk.log.books.head("heard", channel.name), channel
    for one, other in itertools.combinations([party.code for party in there.agreement.parties], 2):
        assert held_with(there, one, other) == held_with(there, other, one), (one, other)


def held_with(there: Town, office: str, other: str) -> str:
    log, own, theirs = there.of(office).log, Channel(office, other), Channel(other, office)
    upto = log.books.head("told", own.name)[0], log.books.head("heard", theirs.name)[0]
    return pair_hash(log, own, upto[0], theirs, upto[1])


def assert_flowing(desk: Desk) -> None:
    assert rows(desk, "SELECT * FROM parked") == []
    assert [desk.inbox.stopped(channel) for channel in desk.incoming] == [None] * len(desk.incoming)


@pytest.mark.parametrize("agency", Agency)
def test_an_agency_that_hears_a_season_in_another_order_knows_the_same_at_its_end(
    season: Callable[[int], Season], tmp_path_factory: pytest.TempPathFactory, agency: Agency
) -> None:
    """Channels interleaved by chance, each event once to five times, in batches, with ticks anywhere."""
    folder = tmp_path_factory.mktemp("orders")

    @settings(max_examples=ORDERS, deadline=None)
    @given(seed=st.sampled_from(SEASONS), chance=st.integers(0, 2**32).map(Random))
    def hear(seed: int, chance: Random) -> None:
        tale, known, once_own = season(seed)
        with town.opened(folder / str(uuid4()), tale.agreed, [agency]) as again:
            desk = again.desks[agency]
            Hearing(tale, desk, chance).live()
            assert_flowing(desk)
            assert facts(desk, once_own=once_own[agency]) == known[agency]
            live = desk.service.views.dump()
            desk.service.views.rebuild()
            assert desk.service.views.dump() == live

    hear()


def test_the_seasons_speak_of_everything_that_is_published(season: Callable[[int], Season]) -> None:
    said = {
        REGISTRY.by_type[msgspec.json.decode(message)["type"]].name
        for seed in SEASONS
        for messages in season(seed)[0].said.values()
        for _, message in messages
    }
    assert said == {name for _, name in REGISTRY}
