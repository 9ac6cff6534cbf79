"""The eventsourcing library's own test cases, on our recorder."""

import shutil
import tempfile
import threading
from pathlib import Path

from eventsourcing.tests.persistence import (
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
    ProcessRecorderTestCase,
    TrackingRecorderTestCase,
)

from shared.log.datastore import LogDatastore
from shared.log.sqlite import LogRecorder


class OnOurRecorder:
    """A new file for each test."""

    def setUp(self) -> None:
        self.threads = set(threading.enumerate())
        self.folder = Path(tempfile.mkdtemp())
        self.datastore = LogDatastore((self.folder / "log.sqlite").as_uri())

    def tearDown(self) -> None:
        # The library's cases leave reading threads behind; closing the store under them crashes SQLite.
        for thread in set(threading.enumerate()) - self.threads:
            thread.join(30)
        self.datastore.close()
        shutil.rmtree(self.folder)

    def create_recorder(self) -> LogRecorder:
        recorder = LogRecorder(self.datastore)
        recorder.create_table()
        return recorder


class TestAsApplicationRecorder(OnOurRecorder, ApplicationRecorderTestCase[LogRecorder]):
    pass


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
