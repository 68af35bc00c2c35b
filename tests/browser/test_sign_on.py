"""Sign-on with a real OpenID provider on this machine: in, out, expired, forged."""

from __future__ import annotations

import base64
import json
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import flask
import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from oidc_provider_mock import User, run_server_in_thread
from playwright.sync_api import Page, expect
from streamlit import auth_util
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from data import notes, versions
from data.plan import load_plan
from pages.parts import sign_on
from pages.parts.menu import FILES
from tests.browser.conftest import Server, Visitor, free_port, running, until
from tests.browser.wire import Wire

pytestmark = pytest.mark.browser
SECRET = "a cookie secret of this test, and of nothing else"
CLIENT_SECRET = "client-secret-of-this-test"
COOKIE = "_streamlit_user"
PROVIDERS_STYLE = re.compile(r"/pico(\.min)?\.css$")
SETTINGS = """
[auth]
redirect_uri = "http://localhost:{{port}}/oauth2callback"
cookie_secret = "{secret}"
client_id = "dashboard"
client_secret = "{client}"
server_metadata_url = "http://localhost:{provider}/.well-known/openid-configuration"

[roles]
administrator = ["zhang@city.example"]
viewer = ["wang@city.example"]
"""
PEOPLE = (
    User(sub="zhang", claims={"email": "zhang@city.example", "name": "张三"}),
    User(sub="wang", claims={"email": "wang@city.example", "name": "王五"}),
    User(sub="stranger", claims={"email": "stranger@city.example", "name": "陌生人"}),
)


@dataclass
class Guarded:
    """The app behind sign-on."""

    server: Server
    home: str
    provider: str
    settings: Path
    answers: Answers


@dataclass
class Answers:
    """What the provider answers with. tokens: all it gave; spoil: makes another ID token of one,
    given the provider's own key."""

    tokens: list[str] = field(default_factory=list)
    spoil: Callable[[dict[str, Any], RSAKey], str] | None = None

    def change(self, response: flask.Response) -> flask.Response:
        if flask.request.path == "/oauth2/token" and response.status_code == 200:
            found = response.get_json()
            if self.spoil:
                key = flask.g.oidc_provider_mock_storage.jwk.as_dict(is_private=True)
                found["id_token"] = self.spoil(inside(found["id_token"]), RSAKey.import_key(key))
                response.set_data(json.dumps(found))
            self.tokens += [found["id_token"], found["access_token"]]
        return response


def inside(token: str) -> dict[str, Any]:
    """The claims of a token, unchecked."""
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


@pytest.fixture(scope="module")
def guarded(warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    home = tmp_path_factory.mktemp("home")
    (home / ".streamlit").mkdir()
    with run_server_in_thread(user_claims=PEOPLE) as provider:
        port = provider.server_port
        answers = Answers()
        provider.app.after_request(answers.change)
        (home / ".streamlit" / "secrets.toml").write_text(
            SETTINGS.format(secret=SECRET, client=CLIENT_SECRET, provider=port), encoding="utf-8"
        )
        with running(
            warehouse,
            home / "server",
            HOME=str(home),
            USERPROFILE=str(home),
            STREAMLIT_SERVER_ADDRESS="0.0.0.0",
        ) as server:
            # The redirect address names this host.
            server.url = server.url.replace("127.0.0.1", "localhost")
            settings = home / ".streamlit" / "secrets.toml"
            yield Guarded(server, server.url, f"localhost:{port}", settings, answers)


@pytest.fixture
def come(visit: Callable[..., Visitor], guarded: Guarded) -> Iterator[Callable[[], Visitor]]:
    """Visitors whose requests to the provider are none of a stranger's."""
    visitors: list[Visitor] = []

    def start() -> Visitor:
        visitors.append(visit(guarded.server))
        # The provider's own pages ask a public host for their style, and lack an icon.
        visitors[-1].context.route(PROVIDERS_STYLE, lambda route: route.fulfill(body=""))
        return visitors[-1]

    yield start
    for visitor in visitors:
        visitor.requests[:] = [
            url
            for url in visitor.requests
            if urlsplit(url).netloc != guarded.provider and not PROVIDERS_STYLE.search(url)
        ]
        visitor.errors[:] = [each for each in visitor.errors if "404" not in each]


def sign_in(page: Page, person: str) -> None:
    page.get_by_role("button", name="登录", exact=True).click()
    page.get_by_role("button", name=person, exact=True).click()


def log(guarded: Guarded) -> list[tuple[str, str, int]]:
    with closing(sqlite3.connect(guarded.server.warehouse / "notes.sqlite")) as connection:
        return connection.execute(
            "select kind, who, refused from log where kind like 'sign%' order by id"
        ).fetchall()


def test_in_with_a_role_back_to_the_address_and_out_for_good(
    come: Callable[[], Visitor], guarded: Guarded
) -> None:
    visitor = come()
    page = visitor.goto("/definitions?as_of=2024-03-31")
    expect(page.get_by_text("请先登录")).to_be_visible()
    assert page.get_by_text("数据截止").count() == 0
    sign_in(page, "zhang")
    page.wait_for_url(re.compile(r"/definitions\?as_of=2024-03-31"))
    visitor.settle()
    expect(page.get_by_text("张三（zhang@city.example）")).to_be_visible()
    expect(page.get_by_text("管理员")).to_be_visible()

    cookies = {each["name"]: each for each in visitor.context.cookies()}
    assert cookies[COOKIE]["httpOnly"]
    assert cookies[COOKIE]["sameSite"] == "Lax"
    other_tab = visitor.context.new_page()
    other_tab.goto(f"{guarded.home}/map")
    expect(other_tab.get_by_role("button", name="退出登录")).to_be_visible()
    assert [line[1:] for line in log(guarded)] == [("张三（zhang@city.example）", 0)]

    page.get_by_role("button", name="退出登录").click()
    page.get_by_role("button", name="End session").click()
    expect(page.get_by_text("请先登录")).to_be_visible()
    # A copy of the cookie, kept from before, is worth nothing.
    visitor.context.add_cookies([cookies[COOKIE]])  # type: ignore[list-item]
    page.goto(f"{guarded.home}/map")
    expect(page.get_by_text("您已退出登录")).to_be_visible()
    assert log(guarded)[-1] == ("sign_out", "张三（zhang@city.example）", 0)
    said = guarded.server.said()
    assert SECRET not in said
    assert "client-secret" not in said
    assert cookies[COOKIE]["value"] not in said


def test_without_a_role_denied_or_with_a_bad_answer(
    come: Callable[[], Visitor], guarded: Guarded
) -> None:
    visitor = come()
    page = visitor.goto("/overview")
    sign_in(page, "stranger")
    expect(page.get_by_text("还没有角色")).to_be_visible()
    assert page.get_by_text("数据截止").count() == 0
    assert log(guarded)[-1] == ("sign_in", "陌生人（stranger@city.example）", 1)

    visitor = come()
    page = visitor.goto("/warning")
    page.get_by_role("button", name="登录", exact=True).click()
    page.get_by_role("button", name="Deny").click()
    page.wait_for_url(re.compile(r"/warning\?sign_in=failed"))
    expect(page.get_by_text("登录没有成功")).to_be_visible()
    page.goto(f"{guarded.home}/oauth2callback?code=forged&state=forged")
    expect(page.get_by_text("登录没有成功")).to_be_visible()
    assert [line[2] for line in log(guarded)[-2:]] == [1, 1]


def signed(claims: dict[str, object], guarded: Guarded, secret: str = SECRET) -> str:
    payload = {"origin": guarded.home, "is_logged_in": True, "provider": "default"} | claims
    return create_signed_value(secret, COOKIE, json.dumps(payload)).decode()


def test_forged_and_expired_cookies_and_the_back_door(
    come: Callable[[], Visitor], guarded: Guarded
) -> None:
    now = int(time.time())
    zhang: dict[str, object] = {"sub": "zhang", "email": "zhang@city.example", "iat": now}
    good = zhang | {"exp": now + 600}
    cases = {
        signed(good, guarded, "another secret that is just as long"): "请先登录",
        signed(good, guarded)[:-3] + "abc": "请先登录",
        json.dumps(good): "请先登录",
        signed(good | {"origin": "http://evil.example"}, guarded): "请先登录",
        signed(zhang | {"exp": now - 1}, guarded): "登录已过期",
        signed(zhang, guarded): "登录已过期",
    }
    visitor = come()
    page = visitor.page
    for value, words in cases.items():
        visitor.context.add_cookies([{"name": COOKIE, "value": value, "url": guarded.home}])
        page.goto(f"{guarded.home}/institution")
        expect(page.get_by_text(words)).to_be_visible()
        assert page.get_by_text("数据截止").count() == 0
    # Proof that the cases fail for the reason named: the same, whole, is let in.
    visitor.context.add_cookies([{"name": COOKIE, "value": signed(good, guarded), "url": page.url}])
    page.goto(f"{guarded.home}/definitions")
    expect(page.get_by_role("button", name="退出登录")).to_be_visible()


# ---------------------------------------------------------------- without a browser


@pytest.fixture
def good(guarded: Guarded) -> dict[str, str]:
    """The cookie of somebody who has just signed in."""
    return {COOKIE: signed(claims(), guarded)}


def claims(**other: object) -> dict[str, object]:
    now = int(time.time())
    zhang = {"sub": "zhang", "name": "张三", "email": "zhang@city.example", "nonce": str(now)}
    return zhang | {"iat": now, "exp": now + 600} | other


def words_of_the_data(warehouse: Path) -> set[str]:
    """What no stranger may be sent: names in the data, and of what is counted."""
    (file,) = (warehouse / "versions").glob("*.duckdb")
    with closing(duckdb.connect(str(file), read_only=True)) as connection:
        names = connection.execute(
            "select name from institutions union select name from enterprises"
        ).fetchall()
    counted = {each.name for each in load_plan().indicators}
    return {name for (name,) in names} | counted | {"数据截至", "演示数据", "个专业点"}


def test_a_stranger_is_sent_no_data_at_any_address(guarded: Guarded, good: dict[str, str]) -> None:
    """Every byte of the websocket is looked at, whatever cookie it was opened with."""
    words = words_of_the_data(guarded.server.warehouse)
    forged = {COOKIE: signed(claims(), guarded, "another secret that is just as long")}
    for cookies, xsrf in (({}, True), (forged, True), (good, False)):
        with Wire(guarded.home, cookies, xsrf) as wire:
            for address in FILES:
                text = wire.visit(address, "as_of=2024-03-31&id=points_emerging&view=log")
                assert "请先登录" in text
                assert not {word for word in words if word in text}, address
                assert wire.put("a.xlsx", b"x").status_code == 403
    with Wire(guarded.home, good) as wire:
        text = wire.visit("institution")
        assert len({word for word in words if word in text}) > 10
        assert wire.put("a.xlsx", b"x").status_code == 204


def test_a_page_of_another_site_gets_no_connection(guarded: Guarded, good: dict[str, str]) -> None:
    for origin in ("http://evil.example", "http://localhost.evil.example", "null"):
        with (
            pytest.raises(InvalidStatus, match="403"),
            connect(
                f"ws{guarded.home.removeprefix('http')}/_stcore/stream",
                origin=Origin(origin),
                additional_headers={"Cookie": f"{COOKIE}={good[COOKIE]}"},
                proxy=None,
            ),
        ):
            pass


def test_files_are_handed_to_people_with_a_role_only(
    guarded: Guarded, good: dict[str, str]
) -> None:
    """Also at the address of a file that somebody else had made."""
    with Wire(guarded.home, good) as wire, httpx.Client(base_url=guarded.home) as stranger:
        wire.visit("")
        address = wire.address_of("下载全部指标（.xlsx）")
        answer = wire.http.get(address)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "private, no-store"
        expired = signed(claims(exp=int(time.time()) - 1), guarded)
        other_home = signed(claims() | {"origin": "http://evil.example"}, guarded)
        for cookie in ("", "x", signed(claims(), guarded, "of another server " * 3), expired):
            stranger.cookies.set(COOKIE, cookie)
            for method in ("GET", "HEAD"):
                answer = stranger.request(method, address)
                assert answer.status_code == 403, cookie
                assert answer.headers["x-content-type-options"] == "nosniff"
            assert stranger.get("/_stcore/metrics").status_code == 403
        stranger.cookies.set(COOKIE, other_home)
        assert stranger.get(address).status_code == 403
        assert wire.http.get("/_stcore/metrics").status_code == 200
        assert stranger.post("/_stcore/agent/interact", json={}).status_code >= 400
        assert stranger.get("/component/x/index.html").status_code == 404
        assert stranger.get("/_stcore/bidi-components/block/x").status_code == 404
        wire.http.headers.pop("x-xsrftoken")
        assert wire.put("a.xlsx", b"x").status_code == 403


SPOILT: dict[str, Callable[[dict[str, Any], RSAKey], str]] = {
    "another key": lambda it, _: jwt.encode({"alg": "RS256"}, it, RSAKey.generate_key(2048)),
    "no signature": lambda it, _: f"{encoded({'alg': 'none'})}.{encoded(it)}.",
    "our secret": lambda it, _: jwt.encode({"alg": "HS256"}, it, OctKey.import_key(CLIENT_SECRET)),
    "another client": lambda it, key: jwt.encode({"alg": "RS256"}, it | {"aud": "x"}, key),
    "another provider": lambda it, key: jwt.encode({"alg": "RS256"}, it | {"iss": "x"}, key),
    "another sign-in": lambda it, key: jwt.encode({"alg": "RS256"}, it | {"nonce": "x"}, key),
    "expired": lambda it, key: jwt.encode(
        {"alg": "RS256"}, it | {"exp": it["iat"] - 3600, "iat": it["iat"] - 7200}, key
    ),
    "no token": lambda _, __: "",
}


def encoded(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def call_back(guarded: Guarded, person: str) -> httpx.Response:
    """What the app answers when somebody comes back from the provider."""
    with httpx.Client(base_url=guarded.home, timeout=60) as client:
        provider = auth_util.encode_provider_token("default")
        asked = client.get("/auth/login", params={"provider": provider})
        answered = client.post(asked.headers["location"], data={"sub": person})
        return client.get(answered.headers["location"])


def test_a_forged_or_expired_token_signs_nobody_in(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth_util, "get_signing_secret", lambda: SECRET)
    for name, spoil in SPOILT.items():
        monkeypatch.setattr(guarded.answers, "spoil", spoil)
        answer = call_back(guarded, "zhang")
        assert answer.status_code == 302, name
        assert answer.headers["location"].endswith("?sign_in=failed"), name
        assert COOKIE not in answer.cookies, name
        if name == "another key":
            # The refusal is recorded when the answer has been given.
            until(lambda: log(guarded)[-1] == ("sign_in", "不明", 1))
    # Untouched, or made anew with the provider's own key, it does.
    for fine in (None, lambda it, key: jwt.encode({"alg": "RS256"}, it, key)):
        monkeypatch.setattr(guarded.answers, "spoil", fine)
        answer = call_back(guarded, "zhang")
        assert "sign_in" not in answer.headers["location"]
        with Wire(guarded.home, {COOKIE: answer.cookies[COOKIE]}) as wire:
            assert "管理员" in wire.visit("definitions")
    with Wire(guarded.home) as wire:
        assert "登录没有成功" in wire.visit("", "sign_in=failed")

    kept = guarded.server.said()
    with closing(sqlite3.connect(guarded.server.warehouse / "notes.sqlite")) as connection:
        kept += "".join(map(str, connection.execute("select * from log").fetchall()))
    cookie = answer.cookies[COOKIE]
    secrets = {SECRET, CLIENT_SECRET, cookie, *filter(None, guarded.answers.tokens)}
    assert len(secrets) > 10
    assert not {each for each in secrets if each in kept}


def test_signed_out_in_another_process(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(versions.WAREHOUSE_DIR, str(guarded.server.warehouse))
    given = claims(sub="zhang-elsewhere")
    cookies = {COOKIE: signed(given, guarded)}
    with Wire(guarded.home, cookies) as wire:
        assert "管理员" in wire.visit("")
        address = wire.address_of("下载全部指标（.xlsx）")
        assert wire.http.get(address).status_code == 200
        notes.record("sign_out", "张三", sign_on.token_id(given))
        assert "您已退出登录" in wire.run()
        assert wire.http.get(address).status_code == 403
    with Wire(guarded.home, cookies) as wire:
        assert "您已退出登录" in wire.visit("map")


def test_a_change_of_the_settings_holds_at_once(guarded: Guarded, good: dict[str, str]) -> None:
    """Whatever is wrong with them lets nobody in, and least of all everybody."""
    whole = guarded.settings.read_text("utf-8")
    try:
        with Wire(guarded.home, good) as wire:
            assert "管理员" in wire.visit("definitions")
            guarded.settings.write_text(whole.replace("administrator", "editor"), "utf-8")
            assert "编辑者" in wire.run()
            guarded.settings.write_text(whole.replace("zhang@", "li@"), "utf-8")
            assert "还没有角色" in wire.run()
            for broken, words in (
                (whole.replace("[roles]", "[roles"), "不合 TOML 格式"),
                (whole.partition("[roles]")[0], "缺少 [roles]"),
                (whole.replace("client_id", "client"), "缺少 client_id"),
                ("", "[auth] 不见了"),
            ):
                guarded.settings.write_text(broken, "utf-8")
                text = wire.run()
                assert "登录设置有误" in text
                assert words in text
                assert "数据截至" not in text
            guarded.settings.unlink()
            assert "登录设置有误" in wire.run()
            guarded.settings.write_text(whole, "utf-8")
            assert "管理员" in wire.run()
    finally:
        guarded.settings.write_text(whole, "utf-8")


def test_unconfigured_it_serves_this_machine_alone(warehouse: Path, tmp_path: Path) -> None:
    """Asked for by a strange name it turns away; on every address it does not start."""
    with running(warehouse, tmp_path / "server", HOME=str(tmp_path)) as server:
        connection = HTTPConnection(server.host)
        for path in ("/", "/overview", "/_stcore/host-config", "/media/a.csv"):
            connection.request("GET", path, headers={"host": f"rebound.example:{free_port()}"})
            answer = connection.getresponse()
            assert (answer.status, "只能在本机打开" in answer.read().decode()) == (403, True), path
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
        connection.close()
