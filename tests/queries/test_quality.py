"""The quality report against plain pandas on the sheets, for the demonstration and random data."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.contract import BY_TABLE, SHEETS
from data.export import frames
from data.load import load_workbook
from data.plan import QualityRules
from queries import quality, usable
from queries.outliers import MEASURES, Measure, far_out, outliers
from queries.quality import Report, kind_of, report
from queries.run import OpenVersion, open_file
from queries.usable import UNUSABLE
from tests.queries.conftest import random_version

ALWAYS, STILL = date(1000, 1, 1), date(9999, 12, 31)


@pytest.fixture(scope="module", params=["demo", 3, 11], ids=["demo", "random 3", "random 11"])
def looked_at(
    request: pytest.FixtureRequest, demo: OpenVersion, tmp_path_factory: pytest.TempPathFactory
) -> tuple[OpenVersion, Report, dict[str, pd.DataFrame]]:
    """A version, its report and its sheets as they would be exported."""
    version = demo if request.param == "demo" else random_version(request.param, tmp_path_factory)
    sheets = {BY_TABLE[s.table].table: frames(version.path)[s.title] for s in SHEETS}
    return version, report(version), sheets


Looked = tuple[OpenVersion, Report, dict[str, pd.DataFrame]]


def day_of(value: object, otherwise: date) -> date:
    return otherwise if value is None or value != value else pd.Timestamp(str(value)).date()


def in_force(row: pd.Series, school: pd.Series, day: date) -> bool:
    """A point on a day, from its own dates and its school's (indicators.md)."""

    def since(name: str) -> date:
        return day_of(row[name], STILL)

    school_in = day_of(school["成立日期"], ALWAYS) <= day < day_of(school["撤并日期"], STILL)
    suspended = since("停招日期") <= day and not since("恢复招生日期") <= day
    return school_in and since("设置日期") <= day < since("撤销日期") and not suspended


def test_rows_and_filled_cells(looked_at: Looked) -> None:
    _, found, sheets = looked_at
    assert [each.title for each in found.sheets] == [sheet.title for sheet in SHEETS]
    for each in found.sheets:
        frame = sheets[each.table]
        assert each.rows == len(frame)
        assert {c.header: c.filled for c in each.columns} == {
            header: int(frame[header].notna().sum()) for header in frame.columns
        }
        assert (each.share is None) == (not each.rows)
        for column in each.columns:
            assert not (column.required and column.filled < each.rows), column


def test_the_latest_day_not_after_the_datas_own(looked_at: Looked) -> None:
    version, found, sheets = looked_at
    for each in found.ages:
        sheet = next(s for s in SHEETS if s.title == each.title)
        frame = sheets[sheet.table]
        days: list[date] = []
        for column in sheet.columns:
            values = frame[column.header].dropna()
            if column.kind == "year":
                years = [int(y) for y in values if int(y) <= version.as_of.year]
                days += [min(date(y, 12, 31), version.as_of) for y in years]
            elif column.kind in ("date", "date_or_year") and column.header not in (
                "计划完成日期",
                "整改期限",
                "办结期限",
                "截止日期",
            ):
                days += [d for d in (day_of(v, STILL) for v in values) if d <= version.as_of]
        assert each.latest == max(days, default=None), each.title
        assert each.days == (None if not days else (version.as_of - max(days)).days)
        old = (version.as_of - max(days)).days if days else 0
        assert each.stale == (0 < each.limit < old)


def test_years_missing(looked_at: Looked) -> None:
    version, found, sheets = looked_at
    points, given = sheets["specialty_points"], sheets["point_years"]
    schools = sheets["institutions"].set_index("院校代码")
    have = {(p, int(y)) for p, y in zip(given["专业点编号"], given["年度"], strict=True)}
    years = sorted({y for _, y in have if y <= version.as_of.year})
    due = {
        (row["专业点编号"], year)
        for _, row in points.iterrows()
        for year in (range(years[0], years[-1] + 1) if years else ())
        if in_force(row, schools.loc[row["院校代码"]], min(date(year, 12, 31), version.as_of))
    }
    frame = found.years.due
    assert set(zip(frame["subject_id"], frame["year"], strict=True)) == due
    gone = found.years.missing
    assert set(zip(gone["subject_id"], gone["year"], strict=True)) == due - have
    listed = found.years.by_institution()
    assert sum(n for *_, cells in listed for n, _ in cells.values()) == len(gone)
    shorter = found.condition_years
    records = sheets["conditions"]
    known = {(c, int(y)) for c, y in zip(records["院校代码"], records["年度"], strict=True)}
    pairs = set(zip(shorter.missing["institution_id"], shorter.missing["year"], strict=True))
    assert not pairs & known
    assert sum(n for *_, c in shorter.by_institution() for n, _ in c.values()) == len(pairs)


def test_every_row_has_one_class(looked_at: Looked) -> None:
    """Used and not used make all rows of the sheet; used and counted anyway make the indicator."""
    version, found, sheets = looked_at
    assert [each.id for each in found.uses if each.id] == [i.id for i in version.plan.indicators]
    with duckdb.connect() as connection:
        connection.execute(f"attach '{version.path}' as v (read_only)")
        counted = connection.execute(
            "select indicator, subject_kind, subject_id from v.indicator_rows"
            " where since <= $1 and until > $1 and not outside",
            [version.as_of],
        ).df()
    for use in found.uses:
        assert use.total == len(sheets[use.table])
        assert use.total == use.used + sum(each.count for each in use.reasons)
        assert use.count(UNUSABLE) == len(use.unusable)
        mine = counted[counted["indicator"] == use.id]
        if use.lost:
            assert use.used == 0
            assert not all(
                need in version.filled
                for need in version.plan.indicator(use.id).needs  # type: ignore[union-attr]
            )
            continue
        if not use.id:
            continue
        if use.table == "recognitions":
            # Two titles of one subject are two rows used and one thing counted.
            both = use.id == "quality_groups_secondary"
            assert len(mine) <= use.used <= (2 if both else 1) * len(mine)
        elif use.table == "point_years":
            assert use.used == len(mine)
        else:
            whole = {"new_bachelor_schools": use.used}.get(use.id, use.used + use.count(UNUSABLE))
            assert whole == len(mine), use.id


def test_reasons_by_hand(looked_at: Looked) -> None:
    version, found, sheets = looked_at
    by_id = {each.id: each for each in found.uses}
    schools = sheets["institutions"].set_index("院校代码")
    points = sheets["specialty_points"]
    technician = points["院校代码"].map(schools["学校类型"]).isin(["技工学校", "高级技工学校"])
    tracked = {
        "points_traditional": "传统优势",
        "points_emerging": "新兴",
        "points_future": "未来",
        "points_distinctive": "特色",
    }
    standing = pd.Series(
        [
            in_force(row, schools.loc[row["院校代码"]], version.as_of)
            for _, row in points.iterrows()
        ],
        points.index,
        dtype=bool,
    )
    trackless = int((standing & ~technician & points["类别"].isna()).sum())
    for name, track in tracked.items():
        if by_id[name].lost:
            assert points["类别"].isna().all()
            continue
        reasons = {each.words: each.count for each in by_id[name].reasons}
        assert reasons.get("技工院校，另行列出", 0) == int(technician.sum())
        assert reasons.get("没有填类别（允许没有类别）", 0) == trackless
        other = standing & ~technician & points["类别"].notna() & (points["类别"] != track)
        assert reasons.get("属于其他类别", 0) == int(other.sum())
    ratio = by_id["bachelor_enrolment_ratio"]
    years = sheets["point_years"].merge(points[["专业点编号", "院校代码", "层次"]])
    outside = years["院校代码"].map(schools["学校类型"]).isin(["技工学校", "高级技工学校"])
    ended = years["年度"].map(lambda y: date(int(y), 12, 31) <= version.as_of).astype(bool)
    mine = years[ended & ~outside & years["层次"].isin(["高职", "职业本科"])]
    known = mine[mine["报到人数"].notna()]
    latest = known["年度"].max() if len(known) else 0
    assert ratio.used == int((known["年度"] == latest).sum())
    lacking = mine[(mine["年度"] >= latest) & mine["报到人数"].isna()]
    assert ratio.count(UNUSABLE) == len(lacking)


def test_places(looked_at: Looked) -> None:
    _, found, sheets = looked_at
    frame = sheets["institutions"]
    lacking = frame[["区县", "经度", "纬度"]].isna().any(axis=1)
    assert sorted(found.places["institution_id"]) == sorted(frame["院校代码"][lacking])


def test_remarks_and_the_glance(looked_at: Looked) -> None:
    version, found, _ = looked_at
    glance = quality.glance(version.path, version.plan)
    assert glance.remarks == sum(len(each.cells) for each in found.remarks)
    assert glance.missing == (len(found.years.missing) if len(found.years.due) else None)
    assert (glance.stale, glance.empty) == (len(found.stale), len(found.empty))
    assert glance.filled == quality.share_filled(found.sheets)
    assert glance.data_date == version.as_of


def test_the_rule_against_plain_pandas(demo: OpenVersion) -> None:
    """在校生 of the demonstration, judged anew group by group."""
    rules = demo.plan.quality
    found, judged = outliers(demo, rules)
    assert judged > len(found) > 0
    sheets = frames(demo.path)
    points: Any = sheets["专业点"].set_index("专业点编号").to_dict("index")
    series = sheets["年度数据"].set_index(["专业点编号", "年度"])["在校生"].dropna()
    rows = []
    years: Any = series.to_dict()
    for (point, year), value in years.items():
        row = points[point]
        changes = [row[c] for c in ("压缩日期", "停招日期", "恢复招生日期")]
        recent = any(d is not None and d == d and d.year in (year - 1, year) for d in changes)
        closed, stop, back = row["撤销日期"], row["停招日期"], row["恢复招生日期"]
        end = date(year, 12, 31)
        gone = day_of(closed, STILL) <= end or (
            day_of(stop, STILL) <= end and not day_of(back, STILL) <= end
        )
        if (point, year - 1) in years and not recent and not gone:
            before = years[point, year - 1]
            age = min(max(year - row["设置日期"].year, 0), 4)
            change = np.log((value + 1) / (before + 1))
            rows.append((point, year, value, before, row["层次"], age, change))
    frame = pd.DataFrame(rows, columns=["point", "year", "value", "before", "level", "age", "x"])
    expected = set()
    for _, group in frame.groupby(["level", "year", "age"]):
        if len(group) < rules.outlier_group:
            continue
        middle = group["x"].median()
        scale = max(1.4826 * (group["x"] - middle).abs().median(), 0.1)
        far = group[(group["x"] - middle).abs() > rules.outlier_spread * scale]
        far = far[(far["value"] - far["before"]).abs() >= rules.least_students]
        expected |= set(zip(far["point"], far["year"], strict=True))
    mine = found[(found["words"] == "在校生") & (found["sheet"] == "年度数据")]
    assert {
        (k.split(" ")[0], y) for k, y in zip(mine["key"], mine["year"], strict=True)
    } == expected
    assert expected
    assert ((found["value"] < found["low"]) | (found["value"] > found["high"])).all()


SOME = Measure("projects", "上级资金", "万元", "value", "superior_funds", ("rank",))


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.floats(1, 1e6), min_size=1, max_size=60),
    st.floats(1.01, 1000),
    st.sampled_from([20, 5]),
)
def test_the_rule_knows_no_unit(values: list[float], factor: float, least: int) -> None:
    """Yuan for 万元 makes the same rows far out; small groups and equal values make none."""
    rules = QualityRules(outlier_group=least)
    frame = pd.DataFrame({"rank": "省级", "key": "", "superior_funds": values, "year": None})
    frame = frame.assign(institution_id="", institution="")
    found, judged = far_out(frame, SOME, rules)
    assert judged == (len(values) if len(values) >= least else 0)
    assert len(found) <= len(values) / 2
    other = far_out(frame.assign(superior_funds=frame["superior_funds"] * factor), SOME, rules)[0]
    near = found["times"].abs() - rules.outlier_spread
    if (near > 1e-6).all():
        assert len(other) >= len(found)
    if len(set(values)) == 1:
        assert not len(found)


def test_kinds_put_like_remarks_together() -> None:
    one = "在校生“1720”与上一年的 170 相差五倍以上，请核对"
    two = "在校生“9”与上一年的 2,020 相差五倍以上，请核对"
    assert kind_of(one, "1720") == kind_of(two, "9")
    assert kind_of("区县为空，按“未填区县”统计", "") == "区县为空，按“未填区县”统计"


def test_every_measure_is_of_the_contract() -> None:
    for measure in MEASURES:
        assert measure.table in BY_TABLE


def test_a_sample_with_most_sheets_empty(tmp_path: Path) -> None:
    source = Path(__file__).parents[1] / "fixtures" / "public-2025"
    version = open_file(load_workbook(source, tmp_path / "sample.duckdb").version.path)
    found = report(version)
    assert {each.title for each in found.empty} >= {"年度数据", "办学条件", "项目库"}
    assert all(each.share is None for each in found.empty)
    assert not len(found.years.due)
    assert found.years.by_institution() == []
    assert "项指标因此无数据" in found.todo[0].words
    assert found.todo[0].words in quality.verdict(found)
    assert all(each.used == 0 for each in found.uses if not each.total)
    lost = [each for each in usable.uses(version) if each.lost]
    assert {each.id for each in lost} >= {"points_emerging", "leading_industries_per_college"}
    assert all(
        "为空，该指标无数据" in r.words for u in lost for r in u.reasons if r.kind == UNUSABLE
    )
    assert quality.glance(version.path, version.plan).missing is None
