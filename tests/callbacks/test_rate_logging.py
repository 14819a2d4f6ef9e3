"""Learning rates in the logs, and warnings of those that are 0."""

import keras
import pytest
from support.harness import random_images, tiny_dcgan

import callbacks
from zoo.engine.learning_rates import LinearDecay, rate_at


def adam(*arguments):
    return keras.optimizers.Adam(LinearDecay(*arguments))


def test_logs_the_rate_of_the_last_update():
    model = tiny_dcgan(discriminator_steps=2)
    model.compile(
        generator_optimizer=keras.optimizers.Adam(3e-4),
        discriminator_optimizer=adam(1.0, 0, 12),
    )
    history = model.fit(
        random_images(6),
        batch_size=2,
        epochs=2,
        verbose=0,
        callbacks=[callbacks.LearningRates()],
    ).history
    # Of twelve updates, the sixth and the twelfth.
    rates = history["discriminator_learning_rate"]
    assert rates == pytest.approx([7 / 12, 1 / 12])
    assert history["generator_learning_rate"] == pytest.approx([3e-4, 3e-4])
    made = {k: int(v.iterations) for k, v in model.optimizer.members.items()}
    assert made == model.updates(6) == {"discriminator": 12, "generator": 6}
    assert rate_at(model.optimizer["discriminator"], 12) == 0


def test_warns_of_an_epoch_at_a_rate_of_zero():
    """The first epoch's second half is at 0, the second one throughout."""
    model = tiny_dcgan()
    model.compile(generator_optimizer=adam(0.1, 0, 2))
    images = random_images(4)
    model.fit(images, batch_size=1, epochs=1, verbose=0)
    with pytest.warns(UserWarning, match="'generator' was 0 for a whole epoch"):
        model.fit(images, batch_size=1, epochs=1, verbose=0)


def test_rises_and_falls_within_an_epoch_without_a_warning():
    decay = keras.optimizers.schedules.CosineDecay(
        0.0, 2, warmup_target=0.1, warmup_steps=2
    )
    model = tiny_dcgan()
    model.compile(generator_optimizer=keras.optimizers.Adam(decay))
    model.fit(random_images(6), batch_size=1, epochs=1, verbose=0)
    assert rate_at(model.optimizer["generator"], 0) == 0
    assert rate_at(model.optimizer["generator"], 5) == 0


def test_progress_shows_small_rates(capsys):
    model = tiny_dcgan()
    shown = [callbacks.LearningRates(), callbacks.Progress()]
    model.fit(random_images(4), verbose=0, callbacks=shown)
    assert "generator_learning_rate 2.00e-04" in capsys.readouterr().out
