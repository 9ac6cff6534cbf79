"""Playing the year, or a part of it, and saying what came of it in natural keys."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import date
from pathlib import Path

from shared.agreement.parties import Agreement
from shared.demo.driver import play
from shared.demo.offices import ActRefused, Json, Offices
from shared.demo.script import load_year
from shared.hosting.processes import Together
from shared.hosting.setup import first_sign_ins

EXAMPLES = Path(__file__).parents[2] / "examples"
YEAR = load_year(EXAMPLES / "year.toml")


def free_ports() -> int:
    """The first of three ports in a row that nobody listens on."""
    for _ in range(100):
        with ExitStack() as held:
            first = held.enter_context(closing(socket.create_server(("127.0.0.1", 0)))).getsockname()[1]
            try:
                for port in (first + 1, first + 2):
                    held.enter_context(closing(socket.create_server(("127.0.0.1", port))))
            except OSError:
                continue
            return int(first)
    raise OSError("no three free ports in a row")


@contextmanager
def at_the_desks(
    together: Together, services: Path, agreement: Agreement, mend: Callable[[], None] | None = None
) -> Iterator[Offices]:
    """Somebody at every desk of services that are up; `mend` starts again what died meanwhile."""
    urls = {agency: service.url for agency, service in together.services.items()}
    sign_ins = first_sign_ins(services, agreement)
    with closing(Offices(agreement, sign_ins, urls, mend or together.watch)) as offices:
        yield offices


class _Enough(Exception):
    pass


def play_until(offices: Offices, last: date) -> None:
    """Play the year up to and with the day `last`."""

    def stop(day: date, _played: int, _days: int) -> None:
        if day > last:
            raise _Enough

    try:
        play(YEAR, EXAMPLES, offices, stop)
    except _Enough:
        return


def natural_facts(offices: Offices) -> Json:
    """What every office holds of every case and month, ids replaced by names, months and purposes.

    When something was learnt, and the ids of events, may differ from run to run; nothing else may.
    """
    facts: Json = {}
    for party in offices.agreement.parties:
        for case in offices.items(party.code, "/api/cases"):
            file = offices.get(party.code, f"/api/cases/{case['case_id']}")
            facts[f"{party.code} {case['name']}"] = _natural(file)
        for month in offices.get(party.code, "/api/months")["items"]:
            facts[f"{party.code} {month['commune']} {month['month']}"] = month
    return facts


def _natural(file: Json) -> Json:
    entries, loans = file.get("entries", {}), file.get("loans", {})
    months = {id: entry["month"] for id, entry in entries.items()}
    return {
        **{name: value for name, value in file.items() if name not in ("person_id", "as_of")},
        "moves": sorted((key.partition(" ")[0], commune) for key, commune in file.get("moves", {}).items()),
        "entries": {months[id]: entry for id, entry in entries.items()},
        "loans": sorted(
            (
                {
                    **loan,
                    "entry_id": months.get(loan.get("entry_id", "")),
                    "recovered": sorted(loan.get("recovered", {}).values()),
                    "reversed": sorted(loan.get("reversed", {}).values()),
                }
                for loan in loans.values()
            ),
            key=str,
        ),
    }


def timelines(offices: Offices, case: str) -> dict[str, list[Json]]:
    """By office: what it holds of a case; offices that were never told are left out."""
    found = {}
    for party in offices.agreement.parties:
        try:
            found[party.code] = offices.get(party.code, f"/api/cases/{case}/timeline")["items"]
        except ActRefused as refused:
            assert refused.why == "not_found"
    return found
