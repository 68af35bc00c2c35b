"""Pre-check of a new specialty (新增专业预审): what is known of it, and what the rules recommend.

``RULES`` is an ordered list: the first that holds decides, all that hold are told. Facts are of the
whole city on a day; the effect on the indicators comes from their own queries with the point added
(``points_added.sql``), so that no formula is written twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from data.contract import INSTITUTION_LEVELS
from data.plan import PrecheckRules
from queries import early_warning, profile
from queries.early_warning import IN_FORCE
from queries.evaluate import Result, Scope, evaluate
from queries.institutions import School, level_on, schools
from queries.rows import joined
from queries.run import Institution, OpenVersion, fetch, rows_with
from queries.status import WORDS, number
from queries.supply_demand import BY_INDUSTRY, BY_SPECIALTY, Balance, Item, Outlook, outlook

SUPPORT, CAUTION, AGAINST = "支持", "审慎", "不建议"
OVERSUPPLIED, SHORTAGE, GUIDE = "布点多规模大", "急需紧缺", "指导性目录"
LISTS = (OVERSUPPLIED, SHORTAGE, GUIDE)
MOST_YEARS = 3
# From good to bad.
_STATUSES = (
    "achieved",
    "achieved_late",
    "nearly_achieved",
    "accepted",
    "on_track",
    "in_progress",
    "lagging",
    "far_behind",
    "missed",
)


@dataclass(frozen=True)
class Application:
    """A point applied for; track is empty for none of the four."""

    institution_id: str
    code: str
    level: str
    track: str = ""


@dataclass(frozen=True)
class Specialty:
    """A specialty of the catalogue; industry is empty where it has none."""

    code: str
    level: str
    name: str
    class_name: str
    category_name: str
    industry: str
    state_controlled: bool


@dataclass(frozen=True)
class Facts:
    """What the rules look at. Shares are ratios; None where not known.

    offering: institutions that offer it, of ``able`` that have any point of the level. Lists: None
    without any edition. red of graded: points of its class in the latest year, here and elsewhere.
    """

    in_force: bool = True
    institution_level: str = "高职"
    level: str = "高职"
    offered_here: bool = False
    ended_here: str = ""
    offering: int = 0
    able: int = 0
    oversupplied: bool | None = None
    shortage: bool | None = None
    guide: bool | None = None
    gap_share: float | None = None
    red_here: int = 0
    graded_here: int = 0
    red_elsewhere: int = 0
    graded_elsewhere: int = 0
    conditions_met: bool | None = None
    students_per_point: float | None = None
    state_controlled: bool = False
    worsened: tuple[str, ...] = ()
    helped: tuple[str, ...] = ()

    @property
    def offering_share(self) -> float:
        return self.offering / self.able if self.able else 0.0


@dataclass(frozen=True)
class Rule:
    """One rule: its recommendation, and the words of why it holds (empty where it does not)."""

    id: str
    recommendation: str
    why: Callable[[Facts, PrecheckRules], str]


def _share(value: float) -> str:
    return number(value * 100, "%")


def _too_many(f: Facts, most: float) -> bool:
    return f.able > 0 and f.offering > 0 and f.offering_share >= most


def _many_words(f: Facts, most: float) -> str:
    return (
        f"全市 {f.able} 所开办该层次的院校中已有 {f.offering} 所开设"
        f"（{_share(f.offering_share)}，线 {_share(most)}）"
    )


def _red(red: int, graded: int, most: float) -> bool:
    return graded > 0 and red > 0 and red / graded >= most


def _rank(level: str) -> int:
    order = list(INSTITUTION_LEVELS)
    return min(order.index(level), 2) if level in order else 0


RULES: tuple[Rule, ...] = (
    Rule("closed", AGAINST, lambda f, _: "" if f.in_force else "院校在所看日期不在办"),
    Rule("offered", AGAINST, lambda f, _: "本校已开设同一专业" if f.offered_here else ""),
    Rule(
        "level",
        AGAINST,
        lambda f, _: (
            f"专业层次（{f.level}）高于院校层次（{f.institution_level}）"
            if _rank(f.level) > _rank(f.institution_level)
            else ""
        ),
    ),
    Rule(
        "oversupplied",
        AGAINST,
        lambda f, _: f"在最近一版“{OVERSUPPLIED}”清单" if f.oversupplied else "",
    ),
    Rule(
        "crowded",
        AGAINST,
        lambda f, r: _many_words(f, r.most_share) if _too_many(f, r.most_share) else "",
    ),
    Rule(
        "red_here",
        AGAINST,
        lambda f, r: (
            f"本校同专业类 {f.graded_here} 个专业点中 {f.red_here} 个为红"
            f"（线 {_share(r.red_here)}）"
            if _red(f.red_here, f.graded_here, r.red_here)
            else ""
        ),
    ),
    Rule("ended", CAUTION, lambda f, _: f"本校曾开设，{f.ended_here}" if f.ended_here else ""),
    Rule(
        "many",
        CAUTION,
        lambda f, r: _many_words(f, r.many_share) if _too_many(f, r.many_share) else "",
    ),
    Rule(
        "surplus",
        CAUTION,
        lambda f, r: (
            f"供给超过需求 {_share(-f.gap_share)}（线 {_share(r.surplus)}）"
            if f.gap_share is not None and f.gap_share <= -r.surplus
            else ""
        ),
    ),
    Rule("no_demand", CAUTION, lambda f, _: "" if f.gap_share is not None else "供需缺口无数据"),
    Rule(
        "red_elsewhere",
        CAUTION,
        lambda f, r: (
            f"其他院校同专业类 {f.graded_elsewhere} 个专业点中 {f.red_elsewhere} 个为红"
            f"（线 {_share(r.red_elsewhere)}）"
            if _red(f.red_elsewhere, f.graded_elsewhere, r.red_elsewhere)
            else ""
        ),
    ),
    Rule(
        "conditions",
        CAUTION,
        lambda f, _: "办学条件未达标" if f.conditions_met is False else "",
    ),
    Rule(
        "small",
        CAUTION,
        lambda f, r: (
            f"校均每专业点在校生 {number(f.students_per_point, '人')}"
            f"（线 {number(r.least_students, '人')}），布点已分散"
            if f.students_per_point is not None and f.students_per_point < r.least_students
            else ""
        ),
    ),
    Rule(
        "controlled",
        CAUTION,
        lambda f, _: "国家控制布点专业，须另行报批" if f.state_controlled else "",
    ),
    Rule(
        "worsens",
        CAUTION,
        lambda f, _: f"会使指标状态变差：{'、'.join(f.worsened)}" if f.worsened else "",
    ),
    Rule(
        "shortage",
        SUPPORT,
        lambda f, _: f"在最近一版“{SHORTAGE}”清单" if f.shortage else "",
    ),
    Rule(
        "gap",
        SUPPORT,
        lambda f, r: (
            f"缺口占需求 {_share(f.gap_share)}（线 {_share(r.shortfall)}）"
            if f.gap_share is not None and f.gap_share >= r.shortfall
            else ""
        ),
    ),
    Rule("guide", SUPPORT, lambda f, _: f"在最近一版“{GUIDE}”" if f.guide else ""),
    Rule(
        "helps",
        SUPPORT,
        # A track is the applicant's own word: without a shortage it is no reason by itself.
        lambda f, _: (
            f"有缺口，且推进尚有差距的指标：{'、'.join(f.helped)}"
            if f.helped and (f.gap_share or 0.0) > 0
            else ""
        ),
    ),
)
NO_REASON = "没有支持的依据：不在急需紧缺清单和指导性目录，缺口未达线"


@dataclass(frozen=True)
class Fired:
    """A rule that holds, in words; decides: the first of all."""

    recommendation: str
    words: str
    decides: bool


def fired(facts: Facts, rules: PrecheckRules) -> tuple[Fired, ...]:
    """Every rule that holds in the order of RULES; the first decides. Never empty."""
    found = [(each.recommendation, why) for each in RULES if (why := each.why(facts, rules))]
    found = found or [(CAUTION, NO_REASON)]
    return tuple(Fired(what, why, place == 0) for place, (what, why) in enumerate(found))


# ---------------------------------------------------------------- what is known of the city


@dataclass(frozen=True, eq=False)
class Known:
    """What every check of a day looks up, read once."""

    version: OpenVersion
    day: date
    specialties: Mapping[str, Specialty]
    schools: Mapping[str, Institution]
    levels: Mapping[str, str]
    sizes: Mapping[str, School]
    points: pd.DataFrame
    lists: pd.DataFrame
    quality: pd.DataFrame
    industries: Outlook
    by_industry: Mapping[str, Item]
    by_specialty: Mapping[str, Item]
    before: Mapping[str, Result]


def known(version: OpenVersion, day: date) -> Known:
    """Read it; takes about a second with the demonstration data."""
    industries = outlook(version, day, BY_INDUSTRY)
    specialties = outlook(version, day, BY_SPECIALTY)
    quality = early_warning.judged(version, day)
    columns = ("point_id", "institution_id", "institution", "outside", "level", "code", "in_force")
    sizes: dict[str, School] = {}
    for outside in (False, True):
        sizes |= {each.id: each for each in schools(version, day, Scope(outside=outside))}
    return Known(
        version,
        day,
        catalogue(version),
        {each.institution_id: each for each in version.institutions},
        level_on(version, day),
        sizes,
        pd.DataFrame(
            fetch("points_standing", version, day=day), columns=pd.Index([*columns, "ended_on"])
        ),
        pd.DataFrame(
            fetch("list_editions", version, this_year=day.year),
            columns=pd.Index(["list", "year", "level", "code", "newest"]),
        ),
        quality[quality["state"] == IN_FORCE],
        industries,
        {each.key: each for each in industries.items},
        {each.key: each for each in specialties.items},
        {each.id: each for each in evaluate(version, day)},
    )


def catalogue(version: OpenVersion) -> dict[str, Specialty]:
    """Every specialty by code: codes of different levels differ."""
    return {
        code: Specialty(code, level, name, class_name, category, industry or "", bool(controlled))
        for code, level, name, class_name, category, industry, controlled in fetch(
            "catalogue", version
        )
    }


@dataclass(frozen=True)
class Quality:
    """Early-warning grades of a year: points of the class by grade, here and elsewhere."""

    year: int
    here: dict[str, int]
    elsewhere: dict[str, int]


@dataclass(frozen=True)
class Check:
    """A pre-check with everything it rests on.

    offered: names of the institutions that offer it. lists: list -> its years. years: supply and
    demand of the industry. gap: of the specialty where its demand is stated, else of its industry
    (``gap_of`` in words). effects: the indicators that change, before and after.
    """

    application: Application
    institution: Institution
    specialty: Specialty
    facts: Facts
    fired: tuple[Fired, ...]
    offered: tuple[str, ...]
    lists: dict[str, tuple[int, ...]]
    years: tuple[Balance, ...]
    gap: Balance | None
    gap_of: str
    quality: tuple[Quality, ...]
    conditions: profile.Conditions | None
    size: School | None
    effects: tuple[tuple[Result, Result], ...]

    @property
    def recommendation(self) -> str:
        return self.fired[0].recommendation


def check(known_: Known, applications: Sequence[Application]) -> list[Check]:
    """Every application in its order, each by itself: none of the others counts as opened.

    Raises KeyError for an institution or a code that the data does not know.
    """
    if not applications:
        return []
    changes = _effects(known_, applications)
    conditions: dict[str, profile.Conditions | None] = {}
    found = []
    for each, effects in zip(applications, changes, strict=True):
        code = each.institution_id
        if code not in conditions:
            conditions[code] = profile.conditions(known_.version, code, known_.day)
        found.append(_check(known_, each, conditions[code], effects))
    return found


def _check(
    k: Known,
    each: Application,
    conditions: profile.Conditions | None,
    effects: tuple[tuple[Result, Result], ...],
) -> Check:
    institution, specialty = k.schools[each.institution_id], k.specialties[each.code]
    same = k.points[(k.points["code"] == each.code) & (k.points["level"] == each.level)]
    here = same[same["institution_id"] == each.institution_id]
    there = same[same["in_force"].astype(bool) & ~same["outside"].astype(bool)]
    of_level = k.points[
        (k.points["level"] == each.level)
        & k.points["in_force"].astype(bool)
        & ~k.points["outside"].astype(bool)
    ]
    ended = [day for day in here["ended_on"] if day is not None and not pd.isna(day)]
    mine = k.lists[(k.lists["code"] == each.code) & (k.lists["level"] == each.level)]
    newest = set(mine.loc[mine["newest"].astype(bool), "list"])
    editions = set(k.lists.loc[k.lists["level"] == each.level, "list"])
    gap, gap_of = _gap(k, specialty)
    quality = _quality(k, institution, specialty)
    last = quality[0] if quality else Quality(0, {}, {})
    size = k.sizes.get(each.institution_id)
    level = k.levels.get(each.institution_id)
    offered_here = bool(here["in_force"].astype(bool).any())
    facts = Facts(
        in_force=level is not None,
        institution_level=level or institution.level_today,
        level=each.level,
        offered_here=offered_here,
        ended_here=f"{max(ended):%Y-%m-%d} 停招或撤销" if ended and not offered_here else "",
        offering=there["institution_id"].nunique(),
        able=of_level["institution_id"].nunique(),
        oversupplied=OVERSUPPLIED in newest if OVERSUPPLIED in editions else None,
        shortage=SHORTAGE in newest if SHORTAGE in editions else None,
        guide=GUIDE in newest if GUIDE in editions else None,
        gap_share=None if gap is None else gap.gap_share,
        red_here=last.here.get(early_warning.RED, 0),
        graded_here=_graded(last.here),
        red_elsewhere=last.elsewhere.get(early_warning.RED, 0),
        graded_elsewhere=_graded(last.elsewhere),
        conditions_met=conditions.met if conditions and conditions.items else None,
        students_per_point=size.students / size.points
        if size and size.points and size.students is not None
        else None,
        state_controlled=specialty.state_controlled,
        worsened=tuple(after.indicator.short for before, after in effects if worse(before, after)),
        helped=tuple(after.indicator.short for before, after in effects if better(before, after)),
    )
    item = k.by_industry.get(specialty.industry)
    at = k.industries.latest_known()
    years = [] if item is None else [item.years[y] for y in sorted(item.years)]
    if at is not None:
        years = [y for y in years if at - MOST_YEARS < y.year <= at + MOST_YEARS]
    return Check(
        each,
        institution,
        specialty,
        facts,
        fired(facts, k.version.plan.precheck),
        tuple(dict.fromkeys(there["institution"])),
        {name: tuple(int(y) for y in mine.loc[mine["list"] == name, "year"]) for name in LISTS},
        tuple(years),
        gap,
        gap_of,
        quality,
        conditions,
        size,
        effects,
    )


def _graded(tally: Mapping[str, int]) -> int:
    return sum(n for grade, n in tally.items() if grade != early_warning.GREY)


def _gap(k: Known, specialty: Specialty) -> tuple[Balance | None, str]:
    """The specialty's balance where its demand is stated, else its industry's; the year is the one
    of ``supply_demand.gap_shares``."""
    at = k.industries.latest_known()
    if at is None:
        return None, ""
    for items, name, words in (
        (k.by_specialty, specialty.code, "本专业"),
        (k.by_industry, specialty.industry, f"{specialty.industry}产业"),
    ):
        item = items.get(name)
        if item and at in item.years and item.years[at].gap_share is not None:
            return item.years[at], words
    return None, ""


def _quality(k: Known, institution: Institution, specialty: Specialty) -> tuple[Quality, ...]:
    """Grades of points in force of the class and level, the latest year first."""
    frame = k.quality
    if frame.empty:
        return ()
    last = int(frame["year"].max())
    rows = frame[
        (frame["class_name"] == specialty.class_name) & (frame["level"] == specialty.level)
    ]
    found = []
    for year in range(last, last - MOST_YEARS, -1):
        mine = rows[rows["year"] == year]
        here = mine["institution_id"] == institution.institution_id
        inside = ~mine["outside"].astype(bool)
        found.append(
            Quality(
                year,
                {str(g): int(n) for g, n in mine.loc[here, "grade"].value_counts().items()},
                {
                    str(g): int(n)
                    for g, n in mine.loc[~here & inside, "grade"].value_counts().items()
                },
            )
        )
    return tuple(found)


def worse(before: Result, after: Result) -> bool:
    """Whether the status falls."""
    if before.status not in _STATUSES or after.status not in _STATUSES:
        return False
    return _STATUSES.index(after.status) > _STATUSES.index(before.status)


def better(before: Result, after: Result) -> bool:
    """Whether an indicator that has not reached its target comes closer to it."""
    if before.actual is None or after.actual is None or not before.gap:
        return False
    return after.actual > before.actual


def _effects(
    k: Known, applications: Sequence[Application]
) -> list[tuple[tuple[Result, Result], ...]]:
    """Per application the indicators that change, were its point opened on the day.

    The points are derived all at once; a point's rows depend on no other point.
    """
    # No id of a workbook begins with a space: its texts are trimmed.
    ids = [f" {place}" for place in range(len(applications))]
    frame = rows_with(
        k.version,
        "points_added",
        ids=ids,
        institutions=[each.institution_id for each in applications],
        codes=[each.code for each in applications],
        levels=[each.level for each in applications],
        tracks=[each.track for each in applications],
        day=k.day,
    )
    frame = frame[(frame["subject_kind"] == "专业点") & frame["subject_id"].isin(ids)]
    found: list[tuple[tuple[Result, Result], ...]] = []
    parts = dict(list(frame.groupby("subject_id")))
    for each in ids:
        mine = parts.get(each)
        if mine is None:
            found.append(())
            continue
        columns = k.version.columns(mine)
        names = mine["indicator"].to_numpy(object)
        instead = {
            name: joined([k.version.rows[name], columns.where(names == name)])
            for name in dict.fromkeys(names)
        }
        after = evaluate(k.version, k.day, indicators=instead, instead=instead)
        pairs = ((k.before[result.id], result) for result in after)
        found.append(tuple((b, a) for b, a in pairs if b.actual != a.actual))
    return found


def status_words(result: Result) -> str:
    """A result's status as on screen."""
    return WORDS[result.status]
