"""What the addresses in STAC items lead to: files beside them, on this machine, or remote."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from fsspec import AbstractFileSystem

from lookalike.core.errors import LookalikeError, one_line
from lookalike.core.regular_file import open_regular
from lookalike.core.secrets import without_secrets
from lookalike.images.signature import SIGNATURE_BYTES
from lookalike.ingest.reading import DEFAULT, START_BYTES, Allowance, read_stream
from lookalike.ingest.remote import is_remote, open_remote, read_remote, stream_http
from lookalike.ingest.source import UnreadableError

PROTOCOLS = ("https", "http", "s3", "gs", "azure")
REDIRECTED = {301, 302, 303, 307, 308}
MOST_REDIRECTS = 5


def local_path(href: str) -> str | None:
    """The path of a file on this machine, relative or absolute; None for anything remote."""
    return None if is_remote(href := href.removeprefix("file://")) else href


def absolute(path: str | Path) -> str:
    """A local path from the root, without `..`; links are not followed."""
    return os.path.normpath(Path(path).absolute())


def decoded(path: str, root: Path = Path()) -> str:
    """A local path as it is; where there is none and it is percent-encoded, what that stands for.

    An address in STAC is a URI reference, but many writers put plain paths there. A relative one is
    looked for below `root`.
    """
    plain = unquote(path)
    return plain if plain != path and not os.path.lexists(root / path) else path


def normal(href: str) -> str:
    """An address without `..` where it is a local path, so that it can be held against a folder."""
    path = local_path(href)
    return href if path is None else absolute(decoded(path))


def is_below(path: str | Path, folders: Iterable[str | Path]) -> bool:
    """True where a path, its links followed, is in one of the folders, or is one."""
    try:
        real = Path(os.path.realpath(path))
    except ValueError:  # it holds what no path can
        return False
    return any(real.is_relative_to(os.path.realpath(folder)) for folder in folders)


def host_of(href: str) -> str:
    """The host of a web address, or `s3://bucket` of another."""
    parts = urlsplit(href)
    name = (parts.hostname or "").lower()
    return name if parts.scheme in {"http", "https"} else f"{parts.scheme}://{parts.netloc}"


def suffix(href: str) -> str:
    """The end of the file's name, such as `.tif`; empty where it has none."""
    return Path(urlsplit(href).path if is_remote(href) else href).suffix


def joined(folder: str, href: str, root: Path = Path()) -> str:
    """An address as seen from `root`, the project: a relative one is below `folder`."""
    path = local_path(href)
    return href if path is None else os.path.normpath(decoded(str(Path(folder, path)), root))


class HrefReader:
    """Reads what addresses lead to, from several threads; connections are kept open.

    Args:
        may_ask: raises `UnreadableError` for an address that no request may go to; also asked where
            a server redirects to.
        root: relative paths are read below this folder.
    """

    def __init__(
        self, may_ask: Callable[[str], None] = lambda href: None, root: Path = Path()
    ) -> None:
        self._may_ask = may_ask
        self._root = root
        self._filesystems: dict[str, AbstractFileSystem] = {}

    def read(self, href: str, allowance: Allowance = DEFAULT) -> bytes:
        """The bytes behind an address.

        Raises:
            UnreadableError: they cannot be had; the text holds no secret of the address.
        """
        path = local_path(href)
        if path is None:
            return self._read_remote(href, allowance)
        return _read_file(self._root / path, allowance)

    def _read_remote(self, href: str, allowance: Allowance) -> bytes:
        protocol, _, rest = href.partition("://")
        if protocol not in PROTOCOLS or "::" in href:
            raise UnreadableError(f"its address is not one of {', '.join(PROTOCOLS)} or a file")
        public = without_secrets(href)
        try:
            if protocol not in self._filesystems:
                self._filesystems[protocol] = open_remote(f"{protocol}://")[0]
            filesystem = self._filesystems[protocol]
            if protocol.startswith("http"):
                return self._read_http(filesystem, href, allowance)
            size = filesystem.size(rest) or 0
            allowance.check_size(size)
            if size > START_BYTES:
                start = read_remote(filesystem, rest, public, end=SIGNATURE_BYTES)
                allowance.check_start(start)
            allowance.charge(size)
            return read_remote(filesystem, rest, public)
        except FileNotFoundError:
            raise UnreadableError("there is no such file") from None
        except (LookalikeError, OSError) as error:  # the size is asked for without another try
            reason = without_secrets(one_line(error, None)).removeprefix(f"{public}: ")
            raise UnreadableError(f"cannot be read: {reason}") from None

    def _read_http(self, filesystem: AbstractFileSystem, href: str, allowance: Allowance) -> bytes:
        def take(file: Any) -> bytes | str:
            """The content, or where it is instead."""
            if file.r.status in REDIRECTED:
                return urljoin(href, str(file.r.headers["Location"]))
            return read_stream(file, allowance)

        for _ in range(MOST_REDIRECTS):
            self._may_ask(href)
            found = stream_http(filesystem, href, without_secrets(href), take)
            if isinstance(found, bytes):
                return found
            href = found
        raise UnreadableError(f"its server redirects more than {MOST_REDIRECTS} times")


def _read_file(path: Path, allowance: Allowance) -> bytes:
    try:
        with open_regular(path) as file:
            allowance.check_size(os.fstat(file.fileno()).st_size)
            return read_stream(file, allowance)
    except FileNotFoundError:
        raise UnreadableError("there is no such file") from None
    except (OSError, ValueError) as error:  # a name may hold what no name can
        reason = error.strerror if isinstance(error, OSError) else error
        raise UnreadableError(f"cannot be read: {reason}") from None
