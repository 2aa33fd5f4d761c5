"""Image similarity search: what looks like this?

The public names are those of `__init__.pyi`; each is imported when it is first used, so importing
the package loads neither torch nor Arrow.
"""

from typing import Any

import lazy_loader

_imported, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    from lookalike.core.extras import extra

    with extra("torch"):  # no name needs another one before it is called
        return _imported(name)
