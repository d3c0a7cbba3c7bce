"""Boxes: (left, top, right, bottom) in pixels."""

Edges = tuple[float, float, float, float]


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
