"""Several services on one machine: started, watched, started again, ended together."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import urllib3

from shared.agreement.parties import Agency
from shared.hosting.config import load_config

START_SECONDS = 60.0
STOP_SECONDS = 20.0
MOST_RESTARTS = 20


class DidNotStart(Exception):
    """A service did not come up; the message names its log file."""


@dataclass
class ServiceProcess:
    """One service as a child process, its output in `service.log` in its folder."""

    agency: Agency
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    restarts: int = field(default=0)

    @property
    def url(self) -> str:
        config = load_config(self.folder)
        return f"http://{config.host}:{config.port}"

    @property
    def log_file(self) -> Path:
        return self.folder / "service.log"

    def start(self) -> None:
        with self.log_file.open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", "shared.hosting.run", str(self.folder)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # An interrupt at the keyboard is for the parent, which then ends its children in order.
                start_new_session=True,
            )

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def wait_until_up(self) -> None:
        """Raises DidNotStart."""
        pool = urllib3.PoolManager(retries=False)
        ends = time.monotonic() + START_SECONDS
        while time.monotonic() < ends and self.running():
            try:
                if pool.request("GET", f"{self.url}/health", timeout=1.0).status == 200:
                    return
            except urllib3.exceptions.HTTPError:
                time.sleep(0.05)
        raise DidNotStart(f"{self.agency} did not come up; see {self.log_file}")

    def wait_a_little(self, seconds: float) -> None:
        """Return when the process ends, or after `seconds`."""
        if self.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)

    def kill(self) -> None:
        """At once, as a power cut would (SIGKILL)."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.running():
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()


class Together:
    """The three services of one data folder, as a context: up on entry, down on exit."""

    def __init__(self, data: Path, agencies: Iterable[Agency] = Agency) -> None:
        self.services = {agency: ServiceProcess(agency, data / agency) for agency in agencies}

    def __enter__(self) -> "Together":
        try:
            for service in self.services.values():
                service.start()
            for service in self.services.values():
                service.wait_until_up()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        for service in self.services.values():
            service.stop()

    def watch(self) -> None:
        """Start again what ended by itself. Raises DidNotStart when that happens too often."""
        for service in self.services.values():
            if service.running():
                continue
            service.restarts += 1
            if service.restarts > MOST_RESTARTS:
                raise DidNotStart(f"{service.agency} keeps ending; see {service.log_file}")
            service.start()
            with contextlib.suppress(
                DidNotStart
            ):  # It ended while it started: the next look starts it again.
                service.wait_until_up()
