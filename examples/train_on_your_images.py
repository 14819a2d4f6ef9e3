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

CONFIGS = {
    "small": {"size": 32, "filters": 16, "batch_size": 32},
    "large": {"size": 128, "filters": 64, "batch_size": 64},
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
    model = zoo.DCGAN(
        tuple(images.element_spec.shape[1:]),
        filters=config["filters"],
        ema_decay=0.995,
    )
    model.compile(
        generator_optimizer=keras.optimizers.Adam(5e-4, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(5e-4, beta_1=0.5),
    )
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
