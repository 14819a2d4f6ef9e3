"""Train a WGAN-GP, and see that its critic's estimate says how far it is.

    python examples/wgan_gp.py --config small   # minutes on two CPU cores
    python examples/wgan_gp.py --config paper   # ResNets of 64 px, for a GPU

Unlike other GANs' losses, the Wasserstein distance that the critic estimates
falls as samples get better. Writes samples, and the estimate of each epoch to
`log.csv`. Set KERAS_BACKEND to tensorflow, jax or torch.
"""

import argparse
import pathlib

import keras

import callbacks
import pipelines
import zoo

QUICK = zoo.recipes.get_recipe("wgan_gp")
CONFIGS = {
    "small": {
        "size": QUICK.size,
        "batch_size": QUICK.batch_size,
        "model": QUICK.arguments,
        "optimizers": QUICK.optimizers,
    },
    "paper": {
        "size": 64,
        "batch_size": 64,
        "model": {"architecture": "resnet"},
        "optimizers": lambda updates: {},  # The model's own.
    },
}


def main():
    """Trains, and samples."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", choices=CONFIGS, default="small")
    parser.add_argument("--data", default=QUICK.data)
    parser.add_argument("--epochs", type=int, default=QUICK.epochs)
    parser.add_argument("--output", type=pathlib.Path, default="runs/wgan_gp")
    arguments = parser.parse_args()
    config = CONFIGS[arguments.config]
    keras.utils.set_random_seed(0)

    images = pipelines.images(
        arguments.data, config["size"], config["batch_size"]
    )
    model = zoo.WGANGP(tuple(images.element_spec.shape[1:]), **config["model"])
    updates = model.updates(arguments.epochs * len(images))
    model.compile(**config["optimizers"](updates))
    grids = callbacks.SampleGrid(arguments.output / "samples")
    log = keras.callbacks.CSVLogger(arguments.output / "log.csv", append=True)
    state = callbacks.TrainingState(arguments.output / "state")
    model.fit(images, epochs=arguments.epochs, callbacks=[grids, log, state])
    model.save(arguments.output / "model.keras")

    path = arguments.output / "samples.png"
    samples = model.generate(64, seed=1)  # (64, size, size, channels)
    zoo.save_picture(zoo.image_grid(samples, columns=8), path)
    print(f"Samples: {path}; the estimate is wasserstein_distance in log.csv")


if __name__ == "__main__":
    main()
