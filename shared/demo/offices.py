"""The offices as their users see them: signed in over HTTP, one token each, commands with a key of their own."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import urllib3

from shared.agreement.acting import Role
from shared.agreement.errors import DomainError
from shared.agreement.parties import Agency, Agreement
from shared.hosting.setup import SignIn

Json = dict[str, Any]
Headers = Mapping[str, str]

PATIENCE = 60.0
"""Seconds (of the machine) that a service may be away before the demonstration gives up."""
ANSWER_SECONDS = 30.0
PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0)
LOOK_AGAIN = 3
"""How often a command is sent anew because something was heard between looking and deciding."""


class DemoStopped(DomainError):
    """The demonstration cannot go on; the message says why."""

    code = "demo_stopped"


class ActRefused(DemoStopped):
    """A service said no: its sentence is the message, `why` the code of its problem."""

    def __init__(self, what: str, problem: Json) -> None:
        sentence = f"{what}: {problem.get('detail', problem)}"
        super().__init__(sentence, sentence, rule=problem.get("rule"))
        self.why = str(problem.get("code"))


class OfficeAway(DemoStopped):
    """A service did not answer for too long."""

    def __init__(self, agency: Agency, url: str, trouble: str) -> None:
        vi, en = "không trả lời", "does not answer"
        super().__init__(f"{agency} ({url}) {vi}: {trouble}", f"{agency} ({url}) {en}: {trouble}")


class Offices:
    """`mend` is called while a service does not answer: whoever started it may start it again. `language`: in
    which the services are asked to say no."""

    def __init__(
        self,
        agreement: Agreement,
        sign_ins: Sequence[SignIn],
        urls: Mapping[Agency, str],
        mend: Callable[[], None] = lambda: None,
        language: str = "vi",
    ) -> None:
        self.agreement = agreement
        self._urls = urls
        self._mend = mend
        self._sign_ins = {(each.office, each.role): each for each in sign_ins}
        self._tokens: dict[str, str] = {}
        self._asked = {"Accept": "application/json", "Accept-Language": language}
        self._pool = urllib3.PoolManager(maxsize=2, retries=False)

    def close(self) -> None:
        self._pool.clear()

    def codes(self, agency: Agency) -> list[str]:
        return [party.code for party in self.agreement.parties if party.agency is agency]

    def code(self, agency: Agency, commune: str) -> str:
        """The police or committee of a commune."""
        return next(p.code for p in self.agreement.parties if p.agency is agency and p.commune == commune)

    def administrator(self, agency: Agency) -> str:
        """An office of the agency whose administrator speaks for the whole service."""
        return self.codes(agency)[0]

    def get(self, office: str, path: str, role: Role = Role.OFFICER) -> Json:
        """Raises ActRefused, OfficeAway."""
        return self._call("GET", office, role, path)[0]

    def items(self, office: str, path: str) -> Iterator[Json]:
        """All items of a list, page by page."""
        cursor = ""
        while True:
            page = self.get(office, f"{path}?limit=200{cursor}")
            yield from page["items"]
            if not page.get("next"):
                return
            cursor = f"&cursor={quote(page['next'])}"

    def command(
        self, office: str, role: Role, path: str, body: Json | bytes, key: str, looking_at: str | None = None
    ) -> Json:
        """Have something done once. `looking_at`: the resource whose version the user looked at.

        Raises ActRefused, OfficeAway.
        """
        for attempt in range(LOOK_AGAIN):
            headers = {"Idempotency-Key": key}
            if looking_at:
                headers["If-Match"] = self._call("GET", office, role, looking_at)[1]["ETag"]
            try:
                return self._call("POST", office, role, path, body, headers)[0]
            except ActRefused as refused:
                if refused.why != "stale_version" or attempt == LOOK_AGAIN - 1:
                    raise
        raise AssertionError("unreachable")

    def clock(self, agency: Agency) -> datetime:
        now = self.get(self.administrator(agency), "/api/clock", Role.ADMINISTRATOR)["now"]
        return datetime.fromisoformat(now)

    def step(self, agency: Agency, instant: datetime) -> None:
        """Move a service's clock; one that stands later already is left alone."""
        if self.clock(agency) < instant:
            body = {"now": instant.isoformat()}
            self._call("POST", self.administrator(agency), Role.ADMINISTRATOR, "/api/clock", body)

    def status(self, agency: Agency) -> Json:
        return self.get(self.administrator(agency), "/api/status", Role.ADMINISTRATOR)

    def _call(
        self,
        method: str,
        office: str,
        role: Role,
        path: str,
        body: Json | bytes | None = None,
        headers: Headers | None = None,
    ) -> tuple[Json, Headers]:
        sign_in = self._sign_ins[office, role]
        if sign_in.username not in self._tokens:
            credentials = {"username": sign_in.username, "password": sign_in.password}
            answer, _ = self._send("POST", sign_in.agency, "/api/tokens", credentials, {})
            self._tokens[sign_in.username] = answer["token"]
        token = {"Authorization": f"Bearer {self._tokens[sign_in.username]}"}
        return self._send(method, sign_in.agency, path, body, {**(headers or {}), **token})

    def _send(
        self, method: str, agency: Agency, path: str, body: Json | bytes | None, headers: Headers
    ) -> tuple[Json, Headers]:
        """One request; while nobody answers it is sent again, which its key makes harmless."""
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        data = body if isinstance(body, bytes) or body is None else json.dumps(body, default=str).encode()
        ends, trouble, attempt = time.monotonic() + PATIENCE, "", 0
        while time.monotonic() < ends:
            try:
                answer = self._pool.request(
                    method,
                    f"{self._urls[agency]}{path}",
                    body=data,
                    headers={**self._asked, "Content-Type": kind, **headers},
                    timeout=ANSWER_SECONDS,
                )
            except urllib3.exceptions.HTTPError as error:
                trouble = f"{type(error).__name__}: {error}"
                self._mend()
            else:
                if answer.status != 503:
                    return _read(f"{agency} {method} {path}", answer), answer.headers
                trouble = "503"
            time.sleep(PAUSES[min(attempt, len(PAUSES) - 1)])
            attempt += 1
        raise OfficeAway(agency, self._urls[agency], trouble)


def _read(what: str, answer: urllib3.BaseHTTPResponse) -> Json:
    content: Json = json.loads(answer.data) if answer.data else {}
    if answer.status >= 400:
        raise ActRefused(what, content)
    return content
