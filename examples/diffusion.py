"""Train a diffusion model on labelled pictures, and do all it can do.

    python examples/diffusion.py --config small   # ten minutes on two cores
    python examples/diffusion.py --config paper   # for a GPU

Writes a grid of samples (a column per class), a strip of the denoising, and a
row between two pictures. Set KERAS_BACKEND to tensorflow, jax or torch.
"""

import argparse
import pathlib

import keras
import numpy as np

import callbacks
import pipelines
import zoo
from zoo.grids import image_grid

CONFIGS = {
    "small": {
        "batch_size": 32,
        "learning_rate": 2e-3,
        "model": {
            "patch_size": 2,
            "channels": 16,
            "multipliers": (1, 2, 2),
            "blocks": 1,
            "attention": (),
            "dropout": 0.0,
            "schedule": "cosine",
            "prediction": "v",
            "min_snr": 5.0,
            "ema_decay": 0.995,
        },
    },
    "paper": {"batch_size": 128, "learning_rate": 2e-4, "model": {}},
}


def main():
    """Trains, samples, inverts and blends."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", choices=CONFIGS, default="small")
    parser.add_argument("--data", default="fashion_mnist_10k")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--output", type=pathlib.Path, default="runs/diffusion")
    arguments = parser.parse_args()
    config = CONFIGS[arguments.config]
    keras.utils.set_random_seed(0)

    data = pipelines.labelled_images(arguments.data, 32, config["batch_size"])
    classes = len(pipelines.class_names(arguments.data))
    shape = data.element_spec[0].shape[1:]
    model = zoo.Diffusion(tuple(shape), classes, **config["model"])
    rate = config["learning_rate"]
    model.compile(  # Without arguments: the paper's.
        denoiser_optimizer=keras.optimizers.Adam(rate, global_clipnorm=1.0)
    )
    grids = callbacks.SampleGrid(arguments.output / "samples", columns=classes)
    model.fit(data, epochs=arguments.epochs, callbacks=[grids])
    model.save(arguments.output / "model.keras")

    images, path = model.generate(
        4 * classes, guidance=2.0, steps=20, seed=0, return_trajectory=True
    )
    blend = model.interpolate(images[:1], images[1:2], count=8, steps=20)[0]
    strip = np.clip(path[::4, 0], -1, 1)
    rows = {"samples": images, "denoising": strip, "blend": blend}
    for name, row in rows.items():
        columns = classes if name == "samples" else len(row)
        file = arguments.output / f"{name}.png"
        image_grid(row, columns).save(file)
        print(f"{name}: {file}")


if __name__ == "__main__":
    main()
