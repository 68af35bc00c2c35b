"""The pages: group, address, file and title, in the order of the sidebar."""

from __future__ import annotations

MENU: dict[str, list[tuple[str, str, str]]] = {
    "总览": [
        ("overview", "overview.py", "进展总览"),
        ("indicator", "indicator.py", "指标详情"),
    ],
    "行动": [
        ("structure", "structure.py", "专业结构优化"),
        ("system", "system.py", "专业体系完善"),
        ("mechanisms", "mechanisms.py", "调整机制健全"),
    ],
    "空间": [
        ("map", "map.py", "区县地图"),
    ],
    "产教": [
        ("alignment", "alignment.py", "产教对接"),
        ("cooperation", "cooperation.py", "校企合作"),
    ],
    "质量": [
        ("warning", "warning.py", "监测预警"),
    ],
    "院校": [
        ("institution", "institution.py", "院校画像"),
    ],
    "推演": [
        ("what-if", "what_if.py", "情景推演"),
    ],
    "保障": [
        ("projects", "projects.py", "项目资金"),
        ("accountability", "accountability.py", "责任督导"),
    ],
    "汇报": [
        ("meeting", "meeting.py", "会议汇报"),
    ],
    "数据": [
        ("data", "desk.py", "数据管理"),
        ("definitions", "definitions.py", "指标口径"),
    ],
}
FILES: dict[str, str] = {address: file for group in MENU.values() for address, file, _ in group}
