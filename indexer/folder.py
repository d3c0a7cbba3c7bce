"""Taking in a folder of photos: every one once, however often it is started again."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from indexer.allowance import require_allowance
from indexer.context import Context
from indexer.errors import FileTooLarge, FileUnreadable, ImageRefused, PhotoRefused, VolunteerUnknown
from indexer.intake import UploadDetails, accept_photo, known_receipt, receive_photo
from models.actor import Actor
from models.user import Role, User

COMMAND = "cli"  # stands in the audit log where a request's id would


@dataclass
class Summary:
    """``known``: photos this volunteer had given before. ``refused``: file and error of each that was not taken in."""

    taken_in: int = 0
    known: int = 0
    refused: list[tuple[Path, ImageRefused | PhotoRefused]] = field(default_factory=list)

    @property
    def reasons(self) -> Counter[str]:
        return Counter(error.code for _, error in self.refused)


def files_in(folder: Path) -> list[Path]:
    """Every file of the folder and the folders in it, whatever its name ends in; no link and nothing hidden."""
    hidden = (path for path in folder.rglob("*") if not _is_hidden(path.relative_to(folder)))
    return sorted(path for path in hidden if path.is_file() and not path.is_symlink())


def volunteer_called(context: Context, name: str) -> Actor:
    """The account photos are taken in under. `VolunteerUnknown`."""
    with context.database.reading() as session:
        user = session.scalars(select(User).where(User.name == name.casefold())).one_or_none()
    if user is None or user.role is not Role.VOLUNTEER or not user.is_active:
        raise VolunteerUnknown(name=name)
    return Actor(user, COMMAND)


def take_in(context: Context, actor: Actor, files: Iterable[Path], tell: Callable[[], None]) -> Summary:
    """Take ``files`` in; a refused one does not stop the rest. ``tell`` is called after each.

    `UploadQuotaReached` and the machine's faults (`StorageError`, `DecoderUnavailable`) pass through: what was taken in
    is, and the next run goes on from there.
    """
    summary = Summary()
    for file in files:
        try:
            if _take_in_one(context, actor, file):
                summary.taken_in += 1
            else:
                summary.known += 1
        except (ImageRefused, PhotoRefused) as error:
            summary.refused.append((file, error))
        tell()
    return summary


def _take_in_one(context: Context, actor: Actor, file: Path) -> bool:
    data = _read(file, context.settings.max_upload_bytes)
    with context.database.reading() as session:
        if known_receipt(session, context.keyring, actor.id, data) is not None:
            return False
        require_allowance(session, context.settings, actor.id)
    arrival = receive_photo(context, data)
    with context.database.writing() as session:
        accept_photo(session, context, actor, arrival, UploadDetails())
    return True


def _read(file: Path, limit: int) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(limit + 1)
    except OSError as error:
        raise FileUnreadable(reason=error.strerror) from None
    if len(data) > limit:
        raise FileTooLarge(limit=limit)
    return data


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
