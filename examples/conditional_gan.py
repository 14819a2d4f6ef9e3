"""Train a conditional GAN on labelled pictures, and ask it for classes.

    python examples/conditional_gan.py --config small   # minutes on two cores
    python examples/conditional_gan.py --config large   # 64 px, for a GPU

`--data` is a folder with a folder of pictures for each class, or a data set's
name. Writes grids through the training, and `classes.png`: a column for each
class, and in a row the same latents. Set KERAS_BACKEND first.
"""

import argparse
import pathlib

import keras
import numpy as np

import callbacks
import pipelines
import zoo

QUICK = zoo.recipes.get_recipe("conditional_gan")
CONFIGS = {
    "small": {
        "size": QUICK.size,
        "batch_size": QUICK.batch_size,
        "model": QUICK.arguments,
        "optimizers": QUICK.optimizers,
    },
    # The model's own.
    "large": {"size": 64, "batch_size": 128, "model": {}, "optimizers": None},
}
ROWS = 6


def main():
    """Trains, and generates every class from the same latents."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", choices=CONFIGS, default="small")
    parser.add_argument("--data", default=QUICK.data)
    parser.add_argument("--epochs", type=int, default=QUICK.epochs)
    parser.add_argument("--output", type=pathlib.Path, default="runs/classes")
    arguments = parser.parse_args()
    config = CONFIGS[arguments.config]
    keras.utils.set_random_seed(0)

    data = pipelines.labelled_images(
        arguments.data, config["size"], config["batch_size"]
    )
    names = pipelines.class_names(arguments.data)
    shape = tuple(data.element_spec[0].shape[1:])
    model = zoo.ConditionalGAN(shape, len(names), **config["model"])
    model.class_names = names  # For `generate(labels="Bag")`.
    optimizers = config["optimizers"]  # Without these: the paper's.
    updates = model.updates(arguments.epochs * len(data))
    model.compile(**optimizers(updates) if optimizers else {})
    model.fit(
        data,
        epochs=arguments.epochs,
        callbacks=[
            callbacks.SampleGrid(arguments.output / "samples"),
            callbacks.TrainingState(arguments.output / "state"),
        ],
    )
    model.save(arguments.output / "model.keras")

    columns = [
        model.generate(ROWS, seed=0, labels=[label] * ROWS)
        for label in range(len(names))
    ]  # Each (ROWS, size, size, channels).
    images = np.stack(columns, axis=1).reshape(-1, *model.image_shape)
    path = arguments.output / "classes.png"
    zoo.save_picture(zoo.image_grid(images, columns=len(names)), path)
    print(f"{', '.join(names)}: {path}")


if __name__ == "__main__":
    main()
