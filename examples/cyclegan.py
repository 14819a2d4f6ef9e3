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

QUICK = zoo.recipes.get_recipe("cyclegan")
CONFIGS = {
    "small": {
        "size": QUICK.size,
        "batch_size": QUICK.batch_size,
        "model": QUICK.arguments,
        "rate": zoo.recipes.cyclegan.RATE,
    },
    "large": {"size": 256, "batch_size": 1, "model": {}, "rate": 2e-4},
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
    data = pipelines.unpaired_images(
        arguments.a, arguments.b, size, batch_size, flip=True, cache=True
    )
    model = zoo.CycleGAN((size, size, 3), **config["model"])
    # The rate falls to 0 in the second half, as in the paper.
    updates = model.updates(arguments.epochs * len(data))
    model.compile(**zoo.recipes.cyclegan.adam(config["rate"], updates))
    state = callbacks.TrainingState(arguments.output / "state")
    model.fit(data, epochs=arguments.epochs, callbacks=[state])

    shown = pipelines.images(arguments.a, size, 4, channels=3, shuffle=False)
    images = np.asarray(next(iter(shown)))
    translated = model.translate(images, "a_to_b")  # (4, size, size, 3)
    back = model.translate(translated, "b_to_a")
    rows = np.concatenate([images, translated, back])
    path = arguments.output / "translated.png"
    zoo.save_picture(zoo.image_grid(rows, columns=4), path)
    print(f"Images, translations, and these translated back: {path}")


if __name__ == "__main__":
    main()
