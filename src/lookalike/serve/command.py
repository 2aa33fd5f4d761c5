"""Start the service: check that it may listen there, then run one server process or several."""

import os
import socket
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from ipaddress import ip_address
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import uvicorn
from fastapi import FastAPI

from lookalike.core.errors import ConfigError
from lookalike.core.layout import Layout
from lookalike.core.params import read_params_if_any, with_given
from lookalike.core.secrets import without_secrets
from lookalike.index.storage import open_index
from lookalike.inference.runtimes.choice import model_fingerprint
from lookalike.serve.app import create_app
from lookalike.serve.connection import BoundedConnection
from lookalike.serve.logs import logging_configuration
from lookalike.serve.metrics import SHARED_FOLDER
from lookalike.serve.params import ServeParams
from lookalike.serve.settings import Settings
from lookalike.serve.source import Folders, Published, Registered, Source
from lookalike.serve.supervisor import Supervisor, create_worker_app
from lookalike.terminal.progress import say

TOKEN = "LOOKALIKE_TOKEN"


def serve_project(
    project: Layout,
    given: dict[str, Any],
    allow_anonymous: bool = False,
    show: bool = False,
    rev: str | None = None,
) -> None:
    """Serve what the pipeline of a project has written, or a registered version; see `serve`.

    Args:
        project: the project.
        given: parameters that replace those of `params.yaml`; None: as they are there.
        allow_anonymous: see `serve`.
        show: see `serve`.
        rev: a stage or version of the model registry, or a Git revision; None: what lies here.
    """
    params = read_params_if_any(ServeParams, path=project.params)
    chosen = with_given(params, given, project.params)
    source: Source = Folders(project.model, project.index)
    if chosen.store is not None:
        if rev is not None:
            raise ConfigError("serve.store: a store has one current version; leave out --rev")
        source = Published(project.model, chosen.store)
    elif rev is not None:
        source = Registered(project, rev)
    settings = Settings(
        chosen,
        source,
        project.images,
        project.fresh,
        os.environ.get(TOKEN) or None,
    )
    serve(settings, allow_anonymous, show)


def serve(settings: Settings, allow_anonymous: bool = False, show: bool = False) -> None:
    """Answer requests until the process is told to end; what has begun is answered first.

    Args:
        settings: what to serve, and how.
        allow_anonymous: listen beyond this machine, too, though no token is asked for.
        show: open the web page in a browser.

    Raises:
        LookalikeError: the service may not or cannot listen there, or has no bundle.
    """
    params = settings.params
    if settings.token is None and not allow_anonymous and not is_loopback(params.host):
        raise ConfigError(
            f"serve.host = {params.host!r}: everybody there could ask: set {TOKEN}, or say "
            "--allow-anonymous"
        )
    if params.add and settings.token is None:
        raise ConfigError(f"serve.add = True: only clients who know a token may add; set {TOKEN}")
    if params.collect is not None and settings.token is None:
        raise ConfigError(
            f"serve.collect = {without_secrets(params.collect)!r}: only clients who know a token "
            f"may leave images; set {TOKEN}"
        )
    with _listening(params.host, params.port) as listener, suppress(KeyboardInterrupt):
        address, port = listener.getsockname()[:2]
        host = f"[{address}]" if ":" in address else address
        say(f"listening on http://{host}:{port}")
        if show:  # the browser's first request waits until there is somebody to answer
            Thread(target=webbrowser.open, args=[f"http://{host}:{port}/"], daemon=True).start()
        if params.workers == 1:
            uvicorn.Server(_configuration(settings)).run([listener])
            return
        _check_bundle(settings)  # before any process: else each of them would say so
        # Where the processes add up their figures; set before they import what counts
        with TemporaryDirectory(prefix="lookalike-metrics-") as folder:
            os.environ[SHARED_FOLDER] = folder
            Supervisor(_configuration(settings, create_worker_app), [listener]).run()


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a host."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise ConfigError(f"{host}:{port}: cannot be listened on ({error.strerror})") from None


def _check_bundle(settings: Settings) -> None:
    """Raise LookalikeError where there is nothing to serve."""
    there = settings.source.locate()
    if there.store is None:
        open_index(there.index, model_fingerprint(there.model, there.export))


def _configuration(
    settings: Settings, create: Callable[[Settings], FastAPI] = create_app
) -> uvicorn.Config:
    return uvicorn.Config(
        partial(create, settings),
        factory=True,
        http=BoundedConnection,
        workers=settings.params.workers,
        log_config=logging_configuration(),
        access_log=False,  # there is a line of our own
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=int(settings.params.timeout) + 1,
    )
