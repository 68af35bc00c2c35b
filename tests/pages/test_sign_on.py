"""Roles from claims, sessions that end, addresses that may be listened on or returned to."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit import config

from data import notes, versions
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


# ---------------------------------------------------------------- the file of secrets

AUTH = """
[auth]
redirect_uri = "https://plan.city.example/oauth2callback"
cookie_secret = "0123456789abcdef0123456789abcdef"
client_id = "dashboard"
client_secret = "s3cret"
server_metadata_url = "https://sso.city.example/.well-known/openid-configuration"
"""
ROLES = """
[roles]
viewer = ["*"]
"""


@pytest.fixture
def secrets_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one file of secrets, not there yet."""
    file = tmp_path / "secrets.toml"
    option = config.get_option
    monkeypatch.setattr(
        config, "get_option", lambda name: [str(file)] if name == "secrets.files" else option(name)
    )
    for name, value in (("stamp", None), ("secrets", sign_on.Secrets()), ("configured", False)):
        monkeypatch.setattr(sign_on._Kept, name, value)
    return file


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (AUTH + "[roles", "不合 TOML 格式"),
        (AUTH.replace('"s3cret"', '"s3cret'), "第 6 行不合 TOML 格式"),
        (AUTH, "缺少 [roles]"),
        (AUTH + "[roles]\n", "没有列出任何人"),
        (AUTH + "[roles]\nviewers = ['*']\n", "不认识的设置 viewers"),
        ("[auth]" + ROLES, "缺少 redirect_uri"),
        ("auth = 1" + ROLES, "缺少 redirect_uri"),
        (AUTH.replace("/oauth2callback", "") + ROLES, "redirect_uri 应为"),
        (AUTH.replace("https://plan.city.example", "") + ROLES, "redirect_uri 应为"),
        (AUTH.replace("0123456789abcdef0", "") + ROLES, "至少 32 个字符"),
        (AUTH.replace("cookie_secret", "secret") + ROLES, "缺少 cookie_secret"),
        (AUTH.replace("client_id", "id") + ROLES, "缺少 client_id"),
        (AUTH.replace("client_secret", "secret") + ROLES, "缺少 client_secret"),
        (AUTH.replace("https://sso", "sso") + ROLES, "server_metadata_url 应为网址"),
        (AUTH.replace("https://sso", "https://[sso") + ROLES, "不合格式"),
        (AUTH.replace("client_id", "[auth.a_b]\nclient_id") + ROLES, "不能有下划线"),
    ],
)
def test_settings_that_are_wrong_let_nobody_in(text: str, words: str, secrets_file: Path) -> None:
    secrets_file.write_text(text, "utf-8")
    said = sign_on.why_not_start("127.0.0.1")
    assert words in said
    assert "登录设置有误" in said
    assert "s3cret" not in said
    assert sign_on.configured()
    with pytest.raises(SettingsError):
        sign_on.user()
    assert not sign_on.admitted()


def test_a_file_that_cannot_be_read_lets_nobody_in(secrets_file: Path) -> None:
    secrets_file.mkdir()
    assert "无法读取" in sign_on.why_not_start("127.0.0.1")
    secrets_file.rmdir()
    secrets_file.write_bytes("[auth]\n# 中文".encode("gbk"))
    assert "不是 UTF-8 文本" in sign_on.why_not_start("127.0.0.1")
    # Without any file, and none before, nobody has to sign on.
    secrets_file.unlink()
    assert sign_on.why_not_start("127.0.0.1") == ""
    assert not sign_on.configured()
    secrets_file.write_text(AUTH + ROLES, "utf-8")
    assert sign_on.why_not_start("0.0.0.0") == ""
    assert sign_on.providers() == [None]
    secrets_file.unlink()
    assert "不见了" in sign_on.why_not_start("127.0.0.1")
    assert sign_on.configured()


def test_several_providers(secrets_file: Path) -> None:
    secrets_file.write_text(AUTH.replace("client_id", "[auth.sso]\nclient_id") + ROLES, "utf-8")
    assert sign_on.why_not_start("0.0.0.0") == ""
    assert sign_on.providers() == ["sso"]


def test_who_signed_out_stays_out_after_a_restart_and_while_the_log_is_away(
    secrets_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets_file.write_text(AUTH + ROLES, "utf-8")
    monkeypatch.setenv(versions.WAREHOUSE_DIR, str(tmp_path))
    monkeypatch.setattr(sign_on, "_ended", set())
    monkeypatch.setattr(sign_on, "_seen", set())
    for name, value in (("stamp", None), ("entry", 0), ("resting_until", 0.0)):
        monkeypatch.setattr(sign_on._Heard, name, value)
    now = int(time.time())
    one, two = ({"is_logged_in": True, "sub": sub, "iat": now, "exp": now + 60} for sub in "ab")
    assert sign_on.user(one).role == "viewer"
    assert [each.kind for each in notes.log()] == ["sign_in"]
    with monkeypatch.context() as later:
        later.setattr(time, "time", lambda: now + 61.0)
        with pytest.raises(sign_on.NotAllowed, match="已过期"):
            sign_on.user(one)
    notes.record("sign_out", "a", sign_on.token_id(one))
    with pytest.raises(sign_on.NotAllowed, match="已退出"):
        sign_on.user(one)
    # As a process does that has just been started.
    monkeypatch.setattr(sign_on, "_ended", set())
    monkeypatch.setattr(sign_on, "_seen", set())
    monkeypatch.setattr(sign_on._Heard, "stamp", None)
    monkeypatch.setattr(sign_on._Heard, "entry", 0)
    with pytest.raises(sign_on.NotAllowed, match="已退出"):
        sign_on.user(one)
    # A log that cannot be used keeps nobody out who may come in, nor lets anybody back.
    notes.path().write_bytes(b"no database")
    assert sign_on.user(two).role == "viewer"
    with pytest.raises(sign_on.NotAllowed, match="已退出"):
        sign_on.user(one)


@pytest.mark.parametrize(("scheme", "secure"), [("https", True), ("http", False)])
def test_the_cookie_of_a_secure_site_is_for_secure_connections(
    scheme: str, secure: bool, secrets_file: Path
) -> None:
    secrets_file.write_text(AUTH.replace("https://plan", f"{scheme}://plan") + ROLES, "utf-8")

    async def back(_: Request) -> Response:
        response = RedirectResponse("/")
        response.set_cookie(sign_on.COOKIE, "signed", httponly=True)
        return response

    app = Starlette(routes=[Route("/oauth2callback", back)], middleware=[Middleware(gate.WayBack)])
    answer = TestClient(app).get("/oauth2callback?code=a", follow_redirects=False)
    found = answer.headers.get_list("set-cookie")
    assert len(found) == 2
    assert [each.endswith("; Secure") for each in found] == [secure, secure]
