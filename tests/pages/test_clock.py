"""Moments and days of the city, on a server of any zone."""

from __future__ import annotations

from datetime import UTC, datetime

from pages.parts import clock
from pages.parts.desk_log import read_address


def test_the_city_reads_its_own_time() -> None:
    evening = datetime(2024, 12, 31, 20, 5, tzinfo=UTC)
    assert clock.moment(evening) == "2025-01-01 04:05"
    assert clock.moment(evening.replace(tzinfo=None)) == "2025-01-01 04:05"
    assert clock.moment(None) == ""


def test_a_day_of_the_log_is_the_citys() -> None:
    """From its midnight to the next, whatever the server's."""
    asked, ignored = read_address({"first": ["2025-01-01"], "last": ["2025-01-01"]})
    assert ignored == []
    wanted = asked.wanted
    assert wanted.since == datetime(2024, 12, 31, 16, tzinfo=UTC)
    assert wanted.until == datetime(2025, 1, 1, 16, tzinfo=UTC)


def test_today_is_the_citys() -> None:
    before = clock.here(datetime.now(UTC)).date()
    assert before <= clock.today() <= clock.here(datetime.now(UTC)).date()
