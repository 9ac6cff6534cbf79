"""One Kafka node as a child process: started, paused, killed, started again on the same data and ports."""

import contextlib
import secrets
import signal
import socket
import subprocess
import time
import uuid
from pathlib import Path
from string import Template

from infra.kafka.certificates import Authority
from infra.kafka.libraries import HERE, java, libraries

START_SECONDS = 90.0
STOP_SECONDS = 30.0
ADMIN = "admin"
HEAP = ("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_STARTED = "Kafka Server started"


class DidNotStart(RuntimeError):
    """The broker did not come up; the message has the end of its log."""


class Broker:
    """A broker on free loopback ports, its data, log and (secure) certificates below `folder`.

    `secure`: TLS, SCRAM and ACLs; otherwise plaintext. Raises Missing where Java or Maven is not installed.
    """

    def __init__(self, folder: Path, *, secure: bool = False) -> None:
        self.folder = folder
        self.secure = secure
        self.admin_password = secrets.token_urlsafe(24)
        self.port, self.internal_port, self.controller_port = free_ports(3)
        self.log_file = folder / "broker.log"
        self._java = [java(), *HEAP, f"-Dlog4j2.configurationFile={HERE / 'log4j2.properties'}"]
        self._java += ["-cp", f"{libraries()}/*"]
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if secure:
            self.authority = Authority(folder / "certificates")
            self.authority.issue("broker")
            self.authority.issue("clients")
        self._format()

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def ca_file(self) -> Path | None:
        return self.authority.certificate_file if self.secure else None

    def start(self) -> None:
        """Raises DidNotStart."""
        before = self.log_file.stat().st_size
        with self.log_file.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - Kafka, with our own settings
                [*self._java, "kafka.Kafka", str(self._settings)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._wait_until_started(before)

    def stop(self) -> None:
        """In order; kills it where that takes too long."""
        if self._process is not None:
            self.resume()
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
            self.kill()

    def kill(self) -> None:
        """At once (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Stands still with its connections open, as a machine without memory would."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    @property
    def _settings(self) -> Path:
        return self.folder / "server.properties"

    def _format(self) -> None:
        """Write the settings and make the data folder. Raises DidNotStart."""
        profile = HERE / ("secure.properties" if self.secure else "plain.properties")
        text = profile.read_text(encoding="utf-8") + (HERE / "common.properties").read_text(encoding="utf-8")
        values = {
            "port": self.port,
            "internal_port": self.internal_port,
            "controller_port": self.controller_port,
            "certificates": self.folder / "certificates",
            "data": self.folder / "data",
        }
        self._settings.write_text(Template(text).substitute(values), encoding="utf-8")
        scram = f"SCRAM-SHA-512=[name={ADMIN},password={self.admin_password}]"
        command = [*self._java, "kafka.tools.StorageTool", "format", "--config", str(self._settings)]
        command += ["--cluster-id", uuid.uuid4().hex[:22]]
        command += ["--add-scram", scram] if self.secure else []
        done = subprocess.run(command, capture_output=True, timeout=START_SECONDS, check=False)  # noqa: S603
        self.log_file.write_bytes(done.stdout + done.stderr)
        if done.returncode != 0:
            raise DidNotStart(self._last_words())

    def _wait_until_started(self, before: int) -> None:
        ends = time.monotonic() + START_SECONDS
        while time.monotonic() < ends and self._process is not None and self._process.poll() is None:
            with self.log_file.open("rb") as log:
                log.seek(before)
                if _STARTED.encode() in log.read():
                    return
            time.sleep(0.05)
        self.kill()
        raise DidNotStart(self._last_words())

    def _last_words(self) -> str:
        tail = self.log_file.read_text(encoding="utf-8", errors="replace")[-2000:]
        return f"the broker did not come up; the end of {self.log_file}:\n{tail}"


def free_ports(number: int) -> list[int]:
    """Ports of the loopback interface that nobody listens on now."""
    with contextlib.ExitStack() as opened:
        sockets = [opened.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
