"""``python -m queries.indicators``: every indicator with its status, from any database file."""

from __future__ import annotations

from typing import Any

from data import command
from data.contract import AUTHORITIES, INSTITUTION_LEVELS
from queries import output
from queries.evaluate import BREAKDOWNS, Result, Scope, evaluate

COLUMNS = (
    "id",
    "name",
    "as_of",
    "actual",
    "numerator",
    "denominator",
    "baseline",
    "target",
    "progress",
    "schedule",
    "pace",
    "lag_days",
    "forecast",
    "required_per_quarter",
    "status",
    "reason",
)
TABLE_COLUMNS = ("id", "name", "actual", "baseline", "target", "pace", "forecast", "status")


def as_object(result: Result) -> dict[str, Any]:
    """A result as the contract's object: full precision, None where not defined."""
    found = {
        "id": result.id,
        "name": result.indicator.name,
        "as_of": result.as_of.isoformat(),
        "actual": result.actual,
        "numerator": result.numerator,
        "denominator": result.denominator,
        "baseline": result.baseline,
        "target": result.target,
        "progress": result.progress,
        "schedule": result.schedule,
        "pace": result.pace,
        "lag_days": result.lag_days,
        "forecast": result.forecast,
        "required_per_quarter": result.required_per_quarter,
        "status": result.status,
        "reason": result.verdict.reason,
    }
    if result.group_id != result.group:
        found = {"group_id": result.group_id, **found}
    if result.group is not None:
        found = {"group": result.group, **found}
    return found


def _chosen(values: tuple[str, ...], known: tuple[str, ...], what: str) -> tuple[str, ...]:
    for value in values:
        if value not in known:
            raise output.RequestError(f"{what}“{value}”不可选，可选：{'、'.join(known)}")
    return values


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = output.parser("queries.indicators", "计算全部指标在某日的数值与状态")
    parser.add_argument(
        "--by", choices=tuple(BREAKDOWNS), help="分组：district 区县、institution 院校、level 层次"
    )
    parser.add_argument(
        "--authority", type=output.several, default=(), metavar="市属,…", help="只看这些主管的院校"
    )
    parser.add_argument(
        "--level", type=output.several, default=(), metavar="中职,…", help="只看这些层次"
    )
    options = parser.parse_args(arguments)
    with output.errors():
        scope = Scope(
            authority=_chosen(options.authority, AUTHORITIES, "主管"),
            level=_chosen(options.level, INSTITUTION_LEVELS, "层次"),
        )
        version = output.version(options)
        results = evaluate(version, options.as_of, scope, options.by)
        columns = TABLE_COLUMNS if options.format == "table" else COLUMNS
        if options.by == "institution":
            columns = ("group_id", *columns)
        if options.by:
            columns = ("group", *columns)
        output.write([as_object(each) for each in results], columns, options.format)
    return 0


if __name__ == "__main__":
    command.run(main)
