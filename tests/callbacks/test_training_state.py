"""States of trainings: which are kept, and that no kill can break one."""

import random
import signal
import time

import keras
import numpy as np
import pytest
from support.harness import ROOT, random_images, start, tiny_dcgan

import callbacks
from zoo.engine.finite import not_finite
from zoo.engine.learning_rates import LinearDecay, rates_of

WORKER = ROOT / "tests" / "support" / "resume_worker.py"


def test_kill_while_saving_leaves_a_state_to_resume(tmp_path):
    for _ in range(2):
        process = start(WORKER, tmp_path)
        assert process.stdout.readline() == "ready\n"
        deadline = time.time() + 120
        while not callbacks.TrainingState(tmp_path).saved():
            assert time.time() < deadline
            time.sleep(0.05)
        time.sleep(random.Random(time.time()).uniform(0, 0.6))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        state = callbacks.TrainingState(tmp_path)
        assert state.epoch > 0
        model = tiny_dcgan()
        history = model.fit(
            random_images(16),
            epochs=state.epoch + 1,
            verbose=0,
            callbacks=[state],
        )
        assert len(history.epoch) == 1
        assert not list(tmp_path.glob(".*.keras"))


def test_keeps_the_newest_two_and_falls_back(tmp_path, caplog):
    images = random_images(16)
    state = callbacks.TrainingState(tmp_path)
    tiny_dcgan().fit(images, epochs=4, verbose=0, callbacks=[state])
    names = [f.name for f in state.saved()]
    assert names == ["epoch-000004.keras", "epoch-000003.keras"]
    newest = state.saved()[0]
    newest.write_bytes(newest.read_bytes()[:-500])

    model = tiny_dcgan()
    history = model.fit(images, epochs=4, verbose=0, callbacks=[state])
    assert history.epoch == [3]
    assert "damaged" in caplog.text


def poison(model):
    """Lets a kernel hold NaN, as after a loss that diverged."""
    kernel = model.generator.trainable_variables[0]
    kernel.assign(kernel * float("nan"))


def test_never_saves_a_state_that_is_not_finite(tmp_path, caplog):
    images, model = random_images(16), tiny_dcgan()
    state = callbacks.TrainingState(tmp_path)
    model.fit(images, epochs=2, verbose=0, callbacks=[state])
    poison(model)
    then = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: poison(model)
    )
    model.fit(images, epochs=4, verbose=0, callbacks=[then, state])
    assert state.epoch == 2
    assert len(state.saved()) == 2
    assert caplog.text.count("is not saved, since it is not finite") == 2
    assert "epoch-000002.keras" in caplog.text


def test_passes_over_a_state_that_is_not_finite(tmp_path, caplog):
    """As an earlier version left it; what comes after takes its place."""
    images = random_images(16)
    state = callbacks.TrainingState(tmp_path)
    model = tiny_dcgan()
    model.fit(images, epochs=1, verbose=0, callbacks=[state])
    poison(model)
    for epoch in (2, 3):
        keras.Model.save(model, tmp_path / f"epoch-00000{epoch}.keras")
    assert state.epoch == 1
    model = tiny_dcgan()
    history = model.fit(images, epochs=2, verbose=0, callbacks=[state])
    assert history.epoch == [1]
    assert not not_finite(model)
    assert caplog.text.count("is not finite (") == 2
    assert state.epoch == 2
    assert [f.name[-7:] for f in state.saved()] == [
        "3.keras",
        "2.keras",
        "1.keras",
    ]


def test_nothing_readable_is_an_error(tmp_path):
    (tmp_path / "epoch-000001.keras").write_text("not a model")
    state = callbacks.TrainingState(tmp_path)
    with pytest.raises(ValueError, match="No saved training state can be read"):
        tiny_dcgan().fit(random_images(16), verbose=0, callbacks=[state])


def test_state_of_another_model_is_an_error(tmp_path):
    state = callbacks.TrainingState(tmp_path)
    tiny_dcgan().fit(random_images(16), verbose=0, callbacks=[state])
    with pytest.raises(
        ValueError, match=r"Expected latent_dim=9. Received: latent_dim=8"
    ):
        tiny_dcgan(latent_dim=9).fit(
            random_images(16), epochs=2, verbose=0, callbacks=[state]
        )
    other = tiny_dcgan()
    other.compile(generator_optimizer="sgd")
    with pytest.raises(ValueError, match="Expected generator='SGD'"):
        other.fit(random_images(16), epochs=2, verbose=0, callbacks=[state])


def compiled(rate, scheduled=False):
    model = tiny_dcgan()
    for_generator = LinearDecay(rate, 0, 40) if scheduled else rate
    model.compile(
        generator_optimizer=keras.optimizers.Adam(for_generator),
        discriminator_optimizer=keras.optimizers.Adam(1e-3),
    )
    return model


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Directories of states at a rate of 1e-3, without and with a schedule."""
    found = [tmp_path_factory.mktemp(name) for name in ("fixed", "falling")]
    for directory, scheduled in zip(found, (False, True), strict=True):
        state = callbacks.TrainingState(directory)
        compiled(1e-3, scheduled).fit(
            random_images(16), verbose=0, callbacks=[state]
        )
    return found


@pytest.mark.parametrize(
    ("scheduled", "choice", "rate", "text"),
    [
        (False, "saved", 1e-3, "is from here on the saved 0.001, not the mod"),
        (False, "model", 2e-4, "is from here on the model's 0.0002, not the"),
        (True, "saved", 2e-4 * 39 / 40, "the model's LinearDecay(initial_lea"),
    ],
)
def test_another_learning_rate_is_said(
    trained, caplog, scheduled, choice, rate, text
):
    """Only the generator's is another one, and is used for what follows."""
    directory = trained[scheduled]
    model = compiled(2e-4, scheduled)
    state = callbacks.TrainingState(directory, every=9, learning_rate=choice)
    model.fit(random_images(16), epochs=2, verbose=0, callbacks=[state])
    assert int(model.optimizer["generator"].iterations) == 2
    assert rates_of(model.optimizer.members) == pytest.approx(
        {"discriminator": 1e-3, "generator": rate}
    )
    assert text in caplog.text
    assert caplog.text.count("learning rate of") == 1


def test_the_same_learning_rate_is_no_news(trained, caplog):
    state = callbacks.TrainingState(trained[0], every=9)
    images = random_images(16)
    compiled(1e-3).fit(images, epochs=2, verbose=0, callbacks=[state])
    assert caplog.text == ""


def test_another_kind_of_learning_rate_is_an_error(trained):
    for directory, scheduled in zip(trained, (True, False), strict=True):
        state = callbacks.TrainingState(directory)
        with pytest.raises(ValueError, match=r"kind of learning.*Received"):
            compiled(1e-3, scheduled).fit(
                random_images(16), epochs=2, verbose=0, callbacks=[state]
            )
    with pytest.raises(ValueError, match="`learning_rate` must be"):
        callbacks.TrainingState(trained[0], learning_rate="new")


def test_next_fit_of_the_same_model_starts_where_it_wants(tmp_path):
    model = tiny_dcgan()
    images = random_images(16)
    state = callbacks.TrainingState(tmp_path)
    model.fit(images, epochs=2, verbose=0, callbacks=[state])
    model.fit(images, epochs=3, verbose=0, callbacks=[state])
    assert model.fit(images, epochs=2, verbose=0).epoch == [0, 1]


def test_every(tmp_path):
    state = callbacks.TrainingState(tmp_path, every=2)
    model = tiny_dcgan()
    model.fit(random_images(16), epochs=5, verbose=0, callbacks=[state])
    assert state.epoch == 4
    with pytest.raises(ValueError, match="Received: every=0"):
        callbacks.TrainingState(tmp_path, every=0)


def test_unwritable_directory(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="Can't write to the output directory"):
        callbacks.TrainingState(tmp_path / "file" / "state")


def test_keras_load_model_reads_a_state(tmp_path):
    state = callbacks.TrainingState(tmp_path)
    model = tiny_dcgan()
    model.fit(random_images(16), verbose=0, callbacks=[state])
    loaded = keras.saving.load_model(state.saved()[0])
    np.testing.assert_array_equal(
        loaded.generate(3, seed=1), model.generate(3, seed=1)
    )
