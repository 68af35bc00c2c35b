"""指标口径: every indicator, rule and threshold of the plan file stands on the page."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

from data.plan import load_plan
from queries.status import RULES
from tests.pages.conftest import Shown


def test_everything_in_force_stands_on_it(show: Callable[..., Shown]) -> None:
    shown = show("definitions.py")
    markup = unescape(shown.html("definitions"))
    plan = load_plan()
    for each in plan.indicators:
        assert each.name in markup
        assert each.definition in markup
        assert each.quote in markup
        assert all(name in markup for name in each.departments)
    for rule in RULES:
        assert rule.text in markup
    assert f"{plan.status.on_track:.2f}" in markup
    assert plan.status.provenance in markup
    for signal in plan.warning.signals:
        assert signal.name in markup


def test_the_address_opens_one_definition(show: Callable[..., Shown]) -> None:
    markup = show("definitions.py", id="brand_points").html("definitions")
    assert '<details class="entry" open id="brand_points">' in " ".join(markup.split())
