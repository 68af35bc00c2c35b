"""The plan file says what the policy says, and a faulty one is refused with the key at fault."""

from __future__ import annotations

import io
import re
import tokenize
from datetime import date
from pathlib import Path

import pytest

from data import reference
from data.contract import BY_TABLE, LEVELS, TITLES, TRACKS
from data.plan import PLAN_FILE, PLANS, Plan, PlanError, item_rows, load_plan, parse_plan
from tests.data import plan_facts as facts

ROOT = Path(__file__).parents[2]
PLAN_PATH = PLANS / "zhengzhou-2023.toml"
POLICY = (ROOT / "tests/fixtures/implementation-opinions-2023.zh.md").read_text(encoding="utf-8")
OURS = "本系统默认，可调整"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan(PLAN_PATH)


def departments(text: str) -> tuple[str, ...]:
    return tuple(text.split("、"))


def listed(number: str) -> tuple[str, ...]:
    """The departments of a task; goals name none, so the education bureau answers."""
    return departments(facts.TASKS[number][1]) if number in facts.TASKS else ("市教育局",)


# What the file says, against the hand-checked table.


def test_head(plan: Plan) -> None:
    assert plan.title == POLICY.splitlines()[0]
    assert (plan.issued_on, plan.deadline) == (facts.ISSUED_ON, facts.DEADLINE)
    assert plan.period_start == facts.PERIOD_START
    assert plan.default_department == "市教育局"
    assert not plan.include_technician


def test_goals_actions_tasks_and_safeguards(plan: Plan) -> None:
    assert {s.id: s.title for s in plan.goals} == facts.GOALS
    assert {s.id: s.title for s in plan.actions} == facts.ACTIONS
    assert {s.id: s.title for s in plan.safeguards} == facts.SAFEGUARDS
    found = {s.id: (s.title, "、".join(s.departments), s.duty) for s in plan.tasks}
    assert found == facts.TASKS
    assert [s.parent for s in plan.tasks] == [s.id[:3] for s in plan.tasks]


def test_the_words_of_the_policy_about_who_leads(plan: Plan) -> None:
    lead = {s.id for s in plan.sections if "牵头" in s.duty}
    assert lead == {"4.3.3", "4.3.4", "5.1"}


def test_every_section_text_is_verbatim_and_complete(plan: Plan) -> None:
    for section in plan.sections:
        for paragraph in section.text.splitlines():
            assert paragraph in POLICY, section.id
        assert section.title in POLICY
        brackets = f"({'、'.join(section.departments)}"
        brackets += "牵头负责)" if section.duty == "牵头负责" else "等按职责分工负责)"
        if section.kind == "task":
            assert f"{section.text}{brackets}" in POLICY, section.id


def test_specialties_that_the_policy_names(plan: Plan) -> None:
    found = {s.id: "、".join(each.name for each in s.specialties) for s in plan.sections}
    assert {number: names for number, names in found.items() if names} == facts.SPECIALTIES
    catalogue = set(reference.specialties()["name"])
    for section in plan.sections:
        for each in section.specialties:
            assert each.specialty in catalogue, each.name
            assert (each.name in catalogue) == (not each.catalogue), each.name


def test_indicators_of_goals_alone_are_shown_with_an_action(plan: Plan) -> None:
    shown = {number for action in plan.actions for number in action.goals}
    shown |= {task.id for task in plan.tasks}
    assert [i.id for i in plan.indicators if not shown & set(i.sections)] == []
    assert [t.id for action in plan.actions for t in plan.tasks_of(action.id)] == list(facts.TASKS)


def test_newly_opened_where_the_policy_says_so(plan: Plan) -> None:
    assert [i.id for i in plan.indicators if i.newly_opened] == ["points_emerging"]
    assert all(("增设" in i.quote) == i.newly_opened for i in plan.indicators)


def test_26_indicators_in_the_order_of_the_table(plan: Plan) -> None:
    assert [i.id for i in plan.indicators] == list(facts.INDICATORS)
    assert len(plan.indicators) == 26
    assert sum(i.target is not None for i in plan.indicators) == 25


@pytest.mark.parametrize("name", facts.INDICATORS)
def test_indicator(plan: Plan, name: str) -> None:
    fact, indicator = facts.INDICATORS[name], plan.indicator(name)
    assert indicator is not None
    assert indicator.sections == tuple(fact.sections.split())
    assert indicator.quote == fact.quote
    assert (indicator.target, indicator.tolerance) == (fact.target, fact.tolerance)
    assert (indicator.measure, indicator.unit) == (fact.measure, fact.unit)
    comparison = {"左右": "about", "基本": "about", "监测": "monitor"}.get(fact.words, "at_least")
    assert indicator.comparison == comparison
    method = {"一次": "milestone", "监测": "monitor"}.get(fact.words, "linear")
    assert indicator.method == method
    assert indicator.deadline == facts.DEADLINE
    assert indicator.departments == listed(fact.departments)
    assert indicator.counts == {role: tuple(v.split()) for role, v in fact.counts.items()}
    assert indicator.needs == tuple(fact.needs.split())
    assert indicator.basis == fact.basis
    assert plan.indicator(indicator.name) is indicator
    assert len(indicator.short) <= 9
    assert indicator.definition.endswith("。")
    # A number that is ours and not the policy's says so.
    assert not indicator.tolerance or OURS in indicator.provenance


@pytest.mark.parametrize("name", facts.INDICATORS)
def test_indicator_quote_is_verbatim_in_its_section(plan: Plan, name: str) -> None:
    indicator = plan.indicator(name)
    assert indicator is not None
    texts = [section.text for n in indicator.sections if (section := plan.section(n))]
    for part in indicator.quote.split("；"):
        assert any(part in text for text in texts), part
    # Only the monitored one joins two sentences.
    assert ("；" in indicator.quote) == (indicator.target is None)
    if fact := facts.INDICATORS[name].target:
        assert re.search(rf"(?<!\d){fact:g}(?!\d)|基本|每所", indicator.quote)


def test_53_deliverables_in_the_order_of_the_table(plan: Plan) -> None:
    assert [d.id for d in plan.deliverables] == list(facts.DELIVERABLES)
    assert len(plan.deliverables) == 53


@pytest.mark.parametrize("name", facts.DELIVERABLES)
def test_deliverable(plan: Plan, name: str) -> None:
    fact, deliverable = facts.DELIVERABLES[name], plan.deliverable(name)
    assert deliverable is not None
    assert (deliverable.section, deliverable.kind) == (fact.section, fact.kind)
    assert (deliverable.name, deliverable.quote) == (fact.name, fact.quote)
    expected = departments(fact.departments) if fact.departments else listed(fact.section)
    assert deliverable.departments == expected
    assert plan.deliverable(deliverable.name) is deliverable
    section = plan.section(deliverable.section)
    assert section is not None
    assert deliverable.quote in section.text
    # The policy dates no deliverable; it only says 每年 of two.
    assert deliverable.due == facts.DEADLINE
    assert OURS in deliverable.due_provenance
    assert ("每年" in deliverable.quote) == (deliverable.kind == "yearly")


def test_due_dates(plan: Plan) -> None:
    yearly, once = plan.deliverable("talent_forecast"), plan.deliverable("alignment_map")
    assert yearly is not None
    assert once is not None
    assert yearly.due_dates(plan.issued_on) == tuple(date(y, 12, 31) for y in (2023, 2024, 2025))
    assert once.due_dates(plan.issued_on) == (facts.DEADLINE,)


def test_counted_deliverables_name_kinds_of_the_contract(plan: Plan) -> None:
    counted = {d.id: (d.counted_from, d.counted_kind) for d in plan.deliverables if d.counted_from}
    bodies = [k for table, k in counted.values() if table == "cooperation_bodies"]
    assert tuple(bodies) == plan.body_kinds
    mechanism = [f.name for f in facts.DELIVERABLES.values() if f.section == "4.3.2"]
    assert sorted(bodies) == sorted([*mechanism, "特色行业学院"])
    kinds = BY_TABLE["pathways"].by_name["kind"].choices
    assert {k for table, k in counted.values() if table == "pathways"} <= set(kinds)
    targets = {d.id: d.target for d in plan.deliverables if d.target is not None}
    assert targets == {"platform_integration": 4}
    assert [d.id for d in plan.deliverables if d.per_institution] == ["institution_plans"]


def test_every_department_is_in_the_policy(plan: Plan) -> None:
    spelt = {"市人社局": "市人社部门", "市财政局": "市财政"}
    for department in plan.departments:
        assert department.name in POLICY or spelt[department.name] in POLICY
        assert department.successor == ""
    used = {d for indicator in plan.indicators for d in indicator.departments}
    used |= {d for deliverable in plan.deliverables for d in deliverable.departments}
    assert used == {d.name for d in plan.departments}
    goal = plan.section("3.1")
    assert goal is not None
    assert plan.departments_of(goal) == ("市教育局",)


def test_status_rules_and_thresholds(plan: Plan) -> None:
    status = plan.status
    assert (status.on_track, status.lagging) == (0.95, 0.60)
    assert (status.forecast_points, status.forecast_band) == (4, 0.80)
    assert status.quarter_days == 365.25 / 4
    signals = {s.id: (s.name, s.yellow, s.red) for s in plan.warning.signals}
    assert signals == facts.SIGNALS
    rules = plan.warning
    assert (rules.red_from_yellow, rules.minimum_signals, rules.persistent_years) == (3, 3, 2)
    assert plan.warning.signal("报考率") is plan.warning.signals[0]


def test_what_the_policy_does_not_say_is_marked(plan: Plan) -> None:
    assert plan.status.provenance == plan.warning.provenance == plan.budget.provenance == OURS
    assert plan.support.provenance == plan.enrolment.provenance == OURS
    assert {matching.provenance for matching in plan.matching} == {OURS}
    assert plan.budget.amount(plan.deadline.year) is not None
    assert plan.budget.amount(1999) is None
    assert [m.rank for m in plan.matching] == ["国家级", "省级"]
    assert plan.matching_ratio("省级") == 1
    assert plan.matching_ratio("市级") == 0


def test_overview_groups_make_two_even_columns(plan: Plan) -> None:
    sizes = [sum(i.goal == group for i in plan.indicators) for group in plan.goal_groups]
    assert sum(sizes) == 26
    assert 4 <= len(sizes) <= 5
    half = len(sizes) // 2
    assert abs(sum(sizes[:half]) - sum(sizes[half:])) <= 1


def test_counts_name_titles_tracks_levels_and_industries_that_exist(plan: Plan) -> None:
    industries = reference.industries()
    known = {
        "industry": set(industries["name"]),
        "track": set(TRACKS),
        "title": set(TITLES),
        "accepted_title": set(TITLES),
        "level": set(LEVELS),
        "numerator_level": set(LEVELS),
        "denominator_level": set(LEVELS),
        "verdict_met": set(BY_TABLE["conditions"].by_name["verdict"].choices),
    }
    for indicator in plan.indicators:
        for role, items in indicator.counts.items():
            assert role in ("minimum", "maximum") or set(items) <= known[role], indicator.id
    share = plan.indicator("industry_share")
    assert share is not None
    named = industries.loc[industries["named_in_policy"], "name"]
    assert set(share.counts["industry"]) == set(named)
    assert len(named) == 8


def test_needs_name_tables_and_columns_of_the_contract(plan: Plan) -> None:
    for indicator in plan.indicators:
        for need in indicator.needs:
            table, _, column = need.partition(".")
            assert table in BY_TABLE
            assert not column or column in BY_TABLE[table].by_name


def test_every_indicator_has_its_query(plan: Plan) -> None:
    files = {path.stem for path in (ROOT / "queries/indicators").glob("*.sql")}
    assert files == {i.id for i in plan.indicators}


def test_item_rows(plan: Plan) -> None:
    items, dates = item_rows(plan)
    assert ("demo_emerging", "track", "新兴") in items
    assert ("key_groups_per_institution", "maximum", "3") in items
    assert [each for each in items if each[0] == "*"] == [
        ("*", "outside_school_type", "技工学校"),
        ("*", "outside_school_type", "高级技工学校"),
    ]
    assert len(items) == len(set(items))
    assert dict(dates)["period_start"] == facts.PERIOD_START


# Reading.

TEXT = PLAN_PATH.read_text(encoding="utf-8")


def changed(old: str, new: str, count: int = 1) -> str:
    assert old in TEXT
    return TEXT.replace(old, new, count)


def test_what_counts_makes_the_rows_fingerprint(plan: Plan) -> None:
    target = parse_plan(changed("target = 230\n", "target = 231\n"))
    assert target.fingerprint != plan.fingerprint
    assert target.rows_fingerprint == plan.rows_fingerprint
    for text in (
        changed("include_technician = false", "include_technician = true"),
        changed('"家政服务"]', "]"),
        changed("period_start = 2021-01-01", "period_start = 2021-01-02"),
        changed("issued_on = 2023-10-19", "issued_on = 2023-10-20"),
    ):
        assert parse_plan(text).rows_fingerprint != plan.rows_fingerprint


def test_technician_institutions_can_be_let_in() -> None:
    items, _ = item_rows(
        parse_plan(changed("include_technician = false", "include_technician = true"))
    )
    assert not [each for each in items if each[0] == "*"]


def test_line_ends_and_byte_order_mark_change_nothing(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    assert load_plan(path) == plan


def test_a_plan_is_frozen(plan: Plan) -> None:
    with pytest.raises(AttributeError):
        plan.title = ""  # type: ignore[misc]


def test_the_newest_plan_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PLAN_FILE, raising=False)
    monkeypatch.setattr("data.plan.PLANS", tmp_path)
    with pytest.raises(PlanError, match="没有方案文件"):
        load_plan()
    later = changed("issued_on = 2023-10-19", "issued_on = 2024-01-01")
    (tmp_path / "a.toml").write_text(later, encoding="utf-8")
    (tmp_path / "b.toml").write_text(TEXT, encoding="utf-8")
    assert load_plan().issued_on == date(2024, 1, 1)
    monkeypatch.setenv(PLAN_FILE, str(tmp_path / "b.toml"))
    assert load_plan().issued_on == facts.ISSUED_ON


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(TEXT, encoding="utf-8")
    load_plan(path)
    path.write_text(changed("target = 230\n", "target = 2300\n"), encoding="utf-8")
    indicator = load_plan(path).indicator("points_traditional")
    assert indicator is not None
    assert indicator.target == 2300


FAULTS = {
    "unknown key": (
        'short = "新兴专业点"',
        'shrot = "新兴专业点"',
        r"indicators\[2\]（points_emerging）\.shrot 不认识",
    ),
    "unknown key at the top": ('city = "郑州市"', 'town = "郑州市"', "键 town 不认识"),
    "missing key": ('city = "郑州市"\n', "", "缺少键 city"),
    "missing key below": (
        'measure = "share"\n',
        "",
        r"缺少键 indicators\[0\]（industry_share）\.measure",
    ),
    "wrong type": (
        "target = 230\n",
        'target = "230"\n',
        r"（points_traditional）\.target 应为数字，现为文字",
    ),
    "date as text": (
        "issued_on = 2023-10-19",
        'issued_on = "2023-10"',
        "键 issued_on 有误|键 issued_on 应为日期",
    ),
    "not a choice": (
        'measure = "ratio"',
        'measure = "rate"',
        r"（bachelor_enrolment_ratio）\.measure 的值 'rate' 不在可选范围内",
    ),
    "broken TOML": ("city = ", "city ", "不是有效的 TOML：第 10 行第 6 列键后面缺少等号"),
    "the same id twice": (
        'id = "points_future"',
        'id = "points_emerging"',
        "id 重复：“points_emerging”",
    ),
    "an id of both kinds": ('id = "incubator"', 'id = "brand_points"', "id 重复：“brand_points”"),
    "the same name twice": (
        'name = "未来专业点"',
        'name = "新兴专业点"',
        "name 重复：“新兴专业点”",
    ),
    "deadline before issue": (
        "\ndeadline = 2025-12-31\ndeadline_note",
        "\ndeadline = 2023-10-18\ndeadline_note",
        "键 deadline（2023-10-18）不晚于印发日期",
    ),
    "an indicator's deadline": (
        'unit = "%"\ndeadline = 2025-12-31',
        'unit = "%"\ndeadline = 2023-10-19',
        r"indicators（industry_share）\.deadline（2023-10-19）不晚于",
    ),
    "a due date": (
        "due = 2025-12-31",
        "due = 2022-12-31",
        r"deliverables（talent_data_platform）\.due（2022-12-31）不晚于",
    ),
    "no target": ("target = 230\n", "", r"缺少键 indicators（points_traditional）\.target"),
    "a target for a monitored one": (
        'method = "monitor"\n',
        'method = "monitor"\ntarget = 5\n',
        r"（points_retired）\.target 多余",
    ),
    "half monitored": (
        'method = "monitor"',
        'method = "linear"',
        r"（points_retired）\.method 与 comparison 不一致",
    ),
    "target nought": (
        "target = 230\n",
        "target = 0\n",
        r"（points_traditional）\.target 应为大于 0",
    ),
    "tolerance in percent": (
        "tolerance = 0.05",
        "tolerance = 5",
        r"（points_traditional）\.tolerance 应在 0 与 1 之间，现为 5",
    ),
    "a department not listed": (
        'departments = ["市教育局", "市商务局", "市金融局"]',
        'departments = ["市教育局", "市商贸局"]',
        r"的“市商贸局”不在 departments 中",
    ),
    "default department": (
        'default_department = "市教育局"',
        'default_department = "教育局"',
        "default_department 的“教育局”",
    ),
    "a section not there": (
        'sections = ["3.4"]',
        'sections = ["3.5"]',
        r"sections 的“3\.5”不在 sections 中",
    ),
    "a group not there": (
        'goal_groups = ["专业结构与产业对接", ',
        "goal_groups = [",
        "goal 的“专业结构与产业对接”不在 goal_groups 中",
    ),
    "a count that is no number": (
        'maximum = ["3"]',
        'maximum = ["三"]',
        r"counts\.maximum 应为一个写成文字的整数",
    ),
    "bounds crossed": ('minimum = ["1"]', 'minimum = ["4"]', r"counts\.minimum 大于 maximum"),
    "bands crossed": ("lagging = 0.60", "lagging = 0.99", r"status\.lagging"),
    "red above yellow": (
        "red = 60",
        "red = 160",
        r"warning\.signals（application_rate）\.red 大于 yellow",
    ),
    "weights": ("quality = 0.30", "quality = 0.50", r"support 的三项权重.*1\.2"),
    "too few points": (
        "forecast_points = 4",
        "forecast_points = 2",
        r"status\.forecast_points 至少为 3",
    ),
    "a specialty not in the text": (
        '{ name = "软件技术" }',
        '{ name = "软件工程技术" }',
        r"（4\.1\.2）\.specialties 的“软件工程技术”不在该条目的 text 中",
    ),
    "a specialty twice": (
        '{ name = "软件技术" }',
        '{ name = "大数据技术" }',
        r"specialties\.name 重复：“大数据技术”",
    ),
    "a goal that is a task": (
        'goals = ["3.1", "3.2"]',
        'goals = ["3.1", "4.1.1"]',
        r"（4\.1）\.goals 的“4\.1\.1”",
    ),
    "floor above one": ("floor = 0.70", "floor = 1.10", r"enrolment\.floor"),
    "a grade nobody gives": ("yellow = -0.05", "amber = -0.05", r"enrolment\.grades\.amber 不认识"),
    "red better than yellow": ("red = -0.15", "red = 0.15", r"enrolment\.grades 中，较差等级"),
    "an evaluation upside down": (
        '"不合格" = -0.15',
        '"不合格" = 0.15',
        r"enrolment\.evaluations 中，较差等级",
    ),
    "fewer than none": (
        "closures_per_district = 60",
        "closures_per_district = -1",
        r"solve\.closures_per_district 应为不小于 0 的整数，现为 -1",
    ),
    "no time to solve": ("time_limit = 10", "time_limit = 0", r"solve\.time_limit"),
    "a plan below zero": ("completion = 0.20", "completion = 0.90", r"系数须大于 0"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_faulty_plan_is_refused_with_the_key(name: str) -> None:
    old, new, message = FAULTS[name]
    with pytest.raises(PlanError, match=message) as caught:
        parse_plan(changed(old, new), "plan.toml")
    assert "方案文件 plan.toml" in str(caught.value)


def test_all_faults_are_named_at_once() -> None:
    text = changed("target = 230\n", "").replace("tolerance = 0.10", "tolerance = 10")
    with pytest.raises(PlanError) as caught:
        parse_plan(text)
    lines = str(caught.value).splitlines()
    assert len(lines) == 2


def test_a_plan_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="无法读取"):
        load_plan(tmp_path / "none.toml")
    path = tmp_path / "plan.toml"
    path.write_bytes(TEXT.encode("gb18030"))
    with pytest.raises(PlanError, match="不是 UTF-8"):
        load_plan(path)


# Nothing in code knows the city, the year or a target.

CODE = sorted(
    path
    for pattern in ("*.py", "*.sql", "*.js", "*.css")
    for room in ("data", "queries", "pages")
    for path in (ROOT / room).rglob(pattern)
    if "warehouse" not in path.parts
)
CODE.append(ROOT / "app.py")


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_code_names_no_city_and_no_year(path: Path, plan: Plan) -> None:
    text = path.read_text(encoding="utf-8").lower()
    for word in (plan.city.rstrip("市"), "zhengzhou", str(plan.deadline.year)):
        lines = [n for n, line in enumerate(text.splitlines(), 1) if word in line]
        assert not lines, f"“{word}” in {path.name}, lines {lines}"


@pytest.mark.parametrize(
    "path",
    [path for path in CODE if path.suffix == ".py"],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_code_knows_no_target(path: Path, plan: Plan) -> None:
    """No line has both an indicator, by id or name, and its target as a number."""
    numbers: dict[int, set[str]] = {}
    text = path.read_text(encoding="utf-8")
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NUMBER:
            numbers.setdefault(token.start[0], set()).add(token.string)
    lines = text.splitlines()
    for number, found in numbers.items():
        for indicator in plan.indicators:
            if indicator.id not in lines[number - 1] and indicator.name not in lines[number - 1]:
                continue
            assert f"{indicator.target or 0:g}" not in found, f"{path.name}:{number}"
