"""The status of an indicator: an ordered list of rules, the first that holds.

Definitions: indicators.md, "Progress and status at D". Every band and tolerance comes in from the
plan; nothing here knows a number. Pure functions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal

NO_DATA = "no_data"
MONITORED = "monitored"
ACHIEVED = "achieved"
NEARLY_ACHIEVED = "nearly_achieved"
ACHIEVED_LATE = "achieved_late"
ACCEPTED = "accepted"
LAGGING = "lagging"
IN_PROGRESS = "in_progress"
ON_TRACK = "on_track"
FAR_BEHIND = "far_behind"
MISSED = "missed"
NOT_ASSESSED = "not_assessed"

# Screen words, in the order in which counts are shown.
WORDS: dict[str, str] = {
    ACHIEVED: "已达成",
    NEARLY_ACHIEVED: "基本达成",
    ACHIEVED_LATE: "逾期达成",
    ON_TRACK: "进度正常",
    ACCEPTED: "阶段性目标",
    IN_PROGRESS: "推进中",
    LAGGING: "略有滞后",
    FAR_BEHIND: "严重滞后",
    MISSED: "未达成",
    MONITORED: "监测",
    NOT_ASSESSED: "不评定",
    NO_DATA: "无数据",
}
REACHED = (ACHIEVED, NEARLY_ACHIEVED, ACHIEVED_LATE)
ON_COURSE = (ON_TRACK, IN_PROGRESS, ACCEPTED)
BEHIND = (LAGGING, FAR_BEHIND, MISSED)
# How good a status is, for 好转 and 下滑 between two dates; statuses without a rank do not compare.
RANK: dict[str, int] = {
    MISSED: 0,
    FAR_BEHIND: 0,
    LAGGING: 1,
    ACCEPTED: 2,
    IN_PROGRESS: 2,
    ON_TRACK: 3,
    ACHIEVED_LATE: 4,
    NEARLY_ACHIEVED: 5,
    ACHIEVED: 6,
}


@dataclass(frozen=True)
class Interim:
    """An approved interim target (批准调整); in force while approved_on <= day < expires_on."""

    target: float
    approved_on: date
    expires_on: date
    reason: str
    approver: str

    def in_force(self, day: date) -> bool:
        return self.approved_on <= day < self.expires_on


@dataclass(frozen=True)
class Facts:
    """What the rules look at.

    at_stake is v(D): the actual before the deadline, the value at the deadline from it on.
    """

    day: date
    deadline: date
    unit: str
    comparison: str
    method: str
    tolerance: float
    actual: float | None
    at_stake: float | None
    baseline: float | None
    target: float | None
    pace: float | None
    interims: tuple[Interim, ...] = ()
    on_track: float = 1.0
    lagging: float = 1.0

    @property
    def running(self) -> bool:
        return self.day < self.deadline

    @property
    def interim(self) -> Interim | None:
        """The latest approved interim target in force that the value satisfies."""
        if self.at_stake is None:
            return None
        met = [i for i in self.interims if i.in_force(self.day) and self.at_stake >= i.target]
        return max(met, key=lambda i: i.approved_on, default=None)


@dataclass(frozen=True)
class Verdict:
    """A status with the rule that fired and the numbers put into it, in words."""

    status: str
    rule: str
    reason: str

    @property
    def word(self) -> str:
        return WORDS[self.status]


def number(value: float | None, unit: str = "", below: float | None = None) -> str:
    """A number as it stands on a screen: thousands separated, at most one decimal, with its unit.

    A missing value is 无数据, never 0. below: a bound the value must not look as if it reached
    when it has not (69.96 % is not 70.0 %): then it is cut, not rounded, at two decimals.
    """
    if value is None:
        return "无数据"
    if below is not None and value < below <= round(value, 1):
        cut = Decimal(repr(float(value))).quantize(Decimal("0.01"), ROUND_DOWN)
        return f"{cut:,.2f}{unit}" if unit == "%" else f"{cut:,.2f} {unit}".rstrip()
    text = f"{value:,.1f}" if unit == "%" or abs(value - round(value)) > 1e-9 else f"{value:,.0f}"
    if text in ("-0", "-0.0"):
        text = text[1:]
    return f"{text}{unit}" if unit == "%" else f"{text} {unit}".rstrip()


@dataclass(frozen=True)
class _Rule:
    status: str
    text: str
    holds: Callable[[Facts], bool]
    reason: Callable[[Facts], str]


def _v(facts: Facts) -> str:
    name = "现状值" if facts.running else f"{facts.deadline} 的值"
    return f"{name} {number(facts.at_stake, facts.unit, facts.target)}"


def _gap(facts: Facts) -> str:
    return f"目标值 {number(facts.target, facts.unit)}"


def _reaches(value: float | None, bound: float | None) -> bool:
    return value is not None and bound is not None and value >= bound


def _floor(facts: Facts) -> float:
    return (1 - facts.tolerance) * (facts.target or 0.0)


def _pace(facts: Facts) -> str:
    return f"进度比 {facts.pace:.2f}" if facts.pace is not None else "进度比不适用"


def _missed_reason(facts: Facts) -> str:
    return f"{_v(facts)}，低于{_gap(facts)}，期限 {facts.deadline} 已到"


def _interim_reason(facts: Facts) -> str:
    interim = facts.interim
    if interim is None:
        return ""
    return (
        f"{_v(facts)}，达到经批准的阶段性目标 {number(interim.target, facts.unit)}"
        f"（{interim.approver} {interim.approved_on} 批准，{interim.expires_on} 到期；"
        f"理由：{interim.reason}）"
    )


def _in_progress_reason(facts: Facts) -> str:
    if facts.baseline is None:
        return f"{_v(facts)}；方案印发时的基期值无数据，不计算序时进度"
    return f"{_v(facts)}，{_gap(facts)}；本指标一次性达成，不按序时进度评定"


RULES: tuple[_Rule, ...] = (
    _Rule(
        NO_DATA,
        "现状值无法计算",
        lambda f: f.actual is None,
        lambda _: "所需工作表缺失、为空或分母为零，现状值无法计算",
    ),
    _Rule(
        MONITORED,
        "没有数字目标，只作监测",
        lambda f: f.target is None,
        lambda f: f"{_v(f)}；政策未给出数字目标，只作监测",
    ),
    _Rule(
        ACHIEVED,
        "达到目标值",
        lambda f: _reaches(f.at_stake, f.target),
        lambda f: f"{_v(f)}，达到{_gap(f)}",
    ),
    _Rule(
        NEARLY_ACHIEVED,
        "“左右”类指标，达到目标值的容差以内",
        lambda f: f.comparison == "about" and _reaches(f.at_stake, _floor(f)),
        lambda f: (
            f"{_v(f)}，未到{_gap(f)}，但在“左右”的容差 {f.tolerance:.0%} 以内"
            f"（不低于 {number(_floor(f), f.unit)}）"
        ),
    ),
    _Rule(
        ACHIEVED_LATE,
        "期限已过，其后达到目标值",
        lambda f: not f.running and _reaches(f.actual, f.target),
        lambda f: f"{_v(f)}，期限后达到 {number(f.actual, f.unit)}（{_gap(f)}）",
    ),
    _Rule(
        ACCEPTED,
        "达到有效期内的经批准阶段性目标",
        lambda f: f.interim is not None,
        _interim_reason,
    ),
    _Rule(
        LAGGING,
        "基期已达标而现状跌破目标值",
        lambda f: f.running and _reaches(f.baseline, f.target),
        lambda f: f"基期值 {number(f.baseline, f.unit)} 已达标，{_v(f)}，跌破{_gap(f)}",
    ),
    _Rule(
        IN_PROGRESS,
        "一次性达成的指标，或基期值无数据",
        lambda f: f.running and (f.method == "milestone" or f.baseline is None),
        _in_progress_reason,
    ),
    _Rule(
        ON_TRACK,
        "进度比不低于“进度正常”界线",
        lambda f: f.running and (f.pace is None or f.pace >= f.on_track),
        lambda f: (
            f"{_pace(f)}，不低于 {f.on_track:.2f}"
            if f.pace is not None
            else f"{_v(f)}；方案刚印发，尚无序时进度"
        ),
    ),
    _Rule(
        LAGGING,
        "进度比低于“进度正常”、不低于“略有滞后”界线",
        lambda f: f.running and f.pace is not None and f.pace >= f.lagging,
        lambda f: f"{_pace(f)}，低于 {f.on_track:.2f}、不低于 {f.lagging:.2f}",
    ),
    _Rule(
        FAR_BEHIND,
        "进度比低于“略有滞后”界线",
        lambda f: f.running,
        lambda f: f"{_pace(f)}，低于 {f.lagging:.2f}",
    ),
    _Rule(MISSED, "期限已到，以上均不成立", lambda _: True, _missed_reason),
)


def judge(facts: Facts) -> Verdict:
    """The first rule that holds, with its reason."""
    for rule in RULES:
        if rule.holds(facts):
            return Verdict(rule.status, rule.text, rule.reason(facts))
    raise AssertionError("the last rule always holds")


def not_assessed(what: str) -> Verdict:
    """The verdict on a part of the city: a contribution, since city targets are for the city."""
    return Verdict(
        NOT_ASSESSED,
        "城市目标不用于局部",
        f"{what}的数值是对全市的贡献；城市目标不用于局部，目标分解也未给它单独的目标",
    )
