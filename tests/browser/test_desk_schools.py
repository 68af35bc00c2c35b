"""A round of collection: sent out, a good and a bad workbook returned, the good one merged."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import expect

from data.load import load_workbook
from tests.browser.conftest import Server, Visitor
from tests.data.small_book import valid, write_xlsx

# What runs in processes of its own takes its time on a busy machine.
PROCESS_MILLISECONDS = 90_000


def test_split_return_merge(
    visit: Callable[..., Visitor],
    serve: Callable[..., AbstractContextManager[Server]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WAREHOUSE_DIR", str(tmp_path / "data"))
    first = load_workbook(write_xlsx(valid(), tmp_path / "一.xlsx")).version.id
    pointer = tmp_path / "data" / "CURRENT"
    with serve(tmp_path / "data") as server:
        visitor = visit(server)
        page = visitor.goto("/data?view=schools")
        page.get_by_label("轮次名称").fill("秋季填报")
        page.get_by_role("button", name="生成填报表（.zip）").click()
        expect(page.get_by_text("已生成 4 所院校的填报表")).to_be_visible(
            timeout=PROCESS_MILLISECONDS
        )
        with page.expect_download() as waited:
            page.get_by_text("下载 4 所院校的填报表（.zip）").click()
        with zipfile.ZipFile(BytesIO(waited.value.path().read_bytes())) as archive:
            forms = {name[:2]: archive.read(name) for name in archive.namelist()}
        assert set(forms) == {"S1", "S2", "S3", "S4"}

        for code, cell, value in (("S1", "M2", "李老师"), ("S2", "C2", "大专")):
            book = openpyxl.load_workbook(BytesIO(forms[code]))
            book["院校"][cell] = value
            book.save(tmp_path / f"{code}.xlsx")
        files = [str(tmp_path / f"{code}.xlsx") for code in ("S1", "S2")]
        page.locator("input[type=file]").set_input_files(files)
        page.get_by_role("button", name="检查并收下 2 个文件").click()
        expect(page.get_by_text("这次上传 2 个：1 个无误，1 个有错误")).to_be_visible(
            timeout=PROCESS_MILLISECONDS
        )
        expect(
            page.get_by_text("4 所院校中 1 所已返回无误，1 所有错误，2 所未返回")
        ).to_be_visible()
        visitor.settle()
        page.get_by_role("link", name="示例中等专业学校").first.click()
        expect(page.get_by_role("cell", name="大专", exact=True)).to_be_visible()
        assert pointer.read_text().strip() == first
        visitor.settle()
        page.get_by_role("button", name="预览并入：1 所").click()
        expect(page.get_by_text("尚未并入，数据没有改变")).to_be_visible(
            timeout=PROCESS_MILLISECONDS
        )
        page.get_by_role("button", name="确认并入").click()
        expect(page.get_by_text("已并入 1 所院校，各页现在使用版本")).to_be_visible()
        assert pointer.read_text().strip() != first
        visitor.settle()
