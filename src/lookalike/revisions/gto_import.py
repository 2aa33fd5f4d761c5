"""GTO, whose import configures the logging of the whole process: here it does not."""

import logging.config
from functools import cache
from types import ModuleType


@cache
def import_gto() -> ModuleType:
    """The package `gto`, without what its import does to others: it closes their log handlers."""
    configure = logging.config.dictConfig
    logging.config.dictConfig = lambda config: None
    try:
        import gto.api  # takes a second
        import gto.tag
    finally:
        logging.config.dictConfig = configure
    return gto
