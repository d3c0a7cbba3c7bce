"""`homeward serve`: the service, refused where it would be heard by strangers."""

import signal
import socket
import ssl
import stat

import uvicorn

from app.commands.common import load_settings, require_safe_places
from app.commands.errors import AddressUnusable, ListeningUnsafe, TlsKeyExposed, TlsUnusable
from app.house import open_house
from app.main import create_app
from app.patience import PatientProtocol
from app.settings import ServiceSettings
from indexer.logs import configure_logs, get_log
from indexer.packs.catalogue import require_pack

GRACE_SECONDS = 25  # container runtimes kill after 30
BACKLOG = 2048  # connections that wait to be taken; uvicorn's own default


def serve_command() -> None:
    """Serve the pages and the API. Beyond this machine only with TLS, or behind a proxy that does it."""
    settings = load_settings()
    require_safe_places(settings)
    require_safe_listening(settings)
    require_tls(settings)
    require_pack(settings)
    configure_logs()
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn stops at these and then raises them again; by default that would end us before the house is closed.
        signal.signal(number, lambda *_: None)
    with listening(settings) as listener, open_house(settings) as house:
        get_log().info("serving", port=listener.getsockname()[1])
        uvicorn.Server(server_config(settings, create_app(house))).run([listener])


def listening(settings: ServiceSettings) -> socket.socket:
    """Taken before anything is opened: who cannot be reached says so first. `AddressUnusable`."""
    try:
        family, *_, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address, family=family, backlog=BACKLOG)
    except OSError as error:
        raise AddressUnusable(host=settings.host, port=settings.port, reason=error.strerror) from None


def require_safe_listening(settings: ServiceSettings) -> None:
    """`ListeningUnsafe`: passwords, tokens and faces would cross the network in the clear."""
    if not (settings.is_loopback or settings.has_tls or settings.behind_proxy):
        raise ListeningUnsafe(host=settings.host)


def require_tls(settings: ServiceSettings) -> None:
    """`TlsUnusable`, `TlsKeyExposed`. A group may read the key: certificates are often kept by one."""
    if settings.tls_certificate is None or settings.tls_key is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_certificate, settings.tls_key)
    except OSError as error:  # ssl.SSLError is one
        raise TlsUnusable(reason=error.strerror) from None
    mode = stat.S_IMODE(settings.tls_key.stat().st_mode)
    if mode & stat.S_IRWXO:
        raise TlsKeyExposed(path=settings.tls_key.resolve(), mode=f"{mode:04o}")


def server_config(settings: ServiceSettings, app: object) -> uvicorn.Config:
    """No access log: it would be a log of where volunteers are."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        host=settings.host,
        port=settings.port,
        http=PatientProtocol,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        server_header=False,
        log_config=None,  # its lines go where ours go, without words (`indexer.logs`)
        access_log=False,
        ws="none",
        limit_concurrency=settings.connections_at_once,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
