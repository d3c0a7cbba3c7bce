"""`python -m benchmarks [NAME ...]`: run the named benchmarks, or all. Each prints what it measured and how."""

import sys
from collections.abc import Callable

from benchmarks import (
    evaluation,
    galleries,
    near_repeats,
    normalising,
    overload,
    packs,
    pages,
    photos,
    pipeline,
    review,
    standing,
)

BENCHMARKS: dict[str, Callable[[], None]] = {
    "evaluation": evaluation.measure,
    "galleries": galleries.measure,
    "near_repeats": near_repeats.measure,
    "normalising": normalising.measure,
    "overload": overload.measure,
    "packs": packs.measure,
    "pages": pages.measure,
    "photos": photos.measure,
    "pipeline": pipeline.measure,
    "review": review.measure,
    "standing": standing.measure,
}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        sys.stderr.write(f"no benchmark called {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}\n")
        return 2
    for name in names or BENCHMARKS:
        print(f"== {name}: python -m benchmarks {name}")
        BENCHMARKS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
