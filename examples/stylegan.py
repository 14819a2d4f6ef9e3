"""Train a StyleGAN that grows, then truncate and mix its styles.

    python examples/stylegan.py --config small   # minutes on two CPU cores
    python examples/stylegan.py --config large   # 256 px, for a GPU

Writes grids of samples, `truncation.png` (each row one latent) and `mixing.png`
(coarse styles of the first row, others of the first column).
"""

import argparse
import pathlib

import keras
import numpy as np

import callbacks
import pipelines
import zoo

QUICK = zoo.recipes.get_recipe("stylegan")
CONFIGS = {
    "small": {
        "size": QUICK.size,
        "batch_size": QUICK.batch_size,
        "model": QUICK.arguments,
        "optimizers": QUICK.optimizers,
    },
    "large": {"size": 256, "batch_size": 32, "model": {}, "optimizers": None},
}
PSI = (0.0, 0.25, 0.5, 0.75, 1.0)


def truncation(model, rows=6):
    """Returns a picture of latents that are truncated less and less."""
    made = [model.generate(rows, seed=0, truncation_psi=psi) for psi in PSI]
    return zoo.image_grid(np.concatenate(np.stack(made, axis=1)), len(PSI))


def mixing(model, rows=4, columns=6):
    """Returns a picture of pairs: figure 3 of the paper."""
    down, across = model.latents(rows, seed=1), model.latents(columns, seed=2)
    table = model.style_grid(down, across, "coarse", seed=0)
    return zoo.image_grid(np.concatenate(table), columns + 1)


def main():
    """Trains, truncates and mixes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", choices=CONFIGS, default="small")
    parser.add_argument("--data", default=QUICK.data)
    parser.add_argument("--epochs", type=int, default=QUICK.epochs)
    parser.add_argument("--output", type=pathlib.Path, default="runs/stylegan")
    given = parser.parse_args()
    config = CONFIGS[given.config]
    keras.utils.set_random_seed(0)
    images = pipelines.images(given.data, config["size"], config["batch_size"])
    model = zoo.StyleGAN(*images.element_spec.shape[2:], **config["model"])
    optimizers = config["optimizers"]  # Without these: the paper's.
    updates = model.updates(given.epochs * len(images))
    model.compile(**optimizers(updates) if optimizers else {})
    grids = callbacks.SampleGrid(given.output / "samples", truncation_psi=0.7)
    model.fit(images, epochs=given.epochs, callbacks=[grids])
    zoo.save_picture(truncation(model), given.output / "truncation.png")
    zoo.save_picture(mixing(model), given.output / "mixing.png")


if __name__ == "__main__":
    main()
