"""A web server for a directory, that can misbehave on demand."""

import contextlib
import hashlib
import http.server
import pathlib
import threading
import time


class Behaviour:
    """What the server does, and what it was asked.

    Attributes:
        requests: `(path, Range header or None)` of each request, in order.
        break_after: Bytes of the body after which the connection is closed,
            for the first `breaks` requests of files larger than that.
        breaks: How many more times to break off.
        replaced: Path to other bytes that are sent in its place.
        ignore_range: Whether to send whole files always.
        statuses: Path to a status that is sent in place of the file.
        delay: Seconds between chunks of 4 KiB.
        headers: Further headers of every answer.
    """

    def __init__(self):
        self.requests = []
        self.break_after = 0
        self.breaks = 0
        self.replaced = {}
        self.ignore_range = False
        self.statuses = {}
        self.delay = 0
        self.headers = {}

    def count(self, name):
        """Returns how often a file was asked for."""
        return sum(path.endswith(name) for path, _ in self.requests)


@contextlib.contextmanager
def serving(directory):
    """Serves a directory; yields its address and its `Behaviour`."""
    behaviour = Behaviour()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked = self.headers.get("Range")
            behaviour.requests.append((self.path, asked))
            name = self.path.rsplit("/", 1)[-1]
            file = pathlib.Path(directory) / name
            status = behaviour.statuses.get(name)
            if status or not file.is_file():
                self._send_headers(status or 404, Content_Length=0)
                return
            data = behaviour.replaced.get(name, file.read_bytes())
            start = 0
            if asked and not behaviour.ignore_range:
                start = int(asked.removeprefix("bytes=").removesuffix("-"))
            etag = hashlib.sha256(data).hexdigest()
            self._send_headers(
                206 if start else 200,
                Content_Length=len(data) - start,
                ETag=f'"{etag}"',
            )
            if self.command == "GET":
                self._send(data[start:])

        do_HEAD = do_GET

        def _send_headers(self, status, **headers):
            self.send_response(status)
            for header, value in (headers | behaviour.headers).items():
                self.send_header(header.replace("_", "-"), str(value))
            self.end_headers()

        def _send(self, data):
            if behaviour.breaks and len(data) > behaviour.break_after:
                behaviour.breaks -= 1
                data = data[: behaviour.break_after]
            with contextlib.suppress(ConnectionError):
                for i in range(0, len(data), 4096):
                    self.wfile.write(data[i : i + 4096])
                    time.sleep(behaviour.delay)

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", behaviour
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def serving_as_hub(directory, cache, monkeypatch):
    """Lets `huggingface_hub` talk to a server whose repositories are all this.

    Args:
        directory: The repository's files, not in folders.
        cache: Directory for the client's copies.
        monkeypatch: Of the test.

    Yields:
        The server's `Behaviour`.
    """
    from huggingface_hub import constants

    with serving(directory) as (url, behaviour):
        behaviour.headers = {"X-Repo-Commit": "a" * 40}
        monkeypatch.setattr(constants, "ENDPOINT", url)
        monkeypatch.setattr(
            constants,
            "HUGGINGFACE_CO_URL_TEMPLATE",
            url + "/{repo_id}/resolve/{revision}/{filename}",
        )
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
        yield behaviour
