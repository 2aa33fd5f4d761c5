"""The application: routes inside of limits, inside of the guard, inside of what observes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from lookalike.serve import (
    adding,
    correcting,
    facts,
    images,
    openai_embeddings,
    operations,
    pages,
    predict,
)
from lookalike.serve.guard import Guard
from lookalike.serve.inference_protocol import routes as inference_protocol
from lookalike.serve.limits import Limits
from lookalike.serve.observing import Observing
from lookalike.serve.problems import answer_problems
from lookalike.serve.reload_triggers import reload_triggers
from lookalike.serve.reloading import Reloader
from lookalike.serve.service import Service
from lookalike.serve.settings import Settings

ROUTERS = (
    predict.router,
    adding.router,
    correcting.router,
    inference_protocol.router,
    openai_embeddings.router,
    images.router,
    facts.router,
    operations.router,
    pages.router,
)


def create_app(settings: Settings) -> FastAPI:
    """The ASGI application of one server process.

    Raises:
        LookalikeError: there is no bundle to answer from.
    """
    service = Service(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        app.state.reloader = reloader = Reloader(service)
        async with reload_triggers(reloader, settings.params.watch_seconds):
            yield
        service.stop()

    app = FastAPI(
        title="Lookalike",
        description="Image similarity search: what looks like this?",
        version=version("lookalike"),
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.service = service
    for router in ROUTERS:
        app.include_router(router)
    answer_problems(app)
    params = settings.params
    app.add_middleware(Limits, max_bytes=params.max_upload_bytes, seconds=params.timeout)
    app.add_middleware(Guard, host_names=params.host_names, token=settings.token)
    app.add_middleware(Observing)
    return app
