"""What the addresses in STAC items lead to: files beside them, on this machine, or remote."""

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from fsspec import AbstractFileSystem

from lookalike.core.errors import LookalikeError
from lookalike.ingest.remote import is_remote, open_remote, read_remote
from lookalike.ingest.source import UnreadableError, demand_size

PROTOCOLS = ("https", "http", "s3", "gs", "azure")

_URL = re.compile(r"(https?://)(?:[^\s'\"/@]*@)?([^\s'\"?]*)(\?[^\s'\"]*)?")
_SIGNED = re.compile(
    r"[?&](x-amz-[^=]*|x-goog-[^=]*|awsaccesskeyid|sig|signature|key|api_?key|\w*token)=", re.I
)


def unsigned(text: str) -> str:
    """A text whose URLs hold no password, and no query that is a signature or a token."""

    def public(url: re.Match[str]) -> str:
        query = url[3] or ""
        return f"{url[1]}{url[2]}{'' if _SIGNED.search(query) else query}"

    return _URL.sub(public, text)


def local_path(href: str) -> str | None:
    """The path of a file on this machine, relative or absolute; None for anything remote."""
    return None if is_remote(href := href.removeprefix("file://")) else href


def absolute(path: str | Path) -> str:
    """A local path from the root, without `..`; links are not followed."""
    return os.path.normpath(Path(path).absolute())


def suffix(href: str) -> str:
    """The end of the file's name, such as `.tif`; empty where it has none."""
    return Path(urlsplit(href).path if is_remote(href) else href).suffix


def joined(folder: str, href: str) -> str:
    """An address as seen from the project: a relative one is below `folder`."""
    path = local_path(href)
    return href if path is None else os.path.normpath(Path(folder, path))


class HrefReader:
    """Reads what addresses lead to, from several threads; connections are kept open."""

    def __init__(self) -> None:
        self._filesystems: dict[str, AbstractFileSystem] = {}

    def read(self, href: str) -> bytes:
        """The bytes behind an address.

        Raises:
            UnreadableError: they cannot be had; the text holds no secret of the address.
        """
        path = local_path(href)
        data = self._read_remote(href) if path is None else _read_file(Path(path))
        demand_size(len(data))
        return data

    def _read_remote(self, href: str) -> bytes:
        protocol, _, rest = href.partition("://")
        if protocol not in PROTOCOLS or "::" in href:
            raise UnreadableError(f"its address is not one of {', '.join(PROTOCOLS)} or a file")
        public = unsigned(href)
        try:
            if protocol not in self._filesystems:
                self._filesystems[protocol] = open_remote(f"{protocol}://")[0]
            path = href if protocol.startswith("http") else rest
            return read_remote(self._filesystems[protocol], path, public)
        except FileNotFoundError:
            raise UnreadableError("there is no such file") from None
        except LookalikeError as error:
            reason = unsigned(str(error)).removeprefix(f"{public}: ")
            raise UnreadableError(f"cannot be read: {reason}") from None


def _read_file(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():  # reading a named pipe would wait for ever
            raise UnreadableError("is not a regular file")
        demand_size(path.stat().st_size)
        return path.read_bytes()
    except FileNotFoundError:
        raise UnreadableError("there is no such file") from None
    except (OSError, ValueError) as error:  # a name may hold what no name can
        raise UnreadableError(f"cannot be read: {error}") from None
