"""The layout of the flow picture: what flows in flows out, nothing overlaps, heights are values."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.parts.sankey import Layout, lay_out
from queries.alignment import COLUMNS, OTHERS, Flow, Picture, picture

NAMES = st.sampled_from("甲乙丙丁戊己庚辛")
FLOWS = st.dictionaries(
    st.tuples(NAMES, NAMES, NAMES), st.integers(0, 500), min_size=1, max_size=40
).map(lambda found: [Flow(names, float(value), 1) for names, value in found.items()])
SPAN, PITCH, SPACE = 400.0, 17.0, 4.0


def laid(shown: Picture) -> Layout:
    return lay_out(
        shown.nodes, [shown.bands(0), shown.bands(1)], span=SPAN, pitch=PITCH, space=SPACE
    )


@given(FLOWS, st.integers(1, 6), st.sets(st.sampled_from(COLUMNS)))
def test_putting_small_ones_together_loses_nothing(
    found: list[Flow], most: int, opened: set[str]
) -> None:
    shown = picture(found, dict.fromkeys(COLUMNS, most), opened=opened, always=("甲",))
    total = sum(flow.value for flow in found)
    assert shown.total == total
    assert shown.points == len(found)
    for at, (name, nodes, away) in enumerate(
        zip(COLUMNS, shown.nodes, shown.put_away, strict=True)
    ):
        assert sum(value for _, value in nodes) == total
        keys = [key for key, _ in nodes]
        assert len(keys) == len(set(keys))
        assert (OTHERS in keys) == bool(away)
        assert len(away) != 1
        names = {flow.names[at] for flow in found}
        assert set(keys) - {OTHERS} == names - away
        if name in opened:
            assert not away
        if at == 0:
            assert "甲" not in away
    for at in (0, 1):
        bands = shown.bands(at)
        for side, nodes in ((0, shown.nodes[at]), (1, shown.nodes[at + 1])):
            for key, value in nodes:
                assert sum(v for pair, v in bands.items() if pair[side] == key) == value


@given(FLOWS, st.integers(1, 6))
def test_the_picture_does_not_depend_on_the_order_of_the_flows(
    found: list[Flow], most: int
) -> None:
    limits = dict.fromkeys(COLUMNS, most)
    assert picture(found, limits) == picture(found[::-1], limits)
    assert laid(picture(found, limits)) == laid(picture(found[::-1], limits))


@given(FLOWS, st.integers(1, 8))
def test_heights_are_values_and_nothing_overlaps(found: list[Flow], most: int) -> None:
    shown = picture(found, dict.fromkeys(COLUMNS, most))
    made = laid(shown)
    for column in made.nodes:
        for node in column:
            assert node.height == pytest.approx(node.value * SPAN / shown.total)
            assert node.y >= -1e-6
            assert node.y + node.height <= made.height + 1e-6
        for above, below in pairwise(column):
            assert below.y - (above.y + above.height) >= SPACE - 1e-6
            assert below.middle - above.middle >= PITCH - 1e-6
    nodes = {(node.column, node.key): node for column in made.nodes for node in column}
    ends: dict[tuple[int, str, str], list[tuple[float, float]]] = {}
    for band in made.bands:
        assert band.height == pytest.approx(band.value * SPAN / shown.total)
        ends.setdefault((band.column, band.left, "out"), []).append((band.from_y, band.height))
        ends.setdefault((band.column + 1, band.right, "in"), []).append((band.to_y, band.height))
    for (place, key, _), edges in ends.items():
        node = nodes[place, key]
        assert sum(height for _, height in edges) == pytest.approx(node.height)
        top = node.y
        for y, height in sorted(edges):
            assert y == pytest.approx(top)
            top = y + height


def test_nothing_makes_an_empty_picture() -> None:
    made = lay_out([[], [], []], [{}, {}], span=SPAN, pitch=PITCH)
    assert made.nodes == ((), (), ())
    assert made.bands == ()
    assert made.height == 0
