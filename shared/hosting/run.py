"""Running a service: web and worker in one process, until it is told to end.

A worker that dies ends the process: whoever supervises it starts it again, and nothing was half-recorded.
"""

import logging
import signal
import sys
from pathlib import Path
from threading import Event, Thread
from typing import Literal

from shared.hosting.config import load_config
from shared.hosting.host import open_host
from shared.hosting.web import build_app
from shared.hosting.worker import Worker
from shared.web.serving import Server

logger = logging.getLogger(__name__)

Part = Literal["all", "web", "worker"]


def run(folder: Path, part: Part = "all") -> int:
    """Serve until SIGTERM or SIGINT; returns the process's exit status. Raises ValueError, OSError."""
    # The client library reports each lost connection of each channel; the lines say what is wrong, once.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    ending = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    host = open_host(folder, load_config(folder))
    worker = Worker(host) if part != "web" else None
    server = None
    if part != "worker":
        server = Server(build_app(host), host.config.host, host.config.port, tls_proxy=host.config.tls_proxy)
        Thread(target=server.run, name="web", daemon=True).start()
    if worker:
        worker.start()
    # In one process, who records wakes who waits by himself.
    listener = host.listener() if part != "all" else None
    if listener:
        listener.start()
    logger.info("%s serves %s:%s", host.config.agency, host.config.host, server.port if server else "-")
    while not ending.wait(1.0) and (worker is None or worker.is_alive()):
        pass
    died = worker is not None and not ending.is_set()
    host.service.log.closing.set()  # Long polls answer now; what is under way is finished.
    if server:
        server.stop()
    if worker:
        worker.stop()
    if listener:
        listener.stop()
    host.close()
    return 1 if died else 0


def main() -> None:
    """`python -m shared.hosting.run FOLDER [PART]`: what a supervisor starts."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    part = sys.argv[2] if len(sys.argv) > 2 else "all"
    sys.exit(run(Path(sys.argv[1]), part))  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
