"""Train Pix2Pix on pairs of images, and translate some.

    python examples/train_pix2pix.py --config small   # minutes on two CPU cores
    python examples/train_pix2pix.py --config large --data facades/train

`--data` is a folder of pictures with source and target side by side; without
it, drawn outlines become discs, at the end others than in training.
"""

import argparse
import pathlib

import keras
import numpy as np

import callbacks
import pipelines
import zoo

QUICK = zoo.recipes.get_recipe("pix2pix")
CONFIGS = {
    "small": {
        "size": 32,
        "batch_size": 8,
        "model": QUICK.arguments,
        "optimizers": zoo.recipes.pix2pix.adam,
    },
    "large": {"size": 256, "batch_size": 1, "model": {}, "optimizers": None},
}


def discs(count, size):
    """Draws outlines beside discs: uint8 `(count, size, 2 size, 3)`."""
    random = np.random.default_rng(0)
    rows, columns = np.mgrid[:size, :size] / size
    x, y = random.uniform(0.3, 0.7, (2, count, 1, 1))
    radius = random.uniform(0.1, 0.3, (count, 1, 1))
    distance = np.hypot(columns - x, rows - y) - radius
    outline = np.where(abs(distance) < 1 / size, 0, 255)
    # Large ones are cyan, small ones blue.
    colour = np.stack([0 * radius, 255 * (radius > 0.2), 255 + 0 * radius], -1)
    disc = np.where(distance[..., None] < 0, colour, 255)
    outline = outline[..., None].repeat(3, axis=-1)
    return np.concatenate([outline, disc], axis=2).astype("uint8")


def main():
    """Trains and translates."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", choices=CONFIGS, default="small")
    parser.add_argument("--data")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--output", type=pathlib.Path, default="runs/pix2pix")
    arguments = parser.parse_args()
    config = CONFIGS[arguments.config]
    keras.utils.set_random_seed(0)

    size, batch_size = config["size"], config["batch_size"]
    drawn = discs(264, size)
    train = pipelines.paired_images(
        arguments.data or drawn[8:], size, batch_size, cache=True
    )
    whole = {"load_size": size, "flip": False, "shuffle": False}
    shown = pipelines.paired_images(arguments.data or drawn, size, 8, **whole)
    model = zoo.Pix2Pix((size, size, 3), **config["model"])
    adam = config["optimizers"]  # Without one: the paper's.
    steps = arguments.epochs * len(train)
    model.compile(**adam(model.updates(steps)) if adam else {})
    state = callbacks.TrainingState(arguments.output / "state")
    model.fit(train, epochs=arguments.epochs, callbacks=[state])
    model.save(arguments.output / "model.keras")

    pairs = np.concatenate(next(iter(shown.as_numpy_iterator())), axis=2)
    picture = zoo.image_grid(model.pictures(8, seed=0, inputs=pairs), columns=2)
    zoo.save_picture(picture, arguments.output / "translated.png")
    print(f"Translated: {arguments.output / 'translated.png'}")


if __name__ == "__main__":
    main()
