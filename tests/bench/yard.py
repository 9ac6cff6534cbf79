"""Where measuring is done: a folder that is thrown away, and how much is measured."""

from dataclasses import dataclass, field
from itertools import count
from pathlib import Path


@dataclass(frozen=True)
class Yard:
    """`quick`: only to see that it runs; the numbers then say nothing."""

    place: Path
    quick: bool
    _folders: "count[int]" = field(default_factory=count)

    def size(self, full: int) -> int:
        """How many to do, of `full` in earnest."""
        return max(full // 100, 8) if self.quick else full

    def repetitions(self, full: int = 5) -> range:
        return range(2 if self.quick else full)

    def folder(self, name: str | None = None) -> Path:
        """A new folder, or the one of this name."""
        made = self.place / (name or f"{next(self._folders):03}")
        made.mkdir(exist_ok=name is not None)
        return made
