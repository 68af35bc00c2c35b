"""The commands of this room: what they print, their exit codes, and odd arguments."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from data.load import load_workbook
from queries import evidence, output
from queries.evaluate import evaluate
from queries.indicators import __main__ as indicators
from queries.run import open_file

ROWS: dict[str, list[list[str]]] = {
    "院校": [
        ["院校代码", "院校名称", "层次", "主管", "区县"],
        ["S1", "示例职业学院", "高职", "市属", "金水区"],
        ["S2", "示例中专", "中职", "区县属", ""],
    ],
    "专业点": [
        ["专业点编号", "院校代码", "专业代码", "层次", "类别", "设置日期", "撤销日期"],
        ["A①", "S1", "510201", "高职", "新兴", "2020-09-01", "2024-03-01"],
        ["A1", "S1", "510202", "高职", "新兴", "2024-09-01", ""],
        ["B1", "S2", "710201", "中职", "新兴", "2019-09-01", ""],
    ],
    "年度数据": [
        ["专业点编号", "年度", "招生计划", "报到人数"],
        ["A①", "2022", "50", "40"],
        ["A1", "2024", "50", "45"],
    ],
    "目标分解": [
        ["指标", "截止日期", "范围类型", "范围", "目标值"],
        ["points_retired", "2025-12-31", "区县", "金水区", "1"],
        ["points_emerging", "2025-12-31", "区县", "金水区", "3"],
    ],
    "说明": [
        ["项", "值"],
        ["数据集名称", "小样"],
        ["数据截止日", "2025-09-30"],
        ["数据性质", "正式"],
    ],
}


def _write(folder: Path, **changes: list[list[str]]) -> Path:
    folder.mkdir(exist_ok=True)
    for title, rows in (ROWS | changes).items():
        with (folder / f"{title}.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(rows)
    return folder


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    load_workbook(_write(folder / "book"), folder / "small.duckdb")
    return folder / "small.duckdb"


def _json(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def test_json_has_the_contract_s_keys_in_the_plan_s_order(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert indicators.main(["--database", str(database), "--format", "json"]) == 0
    found = _json(capsys)
    assert [each["id"] for each in found] == [i.id for i in open_file(database).plan.indicators]
    assert all(tuple(each) == indicators.COLUMNS for each in found)
    emerging = next(each for each in found if each["id"] == "points_emerging")
    assert (emerging["actual"], emerging["baseline"]) == (2, 2)
    null = next(each for each in found if each["id"] == "brand_points")
    assert null["actual"] is null["numerator"] is null["schedule"] is None
    assert null["status"] == "no_data"


def test_csv_and_table_print_every_indicator(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    indicators.main(["--database", str(database), "--format", "csv"])
    assert len(list(csv.DictReader(io.StringIO(capsys.readouterr().out)))) == 26
    indicators.main(["--database", str(database)])
    assert "points_emerging" in capsys.readouterr().out


def test_evidence_lists_the_rows_by_id_or_name(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("points_emerging", "新兴专业点"):
        arguments = [name, "--database", str(database), "--format", "json"]
        assert evidence.main(arguments) == 0
        found = _json(capsys)
        assert [tuple(each) for each in found] == [evidence.COLUMNS] * 2
        assert {each["subject_id"] for each in found} == {"A1", "B1"}
        assert [each["district"] for each in found] == ["金水区", "未填区县"]


def test_parts_carry_a_group_and_only_allocated_ones_a_status(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    indicators.main(["--database", str(database), "--by", "district", "--format", "json"])
    found = {(each["id"], each["group"]): each for each in _json(capsys)}
    assert found["points_emerging", "金水区"]["target"] == 3
    assert found["points_emerging", "金水区"]["status"] != "not_assessed"
    assert found["points_emerging", "未填区县"]["status"] == "not_assessed"
    retired = found["points_retired", "金水区"]
    assert (retired["target"], retired["status"]) == (None, "not_assessed")
    indicators.main(["--database", str(database), "--by", "institution", "--format", "json"])
    assert {(each["group_id"], each["group"]) for each in _json(capsys)} == {
        ("S1", "示例职业学院"),
        ("S2", "示例中专"),
    }


def test_a_row_belongs_to_the_id_written_to_the_letter(database: Path) -> None:
    version = open_file(database)
    (ratio,) = evaluate(version, indicators=["bachelor_enrolment_ratio"])
    assert ratio.denominator == 45


@pytest.mark.parametrize(
    "arguments",
    [
        ["--as-of", "yesterday"],
        ["--as-of", "9999-12-31"],
        ["--as-of", "0001-01-01"],
        ["--level", ""],
        ["--authority", ","],
        ["--by", "nothing"],
        ["--format", "xml"],
        ["--nonsense"],
    ],
)
def test_odd_arguments_are_refused_in_chinese(
    database: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        indicators.main(["--database", str(database), *arguments])
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert "参数有误" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["--level", "大学"], "不可选"), (["--database", "/nowhere.duckdb"], "找不到")],
)
def test_what_cannot_be_answered_says_why(
    database: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        indicators.main(["--database", str(database), *arguments])
    assert stopped.value.code == 2
    assert words in capsys.readouterr().err


def test_a_replaced_file_is_read_anew_in_the_same_process(tmp_path: Path) -> None:
    path = tmp_path / "x.duckdb"
    load_workbook(_write(tmp_path / "one"), path)
    first = evaluate(open_file(path), indicators=["points_emerging"])[0].actual
    fewer = ROWS["专业点"][:2]
    load_workbook(_write(tmp_path / "two", 专业点=fewer, 年度数据=ROWS["年度数据"][:2]), path)
    # A coarse file clock could give both files one time.
    os.utime(path, ns=(1, 1))
    second = evaluate(open_file(path), indicators=["points_emerging"])[0].actual
    assert (first, second) == (2, 0)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+1", "@SUM(1)", "\t=1"])
def test_csv_gives_a_spreadsheet_nothing_to_work_out(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output.write([{"name": text, "value": -1.5, "mark": "-"}], ["name", "value", "mark"], "csv")
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out, newline=""))
    assert row == {"name": f"'{text}", "value": "-1.5", "mark": "-"}
