"""A clerk's round: faults listed and marked, the mended file loaded after a look, and back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from io import BytesIO
from pathlib import Path

import openpyxl
from playwright.sync_api import expect

from tests.browser.conftest import Server, Visitor
from tests.data.small_book import spoilt, valid, write_xlsx


def test_upload_mend_confirm_and_back(
    visit: Callable[..., Visitor],
    serve: Callable[..., AbstractContextManager[Server]],
    demo_warehouse: Path,
    tmp_path: Path,
) -> None:
    bad = write_xlsx(spoilt(valid(), {"专业点!C2": "<b>9</b>"}), tmp_path / "坏<b>.xlsx")
    good = write_xlsx(spoilt(valid(), {"院校!B2": "<i>新名</i>"}), tmp_path / "好.xlsx")
    warehouse = Path(shutil.copytree(demo_warehouse, tmp_path / "data"))
    pointer = warehouse / "CURRENT"
    first = pointer.read_text()
    with serve(warehouse) as server:
        reader = visit(server)
        reader.page.clock.install()
        reading = reader.goto("/definitions")
        visitor = visit(server)
        page = visitor.goto("/data")
        page.locator("input[type=file]").set_input_files(str(bad))
        expect(page.get_by_text("“坏<b>.xlsx”有 1 处错误，分布在 1 张表，没有载入")).to_be_visible()
        expect(page.get_by_role("cell", name="<b>9</b>")).to_be_visible()
        with page.expect_download() as waited:
            page.get_by_text("下载标出错误的工作簿").click()
        marked = openpyxl.load_workbook(BytesIO(waited.value.path().read_bytes()))
        assert "不在高职目录中" in marked["专业点"]["C2"].comment.text

        page.locator("input[type=file]").set_input_files(str(good))
        expect(page.get_by_text("尚未载入，数据没有改变")).to_be_visible()
        assert pointer.read_text() == first
        expect(page.get_by_role("button", name="确认载入")).to_be_disabled()
        page.get_by_text("条提醒，仍要载入").click()
        page.get_by_role("button", name="确认载入").click()
        expect(page.get_by_text("已载入为版本")).to_be_visible()
        assert pointer.read_text() != first

        # Who only looks is told, sees what they saw until they choose, and then the new data.
        reading.clock.fast_forward("00:30")
        expect(reading.get_by_text("数据已更新")).to_be_visible()
        expect(reading.get_by_text("示例数据")).to_have_count(0)
        reading.get_by_role("button", name="刷新").click()
        expect(reading.get_by_text("示例数据").first).to_be_visible()
        expect(reading.get_by_text("数据已更新")).to_have_count(0)
        reading.close()

        visitor.settle()
        page.get_by_text("数据版本", exact=True).click()
        expect(page.get_by_text("2 个数据版本，当前用")).to_be_visible()
        page.get_by_text("确认切换", exact=True).click()
        page.get_by_role("button", name="切换", exact=True).click()
        expect(page.get_by_text("已切换到版本")).to_be_visible()
        assert pointer.read_text() == first
        visitor.settle()

        page.get_by_label("清理旧版本").fill("0")
        page.get_by_label("清理旧版本").press("Enter")
        page.get_by_text("预览清理").click()
        expect(page.get_by_text("将清理 1 个版本")).to_be_visible()
        expect(page.get_by_role("button", name="清理", exact=True)).to_be_disabled()
        page.get_by_text("确认删除以上 1 个版本").click()
        page.get_by_role("button", name="清理", exact=True).click()
        expect(page.get_by_text("已清理 1 个版本")).to_be_visible()
        kept = [path.stem for path in (warehouse / "versions").iterdir()]
        assert kept == [first.strip()]
        visitor.settle().close()


def test_a_file_too_large_or_of_another_kind_is_refused_in_chinese(visitor: Visitor) -> None:
    page = visitor.goto("/alignment?view=precheck")
    upload = page.locator("input[type=file]")
    upload.set_input_files(
        {"name": "大.xlsx", "mimeType": "application/zip", "buffer": bytes(6 * 1024 * 1024)}
    )
    expect(page.get_by_test_id("stFileUploader")).to_contain_text("错误：文件不能超过 5.0MB。")
    upload.set_input_files({"name": "甲.txt", "mimeType": "text/plain", "buffer": b"x"})
    expect(page.get_by_test_id("stFileUploader")).to_contain_text("不接受 text/plain 文件。")
