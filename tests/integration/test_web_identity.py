"""Signing in, being served and being stopped, over a real socket."""

import multiprocessing
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3

from shared.agreement.acting import Role
from shared.web import serving
from shared.web.app import MAX_BODY
from shared.web.auth import public
from shared.web.identity import Users, WrongCredentials
from shared.web.serving import Server, is_loopback
from shared.web.throttle import TooManyAttempts
from tests.unit.web_office import FAST, NOON, PASSWORD, Office, opened

Response = urllib3.BaseHTTPResponse
FORM = {"username": "leader", "password": PASSWORD}
LONG = "at last " + "x" * 8_000_000  # more than the sockets between can hold


class Served:
    """An office behind a real server, and somebody who asks it things over the wire."""

    def __init__(self, office: Office, server: Server) -> None:
        self.office, self.server = office, server
        self.base = f"http://127.0.0.1:{server.port}"
        self.wire = urllib3.PoolManager(maxsize=32, retries=False, timeout=20)

    def ask(self, method: str, path: str, **options: Any) -> Response:
        return self.wire.request(method, self.base + path, redirect=False, **options)

    def bearer(self, username: str = "leader") -> dict[str, str]:
        answer = self.ask("POST", "/api/tokens", json={**FORM, "username": username})
        return {"Authorization": f"Bearer {answer.json()['token']}"}


@contextmanager
def served(
    folder: Path, *, threads: int = 8, tls_proxy: str | None = None, **settings: Any
) -> Iterator[Served]:
    with opened(folder, **settings) as office:
        add_slow_view(office)
        server = Server(office.app, threads=threads, tls_proxy=tls_proxy)
        thread = threading.Thread(target=server.run)
        thread.start()
        it = Served(office, server)
        try:
            yield it
        finally:
            it.wire.clear()
            server.stop()
            thread.join(20)
            assert not thread.is_alive()


def add_slow_view(office: Office) -> None:
    """A long poll that ends when the test says so."""
    office.app.extensions["entered"] = threading.Semaphore(0)
    office.app.extensions["leave"] = threading.Event()

    @public
    def slow() -> str:
        office.app.extensions["entered"].release()
        office.app.extensions["leave"].wait(20)
        return LONG

    office.app.add_url_rule("/api/slow", "slow", slow)


@pytest.fixture
def police(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as it:
        yield it


def test_a_program_signs_in_commands_reads_and_signs_out(police: Served) -> None:
    token = police.bearer()
    command = {**token, "Idempotency-Key": "một".encode().hex()}
    made = police.ask("POST", "/api/cases", json={"name": "Nguyễn An"}, headers=command)
    assert (made.status, made.headers["ETag"], made.json()["name"]) == (201, '"1"', "Nguyễn An")
    read = police.ask("GET", "/api/cases/1", headers={**token, "If-None-Match": '"3"'})
    assert (read.status, read.data) == (304, b"")
    assert police.ask("DELETE", "/api/tokens/current", headers=token).status == 204
    assert police.ask("GET", "/api/cases/1", headers=token).status == 401


def test_a_browser_signs_in_with_the_form_and_out_again(police: Served) -> None:
    form = {"fields": {**FORM, "next": "/work"}, "encode_multipart": False}
    refused = police.ask("POST", "/sign-in", headers={"Origin": "http://127.0.0.1:1"}, **form)
    assert refused.status == 403
    answer = police.ask("POST", "/sign-in", headers={"Origin": police.base}, **form)
    assert (answer.status, answer.headers["Location"]) == (303, "/work")
    cookie = {"Cookie": answer.headers["Set-Cookie"].split(";")[0]}
    assert "Nguyễn leader" in police.ask("GET", "/work", headers=cookie).data.decode()
    assert police.ask("POST", "/sign-out", headers={**cookie, "Origin": police.base}).status == 303
    assert police.ask("GET", "/work", headers=cookie).headers["Location"] == "/sign-in?next=/work"


def test_the_server_does_not_say_what_it_is_made_of(police: Served) -> None:
    for path in ("/health", "/api/troubles/crash", "/nowhere"):
        headers = police.ask("GET", path, headers=police.bearer()).headers
        assert "Server" not in headers
        assert "Via" not in headers


def test_a_body_over_the_limit_is_refused_by_a_problem_and_the_server_lives_on(police: Served) -> None:
    headers = {**police.bearer(), "Idempotency-Key": "k", "Content-Type": "application/json"}
    for size in (MAX_BODY + 1, 4 * MAX_BODY):
        answer = police.ask("POST", "/api/cases", body=b'"' + b"x" * (size - 2) + b'"', headers=headers)
        assert answer.status == 413
    assert police.ask("GET", "/health").status == 200


def test_headers_over_the_limit_are_refused(police: Served) -> None:
    answer = police.ask("GET", "/health", headers={"X-Long": "x" * (serving.MAX_HEADER + 1)})
    assert answer.status == 431


def test_a_forged_forwarding_header_is_not_believed(police: Served) -> None:
    headers = {**police.bearer(), "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    assert police.ask("GET", "/api/cases/1", headers=headers).status == 200
    form = {"fields": FORM, "encode_multipart": False}
    answer = police.ask("POST", "/sign-in", headers={**headers, "Origin": "https://evil.example"}, **form)
    assert answer.status == 403


def test_many_sign_in_and_ask_at_once(police: Served) -> None:
    def visit(number: int) -> tuple[str, int]:
        username = list(Role)[number % 4].value
        answer = police.ask("GET", "/api/cases/1/signature", headers=police.bearer(username))
        return username, answer.status

    with ThreadPoolExecutor(16) as pool:
        seen = set(pool.map(visit, range(64)))
    assert seen == {("officer", 403), ("leader", 200), ("auditor", 403), ("administrator", 403)}


# Behind a proxy that ends TLS


def test_only_loopback_is_served_without_a_tls_proxy(police: Served) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "ca.example", ""):
        with pytest.raises(ValueError, match="loopback"):
            Server(police.office.app, host)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True)]
    + [(host, False) for host in ("0.0.0.0", "::", "10.0.0.1", "localhost.example", "")],
)
def test_what_counts_as_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_behind_the_proxy_https_is_what_the_proxy_says_it_is(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"secret_loopback": False, "trusted_hosts": ["127.0.0.1", "ca.example"]}
    with served(tmp_path, tls_proxy="127.0.0.1", **settings) as police:
        forwarded = {
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Host": "ca.example",
            "X-Forwarded-For": "192.0.2.7",
        }
        token = police.office.bearer("leader")
        assert police.ask("GET", "/api/cases/1", headers=token).status == 403
        assert police.ask("GET", "/api/cases/1", headers={**token, **forwarded}).status == 200
        form = {"fields": FORM, "encode_multipart": False}
        answer = police.ask("POST", "/sign-in", headers={**forwarded, "Origin": "https://ca.example"}, **form)
        assert answer.status == 303
        assert answer.headers["Set-Cookie"].startswith("__Host-phoihop_police=")


# Stopping


def test_stopping_lets_what_is_under_way_finish(police: Served) -> None:
    app = police.office.app
    with ThreadPoolExecutor(2) as pool:
        answer = pool.submit(police.ask, "GET", "/api/slow")
        assert app.extensions["entered"].acquire(timeout=10)
        stopping = pool.submit(police.server.stop, 15)
        assert eventually(lambda: refuses(police.server.port))
        assert not stopping.done()
        app.extensions["leave"].set()
        assert answer.result(20).data == LONG.encode()
        stopping.result(20)


def test_stopping_waits_for_a_slow_reader_to_have_all(police: Served) -> None:
    app = police.office.app
    app.extensions["leave"].set()
    with socket.create_connection(("127.0.0.1", police.server.port), timeout=20) as reader:
        reader.sendall(b"GET /api/slow HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        assert app.extensions["entered"].acquire(timeout=10)
        with ThreadPoolExecutor(2) as pool:
            stops = [pool.submit(police.server.stop, 15) for _ in range(2)]
            assert eventually(lambda: refuses(police.server.port))
            assert not any(stop.done() for stop in stops)
            got = bytearray()
            while part := reader.recv(1 << 16):
                got += part
            assert got.endswith(LONG.encode())
            for stop in stops:
                stop.result(20)


def test_a_request_that_outlasts_the_grace_is_cut(police: Served) -> None:
    app = police.office.app
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(police.ask, "GET", "/api/slow")
        assert app.extensions["entered"].acquire(timeout=10)
        began = time.monotonic()
        police.server.stop(grace=0.3)
        assert time.monotonic() - began < 10
        with pytest.raises(urllib3.exceptions.HTTPError):
            answer.result(20)
        app.extensions["leave"].set()


def test_a_stopped_server_frees_its_port_and_may_be_stopped_again(tmp_path: Path) -> None:
    with served(tmp_path) as police:
        assert police.ask("GET", "/health").status == 200
        police.server.stop()
        police.server.stop()
        again = Server(police.office.app, port=police.server.port)
        again.stop()
        again.run()  # comes back at once
        assert refuses(police.server.port)


def test_long_polls_leave_room_up_to_the_number_of_threads(tmp_path: Path) -> None:
    with served(tmp_path, threads=4) as police:
        app = police.office.app
        with ThreadPoolExecutor(3) as pool:
            polls = [pool.submit(police.ask, "GET", "/api/slow") for _ in range(3)]
            for _ in polls:
                assert app.extensions["entered"].acquire(timeout=10)
            assert police.ask("GET", "/health").status == 200
            app.extensions["leave"].set()
            assert [poll.result(20).status for poll in polls] == [200, 200, 200]


# Processes of one service share their users


def guess(path: Path, tries: int, answers: "multiprocessing.Queue[str]") -> None:
    users = Users(path, method=FAST)
    for _ in range(tries):
        try:
            users.sign_in("leader", "sai mật khẩu", NOON)
        except (WrongCredentials, TooManyAttempts) as refusal:
            answers.put(refusal.code)
    users.close()


def test_guessing_through_several_processes_gains_nothing(tmp_path: Path) -> None:
    with opened(tmp_path):
        spawn = multiprocessing.get_context("spawn")
        answers: multiprocessing.Queue[str] = spawn.Queue()
        guessers = [
            spawn.Process(target=guess, args=(tmp_path / "users.sqlite", 20, answers)) for _ in range(2)
        ]
        with ExitStack() as clean:
            for guesser in guessers:
                guesser.start()
                clean.callback(guesser.close)
            said = [answers.get(timeout=30) for _ in range(40)]
            for guesser in guessers:
                guesser.join(30)
        answers.close()
    # One more may slip through per process that was hashing when the fifth failure was counted.
    assert 5 <= said.count("wrong_credentials") <= 6
    assert said.count("too_many_attempts") == 40 - said.count("wrong_credentials")


def test_a_password_hashed_at_the_real_cost_signs_in(tmp_path: Path) -> None:
    users = Users(tmp_path / "users.sqlite")
    users.add("lan", PASSWORD, name="Lan", title="Cán bộ", office="ca-hoadong", role=Role.OFFICER)
    assert users.user_of(users.sign_in("lan", PASSWORD, NOON), NOON) is not None
    users.close()


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:  # the door was being closed just then
        return False
    return False


def eventually(holds: Callable[[], bool], seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.02)
    return False
