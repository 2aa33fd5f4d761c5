"""How routes come to the service."""

from typing import Annotated

from fastapi import Depends, Request

from lookalike.serve.service import Service


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


CurrentService = Annotated[Service, Depends(_service)]
