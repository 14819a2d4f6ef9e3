"""Presets on hubs: their clients talk to a server of ours."""

import sys
import types

import huggingface_hub
import numpy as np
import pytest
from support.preset_server import serving_as_hub

import zoo
from zoo.registry import (
    DownloadError,
    PresetError,
    PresetIntegrityError,
    PresetNotFoundError,
    handles,
)

pytestmark = pytest.mark.backend_free


@pytest.fixture
def hub(saved, tmp_path, monkeypatch):
    """Lets `huggingface_hub` talk to a server that has the preset."""
    with serving_as_hub(saved, tmp_path / "hub", monkeypatch) as behaviour:
        yield behaviour


def test_hugging_face(hub, trained):
    model = zoo.DCGAN.from_preset("hf://user/tiny@v1")
    np.testing.assert_array_equal(
        model.generate(2, seed=0), trained.generate(2, seed=0)
    )
    paths = {path for path, _ in hub.requests}
    assert "/user/tiny/resolve/v1/model.weights.h5" in paths
    assert not any("training" in path for path in paths)


def test_hugging_face_is_not_trusted(hub):
    hub.replaced["config.json"] = b"{}"
    with pytest.raises(PresetIntegrityError, match=r"config\.json"):
        zoo.DCGAN.from_preset("hf://user/other")


def test_hugging_face_without_the_file(hub):
    hub.headers["X-Error-Code"] = "EntryNotFound"
    hub.statuses["metadata.json"] = 404
    with pytest.raises(PresetError, match="hf://user/none"):
        zoo.DCGAN.from_preset("hf://user/none")


@pytest.mark.parametrize(
    "handle", ["hf://user", "hf://a/b/c", "hf://a/b@", "hf://../b c"]
)
def test_handles_that_are_no_repository(handle):
    with pytest.raises(PresetNotFoundError, match="hf://user/name"):
        zoo.DCGAN.from_preset(handle)


def test_kaggle(saved, monkeypatch, trained):
    asked = []

    def model_download(handle, path):
        asked.append(handle)
        return str(saved / path)

    client = types.SimpleNamespace(model_download=model_download)
    monkeypatch.setitem(sys.modules, "kagglehub", client)
    model = zoo.DCGAN.from_preset("kaggle://me/tiny/keras/base/1")
    assert set(asked) == {"me/tiny/keras/base/1"}
    assert model.filters == trained.filters

    def fails(handle, path):
        raise RuntimeError("no such model")

    client.model_download = fails
    with pytest.raises(DownloadError, match="no such model"):
        zoo.DCGAN.from_preset("kaggle://me/none/keras/base")


def test_a_client_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "kagglehub", None)
    with pytest.raises(ImportError, match=r"keras-generative-zoo\[hub\]"):
        handles.require("kagglehub")


def test_upload(preset, monkeypatch):
    calls = {}
    monkeypatch.setattr(
        huggingface_hub,
        "create_repo",
        lambda repository, **options: calls.update(repository=repository),
    )
    monkeypatch.setattr(
        huggingface_hub,
        "upload_folder",
        lambda **options: calls.update(options) or "https://hub/commit",
    )
    assert zoo.upload_preset("hf://me/tiny", preset) == "https://hub/commit"
    assert calls["repository"] == calls["repo_id"] == "me/tiny"
    assert set(calls["allow_patterns"]) == {p.name for p in preset.iterdir()}
    (preset / "config.json").write_text("{}")
    calls.clear()
    with pytest.raises(PresetIntegrityError):
        zoo.upload_preset("hf://me/tiny", preset)
    with pytest.raises(PresetNotFoundError, match="hf://user/name"):
        zoo.upload_preset("https://me/tiny", preset)
    assert not calls
