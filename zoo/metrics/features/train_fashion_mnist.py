"""Trains the classifier behind the `fashion_mnist` features.

Run where this project is installed:

    TF_ENABLE_ONEDNN_OPTS=1 python -m zoo.metrics.features.train_fashion_mnist

Writes `fashion_mnist.weights.h5` and `fashion_mnist.json` beside this file,
and its log to `fashion_mnist.log`. The recipe was fixed beforehand: all 60,000
training images, no validation set, and the test set is looked at once, after
the last step. `--holdout 5000` leaves training images out, evaluates on those
and writes nothing: for trying other recipes.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import math
import sys
import time

import keras
import numpy as np
from keras import ops

from pipelines import fashion_mnist as load
from zoo import files
from zoo.metrics.features import fashion_mnist

SEED = 0
BATCH_SIZE = 256
PEAK_RATE = 4e-3
WARM_UP = 0.2  # Share of all steps.
WEIGHT_DECAY = 0.02
LABEL_SMOOTHING = 0.05
SHIFT = 2  # Pixels.
RECIPE = {
    "optimizer": "AdamW",
    "batch_size": BATCH_SIZE,
    "schedule": "one cycle: linear warm-up, then half a cosine to 0",
    "peak_rate": PEAK_RATE,
    "warm_up": WARM_UP,
    "weight_decay": WEIGHT_DECAY,
    "label_smoothing": LABEL_SMOOTHING,
    "augmentation": f"flips, shifts by up to {SHIFT} pixels each way",
    "selection": "none: fixed recipe, last step, test set looked at once",
}
LOG = fashion_mnist.METADATA.with_suffix(".log")


@keras.saving.register_keras_serializable(package="zoo")
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """Linear rise to the peak, then half a cosine to zero.

    Args:
        peak: Largest learning rate.
        steps: Number of all steps.
        warm_up: Share of the steps in which it rises, in (0, 1).
    """

    def __init__(self, peak: float, steps: int, warm_up: float):
        self.peak, self.steps, self.warm_up = peak, steps, warm_up

    def __call__(self, step):
        """Returns the learning rate at a step."""
        done = ops.cast(step, "float32") / self.steps
        rise = (done + 1 / self.steps) / self.warm_up
        fall = ops.clip((done - self.warm_up) / (1 - self.warm_up), 0, 1)
        fall = (1 + ops.cos(math.pi * fall)) / 2
        return self.peak * ops.minimum(rise, fall)

    def get_config(self) -> dict:
        """Returns the arguments."""
        return {
            "peak": self.peak,
            "steps": self.steps,
            "warm_up": self.warm_up,
        }


class Batches(keras.utils.PyDataset):
    """Shuffled, augmented batches; each epoch depends on (seed, epoch) alone.

    Args:
        images: uint8 `(n, 32, 32, 1)` in [0, 255].
        labels: uint8 `(n,)` in [0, 9].
        seed: Seed of order and augmentation.
    """

    def __init__(self, images: np.ndarray, labels: np.ndarray, seed: int):
        super().__init__()
        self.images, self.labels = images, labels
        self.targets = np.eye(fashion_mnist.CLASSES, dtype=np.float32)
        self.seed, self.epoch = seed, 0
        self.on_epoch_begin()

    def __len__(self) -> int:
        return len(self.images) // BATCH_SIZE

    def on_epoch_begin(self) -> None:
        """Draws the epoch's order."""
        random = np.random.default_rng([self.seed, self.epoch])
        self.order = random.permutation(len(self.images))
        self.epoch += 1

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        random = np.random.default_rng([self.seed, self.epoch, index, 1])
        chosen = self.order[index * BATCH_SIZE : (index + 1) * BATCH_SIZE]
        images = augment(self.images[chosen], random)
        return images, self.targets[self.labels[chosen]]


def augment(images: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Flips half of the images and shifts each by up to two pixels.

    Args:
        images: uint8 `(batch, 32, 32, 1)`; their ground is black.
        random: Generator of the choices.

    Returns:
        float32 `(batch, 32, 32, 1)` in [0, 255].
    """
    count, size = images.shape[:2]
    margin = (SHIFT, SHIFT)
    padded = np.pad(images[..., 0], ((0, 0), margin, margin))
    top, left = random.integers(0, 2 * SHIFT + 1, (2, count, 1))
    rows = top + np.arange(size)
    columns = left + np.arange(size)
    flipped = random.random(count) < 0.5
    columns[flipped] = columns[flipped, ::-1]
    which = np.arange(count)[:, None, None]
    shifted = padded[which, rows[:, :, None], columns[:, None, :]]
    return shifted[..., None].astype(np.float32)


def train(
    images: np.ndarray, labels: np.ndarray, epochs: int, seed: int
) -> keras.Model:
    """Trains the network.

    Args:
        images: uint8 `(n, 32, 32, 1)` in [0, 255].
        labels: uint8 `(n,)` in [0, 9].
        epochs: How often each image is seen.
        seed: Seed of weights, order and augmentation.

    Returns:
        The trained network, from images to `[pool, logits]`.
    """
    keras.utils.set_random_seed(seed)
    network = fashion_mnist.build_network()
    batches = Batches(images, labels, seed)
    classifier = keras.Model(network.input, network.output[1])
    rate = OneCycle(PEAK_RATE, epochs * len(batches), WARM_UP)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY)
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    classifier.compile(
        optimizer,
        keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=LABEL_SMOOTHING
        ),
        metrics=["accuracy"],
        jit_compile=keras.backend.backend() == "jax",
    )
    log = keras.callbacks.CSVLogger(str(LOG))
    classifier.fit(batches, epochs=epochs, verbose=2, callbacks=[log])
    return network


def accuracy(
    network: keras.Model, images: np.ndarray, labels: np.ndarray
) -> float:
    """Returns the share of images that are classified as labelled."""
    images = images.astype(np.float32)
    _, logits = network.predict(images, batch_size=500, verbose=0)
    return float(np.mean(np.argmax(logits, axis=-1) == labels))


def write(network: keras.Model, facts: dict) -> None:
    """Writes the weights, and what is known of them, beside this file."""
    with files.replacing(fashion_mnist.WEIGHTS) as path:
        # Its name has to end so; that of a temporary file does.
        network.save_weights(path)
    content = fashion_mnist.WEIGHTS.read_bytes()
    facts = {**facts, "sha256": hashlib.sha256(content).hexdigest()}
    with files.replacing(fashion_mnist.METADATA) as path:
        path.write_text(json.dumps(facts, indent=2) + "\n")


def main() -> None:
    """Trains, evaluates and writes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--holdout", type=int, default=0)
    options = parser.parse_args()

    images, labels = load("train")
    images = fashion_mnist.prepare(images[..., None])
    start = time.perf_counter()
    kept = len(images) - options.holdout
    network = train(images[:kept], labels[:kept], options.epochs, options.seed)
    seconds = time.perf_counter() - start
    if options.holdout:
        print("held out:", accuracy(network, images[kept:], labels[kept:]))
        return
    images, labels = load("test")
    facts = {
        "test_accuracy": accuracy(
            network, fashion_mnist.prepare(images[..., None]), labels
        ),
        "parameters": network.count_params(),
        "training_images": kept,
        "epochs": options.epochs,
        "seed": options.seed,
        "recipe": RECIPE,
        "backend": keras.backend.backend(),
        "keras": keras.version(),
        "duration_seconds": round(seconds),
        "command": " ".join(["python", "-m", __spec__.name, *sys.argv[1:]]),
        "date": datetime.date.today().isoformat(),
    }
    write(network, facts)
    print(json.dumps(facts, indent=2))


if __name__ == "__main__":
    main()
