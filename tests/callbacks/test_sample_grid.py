"""Pictures of samples, and Keras' own callbacks beside ours."""

import keras
import numpy as np
import pytest
from PIL import Image
from support.harness import random_images, tiny_dcgan

import callbacks
from zoo.utils.grids import image_grid, to_uint8


def test_grids_and_animation(tmp_path):
    model = tiny_dcgan()
    grid = callbacks.SampleGrid(tmp_path, every=2, rows=2, columns=3, seed=5)
    model.fit(random_images(16), epochs=4, verbose=0, callbacks=[grid])
    names = [file.name for file in grid.frames()]
    assert names == ["epoch-0000.png", "epoch-0002.png", "epoch-0004.png"]

    # 2 x 3 tiles of 16 px at 4 times their size, 2 px of white around each.
    pixels = np.array(Image.open(tmp_path / "epoch-0004.png"))
    assert pixels.shape == (2 * 68, 3 * 68)
    expected = to_uint8(model.generate(6, seed=5))[4, ..., 0]
    np.testing.assert_array_equal(pixels[70:134:4, 70:134:4], expected)
    with Image.open(tmp_path / "training.gif") as animation:
        assert animation.n_frames == 3


def test_grids_show_the_averaged_generator(tmp_path):
    model = tiny_dcgan(ema_decay=0.99)
    model.compile(generator_optimizer=keras.optimizers.Adam(1e-2))
    model.fit(random_images(64), batch_size=8, verbose=0)
    latents = np.random.default_rng(0).standard_normal((4, 8), "float32")
    averaged = model.averages["generator"].network
    images = averaged.predict(latents, verbose=0)
    np.testing.assert_allclose(model.generate(4, seed=0), images, atol=1e-6)
    raw = model.generator.predict(latents, verbose=0)
    assert abs(raw - images).max() > 0.1 * abs(images).max()


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_image_grid(channels):
    images = np.full((3, 64, 64, channels), -1.0)
    picture = np.array(image_grid(images, columns=2, padding=1))
    assert picture.shape[:2] == (2 * 66, 2 * 66)
    assert (picture[1:65, 1:65] == 0).all()
    assert (picture[66:, 66:].reshape(66, 66, -1)[..., :2] == 255).all()


def test_to_uint8_rounds_and_clips():
    images = np.array([-1.2, -1, -1 / 255, 0, 1 / 255, 1, 1.2])
    np.testing.assert_array_equal(
        to_uint8(images), [0, 0, 127, 128, 128, 255, 255]
    )


@pytest.mark.parametrize(
    "arguments",
    [{"every": 0}, {"rows": 0}, {"columns": 1.5}, {"animation": "mp4"}],
)
def test_bad_arguments(tmp_path, arguments):
    with pytest.raises(ValueError, match="Received: "):
        callbacks.SampleGrid(tmp_path, **arguments)


def test_unwritable_directory(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="Can't write to the output directory"):
        callbacks.SampleGrid(tmp_path / "file" / "samples")


def test_webp_and_tensorboard(tmp_path):
    from tensorboard.backend.event_processing import event_accumulator

    grid = callbacks.SampleGrid(
        tmp_path,
        rows=1,
        columns=2,
        animation="webp",
        tensorboard=tmp_path / "events",
    )
    tiny_dcgan().fit(random_images(16), verbose=0, callbacks=[grid])
    assert (tmp_path / "training.webp").stat().st_size > 0
    events = event_accumulator.EventAccumulator(str(tmp_path / "events"))
    events.Reload()
    assert [event.step for event in events.Images("samples")] == [0, 1]
    assert events.Images("samples")[0].width == 2 * 68


def test_progress_prints_epochs(capsys):
    model = tiny_dcgan()
    model.fit(
        random_images(16),
        epochs=2,
        verbose=0,
        callbacks=[callbacks.Progress()],
    )
    lines = [x for x in capsys.readouterr().out.splitlines() if x.strip()]
    assert [line.split()[:2] for line in lines] == [
        ["epoch", "1/2"],
        ["epoch", "2/2"],
    ]
    assert "generator_loss" in lines[0]


def test_keras_callbacks(tmp_path):
    images = random_images(32)
    model = tiny_dcgan()
    history = model.fit(
        images,
        validation_data=(images,),
        epochs=3,
        batch_size=16,
        verbose=0,
        callbacks=[
            keras.callbacks.ModelCheckpoint(
                tmp_path / "best.keras",
                monitor="val_generator_loss",
                mode="min",
                save_best_only=True,
            ),
            keras.callbacks.CSVLogger(str(tmp_path / "log.csv")),
            keras.callbacks.TensorBoard(tmp_path / "tensorboard"),
            keras.callbacks.EarlyStopping("generator_loss", mode="min"),
            keras.callbacks.TerminateOnNaN(),
        ],
    ).history
    assert set(history) == {
        f"{prefix}{name}"
        for prefix in ("", "val_")
        for name in ("loss", *model.loss_names)
    }
    keras.saving.load_model(tmp_path / "best.keras")
    rows = (tmp_path / "log.csv").read_text().splitlines()
    assert len(rows) == len(history["loss"]) + 1
    assert list((tmp_path / "tensorboard").rglob("events.*"))


def test_terminate_on_nan_stops():
    model = tiny_dcgan()
    kernel = model.discriminator.trainable_variables[0]
    kernel.assign(kernel * float("nan"))
    stop = keras.callbacks.TerminateOnNaN()
    history = model.fit(
        random_images(64), batch_size=8, epochs=3, verbose=0, callbacks=[stop]
    )
    assert len(history.epoch) == 1
