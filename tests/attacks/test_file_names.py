"""F8: a file's name is a stranger's text. The service uses none; the programs that show one show only letters."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

import indexer.cli
from homeward_client.cli import _report
from homeward_client.errors import Refused
from homeward_client.uploads import Summary as Sent
from indexer.errors import ImageEmpty
from indexer.folder import Summary
from models.records import Base
from models.user import Role
from tests.app.conftest import Service
from tests.indexer.pictures import drawn_photo

PLANTED = "planted-name"
NAMES = {
    "up": f"../../../../../tmp/{PLANTED}.jpg",
    "absolute": f"/etc/cron.d/{PLANTED}",
    "windows": f"C:\\Windows\\{PLANTED}.jpg",
    "nul": f"{PLANTED}\0.jpg",
    "long": PLANTED * 350,
    "right to left": f"{PLANTED}\u202egpj.exe",
    "line": f"{PLANTED}\r\nSet-Cookie: a=b\r\n\r\n<script>",
    "emoji": f"{PLANTED}\U0001f600.jpg",
    "device": f"con.{PLANTED}.jpg",
    "html": f"<img src=x onerror=alert(1)>{PLANTED}.jpg",
    "sql": f"'; DROP TABLE photos; --{PLANTED}.jpg",
    "escape": f"\x1b[2J\x1b]0;{PLANTED}\x07.jpg",
    "quote": f'{PLANTED}"; name="note',
}


def forms(name: str) -> Iterator[bytes]:
    """A form with one photo, its name as it is and as RFC 5987 writes it."""
    end = b"\r\nContent-Type: image/jpeg\r\n\r\n" + drawn_photo() + b"\r\n--b--\r\n"
    start = b'--b\r\nContent-Disposition: form-data; name="file"; '
    yield start + b'filename="' + name.encode() + b'"' + end
    yield start + b"filename=\"x.jpg\"; filename*=UTF-8''" + quote(name, safe="").encode() + end


@pytest.mark.parametrize("kind", NAMES)
def test_a_name_is_kept_nowhere_and_comes_back_nowhere(service: Service, kind: str, tmp_path: Path):
    client = service.sign_in(Role.VOLUNTEER)
    for form in forms(NAMES[kind]):
        with capture_logs() as said:
            answer = client.post(
                "/v1/photos", content=form, headers={"Content-Type": "multipart/form-data; boundary=b"}
            )
        assert answer.status_code in (202, 400, 415, 422), answer.text  # a name that ends the line breaks the form
        assert PLANTED not in answer.text + str(answer.headers) + str(said)
        assert "set-cookie" not in answer.headers
    with service.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            assert PLANTED not in str(session.execute(select(table)).all())
    assert not [path for path in tmp_path.rglob("*") if PLANTED in str(path)]
    assert not Path(f"/tmp/{PLANTED}.jpg").exists()


HOSTILE = [
    f"{PLANTED}\x1b[2J\x1b]0;gone\x07.jpg",
    f"{PLANTED}\rall is well.jpg",
    f"{PLANTED}\n0 refused.jpg",
    f"{PLANTED}\u202egpj.exe",
    os.fsdecode(f"{PLANTED}".encode() + b"\xff\xfe.jpg"),
    f"[/red]{PLANTED}[bold].jpg",
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("as_json", [False, True])
def test_a_refused_file_is_named_in_letters_only(name: str, as_json: bool, capsysbinary: pytest.CaptureFixture[bytes]):
    summary = Summary(refused=[(Path(name), ImageEmpty())])
    sys.stdout.reconfigure(errors="strict")
    print(indexer.cli._summary_json(summary) if as_json else indexer.cli._summary_text(summary))
    _report(
        Sent(refused=[(Path(name), Refused(422, {"code": "image_empty", "detail": "The file is empty."}))]), as_json
    )
    shown = capsysbinary.readouterr().out.decode()
    assert shown.count(PLANTED) == 2
    assert all(letter.isprintable() or letter == "\n" for letter in shown)
    assert [line for line in shown.splitlines() if line.strip() in ("all is well.jpg", "0 refused.jpg")] == []
