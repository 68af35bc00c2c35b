"""Which data versions stay: pinning them, and removing what nobody needs any more.

Never removed are the version in use, the one that stands in for it when it is damaged, the pinned
ones, and those that institutions' workbooks still to be merged are compared with; of the others the
newest n stay. Nothing is ever removed unasked.

Files go one by one, the oldest first, with the warehouse's lock held and after the log has said so:
cut off at any moment, what is left is a whole warehouse. A session that still looks at a version
that went is told so and goes on with the current one (``pages.parts.front``).
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from data import notes, rounds, versions

CURRENT, STAND_IN, PINNED, NEWEST = "当前版本", "代替损坏的当前版本", "已固定", "最近的版本"


class Unprunable(Exception):  # noqa: N818
    """It cannot be told what is needed, so nothing was removed; the message says why."""


@dataclass(frozen=True)
class Gone:
    """A version that goes. scenarios: the names of those that were worked out on it; they are
    worked out anew on the data in use wherever they are opened."""

    id: str
    bytes: int
    scenarios: tuple[str, ...] = ()


@dataclass(frozen=True)
class Selection:
    """What a pruning removes and what stays. going: newest first; staying: id -> why."""

    keep: int
    going: tuple[Gone, ...]
    staying: dict[str, str]

    @property
    def bytes(self) -> int:
        """What it frees."""
        return sum(each.bytes for each in self.going)


@dataclass(frozen=True)
class Pruned:
    """What a pruning did. left: id -> why it could not be removed."""

    removed: tuple[Gone, ...]
    left: dict[str, str] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """What it freed."""
        return sum(each.bytes for each in self.removed)


def choose(ids: Sequence[str], keep: int, needed: Collection[str]) -> list[str]:
    """Which of the ids go when, beside the needed ones, only the newest ``keep`` stay; newest
    first."""
    if keep < 0:
        raise ValueError(f"cannot keep {keep}")
    return sorted(set(ids) - set(needed), reverse=True)[keep:]


def preview(keep: int) -> Selection:
    """What ``prune`` would do now. Raises Unprunable, data.notes.Unavailable."""
    needed = _needed()
    paths = {path.stem: path for path in versions.files()}
    going = choose(list(paths), keep, needed)
    by_version: dict[str, list[str]] = {}
    for each in notes.scenarios():
        by_version.setdefault(each.version_id, []).append(each.name)
    return Selection(
        keep,
        tuple(
            Gone(name, paths[name].stat().st_size, tuple(by_version.get(name, ())))
            for name in going
        ),
        {name: needed.get(name, NEWEST) for name in paths if name not in going},
    )


def _needed() -> dict[str, str]:
    """Id -> why it must stay, of the versions that are never removed."""
    try:
        current = versions.current()
    except (versions.NoVersion, versions.DamagedVersion, versions.OldSchema) as error:
        raise Unprunable(f"没有可用的当前版本，没有清理：{error}") from error
    found = {name: f"填报“{title}”以它为底" for name, title in rounds.awaited().items()}
    found |= {each.version_id: PINNED for each in notes.marks().values() if each.pinned}
    found[versions.pointed_at() or current.id] = CURRENT
    found[current.id] = STAND_IN if current.notice else CURRENT
    return found


def prune(keep: int, who: str, shown: Collection[str] | None = None) -> Pruned:
    """Remove all but what must stay and the newest ``keep`` others.

    shown: the ids that a person was shown and agreed to; no other is removed. Raises Unprunable,
    data.notes.Unavailable, data.versions.Busy, OSError; then nothing was removed.
    """
    with versions.locked():
        found = preview(keep)
        going = [each for each in found.going if shown is None or each.id in shown]
        if not going:
            return Pruned(())
        detail = {"keep": keep, "bytes": sum(each.bytes for each in going)}
        # Before the first file goes: no removal may be missing from the log.
        notes.record("prune", who, "", detail | {"versions": "、".join(e.id for e in going)})
        removed: list[Gone] = []
        left: dict[str, str] = {}
        folder = versions.warehouse_dir() / versions.FOLDER
        for each in reversed(going):
            try:
                _remove(folder / f"{each.id}.duckdb")
            except OSError as error:
                left[each.id] = f"文件正在使用或没有权限，没有删除：{error.strerror or error}"
            else:
                removed.append(each)
        versions.sync_folder(folder)
    if left:
        with suppress(notes.Unavailable):
            notes.record("prune", who, "", {"reason": "、".join(left)}, refused=True)
    return Pruned(tuple(reversed(removed)), left)


def _remove(path: Path) -> None:
    if sys.platform == "win32":
        # There, a file marked read-only cannot be removed.
        path.chmod(0o644)
    try:
        path.unlink(missing_ok=True)
    except OSError:
        path.chmod(0o444)
        raise


def noted(version: versions.Version, mark: notes.Mark | None) -> str:
    """The note of a version: what was said of it last."""
    return version.meta.get("note", "") if mark is None or mark.note is None else mark.note


def pin(name: str, who: str, *, pinned: bool = True) -> str:
    """Pin a version, or let go of it, by its id or an unambiguous beginning of it; its id.

    Raises data.versions.NoVersion, data.versions.Busy, data.notes.Unavailable.
    """
    with versions.locked():
        found = versions.find(name).stem
        notes.pin_version(found, who, pinned=pinned)
    return found


def note(name: str, text: str, who: str) -> str:
    """Note something on a version, in the place of what it was loaded with; its id.

    Raises as ``pin``, and data.notes.Refused for what is too long.
    """
    with versions.locked():
        found = versions.find(name).stem
        notes.note_version(found, text, who)
    return found
