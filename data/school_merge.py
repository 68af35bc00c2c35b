"""Puts what institutions returned into the current data, as one version (一校一表).

``prepare`` checks the returned workbooks anew against the data as it is now, puts their rows in the
place of the institutions' own, and tries the whole out as an upload is; ``data.trial.adopt`` makes
it the current version. Nothing is changed here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from data import export, rounds, versions
from data.amend import amend
from data.rounds import Return, Round, Standing
from data.school_books import City, Conflict, Merged, city, conflicts, merge
from data.school_returns import Asked, Returned, check_files
from data.trial import DATABASE, Outcome
from data.workbook import Problem, Progress

# Of the whole, checking the workbooks one by one.
CHECKING_SHARE = 0.6
_ROW = re.compile(r"第 (\d+) 行")


@dataclass(frozen=True)
class Prepared:
    """What came of it. outcome: of the whole; merged: the returns in it; refused: those that do not
    go with the data as it is now, each with why; conflicts: what was changed in the data since the
    workbooks were sent out and would be changed back; unknown: institutions for which the version
    they were sent is no longer there, so that this cannot be told; database: what was tried
    out, when the outcome has rows."""

    outcome: Outcome
    merged: tuple[Return, ...] = ()
    refused: tuple[tuple[Return, tuple[Problem, ...]], ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    unknown: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    database: Path = Path()


def prepare(
    found: Round, ready: Sequence[Standing], current: Path, folder: Path, note: Progress
) -> Prepared:
    """Try out the merge of some institutions' latest returns, in ``folder`` alone.

    Raises data.trial.Overrun, data.versions' DamagedVersion or OldSchema, OSError.
    """
    now = city(export.frames(current))
    sent = {each.institution: each.last for each in ready if each.last is not None}
    checked = _checked(found, sent, current, folder, lambda s, w: note(s * CHECKING_SHARE, w))
    refused = {
        code: each.problems or (_whole(each.refused),)
        for code, each in checked.items()
        if each.problems or each.refused
    }
    good = {code: each for code, each in checked.items() if code not in refused}
    for turn in count():
        # What was tried before lies in the way of what is tried next.
        place = folder / f"merge-{turn}"
        place.mkdir()
        merged = merge(now, {code: each.rows for code, each in good.items()})
        outcome = Outcome()
        if merged.frames:
            outcome = amend(
                current,
                merged.frames,
                place,
                f"一校一表：{found.name}",
                lambda s, w: note(CHECKING_SHARE + s * (1 - CHECKING_SHARE), w),
            )
        blamed = _blamed(outcome.problems, merged, good, now)
        if not blamed:
            break
        # Two that are good by themselves may still not go together.
        refused |= blamed
        good = {code: each for code, each in good.items() if code not in blamed}
    bases = {each.institution: each.before for each in ready if each.institution in good}
    met, unknown = _conflicts(now, good, bases)
    told = [_told(each, merged, good, now) for each in outcome.warnings]
    return Prepared(
        replace(outcome, warnings=told),
        tuple(sent[code] for code in good),
        tuple((sent[code], problems) for code, problems in refused.items()),
        tuple(met),
        tuple(unknown),
        now.names,
        place / DATABASE,
    )


def _checked(
    found: Round, sent: Mapping[str, Return], current: Path, folder: Path, note: Progress
) -> dict[str, Returned]:
    """Institution's code -> its workbook, checked against the data as it is now."""
    asked = Asked(found.id, found.name, found.base_version, found.asked)
    files = [(each.file, rounds.kept_file(found.id, each.sha256)) for each in sent.values()]
    results = check_files(files, asked, current, folder, note)
    return {code: _of(code, each) for code, each in zip(sent, results, strict=True)}


def _of(code: str, found: Returned) -> Returned:
    """A workbook that is still the institution's it was taken in for: the file may be damaged."""
    if found.refused or found.institution == code:
        return found
    return replace(found, refused="保存的文件已不是本校的填报表，请重新返回")


def _whole(words: str) -> Problem:
    return Problem("", 0, 0, "", "", words)


def _source(problem: Problem, merged: Merged) -> tuple[str, int] | None:
    """The institution and row of its workbook that a row of the merged data comes from."""
    places = merged.sources.get(problem.sheet, [])
    place = problem.row - 2
    return places[place] if 0 <= place < len(places) else None


def _in_workbook(problem: Problem, number: int, found: Returned) -> Problem:
    """A problem of a merged row as one of the workbook's."""
    column = found.columns.get(problem.sheet, {}).get(problem.header, problem.column)
    return replace(problem, row=number, column=column)


def _blamed(
    problems: Sequence[Problem], merged: Merged, good: Mapping[str, Returned], now: City
) -> dict[str, tuple[Problem, ...]]:
    """Institution -> the problems of its rows; empty too when no problem is of a returned row."""
    found: dict[str, list[Problem]] = {}
    for each in problems:
        source = _source(each, merged)
        if source is not None:
            code, number = source
            told = replace(each, expected=_named_rows(each, merged, now))
            found.setdefault(code, []).append(_in_workbook(told, number, good[code]))
    return {code: tuple(mine) for code, mine in found.items()}


def _named_rows(problem: Problem, merged: Merged, now: City) -> str:
    """What is expected, with the merged data's row numbers as rows of the workbooks they are of."""

    def named(found: re.Match[str]) -> str:
        source = _source(replace(problem, row=int(found[1])), merged)
        if source is None:
            return "系统中的一行"
        return f"“{now.name(source[0])}”返回的第 {source[1]} 行"

    return _ROW.sub(named, problem.expected)


def _told(problem: Problem, merged: Merged, good: Mapping[str, Returned], now: City) -> Problem:
    """A warning of the merged data in the words of the workbook that its row came from."""
    source = _source(problem, merged)
    if source is None:
        return problem
    code, number = source
    found = _in_workbook(problem, number, good[code])
    return replace(found, sheet=f"{now.name(code)} {problem.sheet}")


def _conflicts(
    now: City, good: Mapping[str, Returned], bases: Mapping[str, str]
) -> tuple[list[Conflict], list[str]]:
    """What the returned rows would change back, and the institutions of which that is unknown."""
    found: list[Conflict] = []
    unknown: list[str] = []
    for base in sorted(set(bases.values())):
        mine = {code: good[code].rows for code, name in bases.items() if name == base}
        path = versions.warehouse_dir() / versions.FOLDER / f"{base}.duckdb"
        try:
            before = city(export.frames(path))
        except (versions.NoVersion, versions.DamagedVersion, versions.OldSchema):
            unknown += mine
        else:
            found += conflicts(before, now, mine)
    return found, unknown
