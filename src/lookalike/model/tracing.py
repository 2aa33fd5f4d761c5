"""The graph of a network, found while other threads may be computing with theirs."""

from collections.abc import Callable
from threading import Lock, get_ident
from typing import Any

from torch import fx, nn

# A trace replaces `nn.Module.__call__` for the whole process, and puts back what it found there:
# of two at once, the second would put back the first one's.
_ONE_AT_A_TIME = Lock()


class _Tracer(fx.Tracer):
    """torch's, which takes every module that is called meanwhile for a part of its network."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = get_ident()

    def call_module(
        self, m: nn.Module, forward: Callable[..., Any], args: Any, kwargs: dict[str, Any]
    ) -> Any:
        if get_ident() != self._thread:
            return forward(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:
        if get_ident() != self._thread:
            return attr_val
        return super().getattr(attr, attr_val, parameter_proxy_cache)


def trace(network: nn.Module) -> fx.GraphModule:
    """A network as a graph of its layers, with the same parameters.

    Other threads may run networks of their own meanwhile.

    Raises:
        Exception: whatever the network does when its input has no values, such as
            `torch.fx.proxy.TraceError` where its path depends on them.
    """
    with _ONE_AT_A_TIME:
        graph = _Tracer().trace(network)
    return fx.GraphModule(network, graph)
