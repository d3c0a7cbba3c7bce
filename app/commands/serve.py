"""`homeward serve`: the service, refused where it would be heard by strangers."""

import signal

import uvicorn

from app.commands.common import load_settings, require_safe_places
from app.errors import ListeningUnsafe
from app.house import open_house
from app.main import create_app
from app.settings import ServiceSettings
from indexer.logs import configure_logs

GRACE_SECONDS = 25  # container runtimes kill after 30


def serve_command() -> None:
    """Serve the API. Beyond this machine only with TLS, or behind a proxy that does it."""
    settings = load_settings()
    require_safe_places(settings)
    require_safe_listening(settings)
    configure_logs()
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn stops at these and then raises them again; by default that would end us before the house is closed.
        signal.signal(number, lambda *_: None)
    with open_house(settings) as house:
        uvicorn.Server(server_config(settings, create_app(house))).run()


def require_safe_listening(settings: ServiceSettings) -> None:
    """`ListeningUnsafe`: passwords, tokens and faces would cross the network in the clear."""
    if not (settings.is_loopback or settings.has_tls or settings.behind_proxy):
        raise ListeningUnsafe(host=settings.host)


def server_config(settings: ServiceSettings, app: object) -> uvicorn.Config:
    """No access log: it would be a log of where volunteers are."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        host=settings.host,
        port=settings.port,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        server_header=False,
        access_log=False,
        ws="none",
        limit_concurrency=settings.connections_at_once,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
