"""Classes of a choropleth: equal intervals, quantiles or natural breaks (mapclassify)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

import numpy as np

EQUAL, QUANTILE, NATURAL = "equal", "quantile", "natural"
METHODS = {EQUAL: "等距", QUANTILE: "分位数", NATURAL: "自然断点"}
MOST = 5


@dataclass(frozen=True)
class Classes:
    """Classes in rising order: ``uppers`` are their upper bounds, each inside its class.

    signs: -1, 0 or 1 per class where the values are changes (0 is the class of no change);
    all 1 otherwise.
    """

    lowest: float
    uppers: tuple[float, ...]
    signs: tuple[int, ...]
    whole: bool

    def __len__(self) -> int:
        return len(self.uppers)

    def index(self, value: float) -> int:
        """The class of a value, 0 the lowest."""
        return min(int(np.searchsorted(self.uppers, value, side="left")), len(self) - 1)

    def bounds(self, index: int) -> tuple[float, float]:
        """The lowest and highest value of a class as a legend says them; whole numbers do not
        appear in two classes (0–4, 5–9)."""
        if self.signs[index] == 0:
            return 0.0, 0.0
        low = self.lowest if index == 0 else self.uppers[index - 1]
        if index and self.signs[index - 1] < 0 < self.signs[index]:
            low = 0.0
        high = self.uppers[index]
        if not self.whole:
            return low, high
        first = ceil(low) if index == 0 else floor(low) + 1
        return float(first), float(floor(high))


def classify(
    values: Sequence[float | None], method: str = EQUAL, *, signed: bool = False, most: int = MOST
) -> Classes | None:
    """The classes of the known values, fewer where there are fewer different ones; None without
    any.

    signed: values are changes, so losses, no change and gains never share a class.
    """
    known = sorted(float(v) for v in values if v is not None)
    if not known:
        return None
    whole = all(v == round(v) for v in known)
    if not signed:
        uppers = _uppers(known, method, most)
        return Classes(known[0], uppers, (1,) * len(uppers), whole)
    losses = [-v for v in known if v < 0]
    gains = [v for v in known if v > 0]
    uppers_list: list[float] = []
    signs: list[int] = []
    if losses:
        # Classes of the size of a loss, mirrored: their lower bounds become the upper ones.
        sizes = _uppers(sorted(losses), method, most // 2)
        ends = [min(losses), *(next(v for v in sorted(losses) if v > s) for s in sizes[:-1])]
        uppers_list += [-end for end in reversed(ends)]
        signs += [-1] * len(ends)
    if len(losses) + len(gains) < len(known):
        uppers_list.append(0.0)
        signs.append(0)
    if gains:
        found = _uppers(gains, method, most - most // 2)
        uppers_list += found
        signs += [1] * len(found)
    return Classes(known[0], tuple(uppers_list), tuple(signs), whole)


def _uppers(known: Sequence[float], method: str, most: int) -> tuple[float, ...]:
    """The upper bounds of the classes of sorted values."""
    different = len(set(known))
    if different == 1:
        return (known[-1],)
    count = min(most, different)
    if method == EQUAL:
        bins = np.linspace(known[0], known[-1], count + 1)[1:]
    else:
        # Imported here: it brings scikit-learn and scipy.stats, a second that only these two need.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import mapclassify

            kinds = {QUANTILE: mapclassify.Quantiles, NATURAL: mapclassify.FisherJenks}
            bins = kinds[method](np.array(known), k=count).bins
    rising = sorted({float(each) for each in bins})
    # The last bound is the greatest value itself, whatever the arithmetic of the intervals gives.
    return (*(each for each in rising if each < known[-1]), known[-1])
