"""Image similarity search: what looks like this?

The public names are those of `__init__.pyi`; each is imported when it is first used, so importing
the package loads neither torch nor Arrow.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
