"""app.py itself: compression, headers, health and error numbers, with a small front page."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ROOT, Server, Visitor, running

pytestmark = pytest.mark.browser

FRONT = """
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

piece = st.components.v2.component(
    "piece",
    html="<button></button>",
    js="export default ({parentElement, setTriggerValue}) => {"
    " const button = parentElement.querySelector('button');"
    " button.textContent = '按我'; button.onclick = () => setTriggerValue('pressed', '按过了'); }",
)

def home():
    st.title("首页")
    st.write(piece(on_pressed_change=lambda: None).pressed or "还没按")

def parts():
    st.title("零件")
    table = pd.DataFrame({"甲": [1, 2, 3]})
    st.plotly_chart(go.Figure(go.Bar(y=[1, 2])))
    st.echarts_chart({"xAxis": {"type": "category"}, "yAxis": {}, "series": [{"type": "line"}]})
    st.dataframe(table)
    st.html("<img alt='图' src=\\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E\\">")
    st.download_button("下载", "甲,乙\\n" * 20_000, "表.csv", "text/csv")
    st.text(len((st.file_uploader("上传") or b"") and b"x"))

def broken():
    st.title("出错")
    raise ValueError("秘密")

def wires():
    # Whether each connection of a reader sends at once (TCP_NODELAY).
    import os
    import socket
    found = []
    for number in os.listdir("/proc/self/fd"):
        try:
            copy = socket.socket(fileno=os.dup(int(number)))
        except OSError:
            continue
        with copy:
            if copy.family == socket.AF_INET and not copy.getsockopt(
                socket.SOL_SOCKET, socket.SO_ACCEPTCONN
            ):
                found.append(copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
    st.title("连接")
    st.text("不等待" if found and all(found) else f"等待：{found}")

st.navigation([
    st.Page(home, title="首页", default=True),
    st.Page(parts, title="零件", url_path="parts"),
    st.Page(broken, title="出错", url_path="broken"),
    st.Page(wires, title="连接", url_path="wires"),
]).run()
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server of this tree with a front page of its own."""
    root = tmp_path_factory.mktemp("small")
    (root / "pages" / "parts").mkdir(parents=True)
    shutil.copytree(ROOT / "pages" / "parts", root / "pages" / "parts", dirs_exist_ok=True)
    for room in ("data", "queries"):
        shutil.copytree(
            ROOT / room, root / room, ignore=shutil.ignore_patterns("warehouse", "__pycache__")
        )
    (root / "pages" / "_front.py").write_text(FRONT, encoding="utf-8")
    shutil.copy(ROOT / "app.py", root)
    shutil.copytree(ROOT / ".streamlit", root / ".streamlit")
    with running(root / "warehouse", root / "server", root) as started:
        yield started


def ask(
    server: Server, path: str, method: str = "GET", **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(server.host, timeout=20)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, headers=named)
    answer = connection.getresponse()
    return answer, answer.read()


def asset(server: Server) -> str:
    """The address of the largest script that the page shell names."""
    _, shell = ask(server, "/")
    found = re.search(r"\./(static/js/index\.[^\"]+\.js)", shell.decode())
    assert found
    return "/" + found.group(1)


def test_health(small: Server) -> None:
    answer, body = ask(small, "/health")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert json.loads(body) == {"status": "ok"}


ANSWERED = (
    "/",
    "/parts",
    "/health",
    "/overview",
    "/_stcore/health",
    "/_stcore/host-config",
    "/_stcore/metrics",
    "/_stcore/upload_file/a/b",
    "/_stcore/bidi-components/a/b",
    "/_stcore/agent/interact",
    "/_stcore/stream",
    "/component/a/b",
    "/media/a.png",
    "/static/a.js",
    "/static/../../app.py",
    "//evil.example/%2e%2e/a",
    "/auth/login",
    "/auth/logout",
    "/oauth2callback?code=a&state=b",
    "asset",
)


@pytest.mark.parametrize("path", ANSWERED)
def test_security_headers(small: Server, path: str) -> None:
    answer, _ = ask(small, asset(small) if path == "asset" else path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert answer.headers["referrer-policy"] == "same-origin"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "unsafe-eval" not in policy
    scripts = re.search(r"script-src ([^;]+)", policy)
    assert scripts
    assert "unsafe-inline" not in scripts.group(1)
    assert not re.search(r"https?:|\*", policy)


def test_assets_are_compressed_and_kept(small: Server) -> None:
    path = asset(small)
    plain, whole = ask(small, path)
    assert "content-encoding" not in plain.headers
    assert "没有这个页面" in whole.decode()
    packed, body = ask(small, path, accept_encoding="gzip, deflate")
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["content-type"].startswith("text/javascript")
    assert "immutable" in packed.headers["cache-control"]
    assert gzip.decompress(body) == whole
    assert len(body) < len(whole) / 2
    again, nothing = ask(small, path, accept_encoding="gzip", if_none_match=packed.headers["etag"])
    assert (again.status, nothing) == (304, b"")
    head, nothing = ask(small, path, "HEAD", accept_encoding="gzip")
    assert (head.status, head.headers["content-length"]) == (200, str(len(body)))
    assert nothing == b""


def test_ranges_pass_through(small: Server) -> None:
    _, shell = ask(small, "/")
    found = re.search(r"static/js/react-dom\.[^\"]+", shell.decode())
    assert found
    path = f"/{found.group()}"
    _, whole = ask(small, path)
    part, body = ask(small, path, accept_encoding="gzip", range="bytes=100-199")
    assert part.status == 206
    assert "content-encoding" not in part.headers
    assert body == whole[100:200]


@pytest.mark.parametrize("path", ["/", "/parts", "/no-such-page"])
def test_page_shell(small: Server, path: str) -> None:
    plain, whole = ask(small, path)
    packed, body = ask(small, path, accept_encoding="gzip")
    assert gzip.decompress(body) == whole
    assert plain.headers["cache-control"] == packed.headers["cache-control"] == "no-cache"
    text = whole.decode()
    assert '<html lang="zh-CN">' in text
    assert "<title>Streamlit</title>" not in text
    assert 'rel="preload"' not in text
    assert text.count("<script>") == 1
    assert 'type="module"' in text


@pytest.mark.parametrize("path", ["/static/../../app.py", "/static/%2e%2e/%2e%2e/app.py"])
def test_no_way_out_of_the_bundle(small: Server, path: str) -> None:
    answer, body = ask(small, path, accept_encoding="gzip")
    assert answer.status in {400, 404} or b"<html" in gzip.decompress(body)


def test_first_page_has_an_address(small: Server) -> None:
    answer, _ = ask(small, "/overview?as_of=2025-03-31&level=%E4%B8%AD%E8%81%8C")
    assert answer.status == 307
    assert answer.headers["location"] == "./?as_of=2025-03-31&level=%E4%B8%AD%E8%81%8C"
    answer, _ = ask(small, "/overview")
    assert answer.headers["location"] == "./"


def test_strange_origin_is_refused_without_asking_anyone(small: Server) -> None:
    handshake = {
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec_websocket_version": "13",
        "sec_websocket_key": "c3RyYW5nZXJzdHJhbmdlcg==",
    }
    answer, _ = ask(small, "/_stcore/stream", origin="http://stranger.invalid", **handshake)
    assert answer.status == 403
    assert small.asked() == []


def test_components_charts_files_work_under_the_policy(
    visit: Callable[..., Visitor], small: Server
) -> None:
    visitor = visit(small)
    page = visitor.goto("/")
    page.get_by_role("button", name="按我").click()
    expect(page.get_by_text("按过了")).to_be_visible()

    page = visitor.goto("/parts")
    expect(page.locator(".js-plotly-plot .bars path").first).to_be_visible()
    expect(page.locator("[data-testid='stDataFrame'] canvas").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="下载", exact=True).click()
    assert download.value.suggested_filename == "表.csv"
    assert download.value.path().read_text("utf-8") == "甲,乙\n" * 20_000
    page.locator("input[type=file]").set_input_files(
        {"name": "a.csv", "mimeType": "text/csv", "buffer": b"x" * 100_000}
    )
    expect(page.get_by_test_id("stText").get_by_text("1")).to_be_visible()


def test_the_frontend_speaks_chinese(visit: Callable[..., Visitor], small: Server) -> None:
    visitor = visit(small)
    page = visitor.goto("/no-such-page")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("没有这个页面")
    assert not re.search(r"[A-Za-z]{4,}", dialog.inner_text().replace("no-such-page", ""))
    dialog.get_by_role("button", name="关闭").first.click()
    # The frontend writes the message of its dialog to the console as well.
    visitor.errors.clear()

    page = visitor.goto("/parts")
    page.locator("[data-testid='stDataFrame']").first.hover()
    expect(page.get_by_role("button", name="查找").first).to_be_attached()
    assert not page.get_by_role("button", name="下载 CSV").count()
    uploader = page.get_by_test_id("stFileUploader")
    expect(uploader.get_by_role("button", name="选择文件")).to_be_visible()
    expect(uploader).to_contain_text("单个文件不超过")


def test_deep_link_needs_no_guessing(visit: Callable[..., Visitor], small: Server) -> None:
    visitor = visit(small)
    visitor.goto("/parts")
    assert not [url for url in visitor.requests if "/parts/_stcore" in url]
    assert not [url for url in visitor.requests if "SourceSans" in url]


def test_the_shell_names_what_the_first_page_needs(visitor: Visitor, server: Server) -> None:
    """The overview asks for no script of which the browser learns only from the first message."""
    visitor.goto("/")
    _, shell = ask(server, "/")
    named = re.findall(r"static/js/[^\"]+\.js", shell.decode())
    asked = [url.partition("/static/js/")[2] for url in visitor.requests if "/static/js/" in url]
    assert asked
    assert {f"static/js/{each}" for each in asked} <= set(named)


@pytest.mark.skipif(sys.platform != "linux", reason="looks at the server's sockets in /proc")
def test_small_answers_do_not_wait(visit: Callable[..., Visitor], small: Server) -> None:
    expect(visit(small).goto("/wires").get_by_text("不等待")).to_be_visible()


def test_error_shows_a_number_and_the_log_the_traceback(
    visit: Callable[..., Visitor], small: Server
) -> None:
    page = visit(small).goto("/broken")
    alert = page.get_by_test_id("stAlert")
    expect(alert).to_contain_text("错误编号")
    number = re.search(r"E-[0-9A-F]{6}", alert.inner_text())
    assert number
    shown = page.get_by_test_id("stApp").inner_text()
    assert "秘密" not in shown
    assert "Traceback" not in shown
    said = small.said()
    assert f"错误编号 {number.group()}" in said
    assert "ValueError" in said
    assert 'raise ValueError("秘密")' in said


def test_nothing_of_the_tree_is_served(small: Server) -> None:
    for path in ("/app.py", "/.streamlit/config.toml", "/pages/_front.py"):
        _, body = ask(small, path)
        assert body.lstrip().startswith(b"<!DOCTYPE html>"), Path(path)
