"""What the README shows is run here as it stands there."""

import re

import pytest
from support.harness import ROOT

README = (ROOT / "README.md").read_text()
TRAINING, PRESETS, GUIDANCE = re.findall(
    r"```python\n(.*?)```", README, re.DOTALL
)


@pytest.fixture
def directory(tmp_path, monkeypatch):
    """Returns the directory in which the code runs."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_model_fit_example(directory):
    """For one epoch, of the first images."""
    code = TRAINING
    for long, short in [
        ("epochs=20", "epochs=1"),
        ('"fashion_mnist_10k"', "pipelines.fashion_mnist_10k()[0][:640]"),
    ]:
        assert code.count(long) == 1
        code = code.replace(long, short)
    exec(code, {})
    assert (directory / "runs" / "mine" / "model.keras").is_file()
    assert list((directory / "runs" / "mine" / "samples").glob("*.gif"))


def test_presets_example(directory, capsys):
    exec(PRESETS, {})
    assert "dcgan_fashion_mnist" in capsys.readouterr().out
    assert (directory / "mine" / "metadata.json").is_file()


def test_guidance_example():
    """For the first three images."""
    assert GUIDANCE.count("40, ") == 1
    names = {}
    exec(GUIDANCE.replace("40, ", "3, "), names)
    clothes = names["clothes"]
    assert clothes.shape == (3, 32, 32, 1)
    assert clothes.std() > 0.3  # White on black, no grey.


@pytest.mark.backend_free
def test_links_lead_somewhere():
    links = re.findall(r"\]\(([^)#]+)\)", README)
    local = [link for link in links if not link.startswith("https://")]
    assert len(local) >= 5
    for link in local:
        assert (ROOT / link).exists(), link
