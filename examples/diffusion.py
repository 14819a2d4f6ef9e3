"""Train a diffusion model on labelled pictures, and do all it can do.

    python examples/diffusion.py --config small   # ten minutes on two cores
    python examples/diffusion.py --config paper   # for a GPU
    python examples/diffusion.py --preset diffusion_fashion_mnist  # a minute

Writes samples (a column per class), strips of the denoising, pictures above
what came back of their noise, and rows between two. Set KERAS_BACKEND first.
"""

import argparse
import pathlib

import keras
import numpy as np

import callbacks
import pipelines
import zoo
from zoo.recipes.recipe import get_recipe
from zoo.utils.grids import image_grid

SMALL = get_recipe("diffusion").arguments
CONFIGS = {
    "small": {"batch_size": 32, "rate": 2e-3, "model": SMALL},
    "paper": {"batch_size": 128, "rate": 2e-4, "model": {}},
}


def train(config, data, epochs, output):
    """Returns a model of labelled pictures, and saves it."""
    config = CONFIGS[config]
    batches = pipelines.labelled_images(data, 32, config["batch_size"])
    classes = len(pipelines.class_names(data))
    shape = batches.element_spec[0].shape[1:]
    model = zoo.Diffusion(tuple(shape), classes, **config["model"])
    adam = keras.optimizers.Adam(config["rate"], global_clipnorm=1.0)
    model.compile(denoiser_optimizer=adam)
    grids = callbacks.SampleGrid(output / "samples", columns=classes)
    model.fit(batches, epochs=epochs, callbacks=[grids])
    model.save(output / "model.keras")
    return model


def main():
    """Samples, inverts and blends, after a training or by a preset."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", choices=CONFIGS, default="small")
    parser.add_argument("--data", default="fashion_mnist_10k")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--preset", help="use this one, train none")
    parser.add_argument("--output", type=pathlib.Path, default="runs/diffusion")
    options = vars(parser.parse_args())
    preset, output = options.pop("preset"), options["output"]
    keras.utils.set_random_seed(0)
    model = zoo.Diffusion.from_preset(preset) if preset else train(**options)
    output.mkdir(parents=True, exist_ok=True)

    guided = zoo.Sampling(steps=20, guidance=2.0, guidance_interval=(0.5, 2))
    samples, path = model.generate(
        40, seed=0, return_trajectory=True, sampling=guided
    )
    images = model.generate(8, steps=50, seed=1)
    noise = model.invert(images, steps=50)
    back = model.generate_from(noise, steps=50)
    print(f"inversion error: {np.abs(back - images).mean():.4f} of 2")
    grids = {
        "samples": (samples, model.num_classes),
        "denoising": (np.clip(path[::4, :8].swapaxes(0, 1), -1, 1), 6),
        "inversion": (np.concatenate([images, back]), 8),
        "blend": (model.interpolate(images[:4], images[4:], steps=20), 8),
    }
    for name, (pictures, columns) in grids.items():
        shown = pictures.reshape(-1, *model.image_shape)
        image_grid(shown, columns).save(output / f"{name}.png")
        print(f"{name}: {output / name}.png")


if __name__ == "__main__":
    main()
