"""What a leader reads first: the verdict, the counts, the worst, who is responsible, what changed.

Pure functions on the Results of ``queries.evaluate``, so that the screen, the slides and the
exports say the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from queries import status
from queries.evaluate import Result
from queries.status import WORDS, number


@dataclass(frozen=True)
class Change:
    """An indicator whose status differs between two sets of results."""

    after: Result
    before: Result

    @property
    def improved(self) -> bool | None:
        """Whether it is 好转 (True) or 下滑 (False); None where the two do not compare."""
        old = status.RANK.get(self.before.status)
        new = status.RANK.get(self.after.status)
        if old is None or new is None or old == new:
            return None
        return new > old


def counts(results: Sequence[Result]) -> dict[str, int]:
    """Number of indicators per status, statuses in screen order, only those that occur."""
    found = Counter(each.status for each in results)
    return {name: found[name] for name in WORDS if found[name]}


def _tally(results: Sequence[Result], statuses: Sequence[str]) -> int:
    return sum(each.status in statuses for each in results)


@dataclass(frozen=True)
class Sentence:
    """The verdict in pieces: ``alarm`` stands out, and is empty when nothing is behind."""

    before: str
    alarm: str
    after: str

    @property
    def text(self) -> str:
        return f"{self.before}{self.alarm}{self.after}"


def verdict(results: Sequence[Result], as_of: date, deadline: date, part: str = "") -> Sentence:
    """One sentence on all indicators; under filters (``part`` in words) it names no status."""
    total = len(results)
    if part:
        return _contribution(results, part)
    reached, behind = _tally(results, status.REACHED), _tally(results, status.BEHIND)
    if as_of >= deadline:
        late = _tally(results, (status.ACHIEVED_LATE,))
        nearly = _tally(results, (status.NEARLY_ACHIEVED,))
        parts = [f"按期达成 {reached - late - nearly} 项"]
        parts += [f"基本达成 {nearly} 项"] if nearly else []
        parts += [f"逾期达成 {late} 项"] if late else []
        parts += _others(results, (status.ACCEPTED, status.MONITORED, status.NO_DATA))
        alarm = f"未达成 {behind} 项" if behind else ""
        joined = f"收官评估：{total} 项指标中{'、'.join(parts)}"
        return Sentence(joined + ("，" if alarm else ""), alarm, "")
    on_course = _tally(results, status.ON_COURSE)
    parts = [f"{reached} 项已达成或基本达成", f"{on_course} 项按序推进"]
    parts += _others(results, (status.NO_DATA,))
    left = (deadline - as_of).days
    joined = f"{total} 项指标中 {'、'.join(parts)}，"
    if behind:
        return Sentence(joined, f"{behind} 项滞后", f"，距收官 {left} 天")
    return Sentence(joined + "没有滞后", "", f"，距收官 {left} 天")


def _contribution(results: Sequence[Result], part: str) -> Sentence:
    """A part of the city contributes; only where 目标分解 gives it targets is it assessed."""
    whole = f"{part}对 {len(results)} 项指标的贡献"
    assessed = [each for each in results if each.status != status.NOT_ASSESSED]
    if not assessed:
        return Sentence(f"{whole}（不评定状态）", "", "")
    behind = _tally(assessed, status.BEHIND)
    start = f"{whole}：{len(assessed)} 项有分解目标，其中"
    return (
        Sentence(start, f"{behind} 项滞后", "") if behind else Sentence(start + "没有滞后", "", "")
    )


def _others(results: Sequence[Result], statuses: Sequence[str]) -> list[str]:
    found = ((_tally(results, (name,)), WORDS[name]) for name in statuses)
    return [f"{word} {n} 项" for n, word in found if n]


def worst(results: Sequence[Result], most: int = 5) -> list[Result]:
    """The indicators furthest behind: missed and far behind before lagging, then by pace.

    After the deadline, and where there is no pace, progress decides.
    """
    behind = [each for each in results if each.status in status.BEHIND]

    def order(each: Result) -> tuple[int, float]:
        pace = each.pace if each.pace is not None else each.progress
        return status.RANK[each.status], 0.0 if pace is None else pace

    return sorted(behind, key=order)[:most]


def reached_on(result: Result) -> date | None:
    """The day on which the forecast line meets the target; None when it never does.

    The line starts from the forecast at the deadline, so that it agrees with the drawn one.
    """
    if result.target is None or result.band is None or result.band.slope <= 0:
        return None
    if result.band.value >= result.target:
        return None
    days = (result.target - result.band.value) / result.band.slope
    if days > 365 * 30:
        return None
    return result.indicator.deadline + timedelta(days=int(-(-days // 1)))


def reason(result: Result, deadline: date) -> str:
    """Why an indicator is behind, in one line: the gap and the way it heads."""
    unit = points(result.indicator.unit)
    parts = [f"尚差 {number(result.gap, unit)}"]
    if result.as_of >= deadline:
        return f"{parts[0]}；期限时 {number(result.at_deadline, result.indicator.unit)}"
    if result.forecast is not None and result.target is not None:
        if result.forecast >= result.target:
            parts.append("按当前进度可在期限前达到")
        else:
            met = reached_on(result)
            parts.append(
                f"按当前进度 {met.year} 年 {met.month} 月达到"
                if met is not None
                else "按当前进度无法达到"
            )
    return "，".join(parts)


def points(unit: str) -> str:
    """Differences of percentages are percentage points."""
    return "个百分点" if unit == "%" else unit


def departments(results: Sequence[Result]) -> list[tuple[str, dict[str, int]]]:
    """(department, number of its indicators per status) in the order of first mention."""
    found: dict[str, Counter[str]] = {}
    for each in results:
        for name in each.indicator.departments:
            found.setdefault(name, Counter())[each.status] += 1
    return [(name, {s: tally[s] for s in WORDS if tally[s]}) for name, tally in found.items()]


def changes(before: Sequence[Result], after: Sequence[Result]) -> list[Change]:
    """The indicators whose status differs, in the order of ``after``."""
    old = {each.id: each for each in before}
    return [
        Change(each, old[each.id])
        for each in after
        if each.id in old and old[each.id].status != each.status
    ]


def moved(found: Sequence[Change]) -> str:
    """How many of the changes are for the better and for the worse, in words."""
    better = sum(each.improved is True for each in found)
    worse = sum(each.improved is False for each in found)
    return f"{better} 项好转、{worse} 项下滑"


def gap_words(result: Result) -> str:
    """尚差 in words, as a title states it."""
    name, unit = result.indicator.name, result.indicator.unit
    if result.actual is None:
        return f"{name}：无数据"
    if result.status == status.NOT_ASSESSED:
        return f"{name}：{number(result.actual, unit)}"
    if result.target is None:
        return f"{name}现为 {number(result.actual, unit)}（监测，无数字目标）"
    if not result.gap:
        return f"{name}已达到目标值 {number(result.target, unit)}"
    return f"{name}距目标值还差 {number(result.gap, points(unit))}"
