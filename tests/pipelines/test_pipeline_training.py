"""What trains on the pipelines: strategies, and Keras' `fit`."""

import keras
import numpy as np
import pytest
from support.harness import run

import pipelines

STRATEGY = """
import sys
import numpy as np
import tensorflow as tf
import pipelines

loaded = {"keras_cv", "tensorflow_datasets", "zoo"}
assert not loaded & set(sys.modules), "importing pipelines imports too much"

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(
    cpu, [tf.config.LogicalDeviceConfiguration()] * 2
)
strategy = tf.distribute.MirroredStrategy(["cpu:0", "cpu:1"])
images = np.arange(10, dtype=np.uint8).reshape(10, 1, 1)

def read(iterator, steps):
    for _ in range(steps):
        yield [
            np.rint((part.numpy()[:, 0, 0, 0] + 1) * 127.5).astype(int).tolist()
            for part in strategy.experimental_local_results(next(iterator))
        ]

def alone(**options):
    for batch in pipelines.images(images, 1, 4, **options).take(5):
        yield np.rint((batch.numpy().ravel() + 1) * 127.5).astype(int).tolist()

for options, sizes in [
    ({}, [[2, 2]] * 2),
    ({"drop_remainder": False}, [[2, 2], [2, 2], [1, 1]]),
    ({"repeat": True}, [[2, 2]] * 5),
]:
    dataset = pipelines.images(images, 1, 4, **options)
    spread = strategy.experimental_distribute_dataset(dataset)
    del dataset
    got = list(read(iter(spread), len(sizes)))
    assert [[len(part) for part in parts] for parts in got] == sizes, got
    assert [sum(parts, []) for parts in got] == list(alone(**options)), got
    pipelines.set_epoch(0)
    assert list(read(iter(spread), len(sizes))) == got
print("as expected")
"""


@pytest.mark.backend_free
def test_mirrored_strategy_divides_the_batch():
    _, out, err = run("-c", STRATEGY)
    assert out == "as expected\n", err[-3000:]


class SetEpoch(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        pipelines.set_epoch(epoch, steps_per_epoch=3)


def fit(epochs, initial_epoch=0, weights=None, **options):
    """Train a linear model; return each epoch's loss, and the weights."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (10, 2, 2), np.uint8)
    dataset = pipelines.images(images, 2, 3, flip=True, **options)
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((2, 2, 1)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    if weights is not None:
        model.set_weights(weights)
    history = model.fit(
        dataset.map(lambda batch: (batch, batch[:, 0, 0, 0])),
        epochs=epochs,
        initial_epoch=initial_epoch,
        steps_per_epoch=3 if options.get("repeat") else None,
        callbacks=[SetEpoch()],
        shuffle=False,  # or Keras warns that a dataset has its own order
        verbose=0,
    )
    return history.history["loss"], model.get_weights()


# Keras turns TensorFlow's tensors into arrays for JAX and PyTorch that way.
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept")
@pytest.mark.parametrize("repeat", [False, True])
def test_fit_resumes_exactly(repeat):
    whole, weights = fit(4, repeat=repeat)
    first, middle = fit(2, repeat=repeat)
    rest, final = fit(4, 2, middle, repeat=repeat)
    assert first + rest == whole
    assert len(set(whole)) == 4
    for left, right in zip(weights, final, strict=True):
        np.testing.assert_array_equal(left, right)
