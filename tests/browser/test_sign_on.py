"""Sign-on with a real OpenID provider on this machine: in, out, expired, forged."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from oidc_provider_mock import User, run_server_in_thread
from playwright.sync_api import Page, expect
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from tests.browser.conftest import Server, Visitor, free_port, running

pytestmark = pytest.mark.browser
SECRET = "a cookie secret of this test, and of nothing else"
COOKIE = "_streamlit_user"
PROVIDERS_STYLE = re.compile(r"/pico(\.min)?\.css$")
SETTINGS = """
[auth]
redirect_uri = "http://localhost:{{port}}/oauth2callback"
cookie_secret = "{secret}"
client_id = "dashboard"
client_secret = "client-secret-of-this-test"
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


@pytest.fixture(scope="module")
def guarded(warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    home = tmp_path_factory.mktemp("home")
    (home / ".streamlit").mkdir()
    with run_server_in_thread(user_claims=PEOPLE) as provider:
        port = provider.server_port
        (home / ".streamlit" / "secrets.toml").write_text(
            SETTINGS.format(secret=SECRET, provider=port), encoding="utf-8"
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
            yield Guarded(server, server.url, f"localhost:{port}")


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
