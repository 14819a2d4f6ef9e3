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
from zoo.utils.grids import image_grid

CONFIGS = {
    "small": {
        "size": 32,
        "batch_size": 64,
        "model": {"filters": 16, "ema_decay": 0.99, "label_smoothing": 0.1},
        "learning_rate": 1e-3,
    },
    "paper": {
        "size": 64,
        "batch_size": 128,
        "model": {"filters": 64},
        "learning_rate": 2e-4,
    },
}


def main():
    """Trains and samples."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", choices=CONFIGS, default="small")
    parser.add_argument("--data", default="fashion_mnist_10k")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--output", type=pathlib.Path, default="runs/example")
    arguments = parser.parse_args()
    config = CONFIGS[arguments.config]
    keras.utils.set_random_seed(0)

    images = pipelines.images(
        arguments.data, config["size"], config["batch_size"]
    )
    model = zoo.DCGAN(tuple(images.element_spec.shape[1:]), **config["model"])
    rate = config["learning_rate"]
    model.compile(  # Without arguments: the paper's.
        generator_optimizer=keras.optimizers.Adam(rate, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(rate, beta_1=0.5),
    )
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
    image_grid(samples, columns=4).save(arguments.output / "samples.png")
    print(f"Samples: {arguments.output / 'samples.png'}")


if __name__ == "__main__":
    main()
