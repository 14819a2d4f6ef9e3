"""Train a CycleGAN between two folders of images, and translate both ways.

    python examples/cyclegan.py HORSES ZEBRAS --config small  # minutes, 2 cores
    python examples/cyclegan.py HORSES ZEBRAS --config large  # paper, for a GPU

The folders hold no pairs. Set KERAS_BACKEND to tensorflow, jax or torch. Run
it again with the same --output to go on where it was interrupted.
"""

import argparse
import pathlib

import keras
import numpy as np

import callbacks
import pipelines
import zoo
from zoo.utils.grids import image_grid, save_picture

CONFIGS = {
    "small": {
        "size": 32,
        "load_size": 36,
        "batch_size": 4,
        "model": {"filters": 8, "blocks": 2, "receptive_field": 34},
        "rate": 1e-3,
    },
    "large": {
        "size": 256,
        "load_size": 286,
        "batch_size": 1,
        "model": {},
        "rate": 2e-4,
    },
}


def main():
    """Trains and translates."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("a", help="source of images of domain A")
    parser.add_argument("b", help="source of images of domain B")
    parser.add_argument("--config", choices=CONFIGS, default="small")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--output", type=pathlib.Path, default="runs/cyclegan")
    arguments = parser.parse_args()
    config = CONFIGS[arguments.config]
    keras.utils.set_random_seed(0)

    size, batch_size = config["size"], config["batch_size"]
    jitter = {"load_size": config["load_size"], "flip": True, "cache": True}
    data = pipelines.unpaired_images(
        arguments.a, arguments.b, size, batch_size, **jitter
    )
    model = zoo.CycleGAN((size, size, 3), **config["model"])
    half = max(1, arguments.epochs * len(data) // 2)
    rates = [
        zoo.learning_rates.LinearDecay(config["rate"], half, half)
        for _ in model.players
    ]
    model.compile(
        generator_optimizer=keras.optimizers.Adam(rates[0], beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(rates[1], beta_1=0.5),
    )
    state = callbacks.TrainingState(arguments.output / "state")
    model.fit(data, epochs=arguments.epochs, callbacks=[state])

    shown = pipelines.images(arguments.a, size, 4, channels=3, shuffle=False)
    images = np.asarray(next(iter(shown)))
    translated = model.translate(images, "a_to_b")  # (4, size, size, 3)
    back = model.translate(translated, "b_to_a")
    rows = np.concatenate([images, translated, back])
    path = arguments.output / "translated.png"
    save_picture(image_grid(rows, columns=4), path)
    print(f"Images, translations, and these translated back: {path}")


if __name__ == "__main__":
    main()
