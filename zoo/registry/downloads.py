"""Downloads: resumed, verified, whole or not there, one at a time."""

import contextlib
import errno
import http.client
import os
import pathlib
import socket
import time
import urllib.error
import urllib.parse
import urllib.request

from filelock import FileLock

from zoo.registry.errors import (
    DownloadError,
    PresetError,
    PresetIntegrityError,
    PresetNotFoundError,
)
from zoo.registry.metadata import FileRecord
from zoo.utils.files import file_sha256

CHUNK = 1 << 18
TIMEOUT = 30
LEAST_RATE, LEAST_SECONDS = 1024, 30
"""A connection that brings fewer bytes a second, for so long, is broken off."""

WAITS = (0.5, 1, 2, 4)
"""Seconds before each further attempt after a broken connection."""

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def download(
    url: str,
    target: pathlib.Path,
    record: FileRecord | None = None,
    limit: int | None = None,
) -> pathlib.Path:
    """Downloads a file once, whoever asks and how often.

    A lock lets one process download while others wait for its result. What
    arrived before a broken connection or a killed process is kept beside the
    target and continued from. Nothing is at the target until it is whole and
    verified.

    Args:
        url: `https://...`; plain `http://` from this machine only.
        target: Where the file is to be, in an existing directory.
        record: Its size and SHA-256, or `None` if unknown.
        limit: Most bytes to accept where the size is unknown.

    Returns:
        The target.

    Raises:
        PresetNotFoundError: The server has no such file.
        PresetIntegrityError: It sends another file; what came is removed.
        DownloadError: The server can't be reached, goes on breaking off, or
            the file can't be stored.
    """
    check_url(url)
    if is_whole(target, record):
        return target
    try:
        with FileLock(target.with_name(f".{target.name}.lock")):
            if not is_whole(target, record):  # Another process may have.
                _fetch(url, target, record, limit)
    except OSError as error:
        if isinstance(error, DownloadError):
            raise
        raise _cannot_store(target, error) from error
    return target


def check_url(url: str) -> None:
    """Raises an error for a URL that is not fetched from.

    Args:
        url: The URL.

    Raises:
        PresetNotFoundError: It is not https, nor http on this machine.
    """
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError as error:
        raise PresetNotFoundError(
            f"Expected an https:// URL. Received: {url!r} ({error})"
        ) from error
    local = parts.scheme == "http" and parts.hostname in LOOPBACK
    if not (parts.scheme == "https" or local) or not parts.hostname:
        raise PresetNotFoundError(
            f"Expected an https:// URL. Received: {url!r}"
        )


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to where a URL of the user's may lead, too."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        check_url(newurl)
        if newurl.startswith("http:") and not req.full_url.startswith("http:"):
            raise PresetNotFoundError(
                "Expected a redirect to an https:// URL. "
                f"Received: {newurl!r} of {req.full_url!r}"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def is_whole(target: pathlib.Path, record: FileRecord | None) -> bool:
    """Returns whether a file is there, and is the one that is expected."""
    if not target.is_file():
        return False
    if record is None:
        return True
    return record == record_of(target)


def record_of(path: pathlib.Path) -> FileRecord:
    """Returns the size and SHA-256 of a file."""
    return FileRecord(os.path.getsize(path), file_sha256(path))


def _fetch(url, target, record, limit):
    partial = target.with_name(f".{target.name}.partial")
    resumed = partial.exists()
    _receive(url, partial, record.size if record else limit, record)
    received = record_of(partial)
    if record is not None and received != record:
        partial.unlink()
        if resumed:  # What was there may have been of an older version.
            return _fetch(url, target, record, limit)
        raise PresetIntegrityError(
            f"Expected a file of {record.size} bytes with the SHA-256 "
            f"{record.sha256}; what came was removed. Received: {url} of "
            f"{received.size} bytes with {received.sha256}"
        )
    os.replace(partial, target)


def _receive(url, partial, most, record):
    """Tries until the connection holds."""
    for wait in (*WAITS, None):
        try:
            return _continue(url, partial, most, record)
        except PresetError:
            raise
        except ValueError as error:  # Of a redirect to what is no URL.
            _raise_final(url, error, last=True)
        except (
            urllib.error.URLError,
            http.client.HTTPException,
            TimeoutError,
            ConnectionError,
        ) as error:
            _raise_final(url, error, last=wait is None)
        if wait is not None:
            time.sleep(wait)


def _continue(url, partial, most, record):
    """Appends what is still missing to the partial file."""
    have = partial.stat().st_size if partial.exists() else 0
    if record is None or have > most:
        partial.unlink(missing_ok=True)  # It may be of another version.
        have = 0
    if record is not None and have == most:
        return
    request = urllib.request.Request(url, headers={"User-Agent": "zoo"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    opener = urllib.request.build_opener(_Redirects)
    with opener.open(request, timeout=TIMEOUT) as response:
        if have and response.status != http.HTTPStatus.PARTIAL_CONTENT:
            have = 0  # The server sends all of it.
        announced = _announced(url, response)
        total = None if announced is None else have + announced
        began, came = time.monotonic(), 0
        with _storing(partial), open(partial, "ab" if have else "wb") as file:
            while chunk := response.read1(CHUNK):
                have += len(chunk)
                if most is not None and have > most:
                    break
                file.write(chunk)
                file.flush()
                came += len(chunk)
                if time.monotonic() - began > LEAST_SECONDS:
                    if came < LEAST_RATE * LEAST_SECONDS:
                        raise TimeoutError(
                            f"fewer than {LEAST_RATE} bytes a second came"
                        )
                    began, came = time.monotonic(), 0
    if most is not None and have > most:
        partial.unlink()
        raise PresetIntegrityError(
            f"Expected at most {most} bytes; what came was removed. "
            f"Received: more from {url}"
        )
    wanted = record.size if record and total is None else total
    if wanted is not None and have < wanted:
        raise ConnectionError(f"{have} of {wanted} bytes arrived")


def _announced(url, response):
    """Returns the bytes that are to come, or `None` if it is not said."""
    text = response.headers.get("Content-Length")
    if text is None or (text.isascii() and text.isdecimal()):
        return None if text is None else int(text)
    raise DownloadError(
        "Expected a number of bytes as Content-Length. "
        f"Received: {text[:100]!r} from {url}"
    )


@contextlib.contextmanager
def _storing(partial):
    """Removes the partial file where the disk, not the network, failed."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO):
            partial.unlink(missing_ok=True)
            raise _cannot_store(partial, error) from error
        raise


def _raise_final(url, error, last):
    """Raises if to try again would not help."""
    code = getattr(error, "code", None)
    if code in (404, 410):
        raise PresetNotFoundError(
            f"The server has no such file. Received: {url} ({error})"
        ) from error
    client_error = code is not None and 400 <= code < 500 and code != 429
    # No address: there is no network, or no such server.
    nowhere = isinstance(getattr(error, "reason", None), socket.gaierror)
    if last or client_error or nowhere:
        raise DownloadError(
            "The download failed; the next attempt continues it. "
            f"Received: {url} ({error})"
        ) from error


def _cannot_store(path, error):
    reason = error.strerror or error
    return DownloadError(
        f"Can't write to the cache: {reason}. Set KERAS_HOME to a directory "
        f"with room that can be written to. Received: {str(path)!r}"
    )
