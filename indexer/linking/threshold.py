"""From which raw score on two street faces are linked: shown by an evaluation, never assumed."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from indexer.context import Context
from indexer.errors import LinkingWrong
from models.link import LinkThreshold
from models.types import now

FORMAT = 1
LEAST_PRECISION = 0.99


@dataclass(frozen=True)
class Linking:
    """``precision``: of the pairs of faces at ``score`` or above, the share that showed one child; the lower end of its
    95 % interval. ``faces``: how many were compared with each other: among many more, more strangers are as alike.
    """

    pack_id: str
    score: float
    precision: float
    faces: int
    description: dict[str, Any]
    made_at: str

    def __post_init__(self) -> None:
        """`LinkingWrong`."""
        if not (math.isfinite(self.score) and -1 < self.score <= 1):
            raise LinkingWrong(reason=f"{self.score} is no raw score")
        if not LEAST_PRECISION <= self.precision <= 1:
            raise LinkingWrong(reason=f"a precision of {self.precision} is not shown to be {LEAST_PRECISION} or more")

    @property
    def content(self) -> dict[str, Any]:
        """As plain values, the format named."""
        return {"format": FORMAT} | asdict(self)

    def to_json(self) -> str:
        return json.dumps(self.content, indent=1, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> "Linking":
        """`LinkingWrong`."""
        try:
            found = dict(content)
            if found.pop("format") != FORMAT:
                raise LinkingWrong(reason=f"it is not of format {FORMAT}")
            made = cls(**found)
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise LinkingWrong(reason=f"it cannot be read ({error})") from None
        return made


def linking_in_use(session: Session, pack_id: str) -> Linking | None:
    """None where none is installed, or what is cannot be read: then only near repeats are linked."""
    record = session.get(LinkThreshold, pack_id)
    try:
        return Linking.from_content(record.content) if record else None
    except LinkingWrong:
        return None


def read_linking(file: Path) -> Linking:
    """`LinkingWrong`."""
    try:
        content = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise LinkingWrong(reason=f"the file cannot be read ({error})") from None
    if not isinstance(content, dict):
        raise LinkingWrong(reason="it holds no object")
    return Linking.from_content(content)


def install_linking(context: Context, linking: Linking) -> None:
    """In place of the one before; faces that came before are not compared again. `LinkingWrong` for another pack."""
    pack = context.pack.info
    if linking.pack_id != pack.id:
        raise LinkingWrong(reason=f"it was measured for pack {linking.pack_id}, and {pack.id} is in use")
    with context.database.writing() as session:
        session.merge(LinkThreshold(pack_id=pack.id, content=linking.content, installed_at=now()))
