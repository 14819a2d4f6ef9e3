"""What the command line decides of a training, and what it says of it."""

import json
import warnings

import keras
import numpy as np
import pytest
from PIL import Image
from support.harness import NEXT_BACKEND, invoke, run

import zoo
from zoo.commands.training_log import columns_of
from zoo.engine.learning_rates import rate_at
from zoo.recipes.inputs import images_and_labels
from zoo.recipes.optimizers import optimizers_of
from zoo.recipes.recipe import RECIPES, get_recipe
from zoo.recipes.settings import default_settings, read_settings

TINY = ["--size", "16", "--batch-size", "4", "--set", "filters=2"]


def draw(path, count, side=16):
    """Writes so many pictures of noise."""
    random = np.random.default_rng(count)
    path.mkdir(parents=True)
    for i in range(count):
        pixels = random.integers(0, 256, (side, side, 3), "uint8")
        Image.fromarray(pixels).save(path / f"{i}.png")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Returns a folder of 10 pictures and one that is none."""
    path = draw(tmp_path_factory.mktemp("data") / "ten", 10)
    (path / "broken.png").write_text("not a picture")
    return path


@pytest.fixture(scope="module")
def first(folder, tmp_path_factory):
    """Returns the directory of one epoch of a training of two, and output."""
    path = tmp_path_factory.mktemp("runs") / "first"
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        code, output = invoke(
            "train", "dcgan", "--data", folder, *TINY, "--epochs", 2,
            "--learning-rate", "generator=3e-4", "--optimizer", "rmsprop",
            "--on-error", "skip", "--max-time", "0s", "--tensorboard",
            "--output", path,
        )  # fmt: skip
    assert code == 0, output
    assert "Warning: " in output
    assert "broken.png" in output
    return path, output


def test_says_and_writes_what_the_settings_came_to(first):
    path, output = first
    assert "2 epochs of 2 batches of 4, seed 0, float32" in output
    assert "DCGAN(image_shape=(16, 16, 3), filters=2," in output
    assert "generator: RMSprop, learning rate 0.0003, rho 0.9" in output
    assert "discriminator: RMSprop, learning rate 0.001" in output
    written = json.loads((path / "settings.json").read_text())
    assert (written["epochs"], written["steps_per_epoch"]) == (2, 2)
    assert written["learning_rate"] == {"generator": 3e-4}
    rates = [
        x["config"]["learning_rate"] for x in written["optimizers"].values()
    ]
    assert sorted(rates) == pytest.approx([3e-4, 1e-3])
    assert written["resolved_arguments"]["image_shape"] == [16, 16, 3]


def test_stops_in_time_and_writes_for_tensorboard(first):
    path, output = first
    assert "Out of time after epoch 1 of 2. To go on: zoo train --r" in output
    assert len(columns_of(path / "losses.csv")["epoch"]) == 1
    events = list((path / "tensorboard").rglob("events.*"))
    assert len(events) >= 2  # Of the losses, and of the pictures.


@pytest.mark.filterwarnings("ignore:.*broken.png")
def test_resume_repeats_nothing(first, folder):
    path, _ = first
    code, output = invoke("train", "--resume", path)
    assert code == 0, output
    assert "Goes on after epoch 1 of 2. epoch 2/2" in output
    assert columns_of(path / "losses.csv")["epoch"] == [0, 1]

    code, output = invoke("train", "--resume", path)
    assert (code, "already run 2 epochs" in output) == (2, True)
    for wrong in (["dcgan"], ["--size", 32], ["--set", "filters=4"]):
        code, output = invoke("train", *wrong, "--resume", path)
        assert (code, "--resume repeats nothing" in output) == (2, True)
    code, output = invoke("train", "--resume", folder)
    assert (code, "Expected a directory of zoo train" in output) == (2, True)
    code, output = invoke("train")
    assert (code, "--resume DIR" in output) == (2, True)


@pytest.mark.filterwarnings("ignore:.*broken.png")
def test_resume_with_another_rate_for_longer(first):
    """Runs after the one above, from two epochs."""
    path, _ = first
    code, output = invoke(
        "train", "--resume", path, "--epochs", 3, "--learning-rate", "1e-4"
    )
    assert code == 0, output
    assert "Goes on after epoch 2 of 3. It was to have 2" in output
    rates = columns_of(path / "losses.csv")
    assert rates["generator_learning_rate"] == pytest.approx([3e-4, 3e-4, 1e-4])
    assert rates["discriminator_learning_rate"][1:] == pytest.approx(
        [1e-3, 1e-4]
    )
    settings, written = read_settings(path)
    assert settings.learning_rate == 1e-4
    assert written["epochs"] == 3


def test_resume_on_another_backend(first):
    """As a command of its own; runs after those above."""
    path, _ = first
    code, out, err = run(
        "-m", "zoo", "train", "--resume", path, "--epochs", 4,
        "--backend", NEXT_BACKEND,
    )  # fmt: skip
    assert code == 0, err
    assert f"{NEXT_BACKEND} backend" in out
    assert "Goes on after epoch 3 of 4." in " ".join(out.split())
    assert read_settings(path)[0].backend == NEXT_BACKEND
    assert len(columns_of(path / "losses.csv")["epoch"]) == 4


def test_a_stopped_training_goes_on_bit_equal(tmp_path):
    data = draw(tmp_path / "data", 8)
    arguments = ["train", "dcgan_fashion_mnist", "--data", data, *TINY]
    arguments += ["--epochs", 2, "--set", "latent_dim=2", "--output"]
    assert invoke(*arguments, tmp_path / "whole")[0] == 0
    assert invoke(*arguments, tmp_path / "cut", "--max-time", "0s")[0] == 0
    assert invoke("train", "--resume", tmp_path / "cut")[0] == 0
    whole, cut = (
        zoo.load_model(tmp_path / name).get_weights()
        for name in ("whole", "cut")
    )
    for value, expected in zip(cut, whole, strict=True):
        np.testing.assert_array_equal(value, expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--learning-rate", "fast"], "takes a number"),
        (["--learning-rate", "0"], "must be a positive number"),
        (["--learning-rate", "critic=1e-3"], "Received: ['critic']"),
        (["--learning-rate", "1", "--learning-rate", "2"], "PLAYER=RATE"),
        (["--optimizer", "adamm"], "`optimizer` must be one of"),
        (["--max-time", "30"], "1h30m"),
    ],
)
def test_wrong_steering(options, message, tmp_path):
    arguments = ["train", "dcgan", "--output", tmp_path / "run"]
    code, output = invoke(*arguments, *options)
    assert (code, message in output) == (2, True), output


# Which rates come out


@pytest.mark.parametrize("name", ["dcgan_fashion_mnist", "cyclegan"])
def test_a_rate_keeps_the_form_of_a_schedule(name):
    """A third of the rate throughout."""
    settings = default_settings(name, learning_rate=1e-3 / 3)

    class Model:
        """Stands for one of two players, twenty updates each."""

        @staticmethod
        def updates(steps):
            return dict.fromkeys(("generator", "discriminator"), steps)

    recipe = get_recipe(name)
    made = optimizers_of(recipe, settings, Model, 20)
    usual = recipe.optimizers(Model.updates(20))
    for key, optimizer in made.items():
        rates = [rate_at(optimizer, i) for i in range(20)]
        before = [rate_at(usual[key], i) for i in range(20)]
        np.testing.assert_allclose(rates, np.divide(before, 3), rtol=1e-5)
        assert optimizer.beta_1 == usual[key].beta_1


# The paper's


def test_paper_of_each_recipe():
    """Sizes as the papers' tables have them, whatever the data."""
    expected = {
        "dcgan": (64, 128),
        "wgan_gp": (32, 64),
        "stylegan": (1024, 32),
        "pix2pix": (256, 1),
        "cyclegan": (256, 1),
        "srresnet": (96, 16),
        "srgan": (96, 16),
        "gan3d": (64, 100),
        "diffusion": (32, 128),
        "conditional_gan": (64, 128),
    }
    for name in RECIPES:
        settings = default_settings(name, paper=True, data="mine")
        (family,) = [x for x in expected if name.startswith(x)]
        assert (settings.size, settings.batch_size) == expected[family]
        assert set(settings.arguments) <= {"architecture", "filters"}
        given = default_settings(name, paper=True, size=32, batch_size=2)
        assert (given.size, given.batch_size) == (32, 2)


def test_papers_schedules():
    """Linear to 0 from the middle; from the start; a tenth; a warm-up."""
    cyclegan = zoo.CycleGAN(
        (16, 16, 1), filters=2, blocks=1, receptive_field=16
    )
    wgan_gp = zoo.WGANGP((16, 16, 1), filters=2, architecture="resnet")
    srgan = zoo.SRGAN(
        filters=2,
        blocks=1,
        crop_size=16,
        discriminator_filters=2,
        content="mse",
    )
    diffusion = zoo.Diffusion(
        (16, 16, 1), channels=4, multipliers=(1,), blocks=1, attention=()
    )
    points = {
        cyclegan: {0: 2e-4, 49: 2e-4, 75: 1e-4, 99: 4e-6},
        wgan_gp: {0: 2e-4, 50: 1e-4, 99: 2e-6},
        srgan: {0: 1e-4, 50: 1e-4, 51: 1e-5, 99: 1e-5},
        diffusion: {0: 0.0, 5: 1e-4, 10: 2e-4, 99: 2e-4},
    }
    for model, rates in points.items():
        made = model.paper_optimizers(dict.fromkeys(model.players, 100))
        assert set(made) == set(model.players)
        for optimizer in made.values():
            found = [rate_at(optimizer, i) for i in rates]
            assert found == pytest.approx(list(rates.values()), rel=1e-4)


def test_train_as_the_paper_has_it(tmp_path):
    data = draw(tmp_path / "data", 4)
    code, output = invoke(
        "train", "dcgan", "--paper", "--data", data, *TINY, "--epochs", 1,
        "--output", tmp_path / "run",
    )  # fmt: skip
    assert code == 0, output
    model = zoo.load_model(tmp_path / "run")
    config, usual = model.get_config(), zoo.DCGAN((16, 16, 3)).get_config()
    own = {"name", "filters", "dtype"}
    assert {k for k in usual if config[k] != usual[k]} <= own
    assert float(model.optimizer["generator"].learning_rate) == (
        pytest.approx(2e-4)
    )
    assert "generator: Adam, learning rate 0.0002, beta_1 0.5" in output


# Data


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    """Returns a folder of four classes of three pictures."""
    path = tmp_path_factory.mktemp("classes")
    for name in "abcd":
        draw(path / name, 3)
    return path


def test_labels_where_classes_are_asked_for(classes):
    arguments = {"num_classes": 4}
    for name in ("wgan_gp", "stylegan", "diffusion"):
        settings = default_settings(
            name, data=str(classes), size=16, batch_size=4, arguments=arguments
        )
        made = get_recipe(name).inputs(settings)
        images, labels = next(iter(made.data))
        assert (images.shape, labels.shape) == ((4, 16, 16, 3), (4,))
        assert made.arguments["num_classes"] == 4
    few = default_settings(
        "wgan_gp", data=str(classes), arguments={"num_classes": 3}
    )
    with pytest.raises(
        ValueError, match=r"4 classes.*a, b, c, d.*num_classes=3"
    ):
        get_recipe("wgan_gp").inputs(few)


def test_no_labels_where_there_are_no_classes(folder, classes):
    options = {"size": 16, "batch_size": 4, "on_error": "skip"}
    flat = default_settings("diffusion", data=str(folder), **options)
    with pytest.warns(UserWarning, match="broken.png"):
        made = get_recipe("diffusion").inputs(flat)
    assert next(iter(made.data)).shape == (4, 16, 16, 3)
    assert "num_classes" not in made.arguments
    assert made.note.startswith("Trains without classes.")
    sorted_ones = default_settings("diffusion", data=str(classes), **options)
    assert images_and_labels(sorted_ones).arguments["num_classes"] == 4
    without = default_settings(
        "diffusion",
        data=str(classes),
        arguments={"num_classes": None},
        **options,
    )
    assert images_and_labels(without).arguments == {"image_shape": (16, 16, 3)}
    nothing = default_settings("diffusion", data="fashion_mnst")
    with pytest.raises(ValueError, match="fashion_mnist"):
        images_and_labels(nothing)


@pytest.mark.parametrize("name", ["pix2pix", "cyclegan"])
def test_trains_on_ten_images_of_two_folders(name, tmp_path):
    """Fewer than a grid shows, and for Pix2Pix fewer than a batch."""
    data = f"{draw(tmp_path / 'a', 10)},{draw(tmp_path / 'b', 10)}"
    tiny = ["--set", "filters=2", "--set", "receptive_field=16"]
    tiny += ["--set", "blocks=1"] if name == "cyclegan" else []
    code, output = invoke(
        "train", name, "--data", data, "--size", 16, *tiny, "--epochs", 1,
        "--output", tmp_path / "run",
    )  # fmt: skip
    assert code == 0, output
    expected = {"pix2pix": "1 batches of 10", "cyclegan": "2 batches of 4"}
    assert expected[name] in output
    assert (tmp_path / "run" / "samples" / "epoch-0001.png").is_file()
    assert keras.saving.load_model(tmp_path / "run" / "model.keras").built


def test_pairs_are_skipped_whole(tmp_path):
    folders = draw(tmp_path / "a", 5), draw(tmp_path / "b", 5)
    next(iter(sorted(folders[1].iterdir()))).write_bytes(b"no image")
    data = ",".join(map(str, folders))
    options = {"size": 16, "batch_size": 4, "on_error": "skip"}
    settings = default_settings("pix2pix", data=data, **options)
    with pytest.warns(UserWarning, match="1 of 5 .* left out"):
        made = get_recipe("pix2pix").inputs(settings)
    assert next(iter(made.data))[0].shape == (4, 16, 16, 3)
