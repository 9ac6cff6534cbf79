"""From what people call things (a name, a month) to the ids under which the services know them."""

from collections.abc import Callable, Iterator

from shared.agreement.parties import Agency
from shared.demo.offices import DemoStopped, Json, Offices


class ScriptWrong(DemoStopped):
    """The script and the offices do not fit together; the message names the place in the script."""


class Directory:
    """Ids do not change, so each is asked for once. Within the demonstration a name means one person."""

    def __init__(self, offices: Offices) -> None:
        self.offices = offices
        self._known: dict[tuple[str, ...], str] = {}

    @property
    def bank(self) -> str:
        """The transaction office: the demonstration has one."""
        return self.offices.codes(Agency.BANK)[0]

    def person(self, office: str, name: str) -> str:
        """The path of a person's case at a police office. Raises ScriptWrong."""

        def look() -> Iterator[str]:
            for case in self.offices.items(office, "/api/cases"):
                if case["name"] == name:
                    yield f"/api/persons/{case['case_id']}"

        return self._find(look, "person", name, office)

    def list(self, office: str, month: str) -> str:
        """The path of a police office's or a committee's own list. Raises ScriptWrong."""

        def look() -> Iterator[str]:
            for listed in self.offices.items(office, "/api/lists"):
                if listed["month"] == month:
                    yield f"/api/lists/{listed['list_id']}"

        return self._find(look, "list", month, office)

    def entry(self, month: str, name: str) -> str:
        """The id of a person's entry on a list of the month at the bank. Raises ScriptWrong."""

        def look() -> Iterator[str]:
            for listed in self.offices.items(self.bank, "/api/lists"):
                if listed["month"] == month:
                    lines = self.offices.get(self.bank, f"/api/lists/{listed['list_id']}")["lines"]
                    yield from entries_of(lines, name)

        return self._find(look, "entry", name, month)

    def loan(self, month: str, name: str) -> str:
        """The path of the loan on that entry. Raises ScriptWrong."""

        def look() -> Iterator[str]:
            entry = self.entry(month, name)
            for loan in self.offices.items(self.bank, "/api/loans"):
                if loan["entry_id"] == entry:
                    yield f"/api/loans/{loan['loan_id']}"

        return self._find(look, "loan", name, month)

    def _find(self, look: Callable[[], Iterator[str]], *key: str) -> str:
        if key not in self._known:
            found = next(look(), None)
            if found is None:
                what = f"{key[0]} “{key[1]}” ({key[2]})"
                raise ScriptWrong(f"year.toml: không tìm thấy {what}", f"year.toml: there is no {what}")
            self._known[key] = found
        return self._known[key]


def entries_of(lines: list[Json], name: str) -> list[str]:
    """The ids of a person's entries among the lines of a list."""
    entries = [line["entry"] for line in lines if line["entry"]]
    return [entry["entry_id"] for entry in entries if entry["particulars"]["full_name"] == name]


def entry_of(lines: list[Json], name: str) -> str:
    """Raises ScriptWrong."""
    found = entries_of(lines, name)
    if not found:
        raise ScriptWrong(
            f"year.toml: {name} không có trong danh sách", f"year.toml: {name} is not on the list"
        )
    return found[0]
