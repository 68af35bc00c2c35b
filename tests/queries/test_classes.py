"""Classes of a map: every value in one class, classes in order, words that do not overlap."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.classes import EQUAL, METHODS, NATURAL, QUANTILE, classify

VALUES = st.lists(st.one_of(st.integers(-50, 500), st.floats(-50, 500)), min_size=1, max_size=20)


@pytest.mark.parametrize("method", METHODS)
def test_no_value_no_class(method: str) -> None:
    assert classify([None, None], method) is None
    assert classify([], method) is None


@pytest.mark.parametrize("method", METHODS)
def test_one_value_one_class(method: str) -> None:
    found = classify([3.0, None, 3.0], method)
    assert found is not None
    assert len(found) == 1
    assert found.index(3.0) == 0
    assert found.bounds(0) == (3.0, 3.0)


def test_equal_intervals_are_equal() -> None:
    found = classify([0.0, 10.0, 49.9, 100.0], EQUAL, most=4)
    assert found is not None
    assert found.uppers == pytest.approx((25, 50, 75, 100))
    assert [found.index(v) for v in (0.0, 25.0, 25.1, 100.0)] == [0, 0, 1, 3]


def test_quantiles_hold_the_same_number() -> None:
    values = [float(v * v) for v in range(20)]
    found = classify(values, QUANTILE)
    assert found is not None
    sizes = [sum(found.index(v) == i for v in values) for i in range(len(found))]
    assert sizes == [4] * 5


def test_natural_breaks_fall_into_the_gaps() -> None:
    values = [1.0, 2.0, 3.0, 50.0, 51.0, 52.0, 300.0, 301.0]
    found = classify(values, NATURAL, most=3)
    assert found is not None
    assert found.uppers == (3.0, 52.0, 301.0)


def test_whole_numbers_do_not_stand_in_two_classes() -> None:
    found = classify([0.0, 3.0, 7.0, 12.0, 51.0], EQUAL)
    assert found is not None
    spans = [found.bounds(i) for i in range(len(found))]
    assert spans[0][0] == 0
    assert spans[-1][1] == 51
    assert all(before[1] + 1 == after[0] for before, after in pairwise(spans))


@pytest.mark.parametrize("method", METHODS)
def test_losses_and_gains_never_share_a_class(method: str) -> None:
    values = [-40.0, -7.0, -1.0, 0.0, 0.0, 2.0, 9.0, 80.0]
    found = classify(values, method, signed=True)
    assert found is not None
    assert list(found.signs) == sorted(found.signs)
    for value in values:
        sign = (value > 0) - (value < 0)
        assert found.signs[found.index(value)] == sign
    assert found.bounds(found.signs.index(0)) == (0.0, 0.0)


@pytest.mark.parametrize("method", METHODS)
@given(values=VALUES, signed=st.booleans())
def test_every_value_lies_in_its_class(method: str, values: list[float], signed: bool) -> None:
    found = classify(values, method, signed=signed)
    assert found is not None
    assert 1 <= len(found) == len(found.signs) <= 6
    assert list(found.uppers) == sorted(set(found.uppers))
    for value in values:
        low, high = found.bounds(found.index(value))
        assert low <= value <= high
