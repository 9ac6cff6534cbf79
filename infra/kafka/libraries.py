"""The broker's jars: fetched once by Maven into a cache folder outside the checkout."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from filelock import FileLock

HERE = Path(__file__).parent
INSTALL = "apt-get install --yes openjdk-17-jre-headless maven"
FETCH_SECONDS = 600.0
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"


class Missing(RuntimeError):
    """A program is not installed; the message has the line that installs it."""


def cache() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "phoihop"


def java() -> str:
    """Raises Missing."""
    return _program("java")


def libraries() -> Path:
    """The folder with the jars that pom.xml names. Raises Missing, or RuntimeError when they cannot be had."""
    pom = HERE / "pom.xml"
    folder = cache() / f"kafka-{hashlib.sha256(pom.read_bytes()).hexdigest()[:12]}"
    if folder.exists():
        return folder
    maven = _program("mvn")
    cache().mkdir(parents=True, exist_ok=True)
    with FileLock(cache() / "kafka.lock", timeout=FETCH_SECONDS):
        if not folder.exists():
            _fetch(maven, pom, folder)
    return folder


def _fetch(maven: str, pom: Path, folder: Path) -> None:
    unfinished = folder.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    # Strict checksums: a jar that came damaged must not run.
    command = [maven, "-q", "-B", "-C", "-f", str(pom), _COPY, "-DincludeScope=runtime"]
    done = subprocess.run(  # noqa: S603 - Maven, with our own pom
        [*command, f"-DoutputDirectory={unfinished}"],
        capture_output=True,
        text=True,
        timeout=FETCH_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"Maven could not fetch Kafka's jars:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    unfinished.rename(folder)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Missing(f"{name} is not installed; on Debian 12: {INSTALL}")
    return found
