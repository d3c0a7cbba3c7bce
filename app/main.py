"""The service, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from fastapi import Depends, FastAPI
from fastapi.openapi.utils import get_openapi

from app.api import (
    alerts,
    audit,
    candidates,
    cases,
    erasures,
    health,
    holds,
    invitations,
    keys,
    overview,
    photos,
    references,
    review,
    searches,
    sessions,
    users,
)
from app.body_limit import BodyLimitMiddleware
from app.edge import EdgeMiddleware
from app.house import House
from app.pages import static
from app.pages.errors import as_page
from app.pages.render import load_renderer
from app.pages.routes import PAGES
from app.problems import install_problems, problem_schemas, problems

ROUTERS = (
    sessions.router,
    users.router,
    invitations.router,
    keys.router,
    photos.router,
    cases.router,
    references.router,
    searches.router,
    review.router,
    review.mine,
    candidates.router,
    erasures.router,
    holds.router,
    alerts.router,
    overview.router,
    audit.router,
)
PROBES = 2
"""Threads beyond those of the requests at work: a service with much to do still says that it lives."""


def create_app(house: House) -> FastAPI:
    """The service over an opened ``house``. `/openapi.json` is public; no page shows it, for they load from a CDN."""
    app = FastAPI(
        title="Homeward",
        version="1",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # behind a proxy it would send whoever adds one, and the photo they send, to http
        lifespan=_lifespan,
        responses=problems(),
    )
    app.state.house = house
    app.add_middleware(BodyLimitMiddleware, max_upload_bytes=house.settings.max_upload_bytes)
    encrypted = house.settings.has_tls or house.settings.behind_proxy
    app.add_middleware(EdgeMiddleware, answered=house.metrics.answered, encrypted=encrypted)
    app.state.renderer = load_renderer()
    install_problems(app, as_page)
    at_work = Depends(_at_work, scope="function", max_concurrency=house.settings.threads)
    for router in ROUTERS:
        app.include_router(router, dependencies=[at_work])
    for pages in PAGES:
        app.include_router(pages, dependencies=[at_work], include_in_schema=False)
    app.include_router(health.router)
    app.include_router(static.router, include_in_schema=False)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    current_default_thread_limiter().total_tokens = app.state.house.settings.threads + PROBES
    yield


async def _at_work() -> AsyncIterator[None]:
    """As many requests at once as there are threads, from before the first session until after the last commit.

    A request needs a thread several times. Without the limit those that wait for the one writer, or for a connection,
    would take every thread, and the one that holds it could not go on.
    """
    yield


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
        schema["components"]["schemas"].update(problem_schemas())
        app.openapi_schema = schema
    return app.openapi_schema
