"""The published language as git has it, so that regenerating the files does not hide a break."""

import io
import json
import subprocess
import tarfile
from pathlib import Path

from shared.contracts.jsonschema import Json

FOLDER = "docs/contracts"


def bases(root: Path) -> list[str]:
    """The revisions that a change is held against.

    HEAD, for what is not committed yet; the commit before it, for a check of what was just committed or
    merged; the newest release. None where the checkout has no git history.
    """
    if not (root / ".git").exists() or _git(root, "rev-parse", "--verify", "--quiet", "HEAD") is None:
        return []
    found = ["HEAD"]
    if _git(root, "rev-parse", "--verify", "--quiet", "HEAD^1") is not None:
        found.append("HEAD^1")
    release = _git(root, "describe", "--tags", "--abbrev=0")
    return found if release is None else [*found, release.decode().strip()]


def committed(root: Path, revision: str) -> dict[str, Json]:
    """Path → JSON Schema at a revision; nothing where that revision had no published language.

    Raises subprocess.CalledProcessError when git cannot read the revision.
    """
    there = _git(root, "ls-tree", "-r", "--name-only", revision, "--", FOLDER, check=True)
    if not there:
        return {}
    archive = _git(root, "archive", "--format=tar", revision, FOLDER, check=True) or b""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return read({member.name: tar.extractfile(member).read() for member in tar if member.isfile()})  # type: ignore[union-attr]


def on_disk(root: Path) -> dict[str, Json]:
    return read(
        {path.relative_to(root).as_posix(): path.read_bytes() for path in (root / FOLDER).rglob("*.json")}
    )


def read(files: dict[str, bytes]) -> dict[str, Json]:
    """The JSON Schemas among the files of an export."""
    return {
        name.removeprefix(f"{FOLDER}/"): json.loads(content)
        for name, content in files.items()
        if name.endswith(".json") and not name.endswith(".asyncapi.json")
    }


def _git(root: Path, *arguments: str, check: bool = False) -> bytes | None:
    """What git answers; None when it says no."""
    answer = subprocess.run(["git", *arguments], cwd=root, capture_output=True, timeout=30, check=check)
    return answer.stdout if answer.returncode == 0 else None
