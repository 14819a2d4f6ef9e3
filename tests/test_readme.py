"""What the README shows is run here as it stands there."""

import re

from harness import ROOT, run

README = (ROOT / "README.md").read_text()


TRAINING, PRESETS, *_ = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_model_fit_example(tmp_path):
    code = TRAINING
    shorter = code.replace("epochs=20", "epochs=1")
    assert shorter != code
    exit_code, _, err = run("-c", shorter, cwd=tmp_path)
    assert exit_code == 0, err
    assert (tmp_path / "runs" / "mine" / "model.keras").is_file()
    assert list((tmp_path / "runs" / "mine" / "samples").glob("*.gif"))


def test_presets_example(tmp_path):
    exit_code, out, err = run("-c", PRESETS, cwd=tmp_path)
    assert exit_code == 0, err
    assert "dcgan_fashion_mnist" in out
    assert (tmp_path / "mine" / "metadata.json").is_file()


def test_links_lead_somewhere():
    links = re.findall(r"\]\(([^)#]+)\)", README)
    local = [link for link in links if not link.startswith("https://")]
    assert len(local) >= 5
    for link in local:
        assert (ROOT / link).exists(), link
