"""Metrics in the logs of a training."""

import keras
import pytest
from support.harness import random_images, tiny_dcgan
from support.quadrants import Quadrants

import callbacks


def test_callback_logs_for_those_that_follow(tmp_path):
    model = tiny_dcgan()
    evaluate = callbacks.Evaluate(
        ["fd", "is"],
        Quadrants(),
        reference=random_images(300),
        count=50,
        every=2,
        cache=False,
    )
    history = model.fit(
        random_images(32),
        epochs=3,
        verbose=0,
        callbacks=[
            evaluate,
            keras.callbacks.ModelCheckpoint(
                tmp_path / "best.keras",
                monitor="fd_quadrants_50",
                mode="min",
                save_best_only=True,
            ),
            keras.callbacks.CSVLogger(str(tmp_path / "log.csv")),
        ],
    ).history
    values = history["fd_quadrants_50"]
    assert values[0] != values[1] == values[2] > 0
    assert "is_quadrants_50" in (tmp_path / "log.csv").read_text()
    best = keras.saving.load_model(tmp_path / "best.keras")
    again = evaluate.evaluator.of_model(best)["fd_quadrants_50"]
    assert again == pytest.approx(min(values), rel=1e-4)
    # Seeded: the same model, the same samples, the same value.
    assert evaluate.evaluator.of_model(best)["fd_quadrants_50"] == again
