"""Which of several workers of a service leads: the one that holds its lock, which goes with its holder."""

from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout


class Leadership(Protocol):
    """Two who believe to lead for a moment, while a line breaks, do no harm: every commit checks its positions."""

    def take(self) -> bool:
        """Whether it is ours now; at once."""

    def held(self) -> bool:
        """Whether it still is."""

    def release(self) -> None: ...


class FileLeadership:
    """For a log in a file: the kernel takes the lock back when its holder ends."""

    def __init__(self, path: Path) -> None:
        self._lock = FileLock(path)

    def take(self) -> bool:
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        return True

    def held(self) -> bool:
        return self._lock.is_locked

    def release(self) -> None:
        self._lock.release()
