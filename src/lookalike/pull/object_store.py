"""A bucket or a folder, through obstore: S3, Google Cloud Storage, Azure, HTTP, a folder."""

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from lookalike.core.errors import ConfigError
from lookalike.core.secrets import without_secrets

if TYPE_CHECKING:  # it has these for type checkers alone
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

RETRIES: "RetryConfig" = {"max_retries": 3, "retry_timeout": timedelta(seconds=30)}


def open_store(address: str, create: bool = False) -> "ObjectStore":
    """Open what lies at an address; nothing is asked of a server yet.

    Args:
        address: `s3://bucket/prefix`, or a folder. Credentials come from the environment or the
            machine's role.
        create: make a folder that is not there.

    Raises:
        ConfigError: there is no such kind of store, or no such folder.
    """
    addresses = (address, os.environ.get("AWS_ENDPOINT_URL", ""))
    insecure = any(each.startswith("http://") for each in addresses)
    options: ClientConfig = {"allow_http": insecure}
    try:
        if "://" not in address:
            return LocalStore(Path(address).absolute(), mkdir=create)
        return from_url(address, client_options=options, retry_config=RETRIES)
    except (BaseError, ValueError, OSError) as error:
        raise ConfigError(f"{without_secrets(address)}: {reason_of(error)}") from None


def reason_of(error: Exception) -> str:
    """The first line, without addresses' secrets: obstore's errors go on with their source."""
    return without_secrets(str(error).strip().partition("\n")[0])[:200]
