"""The command line, as a person uses it."""

import dataclasses
import json
import subprocess
import sys

import keras
import numpy as np
import pytest
from PIL import Image
from support.harness import NEXT_BACKEND, environment, invoke, run, tiny_dcgan

import pipelines
import zoo
from zoo.commands import evaluating
from zoo.commands.training_log import columns_of
from zoo.environment import asked_backend
from zoo.recipes.optimizers import falling_adam
from zoo.recipes.recipe import RECIPES
from zoo.recipes.settings import default_settings

TINY = ["--size", "16", "--batch-size", "8", "--set", "filters=2"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Returns a folder of 24 coloured pictures of 20 pixels."""
    path = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(0)
    for i in range(24):
        pixels = random.integers(0, 256, (20, 20, 3), dtype="uint8")
        Image.fromarray(pixels).save(path / f"{i}.png")
    return path


@pytest.fixture(scope="module")
def trained(folder, tmp_path_factory):
    """Returns the directory of a training of two epochs."""
    path = tmp_path_factory.mktemp("runs") / "first"
    code, output = invoke(
        "train", "dcgan", "--data", folder, *TINY, "--epochs", 2,
        "--output", path,
    )  # fmt: skip
    assert code == 0, output
    assert output.endswith(f"the model is {path / 'model.keras'}")
    assert f"{keras.backend.backend()} backend" in output
    return path


def test_train_leaves_all_that_it_says(trained):
    found = {str(f.relative_to(trained)) for f in trained.rglob("*.*")}
    assert found == {
        ".lock",
        "state/.lock",
        "losses.csv",
        "losses.png",
        "model.keras",
        "settings.json",
        "state/epoch-000001.keras",
        "state/epoch-000002.keras",
        "samples/epoch-0000.png",
        "samples/epoch-0001.png",
        "samples/epoch-0002.png",
        "samples/training.gif",
    }
    assert len((trained / "losses.csv").read_text().splitlines()) == 3
    assert json.loads((trained / "settings.json").read_text())["size"] == 16
    model = keras.saving.load_model(trained / "model.keras")
    assert model.image_shape == (16, 16, 3)
    assert model.optimizer["generator"].iterations.numpy() == 2 * 3


def test_sample(trained, tmp_path):
    picture = tmp_path / "new" / "grid.png"
    arguments = ["--count", 6, "--columns", 3, "--seed", 1, "--output"]
    code, output = invoke("sample", trained, *arguments, picture)
    assert code == 0, output
    first = np.array(Image.open(picture))
    assert first.shape == (2 * 68, 3 * 68, 3)
    invoke("sample", trained / "model.keras", *arguments, picture)
    np.testing.assert_array_equal(np.array(Image.open(picture)), first)
    apart = tmp_path / "apart"
    code, output = invoke(
        "sample", trained, *arguments[:-1], "--separate", apart
    )
    assert (code, str(apart) in output) == (0, True), output
    files = sorted(apart.iterdir())
    assert [file.name for file in files] == [f"{i:05}.png" for i in range(6)]
    tile = np.array(Image.open(files[4])).repeat(4, axis=0).repeat(4, axis=1)
    np.testing.assert_array_equal(tile, first[70:134, 70:134])
    code, output = invoke(
        "sample", trained, *arguments[:-1], "--separate", apart
    )
    assert (code, "numbered pictures" in output) == (2, True)
    same_latents = ["--set", "temperature=0", "--set", "batch_size=4"]
    invoke("sample", trained, *arguments, picture, *same_latents)
    alike = np.array(Image.open(picture))
    np.testing.assert_array_equal(alike[:68, :68], alike[68:, 136:])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("temperature", "NAME=VALUE"),
        ("temperature=-1", "`temperature` must be"),
        ("temperature=warm", "`temperature` must be"),
        ("steps=10", "batch_size, temperature"),
        ("count=3", "no argument 'count'"),
    ],
)
def test_wrong_arguments_of_generate(trained, tmp_path, value, message):
    picture = tmp_path / "grid.png"
    code, output = invoke(
        "sample", trained, "--set", value, "--output", picture
    )
    assert (code, message in " ".join(output.split())) == (2, True), output
    assert not picture.exists()


def test_a_translator_draws_no_samples(tmp_path):
    zoo.Pix2Pix((16, 16, 1), filters=2, receptive_field=16).save(
        tmp_path / "m.keras"
    )
    for options in ((), ("--set", "temperature=1")):
        code, output = invoke("sample", tmp_path / "m.keras", *options)
        assert (code, "zoo translate" in output) == (2, True), output


def test_the_same_command_goes_on(folder, trained):
    arguments = ["train", "dcgan", "--data", folder, *TINY, "--output", trained]
    code, output = invoke(*arguments, "--epochs", 2)
    assert (code, "already run 2 epochs" in output) == (2, True)
    # As after a kill between the log's line and the state's file.
    with open(trained / "losses.csv", "a") as file:
        file.write("2,0.1,0.2,0.3,0.6,NA,NA,NA,NA\n3,0.")
    code, output = invoke(*arguments, "--epochs", 3)
    assert code == 0, output
    rows = (trained / "losses.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["epoch", "0", "1", "2"]
    assert rows[-1].split(",")[1] != "0.1"
    # As after a kill between the last state and the files of the end.
    (trained / "model.keras").unlink()
    (trained / "samples" / "training.gif").unlink()
    settings = json.loads((trained / "settings.json").read_text())
    assert settings.pop("finished") == 3
    (trained / "settings.json").write_text(json.dumps(settings))
    code, output = invoke(*arguments, "--epochs", 3)
    assert code == 0, output
    assert (trained / "model.keras").is_file()
    with Image.open(trained / "samples" / "training.gif") as film:
        assert film.n_frames == 4
    assert (trained / "losses.csv").read_text().splitlines() == rows
    code, output = invoke(*arguments, "--epochs", 3)
    assert (code, "already run 3 epochs" in output) == (2, True)

    code, output = invoke(*arguments, "--seed", 1)
    assert (code, "Received: seed=1" in output) == (2, True)
    code, output = invoke(*arguments, "--seed", 1, "--epochs", 1, "--overwrite")
    assert code == 0, output
    assert len((trained / "losses.csv").read_text().splitlines()) == 2


def test_rates_follow_the_steps_of_this_training(folder, tmp_path):
    """Three batches an epoch: 6 updates, then 9 as it goes on for longer."""
    arguments = ["train", "dcgan_fashion_mnist", "--data", folder, *TINY]
    arguments += ["--set", "latent_dim=2", "--output", tmp_path]
    for epochs in (2, 3):
        code, output = invoke(*arguments, "--epochs", epochs)
        assert code == 0, output
        assert "generator_learning_rate" in output
    expected = [
        1e-3 * (1 + np.cos(np.pi * update / of)) / 2
        for update, of in ((2, 6), (5, 6), (8, 9))
    ]
    for player in ("generator", "discriminator"):
        rates = columns_of(tmp_path / "losses.csv")[f"{player}_learning_rate"]
        np.testing.assert_allclose(rates, expected, rtol=1e-4)


@pytest.mark.filterwarnings("ignore:.*too few")
@pytest.mark.filterwarnings("ignore:overflow|invalid:RuntimeWarning")
def test_a_training_that_diverges_loses_nothing(folder, tmp_path, monkeypatch):
    """Of the second epoch nothing is kept, of the first one all."""
    arguments = ["train", "dcgan_fashion_mnist", "--data", folder, *TINY]
    arguments += ["--set", "latent_dim=2", "--output", tmp_path]
    arguments += ["--features", "fashion_mnist", "--samples", 20]
    code, output = invoke(*arguments, "--epochs", 1)
    assert code == 0, output
    kept = ["best.keras", "model.keras", "losses.csv"]
    kept = [tmp_path / name for name in (*kept, "state/epoch-000001.keras")]
    before = [path.read_bytes() for path in kept]
    name = "dcgan_fashion_mnist"
    recipe = dataclasses.replace(
        RECIPES[name],
        optimizers=lambda updates: falling_adam(
            updates, generator=1e30, discriminator=1e30
        ),
    )
    monkeypatch.setitem(RECIPES, name, recipe)
    code, output = invoke(*arguments, "--epochs", 2)
    assert code == 2
    assert "The training diverged in epoch 2" in output
    assert [path.read_bytes() for path in kept] == before
    assert len(list((tmp_path / "state").glob("*.keras"))) == 1
    monkeypatch.undo()
    code, output = invoke(*arguments, "--epochs", 2)
    assert code == 0, output
    assert columns_of(tmp_path / "losses.csv")["epoch"] == [0, 1]


def test_goes_on_with_a_log_without_rates(folder, tmp_path):
    """As earlier versions wrote it."""
    arguments = ["train", "dcgan", "--data", folder, *TINY]
    arguments += ["--output", tmp_path]
    invoke(*arguments, "--epochs", 1)
    log = tmp_path / "losses.csv"
    losses = columns_of(log)
    kept = [n for n in losses if not n.endswith("_rate")]
    names = [*kept, *(f"val_{n}" for n in kept if n != "epoch")]
    row = [0, *(losses[n][0] if n in losses else "NA" for n in names[1:])]
    log.write_text(f"{','.join(names)}\n{','.join(map(str, row))}\n")
    code, output = invoke(*arguments, "--epochs", 2)
    assert code == 0, output
    found = columns_of(log)
    assert found["epoch"] == [0, 1]
    assert found["generator_loss"][0] == losses["generator_loss"][0]
    assert "generator_learning_rate" not in found  # Not of all epochs.
    assert log.read_text().splitlines()[2].count("0.001") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "dgan"], "Did you mean 'dcgan'"),
        (["train", "dcgan", "--data", "fashion_mnst"], "fashion_mnist"),
        (["train", "dcgan", "--data", "./nowhere"], "nowhere"),
        (["train", "dcgan", "--size", "48"], "16, 32, 64, 128, 256"),
        (["train", "dcgan", "--backend", "mxnet"], "'jax', 'torch'"),
        (["train", "dcgan", "--dtype", "int8"], "'mixed_bfloat16'"),
        (["train", "dcgan", "--epochs", "0"], "greater than or equal to 1"),
        (["train", "dcgan", "--set", "filters"], "NAME=VALUE"),
        (["train", "dcgan", "--set", "filters=0"], "Received: filters=0"),
        (["train", "dcgan", "--set", "fliters=8"], "fliters"),
        (["sample", "nowhere"], "Expected a preset"),
        (["evaluate", "nowhere"], "Expected a preset"),
    ],
)
def test_wrong_values(arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, output = invoke(*arguments)
    assert code == 2
    assert message in output


def test_wrong_files(folder, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    code, output = invoke("train", "dcgan", "--data", empty)
    assert (code, "jpg" in output) == (2, True)
    whole = next(iter(folder.iterdir())).read_bytes()
    (empty / "cut.png").write_bytes(whole[:100])
    code, output = invoke(
        "train", "dcgan", "--data", empty, "--output", tmp_path / "run"
    )
    assert (code, "cut.png" in output) == (2, True)
    assert not (tmp_path / "run" / "settings.json").exists()
    (tmp_path / "file").write_text("in the way")
    code, output = invoke(
        "train", "dcgan", "--data", folder, "--output", tmp_path / "file" / "x"
    )
    assert (code, "Can't write to the output" in output) == (2, True)
    (tmp_path / "no.keras").write_text("not a model")
    code, output = invoke("sample", tmp_path / "no.keras")
    assert (code, "no.keras" in output) == (2, True)


@pytest.fixture
def few_clothes(tmp_path, monkeypatch):
    """Lets a recipe's own data be 1,500 images, and its cache a new one."""
    images, labels = pipelines.fashion_mnist_10k()
    few = images[:1500], labels[:1500]
    monkeypatch.setattr(pipelines.fashion, "fashion_mnist_10k", lambda: few)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))


@pytest.mark.usefixtures("few_clothes")
def test_distance_of_each_epoch_and_best_model(tmp_path):
    """On the recipe's own data, whose features come with the package."""
    arguments = ["train", "dcgan", "--set", "filters=2", "--batch-size", 100]
    arguments += ["--epochs", 3, "--samples", 500, "--output", tmp_path]
    code, output = invoke(*arguments)
    assert code == 0, output
    rows = (tmp_path / "losses.csv").read_text().splitlines()
    column = rows[0].split(",").index("fd_fashion_mnist_500")
    distances = [float(row.split(",")[column]) for row in rows[1:]]
    assert len(distances) == 3
    assert min(distances) < 0.99 * max(distances)
    assert (tmp_path / "distance.png").is_file()

    values = tmp_path / "values.json"
    code, output = invoke(
        "evaluate", tmp_path / "best.keras", "--reference",
        "fashion_mnist_10k", "--features", "fashion_mnist", "--metrics",
        "fid,is", "--count", 500, "--output", values,
    )  # fmt: skip
    assert code == 0, output
    values = json.loads(values.read_text())
    assert set(values) == {"fd_fashion_mnist_500", "is_fashion_mnist_500"}
    assert values["fd_fashion_mnist_500"] == pytest.approx(
        min(distances), rel=1e-3
    )


@pytest.mark.filterwarnings("default:.*too few")
def test_features_may_be_chosen(folder, tmp_path):
    arguments = ["train", "dcgan", "--data", folder, *TINY, "--epochs", 1]
    features = ["--features", "fashion_mnist", "--samples", 20]
    code, output = invoke(*arguments, *features, "--output", tmp_path)
    assert code == 0, output
    assert "Warning: 20 samples are too few" in output
    assert "fd_fashion_mnist_20" in (tmp_path / "losses.csv").read_text()
    other = ["--features", "fashion_mnst", "--output", tmp_path / "other"]
    code, output = invoke(*arguments, *other)
    assert (code, "Did you mean 'fashion_mnist'?" in output) == (2, True)
    settings = default_settings("dcgan", features="none")
    assert settings.features is None
    assert default_settings("dcgan").features == "fashion_mnist"
    assert default_settings("dcgan").samples == 2000
    assert default_settings("dcgan", data="mine").features is None


def test_evaluate_two_folders(folder, tmp_path):
    arguments = ["--features", "fashion_mnist", "--metrics", "pr,dc"]
    code, output = invoke(
        "evaluate", "--images", folder, "--reference", folder, *arguments
    )
    assert code == 0, output
    assert "precision_fashion_mnist_24 │ 1" in output
    assert "coverage_fashion_mnist_24" in output
    code, output = invoke("evaluate", "--images", folder, *arguments)
    assert (code, "need real images" in output) == (2, True)
    code, output = invoke("evaluate", "--reference", folder)
    assert (code, "Expected a model, or --images" in output) == (2, True)
    arguments[-1] = "kidd"
    code, output = invoke("evaluate", "--images", folder, *arguments)
    assert (code, "kidd" in output) == (2, True)


@pytest.mark.backend_free
def test_asked_backend():
    assert asked_backend(["zoo", "train", "--backend", "jax"]) == "jax"
    assert asked_backend(["zoo", "train", "--backend=torch"]) == "torch"
    assert asked_backend(["zoo", "train"]) is None
    assert asked_backend(["zoo", "train", "--backend"]) is None


def test_backend_option_and_quiet_start(trained, tmp_path):
    """As a command of its own, where the backend is still to be picked.

    Each backend asks for the next, so that each is asked for in one run. Its
    environment is a person's: JAX, once imported, sets a level of logging.
    """
    own = environment()
    del own["TF_CPP_MIN_LOG_LEVEL"]
    command = [sys.executable, "-m", "zoo", "sample", str(trained)]
    command += ["--backend", NEXT_BACKEND]
    command += ["--output", str(tmp_path / "grid.png")]
    done = subprocess.run(command, capture_output=True, text=True, env=own)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Wrote 64 samples to")
    assert done.stderr == ""


@pytest.mark.backend_free
def test_help():
    code, out, _ = run("-m", "zoo", "train", "--help")
    assert code == 0
    for option in ("--data", "--size", "--epochs", "--backend", "--output"):
        assert option in out


def test_compare(tmp_path, monkeypatch):
    """One table of models, with the real images that none can beat."""
    every = evaluating.all_images

    def some(*source, **options):
        return every(*source, **options).take(3)

    monkeypatch.setattr(evaluating, "all_images", some)
    code, output = invoke(
        "compare", "dcgan_fashion_mnist", "conditional_gan_fashion_mnist",
        "--count", 140, "--output", tmp_path / "table.json",
    )  # fmt: skip
    assert code == 0, output
    rows = json.loads((tmp_path / "table.json").read_text())
    assert list(rows) == [
        "dcgan_fashion_mnist",
        "conditional_gan_fashion_mnist",
        "real test images",
    ]
    distances = [row["fd_fashion_mnist_140"] for row in rows.values()]
    assert min(distances) == distances[-1] > 0
    assert "conditional_gan_fashion_mnist" in output


def test_compare_needs_one_shape(tmp_path):
    tiny_dcgan().save(tmp_path / "other.keras")
    code, output = invoke(
        "compare", "dcgan_fashion_mnist", tmp_path / "other.keras"
    )
    assert code == 2
    assert "of the same shape" in output
