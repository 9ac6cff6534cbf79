"""`python -m infra.kafka fetch` gets the jars; `… run FOLDER [--secure]` runs a broker until Ctrl-C."""

import argparse
import signal
import sys
from pathlib import Path
from threading import Event

from infra.kafka.broker import ADMIN, Broker
from infra.kafka.libraries import Missing, libraries


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.kafka", description=__doc__)
    acts = parser.add_subparsers(dest="act", required=True)
    acts.add_parser("fetch", help="fetch the broker's jars")
    run = acts.add_parser("run", help="run a new broker")
    run.add_argument("folder", type=Path, help="for its data, log and certificates; must not exist yet")
    run.add_argument("--secure", action="store_true", help="TLS, SCRAM and ACLs")
    chosen = parser.parse_args()
    try:
        if chosen.act == "fetch":
            print(libraries())  # noqa: T201
        else:
            _run(chosen.folder, secure=chosen.secure)
    except Missing as missing:
        sys.exit(str(missing))


def _run(folder: Path, *, secure: bool) -> None:
    if folder.exists():
        sys.exit(f"{folder} exists; a broker run this way begins with nothing")
    ending = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.set())
    broker = Broker(folder, secure=secure)
    broker.start()
    try:
        print(f"bootstrap {broker.bootstrap}", flush=True)  # noqa: T201
        if secure:
            print(f"ca {broker.ca_file}\nuser {ADMIN}\npassword {broker.admin_password}", flush=True)  # noqa: T201
        ending.wait()
    finally:
        broker.stop()


if __name__ == "__main__":
    main()
