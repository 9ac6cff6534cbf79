"""Every event that a service may record is read back as it was, under a topic that is its own for ever."""

from collections import Counter
from pathlib import Path
from typing import Any, cast

import pytest
from eventsourcing.persistence import JSONTranscoder
from hypothesis import HealthCheck, given, settings

from shared.log.events import Event
from shared.log.mapper import TypedMapper
from tests.support import town
from tests.support.made_events import event_classes, of_type

EVENTS = event_classes()
MAPPER = TypedMapper(JSONTranscoder())


def test_there_are_events_of_every_agency_and_of_the_kernel() -> None:
    places = Counter(kind.TOPIC.partition("/")[0] for kind in EVENTS)
    assert {"police", "commune", "bank", "log", "messaging", "ticks"} <= set(places)


def test_every_event_has_a_topic_of_its_own_and_spells_it_out() -> None:
    for kind in EVENTS:
        assert "TOPIC" in kind.__dict__, f"{kind.__qualname__} inherits its topic"
        assert "#" not in kind.TOPIC
        assert "." in kind.TOPIC or "/" in kind.TOPIC
    assert [topic for topic, count in Counter(kind.TOPIC for kind in EVENTS).items() if count > 1] == []


def test_an_agency_s_events_are_under_its_own_name() -> None:
    for kind in EVENTS:
        where = kind.__module__.split(".")
        if where[0] == "services":
            assert kind.TOPIC.startswith(f"{where[1]}/"), kind


def test_every_view_of_a_service_has_a_name_of_its_own(tmp_path: Path) -> None:
    with town.opened(tmp_path, town.agreement()) as there:
        for desk in there.desks.values():
            names = [view.name for view in desk.service.views.views]
            assert len(names) == len(set(names)) > 5


def test_a_class_at_a_later_version_knows_the_way_from_every_earlier_one() -> None:
    for kind in EVENTS:
        for old in range(1, kind.VERSION):
            assert callable(getattr(kind, f"upcast_v{old}_v{old + 1}")), kind
    assert any(kind.VERSION > 1 for kind in EVENTS)


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.TOPIC)
def test_an_event_is_read_back_from_its_stored_form_as_it_was(kind: type[Event]) -> None:
    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(of_type(kind))
    def read_back(event: Event) -> None:
        stored = MAPPER.to_stored_event(cast(Any, event))
        assert stored.topic == f"{kind.TOPIC}#{kind.VERSION}"
        assert MAPPER.to_domain_event(stored) == event

    read_back()
