"""项目资金: the page says what the queries found; sliders and filters stand in the address."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from data.load import load_workbook
from pages.parts.menu import FILES
from pages.parts.projects import cover_rows, pool_rows, year_rows
from pages.parts.view import View
from queries import projects
from queries.evaluate import Scope
from queries.run import OpenVersion, open_current
from queries.status import number
from tests.pages.conftest import Shown

PUBLIC = Path(__file__).resolve().parents[1] / "fixtures" / "public-2025"
PAGE = "projects.py"


@pytest.fixture
def version(demo_warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> OpenVersion:
    monkeypatch.setenv("WAREHOUSE_DIR", str(demo_warehouse))
    return open_current()


@pytest.mark.parametrize("address", [{}, {"level": "高职"}, {"as_of": "2026-01-15"}], ids=str)
def test_the_page_shows_the_money_found(
    show: Callable[..., Shown], version: OpenVersion, address: dict[str, str]
) -> None:
    scope = Scope(level=("高职",)) if "level" in address else Scope()
    day = version.as_of.fromisoformat(address.get("as_of", version.as_of.isoformat()))
    pool = projects.pool(version, scope, day)
    live = projects.funds(version.plan, pool)
    shown = show(PAGE, **address)
    text = shown.text("projects")
    assert f"{live.count} 个在库项目需市级资金 {number(live.city, '万元')}" in text
    assert f"另有终止 {len(pool) - live.count} 个" in text
    assert version.plan.budget.provenance in text
    assert ("缺口和预算是全市的" in text) == bool(scope)
    for place in (*shown.goes("projects"), *shown.goes("support")):
        assert place.partition("?")[0] in FILES


def test_sliders_set_the_weights_and_stand_in_the_address(
    show: Callable[..., Shown], version: OpenVersion
) -> None:
    weights = projects.weights_of(version.plan.support)
    found = projects.support(version, Scope(), version.as_of)
    plain = show(PAGE)
    assert f"{projects.ranked(found, weights)[0][1].name}得分最高" in plain.text("support")
    shown = show(PAGE, w_results="0", w_quality="100", w_service="0")
    best = projects.ranked(found, {"results": 0, "quality": 1, "service": 0})[0][1]
    assert f"{best.name}得分最高" in shown.text("support")
    plain.app.slider[0].set_value(100).run()
    assert "100" in plain.app.query_params["w_results"]
    none = show(PAGE, w_results="0", w_quality="0", w_service="0")
    assert "各院校均无数据可排" in none.text("support")


def test_exports_agree_with_the_pool(version: OpenVersion) -> None:
    view = View(version, version.as_of, Scope())
    rows = pool_rows(view)
    live = projects.funds(version.plan, projects.pool(version, Scope(), version.as_of))
    assert sum(row[11] or 0 for row in rows) == pytest.approx(live.owed.amount)
    assert sum(row[1] for row in year_rows(view)) == live.count
    assert len(cover_rows(view)) == len(version.plan.indicators)


def test_without_a_pool_the_page_names_the_sheet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, show: Callable[..., Shown]
) -> None:
    monkeypatch.setenv("WAREHOUSE_DIR", str(tmp_path))
    load_workbook(PUBLIC)
    shown = show(PAGE)
    assert "“项目库”表为空" in shown.text("projects")
    assert "各院校均无数据可排" in shown.text("support")
