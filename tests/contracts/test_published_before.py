"""The language is held against what was published before: on disk, committed, and released."""

import subprocess
from pathlib import Path

from shared.contracts.base import Registry
from shared.contracts.compatibility import breaks
from shared.contracts.export import export, schemas
from shared.contracts.registry import REGISTRY
from tests.contracts.history import bases, committed, on_disk
from tests.contracts.language import ROOT
from tests.contracts.made_up import MOVED, told

ADVICE = "an event is never changed in place: docs/contracts/adding-an-event.md, “Changing an event”"


def test_the_language_is_compatible_with_the_files_in_docs() -> None:
    assert on_disk(ROOT), "run: phoihop contracts export"
    assert breaks(on_disk(ROOT), schemas()) == [], ADVICE


def test_the_language_is_compatible_with_what_is_committed() -> None:
    """Where git has no history of a file, its event is new and cannot be broken."""
    for revision in bases(ROOT):
        assert breaks(committed(ROOT, revision), schemas()) == [], f"since {revision}: {ADVICE}"


def test_regenerating_the_files_does_not_hide_a_break(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        who = ("-c", "user.name=T", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True, timeout=30)

    assert bases(tmp_path) == []
    git("init", "--quiet")
    assert bases(tmp_path) == []
    git("commit", "--allow-empty", "--quiet", "-m", "before there was a language")
    assert committed(tmp_path, "HEAD") == {}
    export(tmp_path / "docs" / "contracts", Registry(MOVED))
    git("add", ".")
    git("commit", "--quiet", "-m", "the language")
    assert committed(tmp_path, "HEAD") == schemas(Registry(MOVED)) == on_disk(tmp_path)

    after = Registry(told("person_id", "commune"))
    export(tmp_path / "docs" / "contracts", after)
    assert breaks(on_disk(tmp_path), schemas(after)) == []
    assert breaks(committed(tmp_path, "HEAD"), schemas(after)) != []

    git("commit", "--all", "--quiet", "-m", "a break that was committed")
    assert bases(tmp_path) == ["HEAD", "HEAD^1"]
    assert breaks(committed(tmp_path, "HEAD"), schemas(after)) == []
    assert breaks(committed(tmp_path, "HEAD^1"), schemas(after)) != []

    git("tag", "v1", "HEAD^1")
    git("commit", "--allow-empty", "--quiet", "-m", "and something after it")
    assert bases(tmp_path) == ["HEAD", "HEAD^1", "v1"]
    assert breaks(committed(tmp_path, "v1"), schemas(after)) != []


def test_every_published_event_is_looked_at() -> None:
    assert {path.rpartition("/")[0] for path in schemas()} - {""} == {
        f"{contract.publisher}/{contract.name}.v{contract.version}" for contract in REGISTRY.by_type.values()
    }
