"""把握有多大: shown when asked for, with the numbers of the draws, reproduced by its address."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import what_if_risk
from queries.run import open_current
from queries.scenario import PRESETS, prepared
from queries.simulation import simulate

SCRIPT = """
import streamlit as st
from pages.parts import what_if_risk
from pages.parts.view import View, put
from queries.evaluate import Scope
from queries.run import open_current
from queries.scenario import PRESETS, prepared

version = open_current()
view = View(version, version.as_of, Scope())
put(view, "情景推演")
ready = prepared(version)
what_if_risk.show(view, ready, PRESETS[1].on(ready))
"""


@pytest.fixture
def section(demo_warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """The section's markup at an address."""
    monkeypatch.setenv("WAREHOUSE_DIR", str(demo_warehouse))

    def run(**address: str) -> str:
        app = AppTest.from_string(SCRIPT, default_timeout=60)
        for name, value in address.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception, [each.value for each in app.exception]
        found = next(each for each in app.main if each.type == "bidi_component")
        markup: str = json.loads(found.proto.json)["html"]
        return markup

    return run


def test_it_is_computed_when_asked_for(section: Callable[..., str]) -> None:
    closed = section()
    assert 'data-go="?risk=1"' in closed
    assert "很可能" not in closed


def test_the_chances_are_those_of_the_draws(section: Callable[..., str]) -> None:
    markup = section(risk="1", seed="5")
    version = open_current()
    ready = prepared(version)
    found = simulate(ready, PRESETS[1].on(ready), 5, version.plan.simulation)
    shares = [each.reached for each in found.chances if each.reached is not None]
    shown = re.findall(r'<span class="n"><b>(.*?)</b>', markup)
    assert shown == [what_if_risk.percent(each) for each in shares]
    assert f"{len(shares)} 项目标中 {sum(each >= 0.8 for each in shares)} 项很可能达成" in markup
    assert "种子 5</span>" in markup
    assert "演示数据" in markup


def test_without_the_trend_and_for_an_indicator(section: Callable[..., str]) -> None:
    markup = section(risk="1", trend="0", indicator="brand_points")
    assert "不计基线的误差" in markup
    assert "省级示范性品牌专业点，单位：个" in markup


@pytest.mark.parametrize("seed", ["-1", "x", "99999999999", "１"])
def test_a_strange_seed_is_the_default(section: Callable[..., str], seed: str) -> None:
    assert "种子 1</span>" in section(risk="1", seed=seed, indicator="<b>")


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, "0%"), (0.001, "不到 1%"), (0.5, "50%"), (0.9999, "超过 99%"), (1.0, "100%")],
)
def test_only_all_draws_are_a_hundred_percent(share: float, words: str) -> None:
    assert what_if_risk.percent(share) == words
