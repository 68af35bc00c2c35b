"""What every command of this room shares: help and mistakes in Chinese, never a traceback; what it
did in the log.
"""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

_PHRASES = (
    ("the following arguments are required: ", "缺少参数 "),
    ("unrecognized arguments: ", "不认识的参数 "),
    ("expected one argument", "后面要有一个值"),
    ("invalid choice: ", "不可选的值 "),
    ("choose from ", "可选 "),
    ("invalid int value: ", "不是整数："),
    ("not allowed with argument ", "不能同时使用 "),
    ("argument ", "参数 "),
)


class _Formatter(argparse.HelpFormatter):
    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        super().add_usage(usage, actions, groups, "用法：" if prefix is None else prefix)


class Parser(argparse.ArgumentParser):
    """An argument parser that speaks Chinese."""

    def __init__(self, module: str, description: str) -> None:
        super().__init__(
            prog=f"python -m {module}",
            description=description,
            formatter_class=_Formatter,
            add_help=False,
            allow_abbrev=False,
        )
        self._positionals.title, self._optionals.title = "参数", "选项"
        self.add_argument("-h", "--help", action="help", help="显示本说明")

    def error(self, message: str) -> NoReturn:
        for english, chinese in _PHRASES:
            message = message.replace(english, chinese)
        self.print_usage(sys.stderr)
        self.exit(2, f"参数有误：{message}\n")


def who() -> str:
    """Who runs a command, as the log names them: by the system's account."""
    try:
        return f"命令行（{getpass.getuser()}）"
    except (OSError, KeyError, ImportError):
        return "命令行"


def record(
    kind: str, subject: str, detail: Mapping[str, Any] | None = None, *, refused: bool = False
) -> None:
    """A line of the log; that it cannot be written is said and fails nothing.

    What is refused before there is a warehouse makes none for the sake of its log.
    """
    # They are built on this module.
    from data import notes, versions

    if refused and not versions.warehouse_dir().exists():
        return
    try:
        notes.record(kind, who(), subject, detail, refused=refused)
    except notes.Unavailable as error:
        print(f"未能记入日志：{error}", file=sys.stderr)


def run(main: Callable[[], int]) -> NoReturn:
    """Run a command's main and exit with its code; what it did not foresee is one line, code 2.

    With ``python -X dev`` the traceback is shown.
    """
    for stream in (sys.stdout, sys.stderr):
        # A console in another encoding shows what it can instead of failing.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        code = main()
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("已取消，数据没有改变", file=sys.stderr)
        code = 130
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        reason = str(error).splitlines()[0] if str(error) else "无说明"
        print(f"程序内部错误（{type(error).__name__}）：{reason}", file=sys.stderr)
        code = 2
    sys.exit(code)
