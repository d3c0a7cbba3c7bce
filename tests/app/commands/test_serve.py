"""`homeward serve`: where it refuses to listen, and how it stops."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import httpx
import pytest

from app.commands.errors import ListeningUnsafe, TlsKeyExposed
from app.commands.serve import require_safe_listening, require_tls, server_config
from app.settings import ServiceSettings
from indexer.keyring import KeyRing
from tests.app.commands.conftest import Homeward, Place
from tests.indexer.messages.certificates import self_signed


@pytest.fixture(autouse=True)
def own_signals() -> Iterator[None]:
    """`serve` sets handlers before it opens anything, and the tests run it in their own process."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org"])
def test_beyond_this_machine_it_wants_tls_or_a_proxy(host: str, tmp_path: Path):
    with pytest.raises(ListeningUnsafe):
        require_safe_listening(ServiceSettings(data_dir=tmp_path, host=host))
    require_safe_listening(ServiceSettings(data_dir=tmp_path, host=host, behind_proxy=True))
    tls = {"tls_certificate": tmp_path / "c.pem", "tls_key": tmp_path / "k.pem"}
    require_safe_listening(ServiceSettings(data_dir=tmp_path, host=host, **tls))


@pytest.mark.parametrize(("mode", "taken"), [(0o600, True), (0o640, True), (0o644, False), (0o604, False)])
def test_a_tls_key_that_everyone_can_read_is_refused(tmp_path: Path, mode: int, taken: bool):
    file = self_signed(tmp_path)
    file.chmod(mode)
    settings = ServiceSettings(data_dir=tmp_path, tls_certificate=file, tls_key=file)
    with nullcontext() if taken else pytest.raises(TlsKeyExposed, match=f"mode {mode:04o}.*chmod o-rwx {file}"):
        require_tls(settings)


def test_the_default_is_loopback_and_nobody_is_believed_about_addresses(tmp_path: Path):
    settings = ServiceSettings(data_dir=tmp_path)
    require_safe_listening(settings)
    config = server_config(settings, None)
    assert (config.host, config.proxy_headers, config.access_log) == ("127.0.0.1", False, False)
    assert config.limit_concurrency == 256


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_it_refuses_exposed_data_keys_and_addresses_in_one_line(
    homeward: Homeward, place: Place, monkeypatch: pytest.MonkeyPatch
):
    homeward("init", "--retention", "3", "--key-copied")
    place.data.chmod(0o755)
    exposed = f"homeward: The data directory {place.data} can be entered by others (mode 0755)"
    assert homeward("serve").err == f"{exposed}; run `chmod 700 {place.data}`.\n"
    place.data.chmod(0o700)
    place.key.chmod(0o644)
    assert "can be read by others (mode 0644)" in homeward("serve").err
    place.key.chmod(0o600)
    place.key.write_text("weak")
    assert homeward("serve").status == 1
    monkeypatch.setenv("HOMEWARD_HOST", "0.0.0.0")
    assert homeward("serve").err.startswith("homeward: Listening on 0.0.0.0 would send")
    monkeypatch.setenv("HOMEWARD_METRICS_KEY", "hunter2")
    wrong = homeward("serve")
    assert wrong.status == 2
    assert "metrics_key" in wrong.err
    assert "hunter2" not in wrong.err


def test_with_another_key_every_command_ends_in_one_line_and_changes_nothing(homeward: Homeward, place: Place):
    homeward("init", "--retention", "3", "--key-copied")
    own = place.key.rename(place.key.with_suffix(".own"))
    KeyRing.create(place.key)
    for command in (("serve",), ("work", "--once"), ("users", "list"), ("audit", "verify")):
        ended = homeward(*command)
        assert (ended.status, ended.out, ended.err.count("\n")) == (1, "", 1)
        assert "another key" in ended.err
    own.replace(place.key)
    assert homeward("users", "list").status == 0


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_it_answers_and_stops_gracefully(homeward: Homeward, place: Place, packs_folder: Path):
    homeward("init", "--retention", "3", "--key-copied")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"HOMEWARD_PORT": str(port), "HOMEWARD_PACK_DIR": str(packs_folder)}
    command = [sys.executable, "-m", "app", "serve"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert answered(process, f"http://127.0.0.1:{port}/livez").json() == {"status": "alive"}
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()


def answered(process: subprocess.Popen[str], url: str) -> httpx.Response:
    for _ in range(600):
        assert process.poll() is None, process.stderr and process.stderr.read()
        try:
            return httpx.get(url, timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail("it did not answer")
