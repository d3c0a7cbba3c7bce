"""Boxes: (left, top, right, bottom) in pixels."""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

Edges = tuple[float, float, float, float]


class Boxed(Protocol):
    """What a detector found in a box."""

    @property
    def box(self) -> Edges: ...


AnyBoxed = TypeVar("AnyBoxed", bound=Boxed)


def strongest(found: Iterable[AnyBoxed], score: Callable[[AnyBoxed], float], most: float) -> list[AnyBoxed]:
    """Strongest first; of boxes whose `overlap` is above ``most``, the strongest alone."""
    kept: list[AnyBoxed] = []
    for each in sorted(found, key=lambda one: -score(one)):
        if all(overlap(each.box, other.box) <= most for other in kept):
            kept.append(each)
    return kept


def overlap(a: Edges, b: Edges) -> float:
    """Intersection over union, 0 to 1."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (area(a) + area(b) - shared)


def area(box: Edges) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
