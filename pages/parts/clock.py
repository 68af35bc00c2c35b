"""The city's time, whatever zone the server is set to: moments are kept in UTC and read in it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

# The whole country has this one, and no summer time.
HERE = timezone(timedelta(hours=8))


def here(at: datetime) -> datetime:
    """A moment in the city's time; one without a zone is UTC."""
    return at.replace(tzinfo=at.tzinfo or UTC).astimezone(HERE)


def moment(at: datetime | None) -> str:
    """A moment to the minute; nothing for None."""
    return "" if at is None else f"{here(at):%Y-%m-%d %H:%M}"


def today() -> date:
    """The day it is in the city."""
    return datetime.now(HERE).date()
