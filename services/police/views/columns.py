"""Writing a row of a read model: only the columns that an event changes."""

import sqlite3
from collections.abc import Mapping
from typing import Any


def set_columns(
    db: sqlite3.Connection, table: str, key: Mapping[str, Any], changed: Mapping[str, Any]
) -> None:
    """The names of tables and columns are the program's own, never a user's."""
    columns = ", ".join(f"{name}=?" for name in changed)
    which = " AND ".join(f"{name}=?" for name in key)
    db.execute(f"UPDATE {table} SET {columns} WHERE {which}", (*changed.values(), *key.values()))
