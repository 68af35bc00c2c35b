"""进展总览: its figures are those of queries.evaluate, and every place on it leads somewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from pages.parts.menu import FILES
from queries import summary
from queries.evaluate import Result, Scope, evaluate
from queries.run import open_current
from queries.status import WORDS, number
from tests.pages.conftest import Shown

Show = Callable[..., Shown]


@pytest.fixture
def results(demo_warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Result]]:
    monkeypatch.setenv("WAREHOUSE_DIR", str(demo_warehouse))

    def at(day: str | None = None, scope: Scope | None = None) -> list[Result]:
        return evaluate(open_current(), date.fromisoformat(day) if day else None, scope)

    return at


@pytest.mark.parametrize(
    "address",
    [
        {},
        {"as_of": "2026-03-31"},
        {"as_of": "2023-10-19"},
        {"authority": "市属"},
        {"level": "中职", "district": "金水区"},
    ],
)
def test_every_indicator_stands_with_its_own_figures(
    show: Show, results: Callable[..., list[Result]], address: dict[str, str]
) -> None:
    shown = show(**address)
    scope = Scope(
        authority=tuple(filter(None, [address.get("authority")])),
        level=tuple(filter(None, [address.get("level")])),
        district=tuple(filter(None, [address.get("district")])),
    )
    found = results(address.get("as_of"), scope)
    text, markup = shown.text("overview"), shown.html("overview")
    assert summary.counts(found) == {
        status: int(n)
        for n, word in re.findall(r"</span><b>(\d+)</b>(\w+)", markup)
        for status, name in WORDS.items()
        if name == word
    }
    assert len(re.findall(r'class="row ', markup)) == len(found) == 26
    for each in found:
        assert each.indicator.short in text
        assert f"{each.indicator.name}：现状值 " in markup.replace("&#34;", '"')
        assert number(each.actual, each.indicator.unit, each.target) in markup


def test_the_title_is_the_verdict(show: Show, results: Callable[..., list[Result]]) -> None:
    shown = show()
    version = open_current()
    expected = summary.verdict(results(), version.as_of, version.plan.deadline).text
    assert re.sub(r"<[^>]+>", "", shown.html("overview").split("</h1>")[0]).strip() == expected


def test_after_the_deadline_it_is_the_final_evaluation(show: Show) -> None:
    text = show(as_of="2026-03-31").text("overview")
    assert text.startswith("收官评估：")
    assert "逾期达成" in text
    assert "期限时的值" in text


def test_every_place_leads_to_a_page_or_stays(show: Show) -> None:
    for place in show().goes("overview"):
        page = place.partition("?")[0]
        assert page in FILES or place.startswith("?"), place


def test_a_status_in_the_address_fades_the_others(show: Show) -> None:
    markup = show(status="lagging").html("overview")
    rows = re.findall(r'class="row s-(\w+)( faded)?"', markup)
    assert rows
    assert all(bool(faded) == (status != "lagging") for status, faded in rows)
    assert 'aria-pressed="true"' in markup


def test_an_unknown_status_in_the_address_is_ignored(show: Show) -> None:
    assert " faded" not in show(status="<script>").html("overview")


def test_the_mark_of_demonstration_data_is_in_view(show: Show) -> None:
    assert "演示数据" in show().text("line")
    assert "演示数据" in show().text("overview")


def test_a_filter_names_itself_and_assesses_nothing(show: Show) -> None:
    shown = show(authority="市属")
    assert "范围：市属" in shown.text("line")
    assert "不评定" in shown.text("overview")
    assert "责任单位 × 状态" not in shown.text("overview")


def test_a_day_after_the_data_says_so(show: Show) -> None:
    shown = show(as_of="2026-03-31")
    (note,) = [key for key in shown.blocks() if key.startswith("note")]
    assert "晚于数据截止日" in shown.text(note)


@pytest.mark.parametrize(
    "address",
    [
        {"as_of": "9999-12-31"},
        {"as_of": "yesterday"},
        {"level": "火星"},
        {"district": ["金水区", "火星"]},
    ],
)
def test_what_an_address_gets_wrong_is_said(show: Show, address: dict[str, str]) -> None:
    shown = show(**address)
    wrong = "火星" if "火星" in str(address) else address["as_of"]
    assert any(wrong[:6] in shown.text(key) for key in shown.blocks() if key.startswith("note"))
