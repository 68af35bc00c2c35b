"""Who is at the screen. Without single sign-on the app listens on this machine only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class User:
    """A person with a role: viewer, editor or administrator."""

    name: str
    role: str


LOCAL = User("本机用户", "administrator")


def user() -> User:
    """The person signed on: the hook that every run passes before anything is shown."""
    return LOCAL
