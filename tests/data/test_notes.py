"""What people write: kept whole, told apart, never silently overwritten; the log only grows."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data import notes, versions
from data.notes import Draft, LogFilter

ROOT = Path(__file__).parents[2]


def draft(name: str = "只裁撤红牌点", **changed: Any) -> Draft:
    kept: dict[str, Any] = {
        "note": "给联席会议看",
        "version_id": "20260101T000000000Z-0123456789ab",
        "as_of": date(2025, 9, 30),
        "plan_id": "plan-2023",
        "content": '{"close_red": 1.0}',
    }
    return Draft(name=name, **(kept | changed))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the store will be; there is none yet."""
    monkeypatch.setenv(versions.WAREHOUSE_DIR, str(tmp_path / "warehouse"))
    return tmp_path / "warehouse" / "notes.sqlite"


def raw(store: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(store)) as connection, connection:
        return connection.execute(statement).fetchall()


def names(*, deleted: bool = False) -> list[str]:
    return [each.name for each in notes.scenarios(deleted=deleted)]


# ---------------------------------------------------------------- scenarios


def test_reading_makes_no_file(store: Path) -> None:
    assert notes.scenarios() == notes.scenarios(deleted=True) == []
    assert notes.log() == []
    assert notes.log_count() == 0
    assert list(notes.log_export()) == []
    assert notes.purge_scenarios(datetime.now(UTC), "甲") == 0
    with pytest.raises(notes.Gone, match="没有编号为 1 的情景"):
        notes.load_scenario(1)
    assert not store.parent.exists()


def test_what_is_saved_is_what_is_loaded(store: Path) -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    given = draft()
    saved = notes.save_scenario(given, "甲")
    assert store.exists()
    found = notes.load_scenario(saved.id)
    assert found == saved
    kept = {name: getattr(found, name) for name in vars(given)}
    assert kept == vars(given)
    assert (found.made_by, found.changed_by, found.revision) == ("甲", "甲", 1)
    assert before <= found.made_at == found.changed_at <= datetime.now(UTC)
    assert found.deleted_at is None


def test_the_newest_is_first_and_pages_follow(store: Path) -> None:
    for number in range(5):
        notes.save_scenario(draft(str(number)), "甲")
    oldest = notes.scenarios()[-1]
    notes.edit_scenario(replace(oldest, note="改过"), "甲")
    assert names() == ["4", "3", "2", "1", "0"]
    first = notes.scenarios(limit=2)
    assert [each.name for each in first] == ["4", "3"]
    assert [each.name for each in notes.scenarios(limit=2, before=first[-1].id)] == ["2", "1"]


def test_editing_keeps_who_and_when_it_was_made(store: Path) -> None:
    saved = notes.save_scenario(draft(), "甲")
    edited = notes.edit_scenario(replace(saved, name="新", note="新说明", content="{}"), "乙")
    assert edited == notes.load_scenario(saved.id)
    assert (edited.name, edited.note, edited.content) == ("新", "新说明", "{}")
    assert (edited.made_by, edited.made_at) == (saved.made_by, saved.made_at)
    assert (edited.changed_by, edited.revision) == ("乙", 2)


def test_the_second_of_two_editors_is_told(store: Path) -> None:
    seen = notes.save_scenario(draft(), "甲")
    first = notes.edit_scenario(replace(seen, note="乙的说明"), "乙")
    attempts: list[Callable[[], object]] = [
        lambda: notes.edit_scenario(replace(seen, name="丙的名称"), "丙"),
        lambda: notes.delete_scenario(seen, "丙"),
    ]
    for attempt in attempts:
        with pytest.raises(notes.Changed, match="已由 乙 修改") as caught:
            attempt()
        assert caught.value.found == first
    assert notes.scenarios() == [first]
    notes.delete_scenario(first, "乙")
    with pytest.raises(notes.Gone, match="已由 乙 删除"):
        notes.edit_scenario(replace(first, name="丙的名称"), "丙")


def test_deleting_can_be_undone(store: Path) -> None:
    saved = notes.save_scenario(draft(), "甲")
    deleted = notes.delete_scenario(saved, "乙")
    assert deleted.deleted_at is not None
    assert notes.scenarios() == []
    assert notes.scenarios(deleted=True) == [deleted]
    with pytest.raises(notes.Gone, match="“只裁撤红牌点”已由 乙 删除"):
        notes.load_scenario(saved.id)
    with pytest.raises(notes.Gone):
        notes.delete_scenario(deleted, "乙")
    restored = notes.restore_scenario(saved.id, "甲")
    assert restored == notes.load_scenario(saved.id)
    unlike = {"revision", "changed_by", "changed_at"}
    assert {k: v for k, v in vars(restored).items() if k not in unlike} == {
        k: v for k, v in vars(saved).items() if k not in unlike
    }
    assert notes.restore_scenario(saved.id, "乙") == restored


def test_a_name_taken_since_is_not_restored_over(store: Path) -> None:
    first = notes.save_scenario(draft(), "甲")
    notes.delete_scenario(first, "甲")
    second = notes.save_scenario(draft(), "乙")
    with pytest.raises(notes.NameTaken, match="乙 保存"):
        notes.restore_scenario(first.id, "甲")
    assert notes.restore_scenario(first.id, "甲", name="另一个").name == "另一个"
    assert notes.load_scenario(second.id) == second


def test_what_was_deleted_long_ago_is_purged(store: Path) -> None:
    kept = notes.save_scenario(draft("留"), "甲")
    gone = notes.delete_scenario(notes.save_scenario(draft("删"), "甲"), "甲")
    assert gone.deleted_at is not None
    assert notes.purge_scenarios(gone.deleted_at, "甲") == 0
    assert notes.purge_scenarios(gone.deleted_at + timedelta(milliseconds=1), "甲") == 1
    assert notes.scenarios() == [kept]
    with pytest.raises(notes.Gone, match="无法恢复"):
        notes.restore_scenario(gone.id, "甲")
    # Its number is not given to another: a link to it leads nowhere else.
    assert notes.save_scenario(draft("又"), "甲").id > gone.id


@pytest.mark.parametrize("name", ["PLAN A", "plan a", "Plan　Ａ", " plan\ta\n", "pl\u200ban a"])
def test_names_that_look_alike_are_one(name: str, store: Path) -> None:
    saved = notes.save_scenario(draft("Plan A"), "甲")
    with pytest.raises(notes.NameTaken, match="已有名为“Plan A”的情景") as caught:
        notes.save_scenario(draft(name), "乙")
    assert caught.value.found == saved
    other = notes.save_scenario(draft("B"), "乙")
    with pytest.raises(notes.NameTaken):
        notes.edit_scenario(replace(other, name=name), "乙")
    # Its own name may be written otherwise.
    notes.edit_scenario(replace(saved, name=name), "甲")
    assert len(names()) == 2


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": ""}, "要有名称"),
        ({"name": " \t\u200b\x00"}, "要有名称"),
        ({"name": "长" * 61}, "名称有 61 字，最多 60 字"),
        ({"note": "长" * 2001}, "说明有 2001 字，最多 2000 字"),
        ({"version_id": "v" * 201}, "编号超过"),
        ({"plan_id": "p" * 201}, "编号超过"),
        ({"content": ""}, "不是有效的 JSON"),
        ({"content": "{"}, "不是有效的 JSON"),
        ({"content": '{"a": NaN}'}, "不是有效的 JSON"),
        ({"content": '{"a": "\ud800"}'}, "不是有效的 JSON"),
        ({"content": "[" * 100_000}, "不是有效的 JSON"),
        ({"content": "[1]"}, "应为 JSON 对象"),
        ({"content": json.dumps({"a": "长" * 70_000}, ensure_ascii=False)}, "最多 200000 字节"),
    ],
)
def test_what_is_out_of_bounds_is_refused(changed: dict[str, str], said: str, store: Path) -> None:
    with pytest.raises(notes.Refused, match=said):
        notes.save_scenario(draft(**changed), "甲")
    assert not store.exists()


def test_there_is_an_end_to_how_many(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "MOST_SCENARIOS", 2)
    first = notes.save_scenario(draft("一"), "甲")
    notes.save_scenario(draft("二"), "甲")
    with pytest.raises(notes.Refused, match="已保存 2 个情景"):
        notes.save_scenario(draft("三"), "甲")
    notes.delete_scenario(first, "甲")
    notes.save_scenario(draft("三"), "甲")


@pytest.mark.parametrize("number", [0, -1, 2, 2**63, -(2**70), 10**40])
def test_a_number_from_an_address_may_be_any(number: int, store: Path) -> None:
    notes.save_scenario(draft(), "甲")
    with pytest.raises(notes.Gone):
        notes.load_scenario(number)
    with pytest.raises(notes.Gone):
        notes.restore_scenario(number, "甲")


def test_text_is_text(store: Path) -> None:
    name, note = (
        "<b>x</b>'; drop table log--",
        "=1+1\n<script>alert(1)</script>\u202e\x00\r\n$\ud800",
    )
    saved = notes.save_scenario(draft(name, note=note), "甲\n\x1b[31m乙")
    found = notes.load_scenario(saved.id)
    assert found.name == name
    assert found.note == "=1+1\n<script>alert(1)</script>\n$"
    assert found.made_by == "甲 [31m乙"
    assert notes.log_count() == 1


texts = st.text(max_size=30)
levers = st.dictionaries(texts, st.floats(allow_nan=False, allow_infinity=False) | texts)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=texts, note=texts, content=levers, as_of=st.dates(), who=texts)
def test_round_trip(
    name: str, note: str, content: dict[str, float | str], as_of: date, who: str, store: Path
) -> None:
    given = draft(name, note=note, content=json.dumps(content), as_of=as_of)
    try:
        saved = notes.save_scenario(given, who)
    except notes.Refused:
        assert not any(each.isprintable() and not each.isspace() for each in name)
        return
    found = notes.load_scenario(saved.id)
    assert found == saved
    assert json.loads(found.content) == content
    assert (found.as_of, found.version_id) == (as_of, given.version_id)
    shown = [*found.name, *found.note.replace("\n", ""), *found.made_by]
    assert all(ord(each) >= 32 and not 0x7F <= ord(each) < 0xA0 for each in shown)
    # What was cleaned once is clean: saving it again is the same name.
    with pytest.raises(notes.NameTaken):
        notes.save_scenario(replace(given, name=found.name), who)
    edited = notes.edit_scenario(found, who)
    assert (edited.name, edited.note) == (found.name, found.note)
    notes.delete_scenario(edited, who)


# ---------------------------------------------------------------- log


def test_the_log_tells_who_did_what_when(store: Path) -> None:
    detail = {"file": "一校一表.xlsx", "rows": {"院校": 203}, "warnings": []}
    notes.record("import", "甲", "20260101T000000000Z-0123456789ab", detail)
    notes.record("sign_in", "", refused=True)
    second, first = notes.log()
    assert (first.kind, first.who, first.refused) == ("import", "甲", False)
    assert first.subject == "20260101T000000000Z-0123456789ab"
    assert first.detail == detail
    assert abs(datetime.now(UTC) - first.at) < timedelta(minutes=5)
    assert (second.who, second.refused, second.detail) == ("不明", True, {})
    with pytest.raises(ValueError, match="not a kind"):
        notes.record("<b>", "甲")


def test_scenarios_leave_their_trace(store: Path) -> None:
    saved = notes.save_scenario(draft("一"), "甲")
    deleted = notes.delete_scenario(notes.edit_scenario(replace(saved, name="二"), "乙"), "丙")
    notes.restore_scenario(saved.id, "丁")
    with pytest.raises(notes.Refused):
        notes.edit_scenario(deleted, "丙")
    told = [(each.kind, each.who, each.subject, each.detail["name"]) for each in notes.log()]
    assert told == [
        ("scenario_restore", "丁", "1", "二"),
        ("scenario_delete", "丙", "1", "二"),
        ("scenario_edit", "乙", "1", "二"),
        ("scenario_save", "甲", "1", "一"),
    ]


def test_no_detail_is_lost_for_its_form(store: Path) -> None:
    itself: dict[str, Any] = {}
    itself["itself"] = itself
    for detail in ({"a": object}, {"a": float("nan")}, {"a": "长" * 50_000}, {"\ud800": 1}, itself):
        notes.record("edit", "甲" * 5_000, "x" * 5_000, detail)
    entries = notes.log()
    assert len(entries) == 5
    assert all(entry.detail["text"] for entry in entries)
    longest = raw(store, "select max(length(cast(detail as blob))) from log")[0][0]
    assert longest <= notes.LARGEST_DETAIL_BYTES
    assert len(entries[0].who) == len(entries[0].subject) == 200


@pytest.mark.parametrize(
    "statement",
    [
        "update log set who = '别人'",
        "delete from log",
        "delete from log where id = 1",
        "insert or replace into log select id, at, '别人', kind, subject, refused, detail from log",
        "insert into log select id, at, who, kind, subject, refused, detail from log where true "
        "on conflict (id) do update set who = '别人'",
    ],
)
def test_the_log_is_append_only(statement: str, store: Path) -> None:
    notes.record("import", "甲")
    before = notes.log()
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        raw(store, statement)
    assert notes.log() == before


@pytest.fixture
def twelve(store: Path, monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Twelve lines, one an hour; when the first was written."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for hour in range(12):
        monkeypatch.setattr(notes, "_now", lambda hour=hour: start + timedelta(hours=hour))
        notes.record(
            ("import", "export", "sign_in")[hour % 3],
            "甲乙"[hour % 2],
            str(hour),
            {"say": "50%" if hour < 4 else "50_"},
            refused=hour % 4 == 3,
        )
    return start


@pytest.mark.parametrize(
    ("wanted", "hours"),
    [
        ({}, range(12)),
        ({"kinds": ("import",)}, range(0, 12, 3)),
        ({"kinds": ("import", "export")}, (0, 1, 3, 4, 6, 7, 9, 10)),
        ({"kinds": ("a", "b'); drop table log--")}, ()),
        ({"who": "乙"}, range(1, 12, 2)),
        ({"subject": "1"}, (1,)),
        ({"refused": True}, (3, 7, 11)),
        ({"refused": False, "who": "乙"}, (1, 5, 9)),
        ({"text": "50%"}, range(4)),
        ({"text": "' or 1=1 --"}, ()),
    ],
)
def test_the_log_is_filtered(
    wanted: dict[str, Any], hours: range | tuple[int, ...], twelve: datetime
) -> None:
    given = LogFilter(**wanted)
    expected = [str(hour) for hour in reversed(hours)]
    assert [each.subject for each in notes.log(given)] == expected
    assert notes.log_count(given) == len(hours)
    assert [each.subject for each in notes.log_export(given)] == expected


def test_the_log_is_filtered_by_time(twelve: datetime) -> None:
    # Midnight of UTC is eight in the morning where the rows are read.
    zone = datetime.fromisoformat("2026-01-01T00:00+08:00").tzinfo
    since = (twelve + timedelta(hours=2)).astimezone(zone)
    found = notes.log(LogFilter(since=since, until=since + timedelta(hours=3)))
    assert [each.subject for each in found] == ["4", "3", "2"]
    with pytest.raises(ValueError, match="time zone"):
        notes.log(LogFilter(since=datetime(2026, 1, 1)))


def test_the_log_is_paged(twelve: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    pages: list[list[str]] = []
    before = notes._ALL
    while page := notes.log(limit=5, before=before):
        pages.append([each.subject for each in page])
        before = page[-1].id
        notes.record("export", "甲", "later")  # What comes meanwhile does not shift a page.
    assert [len(page) for page in pages] == [5, 5, 2]
    whole = [subject for page in pages for subject in page]
    assert whole == [str(hour) for hour in reversed(range(12))]
    monkeypatch.setattr(notes, "EXPORT_STEP", 4)
    assert [each.subject for each in notes.log_export()] == ["later"] * 3 + whole


def test_a_clock_set_back_does_not_reorder(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later = datetime(2027, 1, 1, tzinfo=UTC)
    for number in range(3):
        monkeypatch.setattr(notes, "_now", lambda n=number: later - timedelta(days=n))
        notes.record("edit", "甲", str(number))
        notes.save_scenario(draft(str(number)), "甲")
    assert [each.subject for each in notes.log(LogFilter(kinds=["edit"]))] == ["2", "1", "0"]
    assert names() == ["2", "1", "0"]


# ---------------------------------------------------------------- the file and its faults


WRITER = """
import sys
from datetime import date
from data import notes

notes.LONGEST_WAIT_SECONDS = 60  # A slow disk is no fault.
name, count = sys.argv[1], int(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
for number in range(count):
    draft = notes.Draft(
        name=f"{name}-{number}", note="x" * 1000, version_id="v", as_of=date(2026, 1, 1),
        plan_id="p", content="{}",
    )
    notes.save_scenario(draft, name)
    print(number, flush=True)
"""


def start(*arguments: str) -> subprocess.Popen[str]:
    """A process that says when it is ready and then waits for a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.fixture
def running() -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that are ended whatever happens."""
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


def test_two_processes_and_threads_write_at_once(
    store: Path, running: list[subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also the first write of all, which makes the file."""
    monkeypatch.setattr(notes, "LONGEST_WAIT_SECONDS", 60)
    running += [start(WRITER, name, "15") for name in ("一", "二")]
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()

    def write(thread: int) -> None:
        for number in range(10):
            notes.save_scenario(draft(f"{thread}-{number}"), "线程")

    threads = [threading.Thread(target=write, args=(thread,)) for thread in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for process in running:
        process.communicate(timeout=60)
        assert process.returncode == 0
    expected = {f"{name}-{number}" for name in ("一", "二") for number in range(15)}
    expected |= {f"{thread}-{number}" for thread in range(2) for number in range(10)}
    assert sorted(names()) == sorted(expected)
    assert notes.log_count() == len(expected)


@pytest.mark.parametrize("hold", ["begin immediate", "begin exclusive"])
def test_a_locked_store_is_busy(hold: str, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = notes.save_scenario(draft(), "甲")
    monkeypatch.setattr(notes, "LONGEST_WAIT_SECONDS", 0.05)
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute(hold)
        with pytest.raises(notes.Busy, match="没有保存：另一个程序正在使用，请稍后再试"):
            notes.save_scenario(draft("二"), "甲")
        with pytest.raises(notes.Busy):
            notes.record("import", "甲")
        if hold == "begin immediate":
            assert notes.scenarios() == [saved]
        else:
            with pytest.raises(notes.Busy, match="无法读取"):
                notes.scenarios()
    assert notes.scenarios() == [saved]
    assert notes.log_count() == 1


def test_who_comes_second_waits(store: Path) -> None:
    notes.record("import", "甲")
    started = threading.Event()

    def write() -> None:
        started.set()
        notes.save_scenario(draft(), "乙")

    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("begin exclusive")
        second = threading.Thread(target=write)
        second.start()
        assert started.wait(10)
        second.join(0.1)
        connection.execute("commit")
    second.join(30)
    assert names() == ["只裁撤红牌点"]


LIMITED = """
import sys
from datetime import date
from data import notes

print([each.name for each in notes.scenarios()], notes.log_count())
draft = notes.Draft(
    name="二", version_id="v", as_of=date(2026, 1, 1), plan_id="p", content="{}"
)
for write in (lambda: notes.save_scenario(draft, "甲"), lambda: notes.record("import", "甲")):
    try:
        write()
    except notes.NoAccess as error:
        print(error)
"""


def limited(warehouse: Path) -> list[str]:
    """What a process says that is bound by permissions, as root is not."""
    as_anybody = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
    done = subprocess.run(
        [*(as_anybody if os.geteuid() == 0 else []), sys.executable, "-c", LIMITED],
        cwd=ROOT,
        env=os.environ | {versions.WAREHOUSE_DIR: str(warehouse)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("closed", ["folder", "file", "both"])
def test_a_read_only_store_is_read_and_not_written(closed: str, store: Path) -> None:
    notes.save_scenario(draft("一"), "甲")
    before = store.read_bytes()
    if closed != "folder":
        store.chmod(0o444)
    if closed != "file":
        store.parent.chmod(0o555)
    first, *others = limited(store.parent)
    store.parent.chmod(0o755)
    assert first == "['一'] 1"
    said = "notes.sqlite 无法写入，没有保存：文件或文件夹只读，或没有权限"
    assert others == [said, said]
    assert store.read_bytes() == before
    assert [each.name for each in store.parent.iterdir()] == ["notes.sqlite"]


def test_a_read_only_folder_without_a_store(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    said = limited(tmp_path), limited(tmp_path / "warehouse")
    tmp_path.chmod(0o755)
    for first, *others in said:
        assert first == "[] 0"
        assert len(others) == 2
        assert all("没有保存" in other for other in others)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_loses_nothing(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = notes.save_scenario(draft(), "甲")
    opened = notes._open

    def small(file: Path, mode: str) -> sqlite3.Connection:
        connection = opened(file, mode)
        connection.execute("pragma max_page_count = 1")  # No more than there is.
        return connection

    with monkeypatch.context() as patch:
        patch.setattr(notes, "_open", small)
        with pytest.raises(notes.NoAccess, match="没有保存：磁盘已满"):
            notes.save_scenario(draft("二", content=json.dumps({"a": "x" * 100_000})), "甲")
    assert notes.scenarios() == [saved]
    assert notes.log_count() == 1


def _cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _scrambled(content: bytes) -> bytes:
    return content[:1024] + bytes(each ^ 0x5A for each in content[1024:])


@pytest.mark.parametrize(
    "damage",
    [_cut, _scrambled, lambda _: b"\x00" * 5000, lambda _: "不是数据库".encode() * 500],
    ids=["cut", "scrambled", "zeros", "text"],
)
def test_a_damaged_store_says_so_and_is_left_alone(
    damage: Callable[[bytes], bytes], store: Path
) -> None:
    saved = notes.save_scenario(draft(), "甲")
    store.write_bytes(damage(store.read_bytes()))
    before = store.read_bytes()
    attempts: list[Callable[[], object]] = [
        notes.scenarios,
        lambda: notes.load_scenario(saved.id),
        lambda: notes.edit_scenario(saved, "甲"),
        lambda: notes.save_scenario(draft("二"), "甲"),
        notes.log,
        notes.log_count,
        lambda: notes.record("import", "甲"),
    ]
    for attempt in attempts:
        with pytest.raises(notes.Damaged, match="请从备份恢复，或将它移出数据仓库文件夹"):
            attempt()
    assert store.read_bytes() == before
    store.rename(store.with_name("moved"))
    assert notes.scenarios() == []
    notes.save_scenario(draft(), "甲")


@pytest.mark.parametrize("change", ["made_at = 'x'", "as_of = 7", "name = cast(x'ff' as text)"])
def test_a_spoilt_row_is_damage(change: str, store: Path) -> None:
    saved = notes.save_scenario(draft(), "甲")
    raw(store, f"update scenarios set {change}")
    for read in (notes.scenarios, lambda: notes.load_scenario(saved.id)):
        with pytest.raises(notes.Damaged):
            read()


def test_a_folder_or_foreign_file_in_its_place(store: Path) -> None:
    store.mkdir(parents=True)
    for attempt in (notes.scenarios, lambda: notes.save_scenario(draft(), "甲")):
        with pytest.raises(notes.Unavailable):
            attempt()
    store.rmdir()
    raw(store, "create table something (a integer)")
    before = store.read_bytes()
    for attempt in (notes.scenarios, lambda: notes.save_scenario(draft(), "甲")):
        with pytest.raises(notes.Damaged, match="不是由本系统写成"):
            attempt()
    assert store.read_bytes() == before


def test_an_empty_file_is_an_empty_store(store: Path) -> None:
    """As a process leaves it that was killed in the very first write."""
    store.parent.mkdir()
    store.touch()
    assert notes.scenarios() == []
    assert store.stat().st_size == 0
    notes.save_scenario(draft(), "甲")
    assert len(notes.scenarios()) == 1


def test_migrations_are_numbered_without_a_gap() -> None:
    """The n-th makes user_version n: two of one number would each be taken for the other."""
    names = sorted(path.name for path in notes.MIGRATIONS.glob("*.sql"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


@pytest.fixture
def second_migration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], None]]:
    """Call it to have a later release of the program."""

    def release() -> None:
        folder = shutil.copytree(notes.MIGRATIONS, tmp_path / "migrations")
        (folder / "9999_later.sql").write_text(
            "alter table scenarios add column pinned integer not null default 0;\n"
            "create table more (a integer);\n"
        )
        monkeypatch.setattr(notes, "MIGRATIONS", folder)
        notes._migrations.cache_clear()

    yield release
    notes._migrations.cache_clear()


@pytest.mark.parametrize("first", ["read", "write"])
def test_an_older_store_is_brought_up(
    first: str, store: Path, second_migration: Callable[[], None]
) -> None:
    saved = notes.save_scenario(draft(), "甲")
    ((version,),) = raw(store, "pragma user_version")
    second_migration()
    if first == "write":
        notes.record("import", "甲")
    assert notes.scenarios() == [saved]
    assert raw(store, "pragma user_version") == [(version + 1,)]
    assert raw(store, "select pinned from scenarios") == [(0,)]
    assert raw(store, "select * from more") == []


def test_a_newer_store_is_left_alone(
    store: Path, second_migration: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context():
        former = notes.MIGRATIONS
        second_migration()
        notes.save_scenario(draft(), "甲")
        monkeypatch.setattr(notes, "MIGRATIONS", former)
        notes._migrations.cache_clear()
    before = store.read_bytes()
    for attempt in (notes.scenarios, lambda: notes.record("import", "甲")):
        with pytest.raises(notes.NewerStore, match="较新的程序版本"):
            attempt()
    assert store.read_bytes() == before


HALF_WRITTEN = """
import signal
from data import notes

with notes.writing() as connection:
    # So small a cache that changes reach the file before the end.
    connection.execute("pragma cache_size = 1")
    connection.execute("update scenarios set name = 'half', content = ?", ("{}" * 20_000,))
    for number in range(500):
        notes.add_entry(connection, "edit", "x", notes._now(), str(number), {"text": "x" * 1000})
    print("ready", flush=True)
    signal.pause()
"""


def test_killed_in_the_middle_of_a_write(store: Path) -> None:
    saved = [notes.save_scenario(draft(str(number)), "甲") for number in range(20)]
    before = store.read_bytes()
    process = start(HALF_WRITTEN)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    # It was in the middle indeed: the file is neither as before nor whole.
    assert store.read_bytes() != before
    assert store.with_name("notes.sqlite-journal").exists()
    assert notes.scenarios() == saved[::-1]
    assert notes.log_count() == 20
    assert store.read_bytes()[: len(before)] == before
    assert [each.name for each in store.parent.iterdir()] == ["notes.sqlite"]


@pytest.mark.parametrize("count", [1, 3, 8, 15])
def test_killed_at_any_moment(count: int, store: Path) -> None:
    """What was said to be saved is there, with its line in the log; at most one more is."""
    process = start(WRITER, "一", "1000000")
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    for _ in range(count):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    said = count + len(process.communicate()[0].split("\n")) - 1
    assert said <= len(notes.scenarios()) <= said + 1
    assert notes.log_count() == len(notes.scenarios())
    assert raw(store, "pragma integrity_check") == [("ok",)]
    notes.save_scenario(draft(), "乙")
