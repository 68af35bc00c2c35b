"""The quality report: from what to mend to its section, a school and back; on paper, as a file."""

from __future__ import annotations

from io import BytesIO

import openpyxl
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.test_meeting import OUTSIDE, PAPER


def test_from_the_finding_to_a_school_and_to_paper(visitor: Visitor) -> None:
    page = visitor.goto("/data?view=quality")
    found = page.locator("h2.found")
    expect(found).to_contain_text("最该先补的是")
    page.locator(".todo button", has_text="没有填区县").click()
    places = page.locator("#q-places")
    expect(places).to_be_in_viewport()
    school = places.locator("a.link").first
    name = school.inner_text()
    school.click()
    expect(page.locator("h1").first).to_contain_text(name)
    page.go_back()
    expect(found).to_be_visible()
    with page.expect_download() as waited:
        page.get_by_text("下载质量报告全部清单").click()
    assert waited.value.suggested_filename.startswith("数据质量报告_")
    book = openpyxl.load_workbook(BytesIO(waited.value.path().read_bytes()), read_only=True)
    assert "离群值" in book.sheetnames
    visitor.settle()
    page.emulate_media(media="print")
    page.set_viewport_size(PAPER)
    page.wait_for_function(f"() => ({OUTSIDE})().length === 0")
