"""Which calibration is in use: installed from a file that an evaluation wrote, one for each pack."""

from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from indexer.calibration import Calibration
from indexer.context import Context
from indexer.errors import CalibrationWrong
from models.calibration import CalibrationRecord
from models.types import now


def calibration_in_use(session: Session, pack_id: str, kind: str) -> Calibration | None:
    """The one installed for this pack, if it was fitted on this kind of score; None too where it cannot be read."""
    record = session.get(CalibrationRecord, pack_id)
    try:
        found = Calibration.from_content(record.content) if record else None
    except CalibrationWrong:
        return None
    return found if found and (found.pack_id, found.kind) == (pack_id, kind) else None


def read_calibration(file: Path) -> Calibration:
    """`CalibrationWrong`."""
    try:
        return Calibration.from_json(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CalibrationWrong(reason=f"the file cannot be read ({error})") from None


def install_calibration(context: Context, calibration: Calibration) -> None:
    """In place of the one before. `CalibrationWrong` when it is for another pack."""
    pack = context.pack.info
    if calibration.pack_id != pack.id:
        raise CalibrationWrong(reason=f"it was fitted for pack {calibration.pack_id}, and {pack.id} is in use")
    content: dict[str, Any] = calibration.content
    with context.database.writing() as session:
        session.merge(CalibrationRecord(pack_id=pack.id, content=content, installed_at=now()))


def remove_calibration(context: Context) -> None:
    """From now on `llr` is null."""
    with context.database.writing() as session:
        record = session.get(CalibrationRecord, context.pack.info.id)
        if record is not None:
            session.delete(record)
