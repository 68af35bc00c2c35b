"""The house rules that no other tool holds: documentation, layout, pins, no strange hosts."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from streamlit import config, file_util

from pages.parts.menu import MENU

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ROOMS = ("data", "queries", "pages")
TOP_LEVEL = {
    ".ci",
    ".github",  # the pictures of the README
    ".gitignore",
    ".streamlit",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "app.py",
    "data",
    "pages",
    "pyproject.toml",
    "queries",
    "requirements.txt",
    "tests",
}
# Texts that quote their sources by address; nothing here is ever asked.
QUOTING = ("LICENSE", "README.md", "CHANGELOG.md", "data/reference/", "tests/fixtures/")
# Names that stand for nothing on a network: a reserved domain, and the namespaces of XML.
NAMES_ONLY = re.compile(r"(^|\.)(invalid|example)$|^www\.w3\.org$|^schemas\.")
PIN = re.compile(r"([a-z0-9][a-z0-9._-]*)==([A-Za-z0-9][A-Za-z0-9.+!]*)")


def tracked() -> list[str]:
    """Paths of the tree as git would commit them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = listed.stdout.decode().split("\0")
    return sorted(name for name in names if name and (ROOT / name).is_file())


def commands() -> list[str]:
    """Modules a person runs with ``python -m``: a package's __main__ or a main guard."""
    found = []
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            if path.name == "__main__.py":
                found.append(module.removesuffix(".__main__"))
            elif any(_is_guard(node) for node in ast.parse(path.read_text("utf-8")).body):
                found.append(module)
    return sorted(found)


def _is_guard(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__main__" in ast.unparse(node.test)


def pins(path: Path) -> dict[str, str]:
    """Name to version of a requirements file; a line that pins nothing exactly fails."""
    found: dict[str, str] = {}
    for line in path.read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            match = PIN.fullmatch(line.strip())
            assert match, f"{path.name}: {line}"
            found[match.group(1)] = match.group(2)
    return found


@pytest.mark.parametrize("module", commands())
def test_every_command_is_in_the_readme(module: str) -> None:
    assert f"python -m {module}" in README


@pytest.mark.parametrize("title", [title for group in MENU.values() for _, _, title in group])
def test_every_page_is_in_the_readme(title: str) -> None:
    assert title in README


def test_every_page_file_is_in_the_menu() -> None:
    files = {path.name for path in (ROOT / "pages").glob("*.py") if not path.name.startswith("_")}
    assert files == {file for group in MENU.values() for _, file, _ in group}


@pytest.mark.parametrize("target", ["run", "test", "bench", "lock"])
def test_make_targets_of_the_readme_exist(target: str) -> None:
    assert f"make {target}" in README
    done = subprocess.run(
        ["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_ci_runs_what_a_person_runs() -> None:
    path = ROOT / ".ci" / "run"
    assert path.stat().st_mode & 0o111
    assert "make test" in path.read_text("utf-8")


def test_another_machine_is_refused() -> None:
    done = subprocess.run(
        ["make", "run", "HOST=0.0.0.0"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "尚未配置登录认证" in done.stderr
    assert "sign-on is not configured" in done.stderr


def test_no_other_top_level_folder() -> None:
    assert {name.split("/")[0] for name in tracked()} <= TOP_LEVEL


def test_no_catch_all_modules() -> None:
    names = {Path(name).stem for name in tracked()}
    assert not names & {"utils", "helpers", "common", "manager", "misc"}


def test_requirements_are_pinned_exactly() -> None:
    run, test = pins(ROOT / "requirements.txt"), pins(ROOT / "tests" / "requirements.txt")
    assert run.items() <= test.items()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for asked in project["dependencies"]:
        name = re.split(r"[^A-Za-z0-9._-]", asked)[0]
        assert name in run, asked


def test_no_strange_host_is_named() -> None:
    found = []
    for name in tracked():
        if name.startswith(QUOTING):
            continue
        try:
            text = (ROOT / name).read_text("utf-8")
        except UnicodeDecodeError:
            continue
        hosts = re.findall(r"(?:https?|wss?|ftp)://([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)", text)
        found += [
            f"{name}: {host}"
            for host in hosts
            if host != "127.0.0.1" and not NAMES_ONLY.search(host)
        ]
    assert not found


def phrases() -> list[tuple[str, str]]:
    text = (ROOT / ".streamlit" / "phrases.toml").read_text("utf-8")
    return [(chunk, english) for chunk, words in tomllib.loads(text).items() for english in words]


@pytest.mark.parametrize(("chunk", "english"), phrases())
def test_phrases_are_those_of_the_pinned_frontend(chunk: str, english: str) -> None:
    scripts = Path(file_util.get_static_dir()).glob(f"static/js/{chunk}.*.js")
    assert any(f"`{english}`" in script.read_text("utf-8") for script in scripts)


def test_streamlit_settings_exist_and_keep_it_offline() -> None:
    """A misspelt setting is only a warning at the start; here it is a fault."""
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    config.get_config_options()
    known = config._config_options_template
    given = {
        f"{section}.{name}": value
        for section, values in settings.items()
        for name, value in values.items()
        if not isinstance(value, dict)
    }
    assert [name for name in given if name not in known] == []
    assert given["browser.gatherUsageStats"] is False
    assert given["logger.hideWelcomeMessage"] is True
    assert given["browser.serverAddress"] == "localhost"
    assert given["server.address"] == "127.0.0.1"
    assert given["client.showErrorDetails"] == "none"
    assert given["client.showErrorLinks"] is False
    assert not [value for value in given.values() if "http" in str(value)]
