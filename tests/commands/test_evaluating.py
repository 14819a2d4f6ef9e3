"""What `zoo evaluate` reads and reports."""

import json

import numpy as np
import pytest
from PIL import Image
from support.harness import invoke

import zoo
from zoo.commands import evaluating
from zoo.metrics import Evaluator
from zoo.metrics.features import get_extractor

pytestmark = pytest.mark.backend_free


def test_report(tmp_path, capsys):
    evaluating.report({"fd_quadrants_50": 1.25}, tmp_path / "a" / "b.json")
    assert "fd_quadrants_50" in capsys.readouterr().out
    text = (tmp_path / "a" / "b.json").read_text()
    assert json.loads(text) == {"fd_quadrants_50": 1.25}


def test_metric_names():
    assert evaluating.metric_names("fid, IS") == ["fd", "is"]
    with pytest.raises(ValueError, match=r"'kid'.*Received: metrics='kidd'"):
        evaluating.metric_names("fd,kidd")
    with pytest.raises(ValueError, match=r"fd or fid.*Received: ', '"):
        evaluating.metric_names(", ")


@pytest.fixture
def folder(tmp_path):
    """Five pictures of 28 pixels, and what is to be passed over."""
    random = np.random.default_rng(0)
    path = tmp_path / "images"
    for name, size in [
        *((f"{i}.png", 28) for i in range(5)),
        ("._0.png", 3), (".thumbnails/0.png", 3), ("__MACOSX/0.png", 3),
    ]:  # fmt: skip
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        pixels = random.integers(0, 256, (size, size), dtype="uint8")
        Image.fromarray(pixels).save(path / name)
    (path / "notes.txt").write_text("none")
    return path


def distance(images, size=None):
    (value,) = evaluating.evaluate(
        None, str(images), str(images), ["kid"], "fashion_mnist", None, size, 0
    ).items()
    return value


def test_images_are_the_sources_own(folder):
    """A hidden thumbnail of 3 pixels decided the size of all."""
    name, value = distance(folder)
    assert name == "kid_fashion_mnist_5"
    pixels = []
    for number in range(5):
        with Image.open(folder / f"{number}.png") as image:
            pixels.append(np.asarray(image.convert("RGB")))
    pixels = np.stack(pixels)
    evaluator = Evaluator(["kid"], "fashion_mnist", pixels, 5, cache=False)
    assert value == pytest.approx(evaluator.of_images(pixels)[name], rel=1e-6)
    assert distance(f"{folder}/[01].png")[0] == "kid_fashion_mnist_2"


def test_weights_of_inception_in_a_file(folder, tmp_path, monkeypatch):
    asked = "evaluate", "--images", folder, "--metrics", "is"
    code, out = invoke(*asked, "--weights", tmp_path / "none.pth")
    assert (code, "none.pth" in out.replace(" ", "")) == (2, True)
    asked = *asked, "--features", "fashion_mnist", "--weights", "some.pth"
    code, out = invoke(*asked)
    assert (code, "Only the features of inception" in out) == (2, True)

    def get(name, weights):
        assert (name, weights) == ("inception", folder / "0.png")
        return get_extractor("fashion_mnist")  # A smaller network.

    monkeypatch.setattr(evaluating, "get_extractor", get)
    asked = "--metrics", "pr", "--weights", folder / "0.png"
    code, out = invoke(
        "evaluate", "--images", folder, "--reference", folder, *asked
    )
    assert (code, "precision_fashion_mnist_5 │ 1" in out) == (0, True)


def test_images_of_several_sizes(folder):
    Image.new("L", (30, 30)).save(folder / "0_first.png")
    with pytest.warns(UserWarning, match=r"5 are of 28 x 28 .*1 of 30 .*0_fir"):
        name, _ = distance(folder)
    assert name == "kid_fashion_mnist_6"
    Image.new("L", (30, 20)).save(folder / "wide.png")
    with pytest.raises(ValueError, match=r"square.*--size.*wide.*30 x 20"):
        distance(folder)
    assert distance(folder, 28)[0] == "kid_fashion_mnist_7"


def test_too_few_images():
    images = np.zeros((20, 28, 28, 1), "uint8")
    for metric, count, message in [
        ("is", 5, r"each of its 10 splits\. Received: 5 images"),
        ("kid", 1, r"at least 2 images.*Received: 1 and 20"),
        ("fd", 1, r"At least 2 samples.*Received: 1"),
    ]:
        reference = None if metric == "is" else images
        evaluator = Evaluator(
            [metric], "fashion_mnist", reference, count, cache=False
        )
        with pytest.raises(ValueError, match=message):
            evaluator.of_images(images)


def test_models_that_draw_no_images(tmp_path):
    """Their size was None."""
    models = {
        "SRResNet": zoo.SRResNet(filters=1, blocks=1),
        "GAN3D": zoo.GAN3D(8, 2, 1),
    }
    for name, model in models.items():
        path = str(tmp_path / f"{name}.keras")
        model.save(path)
        options = ["fd"], "fashion_mnist", 10
        with pytest.raises(ValueError, match=f"Expected a model.*{name}"):
            evaluating.evaluate(
                path, None, "fashion_mnist_10k", *options, None, 0
            )
        with pytest.raises(ValueError, match=f"Expected a model.*{name}"):
            evaluating.compare([path], "fashion_mnist_10k", *options, 0)
