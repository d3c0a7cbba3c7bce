"""A calibration: what a score of one pack says about two faces being one child, as a log-likelihood ratio.

`homeward evaluate --fit` makes one from an operator's own data; applying it needs numpy alone. Ratios are to base 10:
2 means that such a score is a hundred times as frequent with pictures of one child as with pictures of two.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.errors import CalibrationWrong

COVARIATES = ("gap_years", "youngest_age", "quality", "references")
"""Years from the latest reference to the face; the child's age at that reference; the weaker quality of the two sides
(`indexer.quality_figure`, the best reference counting for its side); how many references were searched with."""
TERMS: dict[str, tuple[str, ...]] = {
    "score": ("score",),
    **{name: (name,) for name in COVARIATES},
    "score_x_gap_years": ("score", "gap_years"),  # the same score says more after more years
}
"""What a ratio is the weighted sum of: each the product of its inputs."""
KINDS = ("raw", "as")
FORMAT = 1

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """``kind``: of the score, "raw" (best cosine) or "as" (best normalised score).

    ``coefficients`` by the names of `TERMS`, and the `intercept`. ``ranges``: of the score and of each covariate in the
    data of the fit; what lies beyond counts as their edge. ``lowest`` and ``highest`` bound the ratio to what that data
    supports. ``description``: of the data. ``made_at``: ISO 8601.
    """

    pack_id: str
    kind: str
    coefficients: dict[str, float]
    ranges: dict[str, tuple[float, float]]
    lowest: float
    highest: float
    description: dict[str, object]
    made_at: str

    def __post_init__(self) -> None:
        """`CalibrationWrong`."""
        numbers = [*self.coefficients.values(), *(edge for edges in self.ranges.values() for edge in edges)]
        if self.kind not in KINDS:
            raise CalibrationWrong(reason=f"its kind of score is {self.kind}, not one of {', '.join(KINDS)}")
        if not all(map(math.isfinite, [*numbers, self.lowest, self.highest])) or not self.lowest <= 0 <= self.highest:
            raise CalibrationWrong(reason="a number in it is not finite, or its bounds do not hold 0 between them")
        unknown = self.coefficients.keys() - {"intercept", *TERMS}
        if unknown or "intercept" not in self.coefficients or not {"score", *self.needs} <= self.ranges.keys():
            raise CalibrationWrong(reason="it has a coefficient without a meaning, or without the range of its data")

    @property
    def needs(self) -> tuple[str, ...]:
        """The covariates without which it says nothing."""
        used = {name for term in self.coefficients for name in TERMS.get(term, ())}
        return tuple(name for name in COVARIATES if name in used)

    def llr(self, score: float, covariates: Mapping[str, float | None]) -> float | None:
        """None where a covariate that it needs is not known: no value is made up for it."""
        known = {name: covariates.get(name) for name in self.needs}
        if any(value is None or not math.isfinite(value) for value in known.values()) or not math.isfinite(score):
            return None
        columns = {name: np.array([value], np.float64) for name, value in known.items()}
        return float(self.llrs(np.array([score], np.float64), columns)[0])

    def llrs(self, scores: Numbers, covariates: Mapping[str, Numbers]) -> Numbers:
        """Of n scores, shape (n,), with each covariate of `needs`, shape (n,), finite."""
        columns = {"score": scores} | {name: covariates[name] for name in self.needs}
        held = {name: values.clip(*self.ranges[name]) for name, values in columns.items()}
        total = np.full(len(scores), self.coefficients["intercept"])
        for term in [name for name in TERMS if name in self.coefficients]:  # in one order: sums are rounded
            total += self.coefficients[term] * product(held, term)
        bounded: Numbers = total.clip(self.lowest, self.highest)
        return bounded

    @property
    def content(self) -> dict[str, Any]:
        """As plain values, the format named."""
        return {"format": FORMAT} | asdict(self)

    def to_json(self) -> str:
        return json.dumps(self.content, indent=1, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "Calibration":
        """What `to_json` made. `CalibrationWrong`."""
        try:
            content = json.loads(text)
        except ValueError as error:
            raise CalibrationWrong(reason=f"it cannot be read ({error})") from None
        return cls.from_content(content)

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> "Calibration":
        """The same, parsed. `CalibrationWrong`."""
        try:
            content = dict(content)
            if content.pop("format") != FORMAT:
                raise CalibrationWrong(reason=f"it is not of format {FORMAT}")
            content["ranges"] = {name: (float(low), float(high)) for name, (low, high) in content["ranges"].items()}
            content["coefficients"] = {name: float(value) for name, value in content["coefficients"].items()}
            datetime.fromisoformat(content["made_at"])
            if not isinstance(content["pack_id"], str):
                raise CalibrationWrong(reason="it does not say for which pack it is")
            return cls(**content)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise CalibrationWrong(reason=f"it cannot be read ({error})") from None


def product(columns: Mapping[str, Numbers], term: str) -> Numbers:
    """The values of one of `TERMS`, shape (n,)."""
    values: Numbers = np.prod([columns[name] for name in TERMS[term]], axis=0)
    return values
