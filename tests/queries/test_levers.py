"""What one unit of a lever adds, worked out again in plain pandas from the version's sheets."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data.load import load_workbook
from queries.run import OpenVersion, open_file
from queries.scenario import Prepared, outcome, prepared, scenario

DAY = date(2024, 5, 15)
DEADLINE = pd.Timestamp(2025, 12, 31)


@pytest.fixture(scope="module")
def ready(demo: OpenVersion) -> Prepared:
    return prepared(demo, DAY)


def sheet(version: OpenVersion, table: str) -> pd.DataFrame:
    return version.connection.cursor().execute(f'select * from "{table}"').df()


def change(ready: Prepared, **levers: float) -> dict[str, float]:
    found = outcome(ready, scenario({k.replace("__", ":"): v for k, v in levers.items()}))
    return {each.id: each.change for each in found.indicators if each.change}


def line(values: pd.Series, at: pd.Timestamp) -> float:
    """numpy's own least-squares line."""
    x = np.array([(day - values.index[0]).days for day in values.index], float)
    slope, start = np.polyfit(x, values.to_numpy(float), 1)
    return float(start + slope * (at - values.index[0]).days)


QUARTERS = pd.to_datetime(["2023-06-30", "2023-09-30", "2023-12-31", "2024-03-31"])


def in_force(version: OpenVersion) -> pd.DataFrame:
    """Points and quarter-ends, with whether they and their institution are in force."""
    points = sheet(version, "specialty_points").merge(
        sheet(version, "institutions")[
            ["institution_id", "founded_on", "closed_on", "school_type"]
        ],
        on="institution_id",
        suffixes=("", "_school"),
    )
    points = points[~points["school_type"].isin(["技工学校", "高级技工学校"])]
    facts = version.derived.cursor().execute("select point_id, industry from point_facts").df()
    points = points.drop(columns="industry").merge(facts, on="point_id")
    far, old = pd.Timestamp(2200, 1, 1), pd.Timestamp(1900, 1, 1)
    for column in ("closed_on", "suspended_on", "closed_on_school", "resumed_on"):
        points[column] = points[column].fillna(far)
    points["founded_on"] = points["founded_on"].fillna(old)
    for day in QUARTERS:
        paused = (points["suspended_on"] <= day) & (points["resumed_on"] > day)
        here = (points["founded_on"] <= day) & (points["closed_on_school"] > day)
        points[day] = (points["opened_on"] <= day) & (points["closed_on"] > day) & ~paused & here
    return points


def test_opening_points(ready: Prepared, demo: OpenVersion) -> None:
    """Thirty points of an industry that the plan names, and thirty of one it does not."""
    points = in_force(demo)
    named = points["industry"].isin(demo.plan.indicators[0].counts["industry"])
    whole = pd.Series({day: points[day].sum() for day in QUARTERS})
    share = pd.Series({day: 100 * (points[day] & named).sum() / whole[day] for day in QUARTERS})
    s, d = line(share, DEADLINE), line(whole, DEADLINE)
    for industry, inside in (("新能源", 1), ("商务与服务贸易", 0)):
        kind = "新兴" if inside else "未来"
        found = change(ready, **{f"open:{kind}:{industry}": 30})
        expected = 100 * (s / 100 * d + 30 * inside) / (d + 30) - s
        assert found.pop("industry_share") == pytest.approx(expected, abs=1e-6)
        track = "points_emerging" if inside else "points_future"
        assert found == {track: pytest.approx(30)}


def test_a_pace_of_opening(ready: Prepared) -> None:
    lever = ready.levers.all["rate:特色:文旅文创"]
    found = change(ready, **{lever.id: lever.high})
    quarters = (DEADLINE.date() - DAY).days / 91.3125
    assert found["points_distinctive"] == pytest.approx((lever.high - lever.today) * quarters)


def test_the_quarter_in_which_a_point_opens(ready: Prepared) -> None:
    at = next(n for n, each in enumerate(ready.indicators) if each.id == "points_emerging")
    effects = ready.effects
    first = effects.numerator[effects.place["open:新兴:新能源"], :, at]
    third = effects.numerator[effects.place["open:新兴:新能源@2024Q4"], :, at]
    days = np.array(ready.days)
    assert first.tolist() == [1.0] * len(days)
    assert third.tolist() == (days >= date(2024, 12, 31)).astype(float).tolist()


TRACKS = {
    "传统优势": "points_traditional",
    "新兴": "points_emerging",
    "未来": "points_future",
    "特色": "points_distinctive",
}


def test_closing_points(ready: Prepared, demo: OpenVersion) -> None:
    """Points without titles: what is over by the deadline anyway is no loss, and no new closure."""
    rows: dict[str, dict[Any, Any]] = {
        row["point_id"]: row for row in sheet(demo, "specialty_points").to_dict("records")
    }
    titled = set(sheet(demo, "recognitions")["subject_id"])
    mine = [
        p for p in ready.levers.points if p.id not in titled and rows[p.id]["level"] != "职业本科"
    ]
    assert len(mine) > 5
    for point in mine[:8]:
        row = rows[point.id]
        found = change(ready, **{f"close:{point.id}": 1})
        found.pop("industry_share", None)
        over = {each: row[each] <= DEADLINE for each in ("closed_on", "suspended_on", "reduced_on")}
        expected = {}
        if row["opened_on"] <= pd.Timestamp(2023, 10, 19) and not any(over.values()):
            expected["points_retired"] = 1.0
        ended = over["closed_on"] or (over["suspended_on"] and not row["resumed_on"] <= DEADLINE)
        taken = not row["track_since"] > DEADLINE and not row["track_until"] <= DEADLINE
        if row["track"] in TRACKS and taken and not ended:
            expected[TRACKS[row["track"]]] = -1.0
        assert found == {k: pytest.approx(v) for k, v in expected.items()}, point.id


BOOK: dict[str, list[list[str]]] = {
    "院校": [["院校代码", "院校名称", "层次"], ["S1", "示例职业学院", "高职"]],
    "专业点": [
        ["专业点编号", "院校代码", "专业代码", "层次", "类别", "设置日期", "产业"],
        ["P1", "S1", "510201", "高职", "新兴", "2020-09-01", "现代信息技术"],
        ["P2", "S1", "510202", "高职", "新兴", "2020-09-01", "商务与服务贸易"],
        ["P3", "S1", "510203", "高职", "未来", "2024-01-01", "现代信息技术"],
        ["P4", "S1", "510204", "高职", "", "2020-09-01", "商务与服务贸易"],
    ],
    "认定": [
        ["对象类型", "对象编号", "认定名称", "认定日期"],
        ["专业点", "P1", "省级示范性专业点", "2021-01-01"],
    ],
    "年度数据": [
        [
            "专业点编号",
            "年度",
            "招生计划",
            "报考人数",
            "报到人数",
            "毕业生",
            "就业人数",
            "升学人数",
        ],
        *[[p, "2023", "100", "10", "10", "100", "5", "0"] for p in ("P1", "P2", "P3")],
    ],
    "说明": [
        ["项", "值"],
        ["数据集名称", "小样"],
        ["数据截止日", "2025-03-31"],
        ["数据性质", "正式"],
    ],
}


def test_closing_red_points_of_a_track(tmp_path: Path) -> None:
    for title, rows in BOOK.items():
        with (tmp_path / f"{title}.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(rows)
    ready = prepared(open_file(load_workbook(tmp_path, tmp_path / "it.duckdb").version.path))
    assert change(ready, close__P1=1) == {
        "points_emerging": -1,
        "demo_emerging": -1,
        "points_retired": 1,
        # Of four points two serve an industry of the plan; then one of three.
        "industry_share": pytest.approx(100 / 3 - 50),
    }
    # It was opened after the issue.
    assert change(ready, close__P3=1) == {
        "points_future": -1,
        "industry_share": pytest.approx(100 / 3 - 50),
    }
    assert change(ready, close__P2=1)["industry_share"] == pytest.approx(200 / 3 - 50)
    whole = outcome(ready, scenario({"closures:red": 100}))
    assert (whole.touched.closed, whole.touched.unreported) == (3, 3)


def test_red_points_and_their_students(ready: Prepared, demo: OpenVersion) -> None:
    years = sheet(demo, "point_years")
    years = years[years["year"] <= 2023].sort_values("year").dropna(subset="enrolled")
    latest = years.groupby("point_id")["enrolled"].last()
    red = [p.id for p in ready.levers.points if p.red]
    found = outcome(ready, scenario({"closures:red": 50}))
    assert found.touched.closed == pytest.approx(len(red) / 2)
    assert found.touched.students == pytest.approx(latest.reindex(red).sum() / 2)


def test_the_pool(ready: Prepared, demo: OpenVersion) -> None:
    """Expected contributions of counts by the deadline, and what they cost the city."""
    pool = sheet(demo, "projects").merge(
        sheet(demo, "institutions")[["institution_id", "school_type"]], on="institution_id"
    )
    pool = pool[~pool["school_type"].isin(["技工学校", "高级技工学校"])]
    open_ = pool["completed_on"].isna() | (pool["completed_on"] > pd.Timestamp(DAY))
    pool = pool[open_ & (pool["stage"] != "终止")]
    counts = {i.id for i in ready.indicators if i.measure == "count"}
    for slip in (0, 5):
        due = pool["planned_on"] + pd.DateOffset(months=slip)
        # What is overdue can be done from tomorrow on.
        mine = pool[due <= DEADLINE]
        mine = mine[mine["indicator"].isin(counts)]
        amount = mine["contribution"] * mine["success_probability"] / 100
        expected = amount.groupby(mine["indicator"]).sum()
        found = change(ready, projects=100, slip=slip)
        found = {k: v for k, v in found.items() if k in counts}
        assert found == {k: pytest.approx(v) for k, v in expected.items() if v}
    cost = outcome(ready, scenario({"projects": 100})).cost
    matched = pool["rank"].isin(["国家级", "省级"]) & (pool["superior_funds"] > 0)
    assert cost.matching == pytest.approx(pool.loc[matched, "superior_funds"].sum())
    assert cost.seed == pytest.approx(pool.loc[~matched, "city_funds"].sum())


def test_a_share_s_project_adds_its_percentage_points(ready: Prepared) -> None:
    project = next(
        p
        for p in ready.levers.projects.each
        if p.indicator == "industry_share" and p.planned_on <= DEADLINE.date()
    )
    found = change(ready, **{f"project:{project.project_id}": 1})
    expected = project.contribution * project.chance
    assert found == {"industry_share": pytest.approx(expected)}


def test_growth_of_enrolment(ready: Prepared, demo: OpenVersion) -> None:
    """Two year-ends lie ahead; growth is simple, from the year in force on the day, 2023."""
    years = sheet(demo, "point_years").merge(
        sheet(demo, "specialty_points")[["point_id", "level", "institution_id"]], on="point_id"
    )
    schools = sheet(demo, "institutions").set_index("institution_id")["school_type"]
    years = years[~years["institution_id"].map(schools).isin(["技工学校", "高级技工学校"])]
    new = years[years["year"] == 2023].groupby("level")["registered"].sum()
    found = outcome(ready, scenario({"growth:职业本科": 30, "growth:高职": 2}))
    ratio = next(e for e in found.indicators if e.id == "bachelor_enrolment_ratio")
    expected = 100 * new["职业本科"] * (1 + 0.30 * 2) / (new["高职"] * (1 + 0.02 * 2))
    assert ratio.value == pytest.approx(expected, rel=1e-6)


def test_schools_count_from_the_year_s_last_day(ready: Prepared) -> None:
    found = outcome(ready, scenario({"schools": ready.levers.all["schools"].high}))
    schools = next(e for e in found.indicators if e.id == "secondary_conditions_met")
    path = dict(zip(ready.days, zip(schools.base_path, schools.path, strict=True), strict=True))
    before, after = path[date(2024, 9, 30)]
    assert before == after
    before, after = path[date(2024, 12, 31)]
    assert before is not None
    assert after is not None
    assert after > before
    assert all(b.school is not None for b in ready.levers.bringings if b.id.startswith("school:"))


def test_titles_awaiting_acceptance(ready: Prepared, demo: OpenVersion) -> None:
    titles = sheet(demo, "recognitions")
    day = pd.Timestamp(DAY)
    mine = titles[(titles["title"] == "省级高水平高职专业群") & (titles["awarded_on"] <= day)]
    mine = mine[mine["revoked_on"].isna()]
    # What the sheet says will be accepted by the deadline is no gain on it.
    waiting = mine["accepted_on"].isna() | (mine["accepted_on"] > DEADLINE)
    effects = ready.effects
    row = effects.place["recognise:省级高水平高职专业群"]
    at = next(n for n, e in enumerate(ready.indicators) if e.id == "highlevel_groups_college")
    assert ready.at_target(effects.numerator[row])[at] == waiting.sum()
