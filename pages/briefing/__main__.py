"""``python -m pages.briefing``: a meeting's papers without a browser, as for a monthly report."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from data import command
from data.contract import AUTHORITIES, INSTITUTION_LEVELS
from queries import output
from queries.evaluate import Scope

if TYPE_CHECKING:
    from pages.briefing.pack import Pack
    from pages.parts.view import View


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    # What is kept between pages of a session is computed anew here, which is not worth a warning.
    logging.getLogger("streamlit").setLevel(logging.ERROR)
    from pages.briefing.pack import DEFAULT, KINDS, Wishes
    from pages.briefing.slides import pack
    from pages.parts.view import View
    from queries.run import OpenVersion

    parser = command.Parser("pages.briefing", "生成会议汇报：演示文稿、汇报材料或数据表")
    parser.add_argument("out", type=Path, metavar="OUT", help="输出文件：.pptx、.docx 或 .xlsx")
    parser.add_argument(
        "--as-of",
        type=output.day,
        metavar="DATE",
        help="数据截至日，YYYY-MM-DD；默认为数据自己的截止日",
    )
    names = "、".join(f"{kind} {name}" for kind, name in KINDS.items())
    parser.add_argument(
        "--slides",
        type=output.several,
        default=DEFAULT,
        metavar="页,…",
        help=f"选页和顺序：{names}",
    )
    parser.add_argument("--title", default="", help="会议名称")
    parser.add_argument("--meeting-date", type=output.day, metavar="DATE", help="会议日期")
    parser.add_argument("--authority", type=output.several, default=(), help="只看这些主管的院校")
    parser.add_argument("--level", type=output.several, default=(), help="只看这些层次")
    parser.add_argument("--district", type=output.several, default=(), help="只看这些区县")
    parser.add_argument(
        "--database", type=Path, metavar="FILE", help="数据库文件；默认为当前数据版本"
    )
    parser.add_argument(
        "--template", type=Path, metavar="FILE.pptx", help="演示文稿模板；默认为本系统的"
    )
    options = parser.parse_args(arguments)
    with output.errors():
        form = options.out.suffix.lower().removeprefix(".")
        write = _writer(form, options.template)
        _check("页", options.slides, tuple(KINDS))
        _check("主管", options.authority, AUTHORITIES)
        _check("层次", options.level, INSTITUTION_LEVELS)
        version: OpenVersion = output.version(options)
        _check("区县", options.district, version.districts)
        scope = Scope(options.authority, options.level, options.district)
        view = View(version, options.as_of or version.as_of, scope)
        wishes = Wishes(tuple(dict.fromkeys(options.slides)), options.title, options.meeting_date)
        made = pack(view, wishes)
        _save(options.out, write(view, made))
    print(
        f"已生成 {options.out}：{len(made.slides)} 页，数据截至 {made.as_of}，版本 {made.version}"
        + (f"，{made.mark}" if made.mark else "")
    )
    if options.database is None:
        filters = {"as_of": made.as_of.isoformat(), "filters": scope.words}
        command.record("export", version.path.stem, {"file": options.out.name, **filters})
    return 0


def _check(what: str, asked: tuple[str, ...], known: tuple[str, ...]) -> None:
    for each in asked:
        if each not in known:
            raise output.RequestError(f"{what}“{each}”不可选，可选：{'、'.join(known)}")


def _writer(form: str, template: Path | None) -> Callable[[View, Pack], bytes]:
    from pages.briefing import slideshow
    from pages.briefing.files import WRITERS

    if form not in WRITERS:
        raise output.RequestError("输出文件的后缀应为 .pptx、.docx 或 .xlsx")
    if form != "pptx":
        return WRITERS[form]

    def write(view: View, made: Pack) -> bytes:
        del view
        try:
            return slideshow.pptx(made, template)
        except slideshow.TemplateError as error:
            raise output.RequestError(str(error)) from error

    return write


def _save(path: Path, content: bytes) -> None:
    """Whole or not at all: a scheduled report must not leave half a file."""
    if not path.parent.is_dir():
        raise output.RequestError(f"无法写入 {path}：没有文件夹 {path.parent}")
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            file.write(content)
        Path(file.name).chmod(0o644)
        Path(file.name).replace(path)
    except OSError as error:
        raise output.RequestError(f"无法写入 {path}：{error.strerror or error}") from error


if __name__ == "__main__":
    command.run(main)
