"""Train a DCGAN with model.fit, watch it, keep it, and sample from it.

    python examples/train_dcgan.py --config small   # minutes on two CPU cores
    python examples/train_dcgan.py --config paper   # 64 px, for a GPU

Set KERAS_BACKEND to tensorflow, jax or torch. Run it again with the same
--output to go on where it was interrupted.
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
        "batch_size": QUICK.batch_size,
        "model": QUICK.arguments,
        "optimizers": QUICK.optimizers,
    },
    # The paper's, which are the defaults of the model and its `compile`.
    "paper": {"size": 64, "batch_size": 128, "model": {}, "optimizers": None},
}


def main():
    """Trains and samples."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", choices=CONFIGS, default="small")
    parser.add_argument("--data", default=QUICK.data)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--output", type=pathlib.Path, default="runs/example")
    arguments = parser.parse_args()
    config = CONFIGS[arguments.config]
    keras.utils.set_random_seed(0)

    images = pipelines.images(
        arguments.data, config["size"], config["batch_size"]
    )
    model = zoo.DCGAN(tuple(images.element_spec.shape[1:]), **config["model"])
    optimizers = config["optimizers"]  # Without these: the paper's.
    updates = model.updates(arguments.epochs * len(images))
    model.compile(**optimizers(updates) if optimizers else {})
    model.fit(
        images,
        epochs=arguments.epochs,
        callbacks=[
            callbacks.SampleGrid(arguments.output / "samples"),
            callbacks.TrainingState(arguments.output / "state"),
        ],
    )

    model.save(arguments.output / "model.keras")
    model = keras.saving.load_model(arguments.output / "model.keras")
    samples = model.generate(16, seed=1)  # (16, size, size, channels)
    picture = zoo.image_grid(samples, columns=4)
    zoo.save_picture(picture, arguments.output / "samples.png")
    print(f"Samples: {arguments.output / 'samples.png'}")


if __name__ == "__main__":
    main()
