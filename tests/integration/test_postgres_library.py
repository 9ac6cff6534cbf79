"""The eventsourcing library's own test cases, on our recorder for PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from eventsourcing.tests.persistence import (
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
    ProcessRecorderTestCase,
    TrackingRecorderTestCase,
)

from infra.postgres.throwaway import Throwaway
from shared.log.postgres import LogDatastore, LogRecorder
from shared.log.stores import Postgres
from tests.support.stores import store_at


class OnOurRecorder:
    """A new database for each test."""

    datastore: LogDatastore

    @pytest.fixture(autouse=True)
    def _database(self, on_postgres: Throwaway, tmp_path: Path) -> Iterator[None]:
        at = store_at(tmp_path / "log")
        assert isinstance(at, Postgres)
        self.datastore = LogDatastore(at.dsn)
        yield
        self.datastore.close()

    def create_recorder(self) -> LogRecorder:
        return LogRecorder(self.datastore)


class TestAsApplicationRecorder(OnOurRecorder, ApplicationRecorderTestCase[LogRecorder]):
    def test_who_subscribes_is_given_what_is_recorded(self) -> None:
        self.optional_test_insert_subscribe()


class TestAsTrackingRecorder(OnOurRecorder, TrackingRecorderTestCase):
    pass


class TestAsProcessRecorder(OnOurRecorder, ProcessRecorderTestCase):
    pass


class TestNotificationIds(OnOurRecorder, NonInterleavingNotificationIDsBaseCase):
    insert_num = 300


# The library's cases are abstract classes that pytest would collect by their imported names.
del (
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
    ProcessRecorderTestCase,
    TrackingRecorderTestCase,
)
