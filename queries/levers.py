"""What can be moved in a what-if, and what one unit of each lever adds to every indicator.

Levers come from the data: the kinds of points there are, the points in the red, the projects of the
pool, the schools below conditions. What a point adds or takes away is not written down here: points
are opened, closed and titles accepted in tables beside the version's own, and the indicators' own
queries count them. Every effect is linear in its lever, so that effects add up; times and success
of projects stand apart (``Projects``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import ceil, floor
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.contract import LEVELS, NO_DISTRICT
from data.plan import Indicator, Plan
from queries import early_warning as warning
from queries import rows as dated
from queries.conditions import School, conditions
from queries.evaluate import Result, Scope, chosen_rows
from queries.projects import ORDER, Project, all_projects
from queries.run import OpenVersion, fetch, rows_instead, rows_with, run
from queries.schedule import quarter_ends

Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

NO_TRACK = "无类别"
NEW = "\0new:"
POINT = "专业点"
UNDER_WAY = ("在建", "验收")
MOST_SLIP = 24
POOL = "项目与资金"
_CITY = Scope()

# Table an institution-based share needs -> (all of its institutions, one of them, in words).
BROUGHT = {
    "specialty_groups": ("groups", "group", "重点专业群调整到位的院校"),
    "leading_industries": ("industries", "industry", "主导产业调整到位的院校"),
    "conditions": ("schools", "school", "办学条件补齐的学校"),
}

# A lever further down overrides one further up in what both carry out.
FAMILIES = (
    "projects",
    "projects_stage",
    "recognise",
    "project",
    "closures",
    "close",
    "groups",
    "group",
    "industries",
    "industry",
    "schools",
    "school",
    "rate",
    "open",
    "growth",
    "slip",
    "slip_stage",
    "slip_project",
    "success",
    "matching",
    "budget",
)


@dataclass(frozen=True)
class Lever:
    """One thing that can be moved.

    today: the value at which it changes nothing. rows: the rows of ``Effects`` it carries out;
    ``value / scale`` of them, or ``(value - today) / scale`` on top where it ``adds``. single: one
    thing by name rather than many together.
    """

    id: str
    family: str
    group: str
    name: str
    unit: str
    today: float
    low: float
    high: float
    step: float
    provenance: str
    rows: tuple[int, ...] = ()
    scale: float = 1.0
    adds: bool = False
    single: bool = False


@dataclass(frozen=True, eq=False)
class Effects:
    """What one unit of every row adds, shapes (rows, days, indicators).

    For a count ``numerator`` is in its unit; for a share both are what is counted (students,
    points, institutions), not percent. ids: the lever that carries out just this row.
    """

    ids: tuple[str, ...]
    place: MappingProxyType[str, int]
    numerator: Numbers
    denominator: Numbers


@dataclass(frozen=True)
class Funded(Project):
    """A project still to come with its money in 万元: superior, 0 where none is known; matching at
    the plan's ratio; seed: city money of a project without superior matching; arranged: city money
    already named for a matched one. chance: 0 to 1 (1 where no probability is given)."""

    superior: float
    matching: float
    seed: float
    arranged: float
    chance: float
    row: int

    @property
    def cost(self) -> float:
        return self.matching + self.seed


@dataclass(frozen=True, eq=False)
class Projects:
    """The pool as arrays, one element a project, in the order of ``each``.

    rows: its row in Effects. indicator: place. amount: shape (projects, days), what is added to the
    numerator once it has succeeded. start: shape (slip months 0..24, projects), the first day (by
    place) on which it counts, len(days) if none. year: same shape, the year it is paid in.
    """

    each: tuple[Funded, ...]
    rows: Whole
    indicator: Whole
    amount: Numbers
    probability: Numbers
    start: Whole
    year: Whole


@dataclass(frozen=True)
class ClosablePoint:
    """A point in force that is red or on the oversupplied list; students None: not reported."""

    id: str
    specialty: str
    institution_id: str
    institution: str
    district: str
    level: str
    red: bool
    oversupplied: bool
    action: str
    reason: str
    students: int | None
    row: int


@dataclass(frozen=True)
class Opening:
    """A kind of point that may be opened: a track (or 职业本科, 无类别) and an industry. start: the
    place of the day from which it counts; today: points of the kind in force; cost in 万元."""

    id: str
    kind: str
    industry: str
    start: int
    today: int
    cost: float | None
    row: int


@dataclass(frozen=True)
class Bringing:
    """An institution to bring to what a share asks of it: key groups, leading industries,
    conditions. size and bounds: how many it has and should have; school: the conditions record
    with what is missing. start: the place of the day from which it counts; cost in 万元."""

    id: str
    indicator: str
    institution_id: str
    institution: str
    district: str
    size: int | None
    school: School | None
    start: int
    cost: float | None
    row: int


@dataclass(frozen=True, eq=False)
class Ground:
    """What levers are derived on. days: the quarter-ends and target days ahead, ascending; at: the
    place of each indicator's target day; denominator: shape (days, indicators), the base line of
    what a share is of, nan for counts."""

    version: OpenVersion
    day: date
    results: tuple[Result, ...]
    days: tuple[date, ...]
    at: Whole
    line: Numbers
    denominator: Numbers

    @property
    def plan(self) -> Plan:
        return self.version.plan

    @property
    def ordinals(self) -> Whole:
        return dated.ordinals(self.days)

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.days), len(self.plan.indicators)

    def place(self, day: date) -> int:
        """The place of the first day ahead on or after the day."""
        return int(np.searchsorted(self.ordinals, day.toordinal(), side="left"))

    def group(self, indicator: Indicator | None) -> str:
        """The action an indicator belongs to, else its goal's name."""
        if indicator is None:
            return POOL
        actions = self.plan.actions
        for number in indicator.sections:
            section = self.plan.section(number)
            for action in actions:
                if section is not None and (
                    section.parent == action.id
                    or section.id == action.id
                    or section.id in action.goals
                ):
                    return action.title
        return indicator.goal


@dataclass(frozen=True, eq=False)
class Levers:
    """All levers by id, in the order of a list, with what stands behind them. missing: family of
    levers -> why there is none, in words."""

    all: MappingProxyType[str, Lever]
    effects: Effects
    projects: Projects
    points: tuple[ClosablePoint, ...]
    openings: tuple[Opening, ...]
    bringings: tuple[Bringing, ...]
    missing: MappingProxyType[str, str]


@dataclass
class _Made:
    """Rows and levers as they are collected."""

    ground: Ground
    ids: list[str] = field(default_factory=list)
    numerator: list[Numbers] = field(default_factory=list)
    denominator: list[Numbers] = field(default_factory=list)
    levers: dict[str, Lever] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def row(self, name: str, numerator: Numbers, denominator: Numbers | None = None) -> int:
        self.ids.append(name)
        self.numerator.append(numerator)
        self.denominator.append(np.zeros(self.ground.shape) if denominator is None else denominator)
        return len(self.ids) - 1

    def lever(self, key: str, family: str, /, **given: Any) -> None:
        self.levers.setdefault(key, Lever(id=key, family=family, **given))

    def effects(self) -> Effects:
        shape = (0, *self.ground.shape)
        return Effects(
            tuple(self.ids),
            MappingProxyType({name: place for place, name in enumerate(self.ids)}),
            np.array(self.numerator) if self.ids else np.zeros(shape),
            np.array(self.denominator) if self.ids else np.zeros(shape),
        )


def derive(ground: Ground) -> Levers:
    """Every lever of a version on a day; takes about half a second for a city's data."""
    made = _Made(ground)
    now = run("indicator_rows", ground.version)
    openings = _openings(made, now)
    points = _closures(made, now)
    bringings = _bringings(made)
    _growth(made)
    projects = _projects(made)
    _money(made)
    order = {family: place for place, family in enumerate(_LISTED)}
    listed = sorted(made.levers.values(), key=lambda each: (each.single, order[each.family]))
    return Levers(
        MappingProxyType({each.id: each for each in listed}),
        made.effects(),
        projects,
        tuple(points),
        tuple(openings),
        tuple(bringings),
        MappingProxyType(made.missing),
    )


# Families in the order in which lists show them.
_LISTED = (
    "rate",
    "open",
    "closures",
    "close",
    "growth",
    "groups",
    "industries",
    "schools",
    "group",
    "industry",
    "school",
    "recognise",
    "projects",
    "projects_stage",
    "success",
    "slip",
    "slip_stage",
    "matching",
    "budget",
    "project",
    "slip_project",
)


# ---------------------------------------------------------------- counting rows


def _counted(
    ground: Ground, frame: pd.DataFrame, subjects: Sequence[str]
) -> tuple[Numbers, Numbers]:
    """Numerator and denominator made by each subject's rows, shapes (subjects, days, indicators).

    Rows of technician institutions do not count.
    """
    places = {name: place for place, name in enumerate(subjects)}
    indicators = {each.id: place for place, each in enumerate(ground.plan.indicators)}
    subject = frame["subject_id"].map(places).to_numpy(np.float64, na_value=-1)
    indicator = frame["indicator"].map(indicators).to_numpy(np.float64, na_value=-1)
    keep = (subject >= 0) & (indicator >= 0) & ~frame["outside"].to_numpy(bool)
    since = frame["since"].to_numpy(np.int64)[keep]
    until = frame["until"].to_numpy(np.int64)[keep]
    counted = frame["counted"].to_numpy(bool)[keep]
    weight = frame["weight"].to_numpy(np.float64)[keep]
    which = indicator[keep].astype(np.int64)
    cell = subject[keep].astype(np.int64) * len(indicators) + which
    measures = np.array([each.measure for each in ground.plan.indicators], object)[which]
    in_base = np.where(measures == "ratio", ~counted, measures != "count").astype(bool)
    size = len(subjects) * len(indicators)
    shape = (len(subjects), len(ground.days), len(indicators))
    top, bottom = np.zeros(shape), np.zeros(shape)
    for place, day in enumerate(ground.ordinals):
        active = (since <= day) & (until > day)
        for made, mask in ((top, active & counted), (bottom, active & in_base)):
            found = np.bincount(cell[mask], weight[mask], size)
            made[:, place] = found.reshape(len(subjects), len(indicators))
    return top, bottom


# ---------------------------------------------------------------- points to open


def _kinds(plan: Plan) -> list[tuple[str, str | None, str]]:
    """(kind, track, level): the tracks that indicators count, the levels they count points of, and
    points of no track."""
    tracks = dict.fromkeys(each for i in plan.indicators for each in i.counts.get("track", ()))
    levels = dict.fromkeys(
        each
        for i in plan.indicators
        if i.measure == "count" and i.basis == "point" and not i.counts.get("title")
        for each in i.counts.get("level", ())
    )
    return [
        *((track, track, LEVELS[1]) for track in tracks),
        *((level, None, level) for level in levels),
        (NO_TRACK, None, LEVELS[1]),
    ]


def _openings(made: _Made, now: pd.DataFrame) -> list[Opening]:
    """Points of each kind to open, and titles to be accepted: both counted in one derivation."""
    ground = made.ground
    plan, version = ground.plan, ground.version
    kinds = _kinds(plan)
    pairs = _pairs(ground, kinds)
    home = fetch(
        "lasting_institution",
        version,
        first=ground.day,
        last=ground.days[-1],
        level=LEVELS[1],
    )
    tomorrow = ground.day + timedelta(days=1)
    instead: dict[str, tuple[str, dict[str, Any]]] = {
        "recognitions": ("titles_accepted", {"day": ground.day})
    }
    names = [f"{NEW}{kind}:{industry}" for kind, industry in pairs]
    if home and pairs:
        by_kind = {kind: (track, level) for kind, track, level in kinds}
        instead["specialty_points"] = (
            "points_opened",
            {
                "day": tomorrow,
                "institution": home[0][0],
                "points": names,
                "tracks": [by_kind[kind][0] for kind, _ in pairs],
                "levels": [by_kind[kind][1] for kind, _ in pairs],
                "industries": [industry for _, industry in pairs],
            },
        )
        if not any(by_kind[kind][0] for kind, _ in pairs):
            made.missing["tracks"] = "“专业点”的“类别”未填写，不能按类别增设"
    else:
        made.missing["open"] = "没有可作参照的在办专业点和院校，请先填写“院校”“专业点”"
    ahead = rows_instead(version, instead)
    openings: list[Opening] = []
    if home and pairs:
        openings = _opening_levers(made, ahead, kinds, pairs, names)
    _acceptances(made, now, ahead[~ahead["subject_id"].str.startswith(NEW)])
    return openings


def _pairs(
    ground: Ground, kinds: Sequence[tuple[str, str | None, str]]
) -> dict[tuple[str, str], tuple[int, float]]:
    """(kind, industry) -> points of it in force, and newly counted ones per quarter of the last
    four; kinds in the plan's order, industries with most points first."""
    first, *_, last = quarter_ends(ground.day, 5)
    rows = fetch("point_kinds", ground.version, day=ground.day, first=first, last=last)
    levels = {kind for kind, track, level in kinds if track is None and kind == level}
    tally: dict[tuple[str, str], list[float]] = {}
    for level, track, industry, points, started in rows:
        if not industry:
            continue
        names = [track or NO_TRACK, *([level] if level in levels else [])]
        for kind in names:
            found = tally.setdefault((kind, industry), [0, 0])
            found[0] += points
            found[1] += started
    order = {kind: place for place, (kind, *_) in enumerate(kinds)}
    chosen = sorted(
        (pair for pair in tally if pair[0] in order),
        key=lambda pair: (order[pair[0]], -tally[pair][0], pair[1]),
    )
    return {pair: (int(tally[pair][0]), tally[pair][1] / 4) for pair in chosen}


def _opening_levers(
    made: _Made,
    ahead: pd.DataFrame,
    kinds: Sequence[tuple[str, str | None, str]],
    pairs: dict[tuple[str, str], tuple[int, float]],
    names: Sequence[str],
) -> list[Opening]:
    ground = made.ground
    top, bottom = _counted(ground, ahead, names)
    # Quarters that will have passed by each day, as required_per_quarter reckons them.
    elapsed = (ground.ordinals - ground.day.toordinal()) / ground.plan.status.quarter_days
    ramp = elapsed[:, None]
    groups: dict[str, str] = {}
    many = _most_openings(ground, pairs)
    recent = "现值为近四个季度新计入的平均数；调整量与基线之差逐季累计"
    openings: list[Opening] = []
    for place, ((kind, industry), (today, started)) in enumerate(pairs.items()):
        served = [i for i, n in zip(ground.plan.indicators, top[place, -1], strict=True) if n]
        counts = [each for each in served if each.measure == "count"]
        main = next(iter([*counts, *served]), None)
        groups.setdefault(kind, ground.group(main))
        for quarter, first in enumerate(ground.days[:-1] if len(ground.days) > 1 else ground.days):
            suffix = f"@{first.year}Q{(first.month + 2) // 3}" if quarter else ""
            row_id = f"open:{kind}:{industry}{suffix}"
            open_from = (np.arange(len(ground.days)) >= quarter)[:, None]
            row = made.row(row_id, top[place] * open_from, bottom[place] * open_from)
            when = f"，{first.year} 年第 {(first.month + 2) // 3} 季度" if quarter else ""
            made.lever(
                row_id,
                "open",
                group=groups[kind],
                name=f"另行增设{kind}·{industry}专业点{when}",
                unit="个",
                today=0.0,
                low=0.0,
                high=float(many),
                step=1.0,
                provenance="在基线之外增设；不写季度的自下一季度末起计",
                rows=(row,),
                adds=True,
                single=True,
            )
            openings.append(
                Opening(row_id, kind, industry, quarter, today, ground.plan.scenario.open_cost, row)
            )
        row = made.row(f"rate:{kind}:{industry}", top[place] * ramp, bottom[place] * ramp)
        made.lever(
            f"rate:{kind}:{industry}",
            "rate",
            group=groups[kind],
            name=f"每季度新增{kind}·{industry}专业点",
            unit="个/季度",
            today=started,
            low=0.0,
            high=float(max(5, ceil(started * 3))),
            step=1.0,
            provenance=recent,
            rows=(row,),
            adds=True,
            single=True,
        )
    for kind, *_ in kinds:
        mine = [n for n, pair in enumerate(pairs) if pair[0] == kind]
        if not mine:
            continue
        found = list(pairs.values())
        total = sum(found[n][1] for n in mine)
        # New points of a kind fall on its industries as the newly counted did, else as all do.
        weights = [found[n][1 if total else 0] for n in mine]
        mix = (np.array(weights) / sum(weights))[:, None, None]
        row = made.row(
            f"rate:{kind}", (top[mine] * mix).sum(0) * ramp, (bottom[mine] * mix).sum(0) * ramp
        )
        made.lever(
            f"rate:{kind}",
            "rate",
            group=groups[kind],
            name=f"每季度新增{kind}专业点",
            unit="个/季度",
            today=total,
            low=0.0,
            high=float(max(10, ceil(total * 3))),
            step=1.0,
            provenance=f"{recent}；各产业按近期构成分配",
            rows=(row,),
            adds=True,
        )
    return openings


def _most_openings(ground: Ground, pairs: dict[tuple[str, str], tuple[int, float]]) -> int:
    """A tenth of the points in force or the widest gap of a count, in tens."""
    gaps = [each.gap or 0 for each in ground.results if each.indicator.measure == "count"]
    tenth = sum(points for points, _ in pairs.values()) / 10
    return ceil(max([20, tenth, *gaps]) / 10) * 10


def _acceptances(made: _Made, now: pd.DataFrame, ahead: pd.DataFrame) -> None:
    """Titles awarded and not yet accepted, for the indicators that count accepted ones."""
    ground = made.ground
    everybody = sorted({*now["subject_id"].unique(), *ahead["subject_id"].unique()})
    wanted = [i for i in ground.plan.indicators if i.counts.get("accepted_title")]
    if not wanted or not everybody:
        return
    chosen = {each.id for each in wanted}
    pieces = []
    for frame in (now, ahead):
        part = frame[frame["indicator"].isin(chosen)]
        top, _ = _counted(ground, part.assign(subject_id=""), [""])
        pieces.append(top[0])
    gained = np.maximum(pieces[1] - pieces[0], 0.0)
    share = (ground.ordinals - ground.day.toordinal())[:, None] / np.maximum(
        ground.ordinals[ground.at] - ground.day.toordinal(), 1
    )
    gained = gained * np.minimum(share, 1.0)
    titles: dict[str, Numbers] = {}
    for place, indicator in enumerate(ground.plan.indicators):
        if indicator.id in chosen and gained[:, place].any():
            title = "、".join(indicator.counts["accepted_title"])
            titles.setdefault(title, np.zeros(ground.shape))[:, place] = gained[:, place]
    for title, numerator in titles.items():
        made.row(f"recognise:{title}", numerator)


# ---------------------------------------------------------------- points to close


def _closures(made: _Made, now: pd.DataFrame) -> list[ClosablePoint]:
    ground = made.ground
    frame = warning.latest_in_force(warning.judged(ground.version, ground.day))
    red = (frame["grade"] == warning.RED).to_numpy(bool) if len(frame) else np.zeros(0, bool)
    listed = frame["oversupplied"].astype("boolean").fillna(False).to_numpy(bool)
    chosen = frame[red | listed]
    if chosen.empty:
        if not {"point_years"} <= ground.version.filled:
            made.missing["closures"] = "请填写“年度数据”，据以判断红牌专业点"
        else:
            made.missing["closures"] = "没有红牌或布点多规模大的在办专业点"
        return []
    names = chosen["point_id"].tolist()
    ended = rows_with(ground.version, "points_ended", day=ground.day)
    mine = [
        f[(f["subject_kind"] == POINT) & f["subject_id"].isin(set(names))] for f in (now, ended)
    ]
    (top, bottom), (top_ended, bottom_ended) = (_counted(ground, f, names) for f in mine)
    students = dict(fetch("point_students", ground.version, day=ground.day))
    districts = {each.institution_id: each.district for each in ground.version.institutions}
    retired = next((i for i in ground.plan.indicators if i.id == "points_retired"), None)
    group = ground.group(retired)
    points: list[ClosablePoint] = []
    for place, each in enumerate(chosen.to_dict("records")):
        name = f"close:{each['point_id']}"
        row = made.row(name, top_ended[place] - top[place], bottom_ended[place] - bottom[place])
        is_red, over = each["grade"] == warning.RED, each["oversupplied"] is True
        made.lever(
            name,
            "close",
            group=group,
            name=f"裁撤{each['institution']}·{each['specialty']}",
            unit="个",
            today=0.0,
            low=0.0,
            high=1.0,
            step=1.0,
            provenance="监测预警"
            + ("红牌" if is_red else "")
            + ("、布点多规模大清单" if over else ""),
            rows=(row,),
            single=True,
        )
        count = students.get(each["point_id"])
        points.append(
            ClosablePoint(
                each["point_id"],
                each["specialty"],
                each["institution_id"],
                each["institution"],
                districts.get(each["institution_id"], NO_DISTRICT),
                each["level"],
                is_red,
                over,
                each["action"],
                each["reason"],
                None if count is None else int(count),
                row,
            )
        )
    for key, words, of in (
        ("red", "红牌专业点", [p for p in points if p.red]),
        ("oversupplied", "布点多规模大（非红牌）专业点", [p for p in points if not p.red]),
    ):
        if of:
            made.lever(
                f"closures:{key}",
                "closures",
                group=group,
                name=f"裁撤{words}",
                unit="%",
                today=0.0,
                low=0.0,
                high=100.0,
                step=5.0,
                provenance=f"共 {len(of)} 个，按最近年度的监测预警和省级清单；自数据截至日次日起计",
                rows=tuple(p.row for p in of),
                scale=100.0,
            )
    return points


# ---------------------------------------------------------------- institutions to bring up


def _bringings(made: _Made) -> list[Bringing]:
    ground = made.ground
    version, plan = ground.version, ground.plan
    found: list[Bringing] = []
    for place, indicator in enumerate(plan.indicators):
        table = next((need for need in indicator.needs if need in BROUGHT), "")
        if indicator.basis != "institution" or indicator.measure == "count" or not table:
            continue
        many, one, words = BROUGHT[table]
        if table not in version.filled:
            made.missing[many] = f"“{indicator.name}”无数据"
            continue
        rows = chosen_rows(version, indicator, _CITY)
        missing = rows.where(rows.on(ground.day) & ~rows.counted)
        codes = sorted({int(code) for code in missing.institution})
        if not codes:
            made.missing[many] = "在办院校均已达到"
            continue
        records = table == "conditions"
        # A record of conditions counts from its year's last day.
        start = ground.place(date(ground.day.year, 12, 31) if records else ground.day)
        if records and date(ground.day.year, 12, 31) <= ground.day:
            start = ground.place(date(ground.day.year + 1, 12, 31))
        schools = (
            {s.institution_id: s for s in conditions(version, ground.day).schools}
            if records
            else {}
        )
        sizes = {
            code: int(size)
            for name, code, size in fetch("member_sizes", version, day=ground.day)
            if name == indicator.id
        }
        cost = {
            "conditions": plan.scenario.school_cost,
            "specialty_groups": plan.scenario.group_cost,
        }.get(table, 0.0)
        rows_made = []
        for code in codes:
            each = version.institutions[code]
            numerator = np.zeros(ground.shape)
            numerator[start:, place] = 1.0
            name = f"{one}:{each.institution_id}"
            row = made.row(name, numerator)
            rows_made.append(row)
            made.lever(
                name,
                one,
                group=ground.group(indicator),
                name=f"{words}·{each.name}",
                unit="所",
                today=0.0,
                low=0.0,
                high=1.0,
                step=1.0,
                provenance=f"按“{indicator.name}”的口径，现未达到",
                rows=(row,),
                single=True,
            )
            found.append(
                Bringing(
                    name,
                    indicator.id,
                    each.institution_id,
                    each.name,
                    each.district,
                    sizes.get(each.institution_id),
                    schools.get(each.institution_id),
                    start,
                    cost,
                    row,
                )
            )
        made.lever(
            many,
            many,
            group=ground.group(indicator),
            name=words,
            unit="所",
            today=0.0,
            low=0.0,
            high=float(len(codes)),
            step=1.0,
            provenance=f"现有 {len(codes)} 所未达到"
            + ("；年度记录自当年 12 月 31 日起计" if records else "；自下一季度末起计"),
            rows=tuple(rows_made),
            scale=float(len(codes)),
        )
    return found


# ---------------------------------------------------------------- enrolment


def _growth(made: _Made) -> None:
    """Growth of the two sides of a ratio a year, from the latest year on; today's is what the base
    line amounts to. In simple, not compound, percent, so that effects add up; a year counts from
    its last day."""
    ground = made.ground
    ends = np.array([sum(_year_ends(ground.day, day)) for day in ground.days], np.float64)
    for place, indicator in enumerate(ground.plan.indicators):
        if indicator.measure != "ratio" or ground.results[place].actual is None:
            continue
        rows = chosen_rows(ground.version, indicator, _CITY)
        year_ago = date(ground.day.year - 1, ground.day.month, min(ground.day.day, 28))
        top, bottom = dated.numerator_and_denominator(
            rows, indicator.measure, dated.ordinals([ground.day, year_ago])
        )
        if bottom is None:
            continue
        for role, side, (latest, before) in (
            ("numerator_level", 0, top),
            ("denominator_level", 1, bottom),
        ):
            words = "、".join(indicator.counts.get(role, ())) or ("分子", "分母")[side]
            today = _implied(ground, place, side, float(latest), float(ends[ground.at[place]]))
            recent = float((latest / before - 1) * 100) if before else None
            amount = np.zeros(ground.shape)
            amount[:, place] = latest / 100 * ends
            none = np.zeros(ground.shape)
            row = made.row(f"growth:{words}", *((amount, none) if side == 0 else (none, amount)))
            made.lever(
                f"growth:{words}",
                "growth",
                group=ground.group(indicator),
                name=f"{words}招生年增长",
                unit="%/年",
                today=today,
                low=float(min(-30, floor(today))),
                high=float(max(60, ceil(today), ceil(recent or 0.0))),
                step=1.0,
                provenance="现值为基线所含的增长"
                + ("" if recent is None else f"（最近一年实际 {recent:.1f}%）")
                + "；按单利计，各年数据自当年 12 月 31 日起计",
                rows=(row,),
                adds=True,
            )


def _implied(ground: Ground, place: int, side: int, latest: float, years: float) -> float:
    """The growth in percent a year that the base line amounts to on the target day."""
    at = int(ground.at[place])
    line, base = float(ground.line[at, place]), float(ground.denominator[at, place])
    then = base if side else line / 100 * base
    if not latest or not years or np.isnan(then):
        return 0.0
    # Rounding error must not look like growth.
    return round((then / latest - 1) / years * 100, 6)


def _year_ends(after: date, until: date) -> Iterable[int]:
    return (after < date(year, 12, 31) <= until for year in range(after.year, until.year + 1))


# ---------------------------------------------------------------- the pool and the money


def _later(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month; there is no day after the
    year 9999."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year >= date.max.year:
        return date.max
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))


def _projects(made: _Made) -> Projects:
    ground = made.ground
    plan = ground.plan
    places = {each.id: place for place, each in enumerate(plan.indicators)}
    outside = {each.institution_id for each in ground.version.institutions if each.outside}
    pool = sorted(
        (
            project
            for project in all_projects(ground.version)
            if project.coming(ground.day)
            if project.indicator in places and project.institution_id not in outside
        ),
        key=lambda project: project.project_id,
    )
    if not pool:
        made.missing["projects"] = "请填写“项目库”；现无未完成的项目"
    each: list[Funded] = []
    count = len(pool)
    amount = np.zeros((count, len(ground.days)))
    start = np.zeros((MOST_SLIP + 1, count), np.int64)
    year = np.zeros((MOST_SLIP + 1, count), np.int64)
    tomorrow = ground.day + timedelta(days=1)
    for n, project in enumerate(pool):
        name, probability = f"project:{project.project_id}", project.probability
        place = places[project.indicator]
        shared = plan.indicators[place].measure != "count"
        # A share's contribution is in percentage points: so many of what it is a share of.
        base = ground.denominator[:, place] / 100 if shared else 1.0
        amount[n] = project.contribution * np.nan_to_num(base * np.ones(len(ground.days)))
        for slip in range(MOST_SLIP + 1):
            due = max(_later(project.planned_on, slip), tomorrow)
            start[slip, n] = ground.place(due)
            year[slip, n] = due.year
        chance = 1.0 if probability is None else probability / 100
        numerator = np.zeros(ground.shape)
        numerator[start[0, n] :, place] = amount[n, start[0, n] :] * chance
        at = made.row(name, numerator)
        superior, city = project.superior_funds or 0.0, project.city_funds or 0.0
        matched = bool(superior) and any(m.rank == project.rank for m in plan.matching)
        each.append(
            Funded(
                **vars(project),
                superior=superior,
                matching=superior * plan.matching_ratio(project.rank),
                seed=0.0 if matched else city,
                arranged=city if matched else 0.0,
                chance=chance,
                row=at,
            )
        )
        made.lever(
            name,
            "project",
            group=POOL,
            name=f"{project.name}（{project.stage}）",
            unit="个",
            today=0.0,
            low=0.0,
            high=1.0,
            step=1.0,
            provenance=f"计划 {project.planned_on} 完成，"
            + ("未填成功概率，按 100% 计" if probability is None else f"成功概率 {probability:g}%"),
            rows=(at,),
            single=True,
        )
        _slip_lever(made, f"slip_{name}", "slip_project", f"推迟·{project.name}", single=True)
    if pool:
        _pool_levers(made, each)
    _recognition_levers(made, each)
    return Projects(
        tuple(each),
        np.array([p.row for p in each], np.int64),
        np.array([places[p.indicator] for p in each], np.int64),
        amount,
        np.array([p.chance for p in each], np.float64),
        start,
        year,
    )


def _slip_lever(made: _Made, name: str, family: str, words: str, *, single: bool = False) -> None:
    made.lever(
        name,
        family,
        group=POOL,
        name=words,
        unit="个月",
        today=0.0,
        low=0.0,
        high=float(MOST_SLIP),
        step=1.0,
        provenance="相对“项目库”的计划完成日期；逾期未完的自下一季度末起计",
        single=single,
    )


def _pool_levers(made: _Made, pool: Sequence[Funded]) -> None:
    stages = [stage for stage in ORDER if any(p.stage == stage for p in pool)]
    for name, family, words, of in [
        ("projects", "projects", "实施项目库全部项目", list(pool)),
        *(
            (
                f"projects:{stage}",
                "projects_stage",
                f"实施{stage}项目",
                [p for p in pool if p.stage == stage],
            )
            for stage in stages
        ),
    ]:
        made.lever(
            name,
            family,
            group=POOL,
            name=words,
            unit="%",
            today=0.0,
            low=0.0,
            high=100.0,
            step=5.0,
            provenance=f"未完成、未终止的共 {len(of)} 个；贡献 × 成功概率，在基线之外计",
            rows=tuple(p.row for p in of),
            scale=100.0,
        )
    _slip_lever(made, "slip", "slip", "全部项目推迟")
    for stage in stages:
        _slip_lever(made, f"slip:{stage}", "slip_stage", f"{stage}项目推迟")
    made.lever(
        "success",
        "success",
        group=POOL,
        name="项目成功概率统一加减",
        unit="个百分点",
        today=0.0,
        low=-100.0,
        high=100.0,
        step=5.0,
        provenance="加在各项目填报的成功概率上，结果限于 0—100%",
    )


def _recognition_levers(made: _Made, pool: Sequence[Funded]) -> None:
    """By title: what awaits acceptance, and the projects under way that aim at the title."""
    plan = made.ground.plan
    titles: dict[str, list[Funded]] = {}
    waiting = {name: place for place, name in enumerate(made.ids) if name.startswith("recognise:")}
    for name in waiting:
        titles[name.removeprefix("recognise:")] = []
    for project in pool:
        indicator = plan.indicator(project.indicator)
        if indicator is None or project.stage not in UNDER_WAY:
            continue
        names = indicator.counts.get("title") or indicator.counts.get("accepted_title") or ()
        if names:
            titles.setdefault("、".join(names), []).append(project)
    for title, projects in titles.items():
        name = f"recognise:{title}"
        rows = [waiting[name]] if name in waiting else []
        indicator = next(
            i
            for i in plan.indicators
            if title in ("、".join(i.counts.get(r, ())) for r in ("title", "accepted_title"))
        )
        if name in waiting:
            words = f"待验收的认定和在建项目 {len(projects)} 个"
        else:
            words = f"在建、验收中的项目 {len(projects)} 个"
        made.lever(
            name,
            "recognise",
            group=made.ground.group(indicator),
            name=f"{title}认定成功率",
            unit="%",
            today=0.0,
            low=0.0,
            high=100.0,
            step=5.0,
            provenance=f"{words}中获认定的比例；0 为只按基线；待验收的逐季均匀计入",
            rows=(*rows, *(p.row for p in projects)),
            scale=100.0,
        )


def _money(made: _Made) -> None:
    plan = made.ground.plan
    for each in plan.matching:
        made.lever(
            f"matching:{each.rank}",
            "matching",
            group=POOL,
            name=f"{each.rank}项目市级配套比例",
            unit="倍",
            today=each.ratio,
            low=0.0,
            high=float(max(2.0, each.ratio)),
            step=0.1,
            provenance=f"{each.provenance}；只影响费用",
        )
    for year in plan.budget.years:
        if year.year < made.ground.day.year:
            continue
        made.lever(
            f"budget:{year.year}",
            "budget",
            group=POOL,
            name=f"{year.year} 年市级资金",
            unit="万元",
            today=year.amount,
            low=0.0,
            high=float(max(1000.0, year.amount * 3)),
            step=100.0,
            provenance=f"{plan.budget.provenance}；只用于比较",
        )
