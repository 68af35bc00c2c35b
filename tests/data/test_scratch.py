"""Files in passing go with what they are for, with the process, or with the next one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from data import scratch

ROOT = Path(__file__).parents[2]
HOLDING = """
import sys
from data import scratch
kept = scratch.folder("upload-")
print(kept.name, flush=True)
sys.stdin.read()
"""


def hold(temporary: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLDING],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(temporary)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def where(process: subprocess.Popen[str]) -> Path:
    assert process.stdout is not None
    return Path(process.stdout.readline().strip())


@pytest.mark.skipif(sys.platform == "win32", reason="locks of folders")
def test_what_a_killed_process_left_goes_with_the_next(tmp_path: Path) -> None:
    foreign = tmp_path / f"{scratch.PREFIX}link"
    (tmp_path / "theirs").mkdir()
    foreign.symlink_to(tmp_path / "theirs", target_is_directory=True)
    with hold(tmp_path) as lives, hold(tmp_path) as dies:
        living, dead = where(lives), where(dies)
        dies.send_signal(signal.SIGKILL)
        dies.wait()
        assert dead.is_dir()
        with hold(tmp_path) as third:
            assert where(third).is_dir()
            assert not dead.parent.exists()
            assert living.is_dir()
            third.communicate()
        lives.communicate()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([foreign.name, "theirs"])
