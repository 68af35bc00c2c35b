"""Roles from claims, sessions that end, addresses that may be listened on or returned to."""

from __future__ import annotations

from typing import Any

import pytest

from pages.parts import gate, sign_on
from pages.parts.sign_on import SettingsError, User, ends_at, read_roles, role_of

LISTED = {
    "administrator": ["Zhang@city.example"],
    "editor": ["li@city.example", "zhang@city.example"],
    "viewer": ["*"],
}


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"email": "zhang@city.example"}, "administrator"),
        ({"email": " ZHANG@CITY.EXAMPLE "}, "administrator"),
        ({"email": "zhang@city.example", "email_verified": True}, "administrator"),
        # Anyone can enter an address that nobody has verified.
        ({"email": "zhang@city.example", "email_verified": False}, "viewer"),
        ({"email": "li@city.example"}, "editor"),
        ({"email": "*"}, "viewer"),
        ({"email": ["li@city.example"]}, "editor"),
        ({"email": {"li@city.example": 1}}, "viewer"),
        ({"email": "li@city.example.evil.example"}, "viewer"),
        ({"name": "li@city.example", "role": "administrator"}, "viewer"),
        ({}, "viewer"),
    ],
)
def test_the_listed_claim_alone_decides(claims: dict[str, Any], role: str) -> None:
    assert role_of(claims, read_roles(LISTED)) == role


def test_who_is_not_listed_has_no_role() -> None:
    roles = read_roles({"claim": "groups", "viewer": ["joint-meeting"], "editor": ["clerks"]})
    assert role_of({"groups": ["joint-meeting"]}, roles) == "viewer"
    assert role_of({"groups": ["joint-meeting", "clerks"]}, roles) == "editor"
    assert role_of({"groups": "clerks"}, roles) == "editor"
    assert role_of({"groups": ["others"]}, roles) is None
    assert role_of({"email": "clerks"}, roles) is None
    assert role_of({"email": "anyone@city.example"}, read_roles({})) is None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"administrators": ["a"]}, "administrators"),
        ({"administrator": "zhang@city.example"}, "应为列表"),
        ({"administrator": [1]}, "应为文字"),
        ({"editor": ["*"]}, "只能用于 viewer"),
        ({"claim": 1}, "claim"),
        ({"session_hours": 0}, "session_hours"),
        ({"session_hours": "8"}, "session_hours"),
        (["viewer"], "一节"),
    ],
)
def test_a_misspelt_setting_is_said(given: Any, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        read_roles(given)


def test_a_session_ends_with_its_token_or_after_the_hours_set() -> None:
    claims = {"iat": 1000, "exp": 1300}
    assert ends_at(claims, read_roles({})) == 1300
    assert ends_at(claims, read_roles({"session_hours": 2})) == 8200
    for broken in ({}, {"exp": "9999999999"}, {"exp": True}, {"exp": None}):
        assert ends_at(broken, read_roles({})) == 0
        assert ends_at(broken, read_roles({"session_hours": 2})) == 0


def test_a_role_holds_what_is_below_it() -> None:
    assert User("", "administrator").may("editor")
    assert User("", "editor").may("editor")
    assert not User("", "viewer").may("editor")


@pytest.mark.parametrize(
    "address", ["0.0.0.0", "", None, "::", "192.168.1.2", "example", "unix:/a"]
)
def test_another_address_is_refused_or_read_only(
    address: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("READ_ONLY", raising=False)
    assert "尚未配置登录认证" in sign_on.why_not_start(address)
    monkeypatch.setenv("READ_ONLY", "1")
    assert sign_on.why_not_start(address) == ""
    assert sign_on.user().role == "viewer"
    with pytest.raises(sign_on.NotAllowed, match="需要编辑者"):
        sign_on.require("editor", "保存情景")


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "::1", "127.3.2.1"])
def test_this_machine_is_served_as_administrator(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("READ_ONLY", raising=False)
    assert sign_on.why_not_start(address) == ""
    assert sign_on.require("administrator").name == "本机用户"


@pytest.mark.parametrize(
    "place",
    [
        "//evil.example/",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "a",
        "",
        "/a\r\nset-cookie: x=1",
        "/" + "a" * 3000,
        "\\/evil.example",
        "/\t/evil.example",
        "///e",
    ],
)
def test_the_way_back_never_leads_elsewhere(place: str) -> None:
    assert gate.safe_place(place) == ""


def test_the_way_back_keeps_what_was_asked() -> None:
    place = "/map?district=%E9%87%91&as_of=2024-03-31"
    assert gate.safe_place(place) == place
