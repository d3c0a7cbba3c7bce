"""The service, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.api import (
    alerts,
    audit,
    candidates,
    cases,
    erasures,
    health,
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
    candidates.router,
    erasures.router,
    alerts.router,
    overview.router,
    audit.router,
    health.router,
)


def create_app(house: House) -> FastAPI:
    """The service over an opened ``house``. `/openapi.json` is public; no page shows it, for they load from a CDN."""
    app = FastAPI(
        title="Homeward", version="1", docs_url=None, redoc_url=None, lifespan=_lifespan, responses=problems()
    )
    app.state.house = house
    app.add_middleware(BodyLimitMiddleware, max_upload_bytes=house.settings.max_upload_bytes)
    app.add_middleware(EdgeMiddleware, answered=house.metrics.answered)
    install_problems(app)
    for router in ROUTERS:
        app.include_router(router)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """As many requests at work as there are threads for; each holds a database connection."""
    current_default_thread_limiter().total_tokens = app.state.house.settings.threads
    yield


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
        schema["components"]["schemas"].update(problem_schemas())
        app.openapi_schema = schema
    return app.openapi_schema
