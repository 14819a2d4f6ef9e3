"""Train a DCGAN on a folder of your own images.

    python examples/train_on_your_images.py my_photos --config small

The folder is searched with its subfolders for jpg, png, webp, bmp and gif
files. Images are cropped to their centre square and resized; files that can't
be read are skipped and reported. A few thousand images are a good start.
"""

import argparse
import pathlib

import keras

import callbacks
import pipelines
import zoo

QUICK = zoo.recipes.get_recipe("dcgan")
CONFIGS = {
    "small": {
        "size": QUICK.size,
        "batch_size": 32,  # So that a small folder has some.
        "model": QUICK.arguments,
        "optimizers": QUICK.optimizers,
    },
    "large": {
        "size": 128,
        "batch_size": 64,
        "model": {"ema_decay": 0.995},
        "optimizers": None,  # The paper's.
    },
}


def main():
    """Trains."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--config", choices=CONFIGS, default="small")
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--output", type=pathlib.Path, default="runs/yours")
    arguments = parser.parse_args()
    config = CONFIGS[arguments.config]
    keras.utils.set_random_seed(0)

    images = pipelines.images(
        arguments.folder,
        config["size"],
        config["batch_size"],
        flip=True,  # Not for text, or whatever has a left and a right.
        cache=True,  # In memory; a path to a .npy file for large folders.
        on_error="skip",
    )
    model = zoo.DCGAN(tuple(images.element_spec.shape[1:]), **config["model"])
    optimizers = config["optimizers"]  # Without these: the paper's.
    updates = model.updates(arguments.epochs * len(images))
    model.compile(**optimizers(updates) if optimizers else {})
    model.fit(
        images,
        epochs=arguments.epochs,
        callbacks=[
            callbacks.SampleGrid(arguments.output / "samples", every=5),
            callbacks.TrainingState(arguments.output / "state"),
        ],
    )
    model.save(arguments.output / "model.keras")
    print(f"Look at {arguments.output / 'samples' / 'training.gif'}")


if __name__ == "__main__":
    main()
