"""The benchmark runs. How fast anything is, no test says."""

import subprocess
import sys
from pathlib import Path

from tests.bench.__main__ import ROWS


def test_a_quick_benchmark_writes_its_table(tmp_path: Path) -> None:
    kept = tmp_path / "evidence" / "bench.md"
    command = [sys.executable, "-m", "tests.bench", "--quick", "--out", str(kept)]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=200)
    assert ran.returncode == 0, ran.stderr
    text = kept.read_text(encoding="utf-8")
    assert text.strip() == ran.stdout.strip()
    for row in ROWS:
        assert f"| {row.work} | {row.beside} | 2 | **" in text
    assert "synchronous=FULL" in text
    _, _, memory = text.partition("Resident memory")
    assert memory.count("imported") == memory.count("rebuilt") == 1
