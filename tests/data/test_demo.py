"""The demonstration year-book is made up, complete, consistent and the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import msgspec
import pandas as pd
import pytest
import shapely

from data import demo, reference
from data.contract import SHEETS, TECHNICIAN_TYPES
from data.demonstration.course import COURSES, data_date, quarter_ends, workday
from data.load import LoadResult, load_workbook
from data.plan import Plan, load_plan
from queries.evaluate import Result, evaluate
from queries.run import OpenVersion, open_file

Frames = dict[str, pd.DataFrame]

AT_DATA_DATE = {
    "achieved",
    "nearly_achieved",
    "on_track",
    "lagging",
    "far_behind",
    "in_progress",
    "monitored",
    "accepted",
}
AFTER_DEADLINE = {"achieved", "nearly_achieved", "achieved_late", "missed", "monitored"}


@pytest.fixture(scope="module")
def frames() -> Frames:
    return demo.build()


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan()


def joined(frames: Frames) -> pd.DataFrame:
    """年度数据 with the columns of its point and institution, numbers as numbers."""
    years = frames["年度数据"].copy()
    for column in years.columns[1:]:
        years[column] = pd.to_numeric(years[column])
    points = frames["专业点"].drop(columns=["产业"])
    schools = frames["院校"][["院校代码", "学校类型"]]
    return years.merge(points, on="专业点编号").merge(schools, on="院校代码")


# ---------------------------------------------------------------- seed and size


def test_same_seed_same_content(frames: Frames) -> None:
    again = demo.build()
    for title, frame in frames.items():
        pd.testing.assert_frame_equal(frame, again[title])
        assert frame.to_csv().encode() == again[title].to_csv().encode()


def test_another_seed_is_another_city(frames: Frames) -> None:
    other = demo.build(seed=demo.DEFAULT_SEED + 1)
    for title in ("院校", "专业点", "专业群", "认定", "年度数据", "办学条件", "项目库"):
        assert not frames[title].equals(other[title]), title


def test_every_sheet_and_column_is_filled(frames: Frames) -> None:
    assert list(frames) == [sheet.title for sheet in SHEETS]
    for sheet in SHEETS:
        frame = frames[sheet.title]
        assert list(frame.columns) == [column.header for column in sheet.columns]
        assert len(frame) > 0, sheet.title
        empty = [header for header in frame.columns if frame[header].isna().all()]
        assert not empty, f"{sheet.title}: {empty}"
        for column in sheet.columns:
            if column.required:
                assert frame[column.header].notna().all(), f"{sheet.title}.{column.header}"


def test_the_size_of_the_city(frames: Frames) -> None:
    schools = frames["院校"]
    levels = schools["层次"].value_counts()
    assert levels["高职"] + levels["职业本科"] == 45
    assert levels["职业本科"] == 1
    assert levels["中职"] == 110
    assert schools[schools["层次"] == "职业本科"]["升格职业本科日期"].notna().all()
    assert set(schools["学校类型"]) == {"普通", "艺术体育", *TECHNICIAN_TYPES}
    assert 2800 <= len(frames["专业点"]) <= 3400
    assert 1800 <= len(frames["校企合作"]) <= 2000
    assert len(frames["企业"]) == 500
    assert len(frames["项目库"]) == 300
    assert 1 <= schools["区县"].isna().sum() <= 5


def test_bachelor_points_are_also_run_by_universities(frames: Frames) -> None:
    points = frames["专业点"].merge(frames["院校"][["院校代码", "层次"]], on="院校代码")
    hosts = points[points["层次_x"] == "职业本科"].groupby("层次_y")["院校代码"].nunique()
    assert hosts["普通本科"] >= 2
    assert hosts["职业本科"] == 1


# ---------------------------------------------------------------- nothing real


def test_names_are_plainly_made_up(frames: Frames) -> None:
    for title, column in (("院校", "院校名称"), ("企业", "企业名称"), ("合作载体", "名称")):
        names = frames[title][column]
        assert names.str.startswith("示例").all()
        assert names.is_unique
    assert dict(zip(frames["说明"]["项"], frames["说明"]["值"], strict=True))["数据性质"] == "演示"


def test_names_stand_in_no_list_of_real_colleges(frames: Frames) -> None:
    folder = Path(__file__).parents[1] / "fixtures" / "public-2025"
    real = pd.read_csv(folder / "院校.csv", encoding="utf-8-sig")["院校名称"]
    text = "\n".join(frame.to_csv(index=False) for frame in frames.values())
    assert [name for name in real if name in text] == []


# ---------------------------------------------------------------- consistent


def test_figures_of_a_point_fit_together(frames: Frames) -> None:
    years = joined(frames)
    assert (years["就业人数"] + years["升学人数"] <= years["毕业生"]).all()
    assert (years["对口就业人数"].fillna(0) <= years["就业人数"]).all()
    assert (years["报到人数"] <= years["录取人数"]).all()
    assert (years["录取人数"] <= years["报考人数"]).mean() > 0.9
    length = years["学制"].map({"三年": 3, "四年": 4})
    before = years[["专业点编号", "年度", "报到人数"]].copy()
    before["年度"] += 3
    three = years[length == 3].merge(before, on=["专业点编号", "年度"], suffixes=("", "_入学"))
    assert len(three) > 1000
    assert (three["毕业生"] <= three["报到人数_入学"]).all()


def test_no_figures_before_opening_or_after_closing(frames: Frames) -> None:
    years = joined(frames)
    autumn = [date(int(year), 9, 1) for year in years["年度"]]
    opened = pd.Series([a >= o for a, o in zip(autumn, years["设置日期"], strict=True)])
    closed = pd.Series([c is None or a < c for a, c in zip(autumn, years["撤销日期"], strict=True)])
    assert opened.all()
    assert closed.all()


def test_new_industries_grow_and_the_oversupplied_shrink(frames: Frames) -> None:
    years = joined(frames)
    first, last = years["年度"].min(), years["年度"].max()
    whole = years.groupby("专业点编号")["年度"].transform("size") == last - first + 1
    ended = years["压缩日期"].notna() | years["停招日期"].notna() | years["撤销日期"].notna()
    settled = years[whole & ~ended & (years["层次"] != "职业本科")]
    lists = frames["省级清单"]
    over = lists[lists["清单"] == "布点多规模大"]["专业代码"]

    def growth(rows: pd.DataFrame) -> float:
        intake = rows.groupby("年度")["招生计划"].sum()
        return float(intake[last] / intake[first])

    assert growth(settled[settled["类别"] == "新兴"]) > 1.1
    assert growth(settled[settled["专业代码"].isin(over)]) < 0.9


def test_warning_grades_are_mixed(frames: Frames) -> None:
    years = joined(frames)
    placed = (years["就业人数"] + years["升学人数"]) / years["毕业生"]
    assert 0.01 < (placed < 0.85).mean() < 0.2
    assert 0.02 < (years["报考人数"] < years["招生计划"]).mean() < 0.25
    assert 0.005 < (years["满意度"] < 80).mean() < 0.2


def test_institutions_stand_in_their_districts(frames: Frames) -> None:
    shapes = reference.boundaries().set_index("name")["geometry"]
    centres = reference.districts().set_index("name")
    outside = []
    for title, name in (("院校", "院校名称"), ("企业", "企业名称")):
        for row in frames[title].dropna(subset=["区县", "经度"]).to_dict("records"):
            district, place = row["区县"], shapely.Point(row["经度"], row["纬度"])
            if district in shapes.index:
                inside = shapes[district].covers(place)
            else:
                centre = shapely.Point(centres.loc[district, ["longitude", "latitude"]])
                inside = centre.distance(place) < 0.05
            if not inside:
                outside.append(row[name])
    assert len(outside) == 1, outside  # one on purpose, for the warning


def test_every_district_has_a_secondary_school(frames: Frames) -> None:
    schools = frames["院校"]
    secondary = schools[(schools["层次"] == "中职") & ~schools["学校类型"].isin(TECHNICIAN_TYPES)]
    assert set(secondary["区县"].dropna()) == set(reference.districts()["name"])


def test_conditions_are_reported_every_year_with_purposeful_gaps(frames: Frames) -> None:
    records, schools = frames["办学条件"], frames["院校"]
    secondary = schools[schools["层次"] == "中职"]
    reporting = records.groupby("院校代码")["年度"].nunique()
    assert len(set(secondary["院校代码"]) - set(reporting.index)) == 1
    assert (reporting == 5).mean() > 0.9
    assert set(records["省级验收结论"].dropna()) == {"达标", "基本达标", "未达标"}
    art = set(secondary[secondary["学校类型"] == "艺术体育"]["院校代码"])
    assert records[records["院校代码"].isin(art)]["省级验收结论"].notna().all()


# ---------------------------------------------------------------- the plan's own things


def test_every_deliverable_has_a_history(frames: Frames, plan: Plan) -> None:
    updates = frames["任务进展"]
    assert set(updates["事项"]) == {d.id for d in plan.deliverables}
    assert updates.groupby("事项")["日期"].nunique().median() >= 3
    latest = updates.groupby("事项")["状态"].last()
    assert set(latest) == {"未启动", "推进中", "已完成"}
    today = data_date(plan.deadline)
    assert max(updates["日期"]) <= today
    # A yearly one was due and never reported as done for that year.
    owed = []
    for deliverable in plan.deliverables:
        reports = updates[(updates["事项"] == deliverable.id) & (updates["状态"] == "已完成")]
        for due in deliverable.due_dates(plan.issued_on):
            if deliverable.kind == "yearly" and due <= today:
                year = timedelta(days=365)
                done = [d for d in reports["日期"] if due - year < d <= due + year / 2]
                owed += [] if done else [deliverable.id]
    assert owed


def test_counts_of_deliverables_are_those_of_the_sheets(frames: Frames, plan: Plan) -> None:
    bodies = frames["合作载体"]
    for deliverable in plan.deliverables:
        if deliverable.counted_from != "cooperation_bodies":
            continue
        last = frames["任务进展"].query("事项 == @deliverable.id").iloc[-1]
        mine = bodies[bodies["类型"] == deliverable.counted_kind]
        there = [
            start <= last["日期"] and (end is None or end > last["日期"])
            for start, end in zip(mine["成立日期"], mine["撤销日期"], strict=True)
        ]
        assert last["数值"] == sum(there)


def test_every_kind_occurs(frames: Frames, plan: Plan) -> None:
    assert set(frames["合作载体"]["类型"]) == set(plan.body_kinds)
    assert set(frames["贯通培养"]["类型"]) == {"中本3+4", "高本3+2", "高本2+2", "中高职贯通"}
    assert set(frames["目标分解"]["范围类型"]) == {"全市", "区县", "院校"}
    projects = frames["项目库"]
    assert set(projects["指标"]) == {i.id for i in plan.indicators}
    stages = projects.groupby("指标")["阶段"].nunique()
    assert (stages == 5).all()
    demand = frames["人才需求"]
    years = range(plan.period_start.year, data_date(plan.deadline).year + 1)
    for _, mine in demand.groupby("产业"):
        assert {*years} < {*mine["年度"]}
    assert set(demand["产业"]) == set(reference.industries()["name"])
    assert (demand["预测"] == "是").any()


def test_duties_are_open_overdue_and_done(frames: Frames, plan: Plan) -> None:
    today = data_date(plan.deadline)
    for title, due, done in (
        ("督导整改", "整改期限", "完成日期"),
        ("联席会议", "办结期限", "办结日期"),
    ):
        rows = frames[title]
        still_open = rows[rows[done].isna()]
        assert rows[done].notna().any()
        assert any(day <= today for day in still_open[due])
        assert any(day > today for day in still_open[due])
    meetings = frames["联席会议"].groupby("会议编号")["日期"].nunique()
    assert len(meetings) == len(quarter_ends(plan.issued_on, today))


def test_departments_are_those_of_the_plan(frames: Frames, plan: Plan) -> None:
    known = {department.name for department in plan.departments}
    for title in ("任务进展", "督导整改", "联席会议"):
        assert set(frames[title]["责任单位"]) <= known


def test_dates_follow_another_plan(plan: Plan) -> None:
    later = {"deadline": date(2030, 6, 30)}
    other = msgspec.structs.replace(
        plan,
        period_start=date(2026, 1, 1),
        issued_on=date(2026, 5, 11),
        deadline=date(2030, 6, 30),
        indicators=tuple(msgspec.structs.replace(i, **later) for i in plan.indicators),
        deliverables=tuple(
            msgspec.structs.replace(d, due=date(2030, 6, 30)) for d in plan.deliverables
        ),
    )
    frames = demo.build(plan=other)
    said = dict(zip(frames["说明"]["项"], frames["说明"]["值"], strict=True))
    assert said["数据截止日"] == date(2030, 3, 31)
    assert set(frames["年度数据"]["年度"]) == {2026, 2027, 2028, 2029, 2030}
    assert min(frames["任务进展"]["日期"]) > date(2026, 5, 11)


def test_a_plan_may_have_fewer_indicators(plan: Plan) -> None:
    few = msgspec.structs.replace(plan, indicators=plan.indicators[:3])
    frames = demo.build(plan=few)
    assert len(frames["专业点"]) > 2000
    assert set(frames["专业点"]["类别"].dropna()) == {"传统优势", "新兴"}


# ---------------------------------------------------------------- loaded


@pytest.fixture(scope="module")
def loaded(demo_workbook: Path, tmp_path_factory: pytest.TempPathFactory) -> LoadResult:
    """Loading raises Rejected with every error if there is one."""
    return load_workbook(demo_workbook, tmp_path_factory.mktemp("demo") / "demo.duckdb")


@pytest.fixture(scope="module")
def version(loaded: LoadResult) -> OpenVersion:
    return open_file(loaded.version.path)


def test_it_loads_whole_with_purposeful_warnings(loaded: LoadResult, frames: Frames) -> None:
    assert loaded.rows == {title: len(frame) for title, frame in frames.items()}
    assert 5 <= len(loaded.warnings) <= 60


def statuses(results: Iterable[Result]) -> set[str]:
    return {result.status for result in results}


def test_statuses_at_the_data_date(version: OpenVersion, plan: Plan) -> None:
    assert version.as_of == data_date(plan.deadline)
    assert statuses(evaluate(version)) == AT_DATA_DATE


def test_statuses_a_quarter_after_the_deadline(version: OpenVersion, plan: Plan) -> None:
    after = quarter_ends(plan.deadline, plan.deadline + timedelta(days=92))[-1]
    assert statuses(evaluate(version, after)) == AFTER_DEADLINE


def test_statuses_hold_for_another_seed(tmp_path: Path, version: OpenVersion, plan: Plan) -> None:
    path = tmp_path / "other.xlsx"
    demo.write(path, seed=20)
    other = open_file(load_workbook(path, tmp_path / "other.duckdb").version.path)
    for day in (data_date(plan.deadline), plan.deadline + timedelta(days=90)):
        mine = {r.id: r.status for r in evaluate(version, day)}
        assert {r.id: r.status for r in evaluate(other, day)} == mine


def test_values_keep_to_their_courses(version: OpenVersion, plan: Plan) -> None:
    days = [plan.period_start, plan.issued_on, data_date(plan.deadline), plan.deadline]
    values = [{r.id: r.actual for r in evaluate(version, day)} for day in days]
    for name, course in COURSES.items():
        target = plan.indicator(name).target  # type: ignore[union-attr]
        assert target is not None
        fractions = (course.start, course.issue, course.data_date, course.deadline)
        for number, (fraction, value) in enumerate(zip(fractions, values, strict=True)):
            if number == 0 and plan.indicator(name).unit == "%":  # type: ignore[union-attr]
                continue  # a year's figures count from its end; a share at the start is not steered
            slack = 1.5 if plan.indicator(name).unit == "%" else 0.5  # type: ignore[union-attr]
            assert value[name] == pytest.approx(fraction * target, abs=slack), (name, number)


def test_forecasts_have_a_visible_band(version: OpenVersion) -> None:
    bands = [r.band for r in evaluate(version) if r.band is not None]
    wide = [band for band in bands if band.high - band.low > 0.5]
    assert len(wide) > 12


def test_counts_move_in_most_quarters(version: OpenVersion, plan: Plan) -> None:
    days = quarter_ends(plan.issued_on, data_date(plan.deadline))
    emerging = [
        result.actual
        for day in days
        for result in evaluate(version, day, indicators=["points_emerging"])
    ]
    steps = [after - before for before, after in pairwise(e or 0.0 for e in emerging)]
    assert sum(step > 0 for step in steps) >= len(steps) - 2
    assert max(steps) > 1.5 * sum(steps) / len(steps)


# ---------------------------------------------------------------- the command


def test_command_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "示例.xlsx"
    assert demo.main([str(path), "--seed", "3"]) == 0
    assert "种子 3" in capsys.readouterr().out
    assert path.stat().st_size < 15_000_000
    dates = pd.read_excel(path, sheet_name="专业群", engine="calamine")["组建日期"]
    assert all(isinstance(day, datetime) for day in dates)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["没有/这个/文件夹/a.xlsx"], "文件夹不存在"),
        (["a.csv"], ".xlsx"),
        (["a.xlsx", "--seed", "-1"], "种子"),
    ],
)
def test_command_refuses_in_chinese(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert demo.main(arguments) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["a.xlsx", "--seed", "三"], [], ["--没有"]])
def test_mistakes_in_arguments_are_named_in_chinese(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        demo.main(arguments)
    assert stopped.value.code == 2
    assert "参数有误" in capsys.readouterr().err


def test_help_is_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        demo.main(["--help"])
    assert stopped.value.code == 0
    said = capsys.readouterr().out
    assert "生成演示工作簿" in said
    assert "usage" not in said


# ---------------------------------------------------------------- dates


@pytest.mark.parametrize(
    ("deadline", "expected"),
    [
        (date(2025, 12, 31), date(2025, 9, 30)),
        (date(2030, 1, 1), date(2029, 12, 31)),
        (date(2028, 8, 15), date(2028, 6, 30)),
        (date(2028, 6, 30), date(2028, 3, 31)),
    ],
)
def test_data_date_is_the_last_quarter_end_before_the_deadline(
    deadline: date, expected: date
) -> None:
    assert data_date(deadline) == expected


def test_quarter_ends_and_workdays() -> None:
    assert quarter_ends(date(2024, 12, 31), date(2025, 6, 30)) == [
        date(2025, 3, 31),
        date(2025, 6, 30),
    ]
    assert workday(date(2025, 9, 28)) == date(2025, 9, 26)
    assert workday(date(2025, 9, 30)) == date(2025, 9, 30)
