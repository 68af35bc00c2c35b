"""The Word writer: faces, margins, page numbers, and hostile text that stays text."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn
from docx.shared import Mm

from pages.briefing.official import FANG_SONG, HEI, KAI, Document, clean

HOSTILE = [
    "=1+1",
    "<b>&amp;</b>",
    "\"引号\" '单' “双”",
    "😀🏫",
    "名" * 60,
    "a\x00b\x07c\x1f\ud800d",
    "{{ x }} ${y} %s",
]


def written() -> Document:
    document = Document("来源：某数据 · 数据截至 2024-01-01", "演示数据")
    document.title("题目")
    document.heading("一、一级", 1)
    document.heading("（一）二级", 2)
    for text in HOSTILE:
        document.paragraph(text)
    document.table(["甲", "乙"], [[text, None] for text in HOSTILE], [3, 1])
    return document


@pytest.fixture(scope="module")
def found() -> Any:
    return docx.Document(io.BytesIO(written().bytes()))


def test_hostile_text_stays_text(found: Any) -> None:
    texts = [paragraph.text for paragraph in found.paragraphs]
    cells = [row.cells[0].text for row in found.tables[0].rows]
    for text in HOSTILE:
        assert clean(text) in texts
        assert clean(text) in cells
    assert clean(HOSTILE[0]) == HOSTILE[0]
    assert clean("a\x00b") == "a b"
    assert clean(None) == ""


def test_every_run_names_its_east_asian_face(found: Any) -> None:
    runs = list(found.element.body.iter(qn("w:r")))
    assert runs
    for run in runs:
        fonts = run.find(f"{qn('w:rPr')}/{qn('w:rFonts')}")
        assert fonts is not None
        assert fonts.get(qn("w:eastAsia"))
        assert not any("Theme" in name for name in fonts.attrib)
    faces = {
        p.text: p.runs[0]._r.rPr.rFonts.get(qn("w:eastAsia")) for p in found.paragraphs if p.runs
    }
    assert (faces["一、一级"], faces["（一）二级"], faces["=1+1"]) == (HEI, KAI, FANG_SONG)


def test_page_is_that_of_an_official_document(found: Any) -> None:
    section = found.sections[0]
    shape = [section.page_width, section.page_height, section.top_margin, section.bottom_margin]
    shape += [section.left_margin, section.right_margin]
    for value, expected in zip(shape, (210, 297, 37, 35, 28, 26), strict=True):
        assert abs(value - Mm(expected)) < Mm(0.1)
    for footer, header in (
        (section.footer, section.header),
        (section.even_page_footer, section.even_page_header),
    ):
        assert footer.paragraphs[0].text.startswith("— ")
        assert "PAGE" in footer._element.xml
        assert "某数据" in footer.paragraphs[1].text
        assert header.paragraphs[0].text == "演示数据"


def test_the_parts_are_well_formed() -> None:
    from xml.etree import ElementTree

    with zipfile.ZipFile(io.BytesIO(written().bytes())) as packed:
        for name in packed.namelist():
            if name.endswith((".xml", ".rels")):
                ElementTree.fromstring(packed.read(name))
