"""Where the nodes and bands of a flow picture stand: a pure function, no numbers of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Node:
    """A node's bar: top and height in drawing units; height is proportional to value."""

    key: str
    value: float
    column: int
    y: float
    height: float

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


@dataclass(frozen=True)
class Band:
    """What flows between two nodes of neighbouring columns: as high at both ends.

    left and right: keys; from_y and to_y: its upper edge at either end.
    """

    column: int
    left: str
    right: str
    value: float
    from_y: float
    to_y: float
    height: float


@dataclass(frozen=True)
class Layout:
    """Nodes by column and bands by the column they leave. height: of the whole picture."""

    nodes: tuple[tuple[Node, ...], ...]
    bands: tuple[Band, ...]
    height: float


def lay_out(
    columns: Sequence[Sequence[tuple[str, float]]],
    bands: Sequence[Mapping[tuple[str, str], float]],
    *,
    span: float,
    pitch: float,
    space: float = 4.0,
) -> Layout:
    """The picture of columns of (key, value) and the bands from each column to the next.

    span: height of all bars of a column together, the same scale in every column. pitch: least
    height given to a node, so that labels beside neighbours do not touch. space: least distance
    between bars. Nodes and bands without value are left out. A column that needs less than the
    tallest is spread out over the same height.
    """
    known = [[(key, value) for key, value in column if value > 0] for column in columns]
    total = max((sum(value for _, value in column) for column in known), default=0.0)
    scale = span / total if total else 0.0
    slots = [[max(value * scale + space, pitch) for _, value in column] for column in known]
    height = max((sum(column) for column in slots), default=0.0)
    nodes = tuple(
        _column(at, column, slot, scale, height)
        for at, (column, slot) in enumerate(zip(known, slots, strict=True))
    )
    found = [
        band
        for at, between in enumerate(bands)
        for band in _between(at, nodes[at], nodes[at + 1], between, scale)
    ]
    return Layout(nodes, tuple(found), height)


def _column(
    at: int,
    column: Sequence[tuple[str, float]],
    slots: Sequence[float],
    scale: float,
    height: float,
) -> tuple[Node, ...]:
    spare = (height - sum(slots)) / len(slots) if slots else 0.0
    found = []
    top = 0.0
    for (key, value), slot in zip(column, slots, strict=True):
        tall = value * scale
        found.append(Node(key, value, at, top + (slot + spare - tall) / 2, tall))
        top += slot + spare
    return tuple(found)


def _between(
    at: int,
    left: Sequence[Node],
    right: Sequence[Node],
    between: Mapping[tuple[str, str], float],
    scale: float,
) -> list[Band]:
    """Bands leave a node in the order of where they go, and arrive in that of where they come
    from, so that those of one node never cross."""
    place = {node.key: at for at, node in enumerate(right)}
    leaving = {node.key: node.y for node in left}
    arriving = {node.key: node.y for node in right}
    rank = {node.key: at for at, node in enumerate(left)}
    pairs = sorted(
        (pair for pair, value in between.items() if value > 0),
        key=lambda pair: (rank[pair[0]], place[pair[1]]),
    )
    found = []
    for pair in pairs:
        tall = between[pair] * scale
        found.append(Band(at, *pair, between[pair], leaving[pair[0]], arriving[pair[1]], tall))
        leaving[pair[0]] += tall
        arriving[pair[1]] += tall
    return found


def ribbon(band: Band, x0: float, x1: float) -> str:
    """The band as the path of a filled shape from one column's edge to the next one's."""
    bend = (x0 + x1) / 2
    a, b = band.from_y, band.to_y
    c, d = a + band.height, b + band.height
    return (
        f"M{x0:.1f},{a:.1f}C{bend:.1f},{a:.1f} {bend:.1f},{b:.1f} {x1:.1f},{b:.1f}"
        f"V{d:.1f}C{bend:.1f},{d:.1f} {bend:.1f},{c:.1f} {x0:.1f},{c:.1f}Z"
    )
