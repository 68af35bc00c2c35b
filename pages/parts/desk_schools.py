"""数据管理, 一校一表: rounds, the board of who has returned what, reminders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from data import notes, rounds, school_forms, versions
from data.rounds import ERRORS, MERGED, MISSING, READY, Return, Round, Standing
from data.workbook import Problem
from pages.parts import clock, desk, desk_collect, desk_merge, download, sign_on
from pages.parts.block import block, render
from pages.parts.verbatim import verbatim
from pages.parts.view import View, follow
from queries.run import Institution, fetch

DONE = desk.DONE
OVERDUE = "overdue"
WORDS = {
    OVERDUE: "逾期",
    ERRORS: "有错误",
    MISSING: "未返回",
    READY: "已返回（无误）",
    MERGED: "已并入",
}
# The state, and whether it is overdue → the colour and shape of queries.status that stands for it.
STYLES = {
    (ERRORS, True): "far_behind",
    (MISSING, True): "far_behind",
    (ERRORS, False): "lagging",
    (MISSING, False): "no_data",
    (READY, False): "in_progress",
    (MERGED, False): "achieved",
}
MOST_ERRORS_IN_A_REMINDER = 5


@dataclass(frozen=True)
class Line:
    """An institution on the board. place: None when the data no longer has it."""

    standing: Standing
    place: Institution | None
    contact: str

    @property
    def district(self) -> str:
        return "" if self.place is None else self.place.district

    @property
    def authority(self) -> str:
        return "" if self.place is None else self.place.authority

    @property
    def words(self) -> str:
        """How it stands."""
        word = WORDS[self.standing.state]
        return f"{word}（逾期）" if self.standing.overdue else word


def show(view: View) -> None:
    """The view."""
    done = st.session_state.pop(DONE, None)
    if done:
        st.success(verbatim(done))
    editor = sign_on.user().may("editor")
    try:
        found = rounds.rounds()
        chosen = _chosen(found)
        returns = [] if chosen is None else rounds.returns(chosen.id)
    except notes.Unavailable as error:
        block(render("empty", title="填报情况暂时无法读取", text=str(error)), key="schools-closed")
        return
    if chosen is None:
        text = (
            "把数据按院校拆成一校一本的填报表，各校核对增补后返回，在这里收齐、查错、并入。"
            if editor
            else "编辑者发出填报表后，这里显示各院校的返回情况。"
        )
        block(render("empty", title="还没有填报轮次", text=text), key="schools-none")
    else:
        _round(view, found, chosen, returns, editor)
    if editor:
        desk_collect.new_round(view, expanded=chosen is None)


def _chosen(found: Sequence[Round]) -> Round | None:
    """The round the address asks for, else the newest."""
    asked = st.query_params.get("round", "")
    return next((each for each in found if str(each.id) == asked), found[0] if found else None)


def _round(
    view: View, found: Sequence[Round], chosen: Round, returns: Sequence[Return], editor: bool
) -> None:
    today = clock.today()
    everyone = lines(view, rounds.standings(chosen, returns, today))
    inside = [each for each in everyone if _inside(view, each)]
    state = st.query_params.get("state", "")
    shown = [each for each in inside if _is(each.standing, state)]
    follow(
        block(
            render(
                "desk_schools",
                title=headline(chosen, [each.standing for each in inside]),
                subtitle=_subtitle(view, chosen, today),
                rounds=[(str(each.id), each.name, each == chosen) for each in found],
                states=_states(inside, state),
                rows=[row(each) for each in shown],
                editor=editor,
                none="没有符合条件的院校，请改选状态或上方的区县、主管。",
            ),
            key="schools-board",
        )
    )
    gone = rolled_back([each.standing for each in inside], versions.pointed_at() or "")
    if gone:
        text = (
            f"当前使用的版本早于并入形成的版本，不含 {gone} 所院校已并入的数据：可在“数据版本”"
            "切换到并入后的版本，或重新收表、并入。"
        )
        block(render("note", text=text), key="schools-rolled-back")
    with st.container(horizontal=True, key="schools-board-files"):
        _take_board(view, chosen, shown)
        if editor:
            desk_collect.forms(view, chosen)
            desk_collect.deadline(chosen)
    if not editor:
        role = sign_on.ROLES[sign_on.user().role]
        text = f"您的角色是{role}，可以查看；催报、收表和并入需要编辑者。"
        block(render("note", text=text), key="schools-viewer")
        return
    _school(view, chosen, everyone, today)
    desk_collect.upload(chosen, returns)
    desk_merge.show(view, chosen, [each.standing for each in inside])
    late = [each for each in inside if each.standing.overdue]
    waiting = late or [each for each in inside if each.standing.state in (ERRORS, MISSING)]
    if waiting:
        kind = "逾期" if late else "未返回或有错误"
        with st.expander(f"催报文字：{len(waiting)} 所{kind}的院校"):
            st.code(reminder_to_all(chosen, waiting, today), language=None, wrap_lines=True)


def rolled_back(standings: Sequence[Standing], current: str) -> int:
    """How many were merged into a version later than the one in use: it was rolled back since.

    Ids of versions begin with their time.
    """
    merged = [each.last.merged_version for each in standings if each.state == MERGED and each.last]
    return sum(current < each for each in merged) if current else 0


def lines(view: View, standings: Sequence[Standing]) -> list[Line]:
    """The board's lines in the order given."""
    places = {each.institution_id: each for each in view.version.institutions}
    contacts = {code: name for code, name, _ in fetch("institution_contacts", view.version)}
    return [
        Line(each, places.get(each.institution), contacts.get(each.institution) or "")
        for each in standings
    ]


def _inside(view: View, line: Line) -> bool:
    """Whether the filters let an institution through; one the data no longer has only when there
    are none."""
    scope = view.scope
    if line.place is None:
        return not scope
    return scope.lets_in(line.place) and (not scope.level or line.place.level_today in scope.level)


def _is(standing: Standing, state: str) -> bool:
    if state == OVERDUE:
        return standing.overdue
    return state not in WORDS or standing.state == state


def headline(found: Round, standings: Sequence[Standing]) -> str:
    """What the board shows, in a sentence."""
    states = [each.state for each in standings]
    good, merged = states.count(READY) + states.count(MERGED), states.count(MERGED)
    late = sum(each.overdue for each in standings)
    words = f"“{found.name}”{len(states)} 所院校中 {good} 所已返回无误"
    words += f"（已并入 {merged} 所）" if merged else ""
    words += f"，{states.count(ERRORS)} 所有错误，{states.count(MISSING)} 所未返回"
    return words + (f"；逾期 {late} 所" if late else "")


def _subtitle(view: View, found: Round, today: date) -> str:
    left = (found.due_on - today).days
    due = f"还有 {left} 天" if left > 0 else "今天截止" if left == 0 else f"已过 {-left} 天"
    parts = [
        f"返回期限 {found.due_on}（{due}）",
        f"{found.made_by} 于 {clock.moment(found.made_at)} 发出",
        f"填报表取自版本 {found.base_version}",
    ]
    if view.scope:
        parts.append(f"范围：{view.scope.words}")
    if view.mark:
        parts.append(view.mark)
    return " · ".join(parts)


def _states(found: Sequence[Line], chosen: str) -> list[dict[str, Any]]:
    """The choices of state with their counts."""
    known = chosen if chosen in WORDS else ""
    return [
        {
            "go": f"?state={key}",
            "words": words,
            "count": sum(_is(each.standing, key) for each in found),
            "on": key == known,
        }
        for key, words in {"": "全部", **WORDS}.items()
    ]


def row(line: Line) -> dict[str, Any]:
    """A line of the board, for the template and the workbook."""
    last = line.standing.last
    return {
        "code": line.standing.institution,
        "name": line.standing.name,
        "district": line.district,
        "authority": line.authority,
        "contact": line.contact,
        "style": STYLES[line.standing.state, line.standing.overdue],
        "words": line.words,
        "errors": last.errors if last else None,
        "at": clock.moment(last.returned_at) if last else "",
        "who": last.returned_by if last else "",
        "file": last.file if last else "",
        "earlier": line.standing.earlier,
        "go": f"?{urlencode({'school': line.standing.institution})}",
    }


BOARD = (
    ("院校代码", "code"),
    ("院校名称", "name"),
    ("区县", "district"),
    ("主管", "authority"),
    ("联系人", "contact"),
    ("状态", "words"),
    ("错误数", "errors"),
    ("最近返回", "at"),
    ("收表人", "who"),
    ("文件", "file"),
    ("此前返回次数", "earlier"),
)


def _take_board(view: View, chosen: Round, shown: Sequence[Line]) -> None:
    download.button(
        view,
        "下载填报情况（.xlsx）",
        lambda: download.workbook(
            view,
            "填报情况",
            [header for header, _ in BOARD],
            (tuple(cells[name] for _, name in BOARD) for cells in map(row, shown)),
        ),
        download.name(view, f"{school_forms.plain_name(chosen.name)}_填报情况", "xlsx"),
        key="schools-take-board",
        kind="secondary",
    )


# ---------------------------------------------------------------- one institution


def _school(view: View, chosen: Round, everyone: Sequence[Line], today: date) -> None:
    """What an institution sent, its errors, what to write to it."""
    asked = st.query_params.get("school", "")
    line = next((each for each in everyone if each.standing.institution == asked), None)
    if line is None:
        return
    standing, last = line.standing, line.standing.last
    follow(
        block(
            render(
                "desk_school",
                title=f"{standing.name}（{standing.institution}）：{line.words}",
                subtitle=_last_words(last),
                problems=last.problems if last else (),
                more=last.errors - len(last.problems) if last else 0,
            ),
            key="schools-one",
        )
    )
    with st.container(horizontal=True, key="schools-one-files"):
        name = school_forms.file_names(chosen.asked)[standing.institution]
        if rounds.forms(chosen.id).exists():
            download.button(
                view,
                "下载该校的填报表（.xlsx）",
                lambda: school_forms.taken_out(rounds.forms(chosen.id), name),
                name,
                key="schools-one-form",
                kind="secondary",
            )
        if last:
            _take_return(view, chosen, last, name)
    if standing.state in (ERRORS, MISSING):
        st.caption("催报文字")
        st.code(reminder(chosen, line, today), language=None, wrap_lines=True)


def _last_words(last: Return | None) -> str:
    if last is None:
        return "没有返回过填报表"
    words = f"最近返回 {clock.moment(last.returned_at)}，{last.returned_by} 收下“{last.file}”"
    if last.merged_version:
        words += (
            f"；{last.merged_by} 于 {clock.moment(last.merged_at)} 并入版本 {last.merged_version}"
        )
    return words


def _take_return(view: View, chosen: Round, last: Return, name: str) -> None:
    stem = name.removesuffix(".xlsx")
    files = [("下载返回的填报表（.xlsx）", rounds.kept_file(chosen.id, last.sha256), "返回")]
    if last.errors:
        marked = rounds.marked_file(chosen.id, last.sha256)
        files.append(("下载标出错误的填报表（.xlsx）", marked, "标出错误"))
    for label, path, word in files:
        if path.exists():
            download.button(
                view,
                label,
                path.read_bytes,
                f"{stem}_{word}.xlsx",
                key=f"schools-one-{word}",
                kind="secondary",
            )


# ---------------------------------------------------------------- reminders


def reminder(found: Round, line: Line, today: date) -> str:
    """What to write to one institution that has not returned, or with errors."""
    standing = line.standing
    late = f"，已逾期 {(today - found.due_on).days} 天" if standing.overdue else ""
    text = f"{standing.name}：\n"
    if standing.last is None:
        text += (
            f"“{found.name}”填报表应于 {_day(found.due_on)}前返回，截至 {_day(today)}尚未收到"
            f"贵校的填报表{late}。请核对、补充本校数据，"
        )
    else:
        first = "；".join(map(_error, standing.last.problems[:MOST_ERRORS_IN_A_REMINDER]))
        more = "等" if standing.last.errors > MOST_ERRORS_IN_A_REMINDER else ""
        text += (
            f"贵校返回的“{found.name}”填报表有 {standing.last.errors} 处错误{late}：{first}{more}。"
            "全部错误已在所附工作簿中标出，请改正，"
        )
    text += "并尽快返回。" if late else f"并于 {_day(found.due_on)}前返回。"
    return text + "\n填报表只填本校数据，请勿改动工作表名称、列名和“说明”表。"


def _error(problem: Problem) -> str:
    place = f"{problem.sheet}!{problem.cell} " if problem.row else f"{problem.sheet} "
    return place + problem.message


def reminder_to_all(found: Round, waiting: Sequence[Line], today: date) -> str:
    """What to write to all of them at once."""
    parts = [
        f"关于报送“{found.name}”填报表的提醒",
        f"有关院校：\n“{found.name}”填报表的返回期限为 {_day(found.due_on)}。截至 {_day(today)}，"
        f"{len(waiting)} 所院校尚未完成：",
    ]
    for words, state in (("尚未返回", MISSING), ("返回的填报表有错误，待改正", ERRORS)):
        mine = [each for each in waiting if each.standing.state == state]
        if mine:
            listed = "\n".join(f"{n}. {_named(each)}" for n, each in enumerate(mine, start=1))
            parts.append(f"{words}的 {len(mine)} 所：\n{listed}")
    parts.append("请上述院校核对、补充或改正本校数据，尽快返回填报表。")
    return "\n\n".join(parts)


def _named(line: Line) -> str:
    last = line.standing.last
    words = line.standing.name
    words += f"（{last.errors} 处错误）" if last else ""
    return words + (f"，联系人 {line.contact}" if line.contact else "")


def _day(day: date) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日"
