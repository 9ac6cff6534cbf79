"""Where a log stands: a file of SQLite's, or a database on a PostgreSQL server."""

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Postgres:
    """A log in PostgreSQL, its tables made by `phoihop migrate schema`.

    `dsn`: a connection string without the password, which libpq takes from a password file (`passfile=…`, or
    the one that PGPASSFILE names) or from PGPASSWORD.
    """

    dsn: str

    def __post_init__(self) -> None:
        """Raises ValueError for a password in it, or a form that may hold one."""
        if re.search(r"(^|\s)password\s*=|://", self.dsn):
            raise ValueError(
                "the connection string of the log: expected host=… port=… dbname=… user=… and no password;"
                " libpq takes that from the file that passfile=… or PGPASSFILE names"
            )


Store = Path | Postgres
"""A path is that of the SQLite file, made when it is not there."""


def environment(store: Store) -> dict[str, str]:
    """What the library is told of a store."""
    if isinstance(store, Postgres):
        return {"PERSISTENCE_MODULE": "shared.log.postgres", "POSTGRES_DSN": store.dsn}
    return {"PERSISTENCE_MODULE": "shared.log.sqlite", "SQLITE_DBNAME": store.absolute().as_uri()}
