"""The rows an indicator counts at a date: which ones, whose, where, since when.

``python -m queries.evidence INDICATOR`` prints them.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from data import command
from data.contract import NO_DISTRICT
from data.plan import Indicator
from queries import output
from queries.evaluate import Scope, chosen_rows, has_data
from queries.run import OpenVersion, run

COLUMNS = (
    "subject_kind",
    "subject_id",
    "institution_id",
    "institution",
    "district",
    "level",
    "since",
    "until",
    "counted",
)
_ALWAYS, _STILL = date(1000, 1, 1).toordinal(), date(9999, 12, 31).toordinal()


def evidence(
    version: OpenVersion, indicator: Indicator, as_of: date, scope: Scope | None = None
) -> pd.DataFrame:
    """One row per subject counted, columns COLUMNS plus ``weight``; empty when there is no data.

    since and until are dates or None (always; still). The counted weights sum to the indicator's
    numerator, so that the list agrees with the figure.
    """
    if not has_data(version, indicator):
        return pd.DataFrame(columns=[*COLUMNS, "weight"])
    frame = run(
        "evidence",
        version,
        indicator=indicator.id,
        as_of=as_of,
        outside=bool(scope and scope.outside),
    )
    if scope:
        kept = chosen_rows(version, indicator, scope)
        inside = {
            (version.institutions[i].institution_id, version.levels[level])
            for i, level in zip(kept.institution, kept.level, strict=True)
        }
        pairs = zip(frame["institution_id"], frame["level"], strict=True)
        # An array: of an empty frame, an empty list would keep no columns instead of no rows.
        frame = frame[np.array([pair in inside for pair in pairs], bool)]
    frame = frame.assign(district=frame["district"].fillna(NO_DISTRICT))
    return frame.reset_index(drop=True)


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = output.parser("queries.evidence", "列出一项指标在某日计入的每一行")
    parser.add_argument("indicator", metavar="INDICATOR", help="指标编号或中文名称")
    options = parser.parse_args(arguments)
    with output.errors():
        version = output.version(options)
        indicator = version.plan.indicator(options.indicator)
        if indicator is None:
            known = "、".join(each.id for each in version.plan.indicators)
            raise output.RequestError(f"没有指标“{options.indicator}”。可用的编号：{known}")
        frame = evidence(version, indicator, options.as_of or version.as_of)
        rows = [
            {name: output.plain(value) for name, value in zip(COLUMNS, row, strict=True)}
            for row in frame[list(COLUMNS)].itertuples(index=False, name=None)
        ]
        output.write(rows, COLUMNS, options.format)
    return 0


if __name__ == "__main__":
    command.run(main)
