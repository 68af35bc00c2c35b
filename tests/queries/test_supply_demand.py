"""Supply against demand: recomputed in plain pandas, and the cases that are easily got wrong."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from data.load import load_workbook
from queries import supply_demand as made
from queries.run import OpenVersion, open_file, run

DAY = date(2024, 12, 31)
AGRICULTURE, FOOD, HEALTH = "现代农业", "现代食品", "健康养老"
# Of 中职: 种子生产技术, 作物生产技术 (both 农业类, 现代农业).
SEEDS, CROPS = "610101", "610102"


# ---------------------------------------------------------------- the demonstration data


def frames(version: OpenVersion) -> tuple[pd.DataFrame, pd.DataFrame]:
    with duckdb.connect(str(version.path), read_only=True) as connection:
        years = connection.sql(
            "select y.*, p.industry, p.level, p.specialty_code, i.institution, i.outside"
            " from point_years y join point_facts p using (point_id)"
            " join institution_facts i using (institution_id)"
        ).df()
        demand = connection.sql("select * from talent_demand").df()
    return years[~years["outside"]], demand


@pytest.mark.parametrize("by", [made.BY_INDUSTRY, made.BY_SPECIALTY])
def test_actual_years_recomputed_in_plain_pandas(demo: OpenVersion, by: str) -> None:
    years, demand = frames(demo)
    key = "industry" if by == made.BY_INDUSTRY else "specialty_code"
    found = made.outlook(demo, demo.as_of, by)
    assert found.last == demo.as_of.year - 1
    assert found.latest_known() == found.last
    for year in (2022, 2024):
        here = years[years["year"] == year]
        graduates = here.groupby(key)["graduates"].sum().to_dict()
        wanted = demand[demand["year"] == year].groupby(key)["demand"].sum().to_dict()
        per_school = here.groupby([key, "institution"])["graduates"].sum()
        for item in found.items:
            each = item.years[year]
            if each.supply.graduates is None:
                continue
            assert each.supply.graduates == graduates.get(item.key, 0)
            assert each.demand.people == wanted.get(item.key)
            if item.key in graduates and graduates[item.key] > 0:
                schools = per_school[item.key]
                assert each.supply.institutions == (schools > 0).sum()
                assert each.supply.largest_share == pytest.approx(schools.max() / schools.sum())
        total = sum(i.years[year].supply.graduates or 0 for i in found.items)
        assert total == here["graduates"].sum()


def test_forecast_recomputed_in_plain_pandas(demo: OpenVersion) -> None:
    """Everyone studies three years, four at 职业本科, in the demonstration data."""
    years, _ = frames(demo)
    years = years[years["year"] <= 2024]
    length = years["level"].map(made.USUAL_YEARS)
    grown = years.assign(year=years["year"] + length)[["point_id", "year", "registered"]]
    both = years[["point_id", "year", "level", "graduates"]].merge(grown, on=["point_id", "year"])
    sums = both.groupby("level")[["graduates", "registered"]].sum()
    ratio = (sums["graduates"] / sums["registered"]).to_dict()
    ratio.setdefault("职业本科", both["graduates"].sum() / both["registered"].sum())
    found = made.outlook(demo, demo.as_of)
    assert found.passing == pytest.approx(ratio)
    for year in (2025, 2027):
        due = years[years["year"] + length == year]
        expected = (due["registered"] * due["level"].map(ratio)).groupby(due["industry"]).sum()
        for item in found.items:
            supply = item.years[year].supply
            assert supply.forecast
            assert supply.graduates == pytest.approx(expected.get(item.key, 0.0), abs=0.51)
    assert all(i.years[2028].supply.graduates is None for i in found.items)


def test_industries_and_specialties_of_a_chain_agree(demo: OpenVersion) -> None:
    whole = {item.key: item for item in made.outlook(demo, demo.as_of).items}
    name = "先进制造"
    parts = made.outlook(demo, demo.as_of, made.BY_SPECIALTY, name)
    graduates = sum(item.years[2024].supply.graduates or 0 for item in parts.items)
    assert graduates == whole[name].years[2024].supply.graduates
    people = sum(item.years[2024].demand.people or 0 for item in parts.items)
    assert people <= (whole[name].years[2024].demand.people or 0)


def test_the_gap_of_a_point_is_its_specialtys_else_its_industrys(demo: OpenVersion) -> None:
    rows = run("early_warning", demo, as_of=demo.as_of)
    rows = rows[rows["year"] == 2024].set_index("point_id", drop=False)
    gaps = made.gap_shares(demo, demo.as_of, rows)
    assert list(gaps.index) == list(rows.index)
    by = {
        kind: {
            item.key: item.years[2024].gap_share
            for item in made.outlook(demo, demo.as_of, kind).items
        }
        for kind in (made.BY_INDUSTRY, made.BY_SPECIALTY)
    }
    columns = ("point_id", "specialty_code", "industry")
    for point_id, code, industry in zip(*(rows[each].tolist() for each in columns), strict=True):
        expected = by[made.BY_SPECIALTY].get(code)
        if expected is None:
            expected = by[made.BY_INDUSTRY].get(industry)
        assert gaps[point_id] == pytest.approx(expected, nan_ok=True)
    assert gaps.max() <= 1


# ---------------------------------------------------------------- small books


def write(folder: Path, **sheets: list[dict[str, Any]]) -> Path:
    folder.mkdir()
    for name, rows in sheets.items():
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
    return folder


def point(number: str, code: str = SEEDS, school: str = "S1", **more: Any) -> dict[str, Any]:
    return {
        "专业点编号": number,
        "院校代码": school,
        "专业代码": code,
        "层次": "中职",
        "设置日期": "2018-09-01",
        **more,
    }


def year(number: str, at: int, came: int | None, left: int | None) -> dict[str, Any]:
    return {"专业点编号": number, "年度": at, "招生计划": 50, "报到人数": came, "毕业生": left}


def wanted(at: int, people: int, industry: str = AGRICULTURE, **more: Any) -> dict[str, Any]:
    return {"年度": at, "产业": industry, "需求人数": people, "来源": "甲", **more}


def version(
    tmp_path: Path,
    points: list[dict[str, Any]],
    years: list[dict[str, Any]],
    demand: list[dict[str, Any]],
) -> OpenVersion:
    schools = [
        {"院校代码": f"S{n}", "院校名称": f"第{n}学校", "层次": "中职", "学校类型": kind}
        for n, kind in ((1, "普通"), (2, "普通"), (3, "技工学校"))
    ]
    book = write(
        tmp_path / "book",
        院校=schools,
        专业点=points,
        年度数据=years,
        **({"人才需求": demand} if demand else {}),
        说明=[
            {"项": "数据集名称", "值": "小册"},
            {"项": "数据截止日", "值": str(DAY)},
            {"项": "数据性质", "值": "样例"},
        ],
    )
    return open_file(load_workbook(book, database=tmp_path / "small.duckdb").version.path)


def item(found: made.Outlook, key: str = AGRICULTURE) -> made.Item:
    return next(each for each in found.items if each.key == key)


def test_demand_is_counted_once(tmp_path: Path) -> None:
    opened = version(
        tmp_path,
        [point("A")],
        [year("A", 2024, 40, 30)],
        [
            # Two specialties and the rest of the industry: they add up.
            wanted(2024, 100, 专业代码=SEEDS),
            wanted(2024, 50, 专业代码=CROPS),
            wanted(2024, 30),
            # A row written twice, and another source on the same: neither adds to it.
            wanted(2024, 30),
            wanted(2024, 50, 来源="乙"),
            # A forecast of a year that has actual rows.
            wanted(2024, 999, 预测="是"),
            # Two rows of one source that differ add up; 2026 says nothing, so it is a forecast.
            wanted(2026, 10, 专业代码=SEEDS),
            wanted(2026, 11, 专业代码=SEEDS),
        ],
    )
    by_industry = item(made.outlook(opened, DAY))
    assert by_industry.years[2024].demand == made.Demand(190.0, False, 2)
    assert by_industry.years[2024].gap == 160
    assert by_industry.years[2026].demand == made.Demand(21.0, True, 1)
    specialties = made.outlook(opened, DAY, made.BY_SPECIALTY)
    assert item(specialties, SEEDS).years[2024].gap == 70
    crops = item(specialties, CROPS)
    assert crops.years[2024].supply.graduates == 0
    assert crops.years[2024].gap_share == 1
    assert crops.name == "作物生产技术"


def test_what_is_missing_is_never_zero(tmp_path: Path) -> None:
    opened = version(
        tmp_path,
        [point("A"), point("B", CROPS), point("C", school="S2")],
        # B leaves out a year between two; C never says how many graduated.
        [
            year("A", 2022, 40, 20),
            year("A", 2023, 40, 20),
            year("A", 2024, 40, 30),
            year("B", 2022, 10, 9),
            year("B", 2024, 10, 8),
            year("C", 2024, 10, None),
        ],
        [wanted(2023, 0), wanted(2024, 0), wanted(2024, 5, FOOD)],
    )
    found = made.outlook(opened, DAY)
    farming = item(found)
    assert farming.years[2022].demand.people is None
    assert farming.years[2022].gap is None
    assert farming.years[2022].gap_share is None
    # A demand of zero is a demand, without a share of it.
    assert farming.years[2024].gap == -38
    assert farming.years[2024].gap_share is None
    assert farming.years[2024].supply.unknown == 1
    assert farming.years[2023].supply == made.Supply(20.0, False, 1, "第1学校", 1.0, 1)
    # Nobody studies food: nobody graduates, which is known.
    food = item(found, FOOD)
    assert food.years[2024].gap == 5
    assert food.years[2024].supply.largest_share is None
    crops = item(made.outlook(opened, DAY, made.BY_SPECIALTY), CROPS)
    assert crops.years[2023].supply.graduates is None
    assert crops.years[2023].gap is None


def test_closed_points_count_and_technician_schools_stand_apart(tmp_path: Path) -> None:
    opened = version(
        tmp_path,
        [
            point("A", 撤销日期="2024-06-01"),
            point("B", CROPS, school="S2"),
            point("T", school="S3"),
        ],
        [year("A", 2024, 0, 30), year("B", 2024, 9, 30), year("T", 2024, 9, 500)],
        [wanted(2024, 100)],
    )
    found = made.outlook(opened, DAY)
    supply = item(found).years[2024].supply
    assert supply.graduates == 60
    # Equal ones: the first by name.
    assert (supply.institutions, supply.largest, supply.largest_share) == (2, "第1学校", 0.5)
    assert found.outside == {2024: 500.0}


def test_forecast_waits_for_who_has_come(tmp_path: Path) -> None:
    opened = version(
        tmp_path,
        [point("A"), point("B", CROPS, 学制="二年")],
        [
            year("A", 2021, 100, 50),
            year("A", 2022, 60, 50),
            year("A", 2023, 70, 50),
            year("A", 2024, 80, 90),
            year("B", 2023, 20, None),
            year("B", 2024, 30, None),
        ],
        [wanted(2025, 54), wanted(2030, 10)],
    )
    found = made.outlook(opened, DAY)
    assert found.passing == {"中职": 0.9}
    supply = {at: each.supply for at, each in item(found).years.items()}
    assert supply[2025].graduates == round(60 * 0.9 + 20 * 0.9)
    assert supply[2026].graduates == round(70 * 0.9 + 30 * 0.9)
    # Two years on only the longer study is registered: not known, not less.
    assert supply[2027].graduates is None
    assert supply[2030].graduates is None
    assert item(found).years[2030].gap is None
    seeds = item(made.outlook(opened, DAY, made.BY_SPECIALTY), SEEDS)
    assert seeds.years[2027].supply.graduates == 72


def test_equal_gaps_share_a_rank_and_growth_needs_a_beginning(tmp_path: Path) -> None:
    opened = version(
        tmp_path,
        [point("A")],
        [year("A", 2023, 10, 10), year("A", 2024, 10, 20)],
        [
            wanted(2023, 10),
            wanted(2024, 40),
            wanted(2023, 0, FOOD),
            wanted(2024, 20, FOOD),
            wanted(2024, 20, HEALTH),
            wanted(2024, 1, "化工"),
        ],
    )
    found = made.outlook(opened, DAY)
    ranked = [(rank, each.key) for rank, each in found.ranked(2024, shortage=True)]
    assert ranked == [(1, HEALTH), (1, AGRICULTURE), (1, FOOD), (4, "化工")]
    assert found.ranked(2024, shortage=False) == []
    start, grown = found.grown(2024)
    assert start == 2023
    assert [(g.item.key, g.demand, g.supply) for g in grown] == [(AGRICULTURE, 3.0, 1.0)]
    assert item(found).change(2024) == 20
    assert item(found, HEALTH).change(2024) is None


def test_without_demand_or_supply(tmp_path: Path) -> None:
    opened = version(tmp_path, [point("A")], [], [])
    found = made.outlook(opened, DAY)
    assert found.items == ()
    assert found.latest_known() is None
    assert found.passing == {}


@pytest.mark.parametrize(
    ("text", "level", "years"),
    [
        ("三年", "中职", 3),
        ("两年制", "高职", 2),
        ("3+2", "高职", 3),
        ("2.5年", "高职", 3),
        ("二年半", "高职", 3),
        ("五年一贯制", "高职", 5),
        (None, "职业本科", 4),
        ("", "中职", 3),
        ("弹性", "高职", 3),
        ("36", "高职", 3),
    ],
)
def test_years_of_study(text: str | None, level: str, years: int) -> None:
    assert made.study_years(text, level) == years
