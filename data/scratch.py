"""Folders for files in passing, such as an upload while it is looked at; none is left for good.

Each process has one folder in the system's place for such files and holds its lock. What is in it
goes when it is done with; the folder of a process that was killed is removed when the next one
begins.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from pathlib import Path

from data import versions

PREFIX = "vocational-plan-"


def home() -> Path:
    """This process's folder, made when there is none yet; those whose process is gone are removed.

    Raises OSError.
    """
    with _lock:
        # Whoever tidies up the system's folder may have taken it.
        if not _held or not _held[-1][0].exists():
            _held.append(_made())
        return _held[-1][0]


def _made() -> tuple[Path, object, object]:
    remove_leftovers()
    while True:
        made = tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True)
        found = Path(made.name)
        hold = versions.folder_lock(found)
        # Another process may just have taken it for a left over one.
        if hold.__enter__() and found.exists():
            return found, made, hold
        hold.__exit__(None, None, None)


# The folder, and what keeps it and its lock for as long as the process lives.
_held: list[tuple[Path, object, object]] = []
_lock = threading.Lock()


def folder(prefix: str) -> tempfile.TemporaryDirectory[str]:
    """A folder that goes with the object, or with the process."""
    return tempfile.TemporaryDirectory(prefix=prefix, dir=home(), ignore_cleanup_errors=True)


def remove_leftovers() -> None:
    """Remove the folders of processes that are gone; other people's are left alone."""
    if sys.platform == "win32":
        # Nothing tells there whether a folder is held.
        return
    for each in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            ours = each.lstat().st_uid == os.geteuid() and not each.is_symlink() and each.is_dir()
        except FileNotFoundError:
            continue
        if not ours:
            continue
        with versions.folder_lock(each) as free:
            if free:
                versions.remove(each)
