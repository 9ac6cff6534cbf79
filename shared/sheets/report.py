"""What became of an import, for the officer who asked for it."""

import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.sheets.errors import CellError
from shared.sheets.text import Lang

MAX_LISTED = 1_000


@dataclass
class Report:
    """Counts of rows, and the first 1,000 errors. `rejected` counts rows, not errors."""

    rows: int = 0
    accepted: int = 0
    unchanged: int = 0
    updated: int = 0
    rejected: int = 0
    errors: list[CellError] = field(default_factory=list)

    def reject(self, errors: Iterable[CellError]) -> None:
        """One row refused, with everything that is wrong with it."""
        self.rejected += 1
        self.explain(errors)

    def explain(self, errors: Iterable[CellError]) -> None:
        """Errors of the file as a whole (SheetRefused), which are no row's."""
        for error in errors:
            if len(self.errors) < MAX_LISTED:
                self.errors.append(error)

    def add(self, other: "Report") -> None:
        """Count what another report counts, and list its errors after ours."""
        self.rows += other.rows
        self.accepted += other.accepted
        self.unchanged += other.unchanged
        self.updated += other.updated
        self.rejected += other.rejected
        self.explain(other.errors)

    @property
    def dealt_with(self) -> int:
        """Rows taken or refused; fewer than `rows` while an import is under way."""
        return self.accepted + self.unchanged + self.updated + self.rejected

    @property
    def all_taken(self) -> bool:
        return not (self.rejected or self.errors)

    def as_dict(self, lang: Lang = "vi") -> dict[str, Any]:
        listed = [
            {
                "row": error.row,
                "column": error.column,
                "value": error.value,
                "code": error.code,
                "message": error.message.said(lang),
            }
            for error in self.errors
        ]
        counts = {
            name: getattr(self, name) for name in ("rows", "accepted", "unchanged", "updated", "rejected")
        }
        return {**counts, "errors": listed}

    def as_json(self, lang: Lang = "vi") -> str:
        return json.dumps(self.as_dict(lang), ensure_ascii=False, indent=2)

    def write(self, path: Path, lang: Lang = "vi") -> None:
        """Write as JSON, readable by its owner only, whole or not at all. Raises OSError."""
        # mkstemp gives mode 0600 from the start, so there is no moment in which others could open it.
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(self.as_json(lang) + "\n")
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink()
            raise
