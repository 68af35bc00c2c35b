"""情景推演: what it shows is what ``queries.scenario`` says, whatever the address or the file."""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Event
from typing import Any

import pandas as pd
import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

from data import notes
from pages.parts import what_if, what_if_saved, what_if_solve
from pages.parts import what_if_picture as picture
from pages.parts.view import View
from pages.parts.what_if_board import Board, saved_value
from queries.evaluate import Scope
from queries.run import open_current
from queries.scenario import (
    BASE,
    PRESETS,
    Outcome,
    Prepared,
    Scenario,
    ScenarioError,
    outcome,
    prepared,
    scenario,
)
from queries.solve import Progress, Solution, Stopped, solve
from queries.status import ACHIEVED, REACHED, WORDS, number

PAGE = "what_if.py"
HEAD, PICTURE, PANEL, LIST = "what-if-head", "what-if", "what-if-levers", "what-if-saved"
HOSTILE = "<img src=x onerror=alert(1)>“=1+1”"


@pytest.fixture(scope="module")
def ready(demo_warehouse: Path) -> Iterator[Prepared]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_DIR", str(demo_warehouse))
        yield prepared(open_current())


@pytest.fixture(scope="module")
def late(ready: Prepared) -> Prepared:
    """The same data after the deadline."""
    return prepared(ready.version, date(2026, 3, 31))


@pytest.fixture
def own(
    show: Callable[..., Any], demo_warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """``show`` with a warehouse that may be written to."""
    folder = shutil.copytree(demo_warehouse, tmp_path / "data")
    monkeypatch.setenv("WAREHOUSE_DIR", str(folder))
    return show


def levers(**moved: float) -> str:
    return json.dumps(moved, ensure_ascii=False)


def seen(markup: str) -> dict[str, tuple[str, str]]:
    """Indicator id -> (figures, status words) as its row shows them."""
    found = {}
    for name, row in re.findall(r'<a class="wi [^>]*id="wi-([^"]+)"(.*?)</a>', markup, re.DOTALL):
        spans = re.search(r'class="figure">(.*?)</span>.*?class="turn">(.*)', row, re.DOTALL)
        assert spans
        figure, turn = (re.sub(r"<[^>]+>|\s", "", part) for part in spans.groups())
        found[name] = figure, turn
    return found


def bars(markup: str, name: str) -> tuple[float, float, float]:
    """Percent of the width: base, scenario, target (0 without)."""
    row = re.search(rf'id="wi-{name}".*?</a>', markup, re.DOTALL)
    assert row
    found = dict(re.findall(r'<i class="(\w+)" style="\w+:([\d.]+)%"', row.group()))
    return float(found["base"]), float(found["then"]), float(found.get("aim", 0))


def expected(found: Outcome) -> dict[str, tuple[str, str]]:
    """The same from the outcome."""
    rows = {}
    for each in found.indicators:
        target, unit = each.result.target, each.indicator.unit
        short = "%" if unit == "%" else ""
        base, value = number(each.base, short, target), number(each.value, short, target)
        figure = value if base == value else f"{base}→{value}"
        figure += "" if target is None else f"/{number(target, unit)}"
        marks = re.sub(r"[●◐◆◔▲■○]", "", "")
        words = WORDS[each.status]
        if each.status != each.base_status:
            words = f"{WORDS[each.base_status]}→{words}"
        rows[each.id] = figure.replace(" ", ""), marks + words
    return rows


def agrees(shown: Any, found: Outcome) -> None:
    """The picture is the outcome's, bars, finding, counts and money."""
    markup = shown.html(PICTURE)
    rows = {k: (f, re.sub(r"[●◐◆◔▲■○]", "", t)) for k, (f, t) in seen(markup).items()}
    assert rows == expected(found)
    for each in found.indicators:
        base, value, aim = bars(markup, each.id)
        if each.result.target and each.base is not None and each.value is not None:
            assert base == pytest.approx(each.base / each.result.target * aim, abs=0.1)
            drawn = min(each.value / each.result.target * aim, 100)
            assert value == pytest.approx(drawn, abs=0.1)
    assert picture.finding(found) in shown.text(HEAD)
    text = re.sub(r"\s", "", shown.text(PICTURE))
    for name in {*found.counts, *found.base_counts}:
        assert f"{WORDS[name]}{found.base_counts.get(name, 0)}→{found.counts.get(name, 0)}" in text
    assert f"市级资金{number(found.cost.total, '万元')}".replace(" ", "") in text


def tell(
    app: AppTest, state: Any = None, trigger: tuple[str, Any] | None = None, key: str = PANEL
) -> None:
    """What the panel, or another block, in the browser would send: its state, or one press."""
    panel = next(e for e in app.main if getattr(e, "key", "") == key)
    states = app._tree.get_widget_states()
    if state is not None:
        states.widgets.append(WidgetState(id=panel.proto.id, json_value=json.dumps(state)))
    if trigger is not None:
        event = {"event": trigger[0], "value": trigger[1]}
        states.widgets.append(
            WidgetState(
                id=f"$$STREAMLIT_INTERNAL_KEY_{panel.proto.id}__events",
                json_trigger_value=json.dumps([event]),
            )
        )
    app._run(states)
    assert not app.exception


def press(app: AppTest, act: str) -> None:
    tell(app, trigger=("act", act))


def address(app: AppTest) -> dict[str, Any]:
    """The address after a run, its levers read."""
    found = {
        name: values if isinstance(values, str) else values[-1]
        for name, values in app.query_params.items()
    }
    return {**found, "levers": json.loads(found.get("levers", "{}"))}


# ---------------------------------------------------------------- the picture


def test_without_a_move_it_is_the_base(show: Callable[..., Any], ready: Prepared) -> None:
    shown = show(PAGE)
    found = outcome(ready)
    agrees(shown, found)
    assert f"按现有速度，期限时达成 {found.counts[ACHIEVED]} 项" in shown.text(HEAD)
    assert "演示数据" in shown.text(PICTURE)
    assert len(seen(shown.html(PICTURE))) == len(ready.indicators)


def test_a_move_changes_the_picture_and_the_address_and_undo_takes_it_back(
    show: Callable[..., Any], ready: Prepared
) -> None:
    shown = show(PAGE)
    moved = {"rate:新兴": 30.0}
    tell(shown.app, {"move": {"n": 7, "grip": 1, "settled": True, "levers": moved}})
    agrees(shown, outcome(ready, scenario(moved)))
    assert address(shown.app)["levers"] == moved
    moved |= {"closures:red": 60.0}
    tell(shown.app, {"move": {"n": 8, "grip": 2, "settled": True, "levers": moved}})
    agrees(shown, outcome(ready, scenario(moved)))
    press(shown.app, "undo")
    agrees(shown, outcome(ready, scenario({"rate:新兴": 30.0})))
    assert address(shown.app)["levers"] == {"rate:新兴": 30}
    press(shown.app, "reset")
    agrees(shown, outcome(ready))
    assert "levers" not in shown.app.query_params


def test_one_drag_is_one_move_to_undo_and_one_address(
    show: Callable[..., Any], ready: Prepared
) -> None:
    shown = show(PAGE)
    for n, value in enumerate((20.0, 25.0, 30.0)):
        move = {"n": n + 1, "grip": 5, "settled": False, "levers": {"rate:新兴": value}}
        tell(shown.app, {"move": move})
        assert "levers" not in shown.app.query_params
    tell(shown.app, {"move": move | {"n": 4, "settled": True}})
    assert address(shown.app)["levers"] == {"rate:新兴": 30}
    press(shown.app, "undo")
    agrees(shown, outcome(ready))


@pytest.mark.parametrize("preset", PRESETS, ids=lambda each: each.id)
def test_a_preset_is_its_scenario(show: Callable[..., Any], ready: Prepared, preset: Any) -> None:
    shown = show(PAGE)
    press(shown.app, f"preset:{preset.id}")
    agrees(shown, outcome(ready, preset.on(ready)))


def test_an_address_shows_what_it_was_copied_from(
    show: Callable[..., Any], ready: Prepared
) -> None:
    moved = {"projects": 100.0, "slip": 6.0, "rate:职业本科": 12.0}
    agrees(show(PAGE, levers=json.dumps(moved)), outcome(ready, scenario(moved)))


def test_a_look_at_another_page_keeps_what_is_worked_on(
    show: Callable[..., Any], ready: Prepared
) -> None:
    shown = show(PAGE)
    press(shown.app, "preset:pool")
    shown.app.query_params.clear()
    shown.app.switch_page("overview.py").run()
    shown.app.switch_page(PAGE).run()
    agrees(shown, outcome(ready, PRESETS[1].on(ready)))
    assert address(shown.app)["levers"] == {"projects": 100}
    # On the page itself an address without a scenario is the base: the browser went back.
    del shown.app.query_params["levers"]
    shown.app.run()
    agrees(shown, outcome(ready))


def test_another_day_refits_what_is_worked_on(
    show: Callable[..., Any], ready: Prepared, late: Prepared
) -> None:
    lost = next(name for name in ready.levers.all if name not in late.levers.all)
    shown = show(PAGE)
    moved = {"projects": 100.0, lost: ready.levers.all[lost].high}
    tell(shown.app, {"move": {"n": 1, "grip": 1, "levers": moved}})
    shown.app.date_input[0].set_value(date(2026, 3, 31)).run()
    assert not shown.app.exception
    agrees(shown, outcome(late, scenario({"projects": 100})))
    assert "情景原截至" in shown.text(HEAD)
    assert lost in shown.text(HEAD)


def test_undo_to_a_scenario_of_other_data_refits_it(
    ready: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = Board(past=[Scenario((("close:gone", 1.0), ("projects", 100.0)), "v0001")])
    monkeypatch.setattr(what_if, "board", lambda: at)
    what_if.press(View(ready.version, ready.day, Scope()), "undo")
    assert outcome(ready, at.scenario).scenario.values == {"projects": 100}
    assert "close:gone" in "".join(at.said)


def test_filters_do_not_touch_a_what_if(show: Callable[..., Any], ready: Prepared) -> None:
    shown = show(PAGE, district="金水区")
    agrees(shown, outcome(ready))
    assert "按全市计算" in shown.text("what-if-city")


def test_an_address_that_cannot_be_read_shows_the_base_and_says_so(
    show: Callable[..., Any], ready: Prepared
) -> None:
    shown = show(PAGE)
    for asked in ("[", "[1]", '{"x": 1e999}', "0" * 50, '{"rate:新兴": "9"}', "[" * 9000):
        shown.app.query_params["levers"] = asked
        shown.app.run()
        assert not shown.app.exception
        assert "链接中的情景无法读取" in shown.text(HEAD), asked
        agrees(shown, outcome(ready))


def test_levers_of_other_data_are_left_out_and_named_as_text(
    show: Callable[..., Any], ready: Prepared
) -> None:
    shown = show(PAGE, levers=json.dumps({f"close:{HOSTILE}": 1, "projects": 100, "slip": 99}))
    agrees(shown, outcome(ready, scenario({"projects": 100, "slip": 24})))
    assert f"close:{HOSTILE}"[:40] in shown.text(HEAD)
    assert "<img" not in shown.html(HEAD)
    assert "已收到范围内：slip" in shown.text(HEAD)


def test_a_scenario_too_long_for_an_address_says_to_save_it(
    show: Callable[..., Any], ready: Prepared
) -> None:
    shown = show(PAGE)
    moved = {name: 1.0 for name in ready.levers.all if name.startswith(("close:", "project:"))}
    tell(shown.app, {"move": {"n": 1, "grip": 1, "levers": moved}})
    agrees(shown, outcome(ready, scenario(moved)))
    assert "levers" not in shown.app.query_params
    panel = next(e for e in shown.app.main if getattr(e, "key", "") == PANEL)
    data = json.loads(panel.proto.json)
    assert data["values"] == moved
    assert "链接放不下，请保存情景" in data["tools"]
    listed = data["single"].count("data-lever=")
    assert f"另有 {len(moved) - listed} 项" in data["single"]
    assert len(data["single"]) < 60_000


def test_what_a_browser_should_not_send_is_left_out(
    show: Callable[..., Any], ready: Prepared
) -> None:
    shown = show(PAGE)
    for n, sent in enumerate(
        ({"levers": {"none": 1}}, {"levers": [1]}, {"levers": {"slip": "x"}}, {"n": "a"}, 5)
    ):
        tell(shown.app, {"move": sent if not isinstance(sent, dict) else {"n": n + 1, **sent}})
        agrees(shown, outcome(ready))
    tell(shown.app, {"move": {"n": 9, "levers": {"slip": 1e9, "projects": 100}}})
    agrees(shown, outcome(ready, scenario({"slip": 24, "projects": 100})))


def test_single_levers_are_found_by_what_they_are_called(
    show: Callable[..., Any], ready: Prepared
) -> None:
    shown = show(PAGE)
    tell(shown.app, trigger=("seek", "裁撤 船舶"))
    panel = next(e for e in shown.app.main if getattr(e, "key", "") == PANEL)
    single = json.loads(panel.proto.json)["single"]
    every = ready.levers.all.values()
    wanted = {v.id for v in every if v.single and "船舶" in v.name and "裁撤" in v.name}
    assert set(re.findall(r'data-lever="([^"]+)"', single)) == wanted
    tell(shown.app, trigger=("seek", HOSTILE))
    panel = next(e for e in shown.app.main if getattr(e, "key", "") == PANEL)
    assert "<img" not in json.loads(panel.proto.json)["single"]


def test_after_the_deadline_the_question_is_what_is_reached_late(
    show: Callable[..., Any], ready: Prepared, late: Prepared
) -> None:
    shown = show(PAGE, as_of="2026-03-31", levers='{"projects":100}')
    found = outcome(late, scenario({"projects": 100}))
    agrees(shown, found)
    assert f"方案期限 {ready.version.plan.deadline} 已过" in shown.text(HEAD)
    assert f"到 {found.days[-1]} 达成" in shown.text(HEAD)


def test_the_required_pace_stands_beside_the_best_quarter(
    show: Callable[..., Any], ready: Prepared
) -> None:
    shown = show(PAGE)
    markup = shown.html("what-if-pace")
    rows = re.findall(r"<tr><td>(.*?)</tr>", markup, re.DOTALL)
    assert len(rows) == len(ready.paces)
    harder = [p for p in ready.paces.values() if p.times is None or p.times > 1]
    assert f"{len(ready.paces)} 项指标中，{len(harder)} 项" in shown.text("what-if-pace")
    for pace in ready.paces.values():
        indicator = ready.version.plan.indicator(pace.indicator)
        assert indicator is not None
        unit = "个百分点" if indicator.unit == "%" else indicator.unit
        row = next(r for r in rows if f">{indicator.name}</a>" in r)
        assert f"<b>{number(pace.required, unit)}</b>" in row


# ---------------------------------------------------------------- saved


def save(ready: Prepared, name: str, given: Scenario, **changed: Any) -> notes.Scenario:
    view = View(ready.version, ready.day, Scope())
    return notes.save_scenario(
        replace(what_if_saved.draft(view, given, name, "说明"), **changed), "王某"
    )


def test_a_saved_scenario_opens_by_its_link(own: Callable[..., Any], ready: Prepared) -> None:
    given = scenario({"projects": 100, "slip": 3})
    kept = save(ready, "甲", given)
    shown = own(PAGE, saved=str(kept.id))
    agrees(shown, outcome(ready, given))
    assert "情景“甲”" in shown.text(HEAD)
    assert "重新计算" not in shown.text(HEAD)


def test_one_of_other_data_says_so_and_is_recomputed(
    own: Callable[..., Any], ready: Prepared
) -> None:
    content = '{"levers": {"projects": 100, "close:没有了": 1}}'
    kept = save(ready, "甲", BASE, version_id="v0001", as_of=date(2024, 1, 1), content=content)
    shown = own(PAGE, saved=str(kept.id))
    agrees(shown, outcome(ready, scenario({"projects": 100})))
    text = shown.text(HEAD)
    assert "情景原基于数据版本 v0001" in text
    assert "情景原截至 2024-01-01" in text
    assert "close:没有了" in text


def test_a_link_to_none_shows_the_base(own: Callable[..., Any], ready: Prepared) -> None:
    shown = own(PAGE)
    for asked in ("99", "-1", "x", "9" * 40, "²"):
        shown.app.query_params["saved"] = asked
        shown.app.run()
        assert not shown.app.exception
        assert "链接中的情景无法读取" in shown.text(HEAD), asked
        agrees(shown, outcome(ready))


def test_the_list_shows_names_as_text_and_restores(
    own: Callable[..., Any], ready: Prepared
) -> None:
    kept = save(ready, HOSTILE[:40], BASE)
    shown = own(PAGE, part="saved")
    assert HOSTILE[:40] in shown.text(LIST)
    assert "<img" not in shown.html(LIST)
    assert {f"load:{kept.id}", f"rename:{kept.id}", f"delete:{kept.id}:1"} <= set(shown.goes(LIST))
    notes.delete_scenario(kept, "王某")
    shown.app.run()
    assert f"restore:{kept.id}" in shown.goes(LIST)
    assert "还没有保存的情景" in shown.text(LIST)


def test_saving_keeps_what_is_worked_on(own: Callable[..., Any], ready: Prepared) -> None:
    shown = own(PAGE, levers='{"projects":100}')
    shown.app.text_input(key="what-if-keep-name").set_value("  甲  案 ")
    shown.app.text_area(key="what-if-keep-note").set_value("备注")
    next(b for b in shown.app.button if b.label == "保存").click().run()
    (kept,) = notes.scenarios()
    assert (kept.name, kept.note, kept.as_of) == ("甲 案", "备注", ready.day)
    assert (kept.version_id, kept.made_by) == (ready.version_id, "本机用户")
    assert saved_value(kept).values == {"projects": 100}
    assert "甲 案" in shown.text(LIST)


def test_the_scenario_it_came_from_is_overwritten(own: Callable[..., Any], ready: Prepared) -> None:
    kept = save(ready, "甲", scenario({"projects": 100}))
    shown = own(PAGE, saved=str(kept.id))
    moved = {"projects": 50.0, "slip": 3.0}
    tell(shown.app, {"move": {"n": 1, "grip": 1, "settled": True, "levers": moved}})
    assert "saved" not in shown.app.query_params
    # AppTest takes what a fragment drew for gone once only the fragment has run.
    shown.app.run()
    shown.app.button(key="what-if-keep-over").click().run()
    (now,) = notes.scenarios()
    assert saved_value(now).values == moved
    assert (now.name, now.note, now.revision, now.made_by) == ("甲", "说明", 2, "王某")
    assert "已保存到原情景“甲”" in shown.text(HEAD)
    assert address(shown.app)["saved"] == str(kept.id)


@pytest.mark.parametrize("choice", ["mine", "theirs", "leave"])
def test_the_second_to_overwrite_is_shown_what_the_first_changed(
    own: Callable[..., Any], ready: Prepared, choice: str
) -> None:
    kept = save(ready, "甲", scenario({"projects": 100}))
    shown = own(PAGE, saved=str(kept.id))
    content = '{"levers": {"projects": 100, "slip": 7}}'
    theirs = notes.edit_scenario(replace(kept, name=HOSTILE[:20], content=content), "李某")
    moved = {"projects": 50.0}
    tell(shown.app, {"move": {"n": 1, "grip": 1, "settled": True, "levers": moved}})
    shown.app.run()
    shown.app.button(key="what-if-keep-over").click().run()
    assert notes.scenarios() == [theirs]
    text = shown.text("what-if-changed")
    assert "已由 李某 修改，您的调整还没有保存" in text
    slip = ready.levers.all["slip"]
    assert f"▲ {slip.name} 未调整 {number(7, slip.unit)} 未调整" in text
    projects = ready.levers.all["projects"]
    shares = " ".join(number(n, projects.unit) for n in (100, 100, 50))
    assert f"{projects.name} {shares}" in text
    assert "<img" not in shown.html("what-if-changed")
    tell(shown.app, trigger=("go", choice), key="what-if-changed")
    (now,) = notes.scenarios()
    assert "what-if-changed" not in shown.blocks()
    assert now.name == theirs.name
    assert saved_value(now).values == (moved if choice == "mine" else saved_value(theirs).values)
    agrees(shown, outcome(ready, saved_value(theirs) if choice == "theirs" else scenario(moved)))


def test_the_second_to_rename_is_shown_what_the_first_changed(
    own: Callable[..., Any], ready: Prepared
) -> None:
    kept = save(ready, "甲", scenario({"projects": 100}))
    shown = own(PAGE, part="saved")
    tell(shown.app, trigger=("go", f"rename:{kept.id}"), key=LIST)
    notes.edit_scenario(replace(kept, name="乙"), "李某")
    shown.app.text_input(key=f"what-if-name-{kept.id}").set_value("丙")
    save_it = next(b for b in shown.app.button if b.label == "保存修改")
    save_it.click().run()
    assert "名称 甲 → 乙" in shown.app.error[0].value.replace("\\", "")
    assert notes.scenarios()[0].name == "乙"
    next(b for b in shown.app.button if b.label == "保存修改").click().run()
    assert notes.scenarios()[0].name == "丙"


def test_a_viewer_saves_nothing(own: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("READ_ONLY", "1")
    shown = own(PAGE)
    shown.app.text_input(key="what-if-keep-name").set_value("甲")
    next(b for b in shown.app.button if b.label == "保存").click().run()
    assert "需要编辑者" in shown.app.error[0].value
    assert notes.scenarios() == []


def test_a_name_taken_is_said(own: Callable[..., Any], ready: Prepared) -> None:
    save(ready, "甲", BASE)
    shown = own(PAGE)
    shown.app.text_input(key="what-if-keep-name").set_value("甲")
    next(b for b in shown.app.button if b.label == "保存").click().run()
    assert "已有名为" in shown.app.error[0].value
    assert len(notes.scenarios()) == 1


def test_scenarios_side_by_side_are_their_outcomes(
    own: Callable[..., Any], ready: Prepared
) -> None:
    given = [scenario({"projects": 100}), scenario({"closures:red": 100})]
    kept = [save(ready, name, each) for name, each in zip("甲乙", given, strict=True)]
    shown = own(PAGE, part="saved", compare=",".join(["now", *(str(k.id) for k in kept)]))
    text = re.sub(r"\s", "", shown.text("what-if-compared"))
    found = [outcome(ready, each) for each in (BASE, *given)]
    assert "".join(f"{picture.reached(f.counts)}项" for f in found) in text
    for cells in zip(*(f.indicators for f in found), strict=True):
        indicator, target = cells[0].indicator, cells[0].result.target
        name, figures = indicator.name, [number(c.value, indicator.unit, target) for c in cells]
        assert all(re.sub(r"\s", "", f) in text.partition(name)[2][:160] for f in figures), name


# ---------------------------------------------------------------- reverse


SOLVED, WAITING = "what-if-solve", "what-if-waiting"
ASKED = '{"targets":["points_emerging","bachelor_points"]}'


def solved(shown: Any, ready: Prepared, asked: str) -> Solution:
    """The answer to a request, once its thread has ended and the page has seen it."""
    view = View(ready.version, ready.day, Scope())
    run = what_if_solve.run(view, asked)
    assert run.wait(60)
    shown.app.run()
    assert not shown.app.exception
    assert run.solution is not None
    return run.solution


def test_the_answer_can_be_worked_on_and_does_what_it_promises(
    show: Callable[..., Any], ready: Prepared
) -> None:
    shown = show(PAGE, part="solve", ask=ASKED)
    found = solved(shown, ready, ASKED)
    text = shown.text(SOLVED)
    assert found.finding in text
    assert found.proof in text
    assert text.count("理由") == 1
    assert all(each.reason in text for each in found.actions)
    assert "load" in shown.goes(SOLVED)
    shown.app.query_params["load"] = "1"
    shown.app.run()
    agrees(shown, outcome(ready, found.scenario))
    assert found.finding in shown.text(HEAD)
    assert "ask" not in shown.app.query_params


def test_a_solve_is_cancelled_for_the_one_who_cancels(
    show: Callable[..., Any], ready: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = '{"targets":["points_emerging"],"time_limit":9}'

    def endless(_: Prepared, __: Any, told: Callable[[Progress], None], stop: Event) -> Solution:
        told(Progress(2, 5, "正在求最小缺口", 0.0))
        stop.wait(60)
        raise Stopped

    monkeypatch.setattr(what_if_solve, "solve", endless)
    moved = {"rate:新兴": 20.0}
    shown = show(PAGE, part="solve", ask=asked, levers=json.dumps(moved))
    tell(shown.app, trigger=("go", "stop"), key=WAITING)
    assert "已取消求解" in shown.text("what-if-cancelled")
    run = what_if_solve.run(View(ready.version, ready.day, Scope()), asked)
    assert run.wait(60)
    assert run.stopped
    monkeypatch.setattr(what_if_solve, "solve", solve)
    # Who only follows the link gets the answer.
    other = show(PAGE, part="solve", ask=asked)
    found = solved(other, ready, asked)
    assert found.finding in other.text(SOLVED)
    shown.app.run()
    assert SOLVED not in shown.blocks()
    assert address(shown.app)["levers"] == moved
    tell(shown.app, trigger=("go", "again"), key="what-if-cancelled")
    assert found.finding in shown.text(SOLVED)


def test_what_cannot_be_reached_names_its_limits(show: Callable[..., Any], ready: Prepared) -> None:
    asked = '{"budget":10,"targets":["points_emerging","secondary_conditions_met"]}'
    shown = show(PAGE, part="solve", ask=asked)
    found = solved(shown, ready, asked)
    assert found.conflicts
    assert all(each.reason in shown.text(SOLVED) for each in found.conflicts)


def test_a_request_that_is_not_one_is_said(show: Callable[..., Any]) -> None:
    shown = show(PAGE, part="solve")
    for asked in (
        "[]",
        "{",
        '{"x":1}',
        '{"targets":["none"]}',
        '{"targets":[1]}',
        '{"budget":-1}',
        '{"budget":"a"}',
        '{"limits":{"a":1}}',
        '{"limits":{"projects_per_district":1.5}}',
        '{"limits":{"projects_per_district":-1}}',
        '{"time_limit":1e400}',
    ):
        shown.app.query_params["ask"] = asked
        shown.app.run()
        assert not shown.app.exception
        assert "what-if-solve-fault" in shown.blocks(), asked
        assert WAITING not in shown.blocks()


def test_the_form_asks_for_what_the_base_line_misses(
    show: Callable[..., Any], ready: Prepared
) -> None:
    shown = show(PAGE, part="solve")
    missed = [
        each.id
        for each in outcome(ready).indicators
        if each.base_status not in REACHED and each.result.target is not None
    ]
    assert f"{len(missed)} 项指标达不到" in shown.text("what-if-solve-head")
    (chosen,) = (each for each in shown.app.multiselect if "要达到的指标" in each.label)
    assert chosen.value == missed


def test_the_best_preset_leads_to_the_solver(show: Callable[..., Any], ready: Prepared) -> None:
    shown = show(PAGE)
    press(shown.app, "preset:best")
    view = View(ready.version, ready.day, Scope())
    found = solved(shown, ready, what_if_solve.best(view))
    agrees(shown, outcome(ready, found.scenario))


# ---------------------------------------------------------------- files


def test_a_file_comes_back_as_it_went(ready: Prepared) -> None:
    given = scenario({"projects": 100, "rate:新兴": 12.5})
    found, said = what_if_saved.read_file(what_if_saved.as_file(ready, given), ready)
    assert found == replace(given, version=ready.version_id, as_of=ready.day)
    assert said == ()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "不是有效的 JSON"),
        (b"[1]", "应为 JSON 对象"),
        ("情景".encode("gbk"), "不是 UTF-8 文本"),
        (b'{"levers": {"slip": NaN}}', "NaN 不是数"),
        (b'{"levers": {"slip": "3"}}', "应为数"),
        (b'{"levers": {"slip": 25}}', "超出范围"),
        (b'{"levers": {"none": 1}}', "不存在"),
        (b'{"other": 1}', "不认识"),
        (b" " * 1_000_001, "超过 1 MB"),
        (b"[" * 100_000, "嵌套过深"),
    ],
    ids=lambda each: str(each)[:24],
)
def test_a_file_that_is_not_one_is_refused(ready: Prepared, content: bytes, words: str) -> None:
    with pytest.raises(ScenarioError, match=words):
        what_if_saved.read_file(content, ready)


def test_a_refused_file_is_said_on_the_page(own: Callable[..., Any], ready: Prepared) -> None:
    del ready
    shown = own(PAGE, part="saved")
    shown.app.file_uploader[0].upload(
        f"{HOSTILE[:20]}.json", b'{"levers": {"<b>x</b>": 1}}', "application/json"
    )
    shown.app.run()
    assert "杠杆“<b>x</b>”" in shown.text("what-if-faults")
    assert "<b>x</b>" not in shown.html("what-if-faults")


def test_an_uploaded_file_is_worked_on(own: Callable[..., Any], ready: Prepared) -> None:
    shown = own(PAGE, part="saved")
    shown.app.file_uploader[0].upload(
        "情景.json", b'{"levers": {"projects": 100}}', "application/json"
    )
    shown.app.run()
    agrees(shown, outcome(ready, scenario({"projects": 100})))
    assert "已从文件“情景.json”载入" in shown.text(HEAD)


def test_the_workbook_holds_the_outcome(ready: Prepared) -> None:
    found = outcome(ready, scenario({"projects": 100}))
    view = View(ready.version, ready.day, Scope())
    book = io.BytesIO(picture.workbook(view, ready, found))
    sheet = pd.read_excel(book, header=3, engine="openpyxl").set_index("编号")
    for each in found.indicators:
        assert sheet.loc[each.id, "情景预测"] == pytest.approx(each.value)
        assert sheet.loc[each.id, "情景状态"] == WORDS[each.status]
    assert sheet.loc["projects", "目标值"] == 100
