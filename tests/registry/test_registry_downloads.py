"""Presets from a web server that breaks off, lies, and is asked by many."""

import contextlib
import errno
import os
import pathlib
import resource
import signal
import tempfile
import time

import numpy as np
import pytest
from support.harness import PACKAGES, start
from support.preset_server import serving

import zoo
from zoo.registry import (
    DownloadError,
    PresetIntegrityError,
    PresetNotFoundError,
    downloads,
    open_preset,
)

pytestmark = pytest.mark.backend_free

WEIGHTS = "model.weights.h5"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(downloads, "WAITS", (0.01, 0.01))


@pytest.fixture
def server(saved, cache):
    with serving(saved) as (url, behaviour):
        yield url, behaviour


def leftovers(cache):
    """Returns what a download has left in the cache, besides locks."""
    names = [p.name for p in cache.rglob("*") if p.is_file()]
    return sorted(name for name in names if not name.endswith(".lock"))


def test_inference_downloads_what_it_needs_once(server, cache, trained):
    url, behaviour = server
    model = zoo.DCGAN.from_preset(f"{url}/tiny/")
    np.testing.assert_array_equal(
        model.generate(3, seed=0), trained.generate(3, seed=0)
    )
    assert leftovers(cache) == ["config.json", "metadata.json", WEIGHTS]
    count = len(behaviour.requests)
    assert count == 3
    zoo.DCGAN.from_preset(f"{url}/tiny")
    assert len(behaviour.requests) == count
    zoo.DCGAN.from_preset(f"{url}/tiny", for_training=True)
    assert len(behaviour.requests) == count + 1


def test_what_was_fetched_needs_no_server(saved, cache):
    with serving(saved) as (url, _):
        zoo.DCGAN.from_preset(url)
    zoo.DCGAN.from_preset(url)


def test_a_broken_connection_is_continued(server, cache):
    url, behaviour = server
    behaviour.break_after, behaviour.breaks = 10_000, 2
    zoo.DCGAN.from_preset(url)
    ranges = [r for path, r in behaviour.requests if path.endswith(WEIGHTS)]
    assert ranges == [None, "bytes=10000-", "bytes=20000-"]
    assert ".partial" not in "".join(leftovers(cache))


def test_what_arrived_is_kept_for_the_next_call(server, cache):
    url, behaviour = server
    behaviour.break_after, behaviour.breaks = 10_000, 3
    with pytest.raises(DownloadError, match="next attempt continues"):
        zoo.DCGAN.from_preset(url)
    zoo.DCGAN.from_preset(url)
    assert behaviour.requests[-1][1] == "bytes=30000-"


def test_a_server_without_ranges_sends_it_all_again(server):
    url, behaviour = server
    behaviour.ignore_range = True
    behaviour.break_after, behaviour.breaks = 10_000, 1
    zoo.DCGAN.from_preset(url)


def test_wrong_bytes_are_rejected_and_removed(server, saved, cache):
    url, behaviour = server
    data = (saved / WEIGHTS).read_bytes()
    for wrong in (data[:-1] + b"?", data[:5000], data + b"more", b""):
        behaviour.replaced[WEIGHTS] = wrong
        with pytest.raises(PresetIntegrityError, match=r"removed|Received"):
            zoo.DCGAN.from_preset(url)
        assert leftovers(cache) == ["config.json", "metadata.json"]
    behaviour.replaced.clear()
    zoo.DCGAN.from_preset(url)


def test_a_partial_file_of_something_else_is_started_anew(server, cache):
    url, behaviour = server
    open_preset(url)
    (directory,) = (cache / "zoo" / "presets").iterdir()
    (directory / f".{WEIGHTS}.partial").write_bytes(b"of another version")
    zoo.DCGAN.from_preset(url)
    assert behaviour.count(WEIGHTS) == 2


def test_a_cached_file_that_rotted_is_fetched_again(server, cache):
    url, behaviour = server
    zoo.DCGAN.from_preset(url)
    (path,) = cache.rglob(WEIGHTS)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    zoo.DCGAN.from_preset(url)
    assert behaviour.count(WEIGHTS) == 2


def test_large_metadata_are_not_stored(server, cache):
    url, behaviour = server
    behaviour.replaced["metadata.json"] = b" " * ((1 << 20) + 1)
    with pytest.raises(PresetIntegrityError, match="at most"):
        zoo.DCGAN.from_preset(url)
    assert leftovers(cache) == []


def test_no_such_preset_and_no_such_server(server):
    url, behaviour = server
    behaviour.statuses["metadata.json"] = 404
    with pytest.raises(PresetNotFoundError, match="404"):
        zoo.DCGAN.from_preset(url)
    behaviour.statuses["metadata.json"] = 503
    with pytest.raises(DownloadError, match="503"):
        zoo.DCGAN.from_preset(url)
    assert behaviour.count("metadata.json") == 1 + 3
    with pytest.raises(DownloadError, match="refused"):
        zoo.DCGAN.from_preset("http://127.0.0.1:9/preset")
    for handle in ("http://example.com/preset", "https:///preset"):
        with pytest.raises(PresetNotFoundError, match="https://"):
            zoo.DCGAN.from_preset(handle)


# Only the downloads are imported: twenty times Keras would take minutes.
WORKER = """
import pathlib, sys, types
for name in ("zoo", "zoo.registry"):
    package = sys.modules[name] = types.ModuleType(name)
    package.__path__ = [str(pathlib.Path(sys.argv[1], *name.split(".")))]
from zoo.registry.downloads import download
from zoo.registry.metadata import FileRecord
record = FileRecord(int(sys.argv[4]), sys.argv[5])
print(download(sys.argv[2], pathlib.Path(sys.argv[3]), record))
"""


@pytest.fixture
def arguments(server, saved, tmp_path):
    """Returns the arguments of a process that downloads the weights."""
    url, _ = server
    record = downloads.record_of(saved / WEIGHTS)
    target = tmp_path / WEIGHTS
    return [PACKAGES, f"{url}/{WEIGHTS}", target, record.size, record.sha256]


def test_twenty_processes_at_once_download_once(server, arguments):
    _, behaviour = server
    behaviour.delay = 0.05
    processes = [start("-c", WORKER, *arguments) for _ in range(20)]
    for process in processes:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        assert out.strip() == str(arguments[2])
    assert behaviour.count(WEIGHTS) == 1


def test_a_killed_download_is_continued(server, arguments):
    _, behaviour = server
    behaviour.delay = 0.2
    process = start("-c", WORKER, *arguments)
    target = arguments[2]
    partial = target.with_name(f".{WEIGHTS}.partial")
    deadline = time.time() + 120
    while not (partial.exists() and partial.stat().st_size):
        assert time.time() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not target.exists()
    behaviour.delay = 0
    process = start("-c", WORKER, *arguments)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert behaviour.requests[-1][1].startswith("bytes=")
    assert downloads.record_of(target).sha256 == arguments[4]
    assert not partial.exists()


def test_a_cache_that_can_not_be_written(saved, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no directory")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "file"))
    with (
        serving(saved) as (url, _),
        pytest.raises(DownloadError, match="KERAS_HOME"),
    ):
        zoo.DCGAN.from_preset(url)


@contextlib.contextmanager
def unprivileged():
    """Root may write everywhere; lets it be nobody for a while."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_read_only_cache(saved, monkeypatch):
    with (
        tempfile.TemporaryDirectory() as home,
        serving(saved) as (url, _),
    ):
        monkeypatch.setenv("KERAS_HOME", home)
        zoo.DCGAN.from_preset(url)
        directories = [p for p in pathlib.Path(home).rglob("*") if p.is_dir()]
        for directory in [pathlib.Path(home), *directories]:
            directory.chmod(0o555)
        with unprivileged():
            zoo.DCGAN.from_preset(url)  # All is there.
            with pytest.raises(DownloadError, match="KERAS_HOME"):
                zoo.DCGAN.from_preset(url, for_training=True)
        for directory in [pathlib.Path(home), *directories]:
            directory.chmod(0o755)


def test_a_disk_that_fills_up_is_named_and_nothing_is_left(server, cache):
    """The system itself refuses to let the file grow."""
    url, _ = server
    preset = open_preset(url)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, before[1]))
    try:
        with pytest.raises(DownloadError, match="KERAS_HOME") as caught:
            preset.file(WEIGHTS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert os.strerror(errno.EFBIG) in str(caught.value)
    assert leftovers(cache) == ["metadata.json"]
    zoo.DCGAN.from_preset(url)


def test_a_server_that_trickles_is_left(server, cache, monkeypatch):
    """A byte now and then holds no client for ever."""
    url, behaviour = server
    behaviour.delay = 0.05
    monkeypatch.setattr(downloads, "LEAST_SECONDS", 0.1)
    monkeypatch.setattr(downloads, "LEAST_RATE", 10**9)
    start = time.monotonic()
    with pytest.raises(DownloadError, match="bytes a second came"):
        open_preset(url).file(WEIGHTS)
    assert time.monotonic() - start < 10


@pytest.mark.parametrize(
    "elsewhere",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "http://192.0.2.1/x",
        "https://[",
    ],
)
def test_redirects_lead_where_a_url_may(server, elsewhere):
    url, behaviour = server
    preset = open_preset(url)
    behaviour.statuses = {WEIGHTS: 302}
    behaviour.headers = {"Location": elsewhere}
    with pytest.raises((PresetNotFoundError, DownloadError)):
        preset.file(WEIGHTS)
    assert behaviour.count("x") == 0


def test_redirects_on_this_machine_are_followed(server):
    url, behaviour = server
    preset = open_preset(url)
    behaviour.statuses = {WEIGHTS: 302}
    behaviour.headers = {"Location": f"{url}/config.json"}
    with pytest.raises(PresetIntegrityError, match="SHA-256"):
        preset.file(WEIGHTS)
    assert behaviour.count("config.json") == 1


@pytest.mark.parametrize("length", ["abc", "-1", "1e3", "\u00b2"])
def test_lengths_that_are_no_numbers(server, length):
    url, behaviour = server
    preset = open_preset(url)
    behaviour.headers = {"Content_Length": length}
    with pytest.raises(DownloadError, match="Content-Length"):
        preset.file(WEIGHTS)


@pytest.mark.parametrize("url", ["https://[", "https://a b.example/x"])
def test_addresses_that_are_none(url, cache):
    with pytest.raises((PresetNotFoundError, DownloadError)):
        downloads.download(url, cache.parent / "x")
