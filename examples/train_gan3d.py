"""Train a 3D-GAN on voxels of furniture, look at it, and keep the shapes.

    python examples/train_gan3d.py --config small   # minutes on two CPU cores
    python examples/train_gan3d.py --config large   # the paper's, for a GPU

Needs the packages trimesh (pip install '.[voxels]') and, unless --data names a
folder of meshes or an .npz file of voxels, Debian's sweethome3d-furniture.
Set KERAS_BACKEND to tensorflow, jax or torch.
"""

import argparse
import pathlib

import keras
import numpy as np

import callbacks
import pipelines
import zoo

QUICK = zoo.recipes.get_recipe("gan3d")
CONFIGS = {
    "small": {
        "resolution": QUICK.size,
        "batch_size": QUICK.batch_size,
        "model": QUICK.arguments,
        "optimizers": zoo.recipes.gan3d.adam,
    },
    "large": {
        "resolution": 64,
        "batch_size": 100,
        "model": {},
        "optimizers": None,
    },
}


def main():
    """Trains, renders and saves."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", choices=CONFIGS, default="small")
    parser.add_argument("--data", default=QUICK.data)
    parser.add_argument("--epochs", type=int, default=QUICK.epochs)
    passes = zoo.recipes.gan3d.PASSES  # Over so few shapes, in an epoch.
    parser.add_argument("--passes", type=int, default=passes)
    parser.add_argument("--output", type=pathlib.Path, default="runs/gan3d")
    arguments = parser.parse_args()
    config = CONFIGS[arguments.config]
    keras.utils.set_random_seed(0)

    shapes = pipelines.voxels(
        arguments.data,
        config["resolution"],
        config["batch_size"],
        mirror=True,
        passes=arguments.passes,
        on_error="skip",
    )
    model = zoo.GAN3D(config["resolution"], **config["model"])
    adam = config["optimizers"]  # Without one: the paper's.
    updates = model.updates(arguments.epochs * len(shapes))
    model.compile(**adam(updates) if adam else {})
    model.fit(
        shapes,
        epochs=arguments.epochs,
        callbacks=[
            callbacks.VoxelGrid(arguments.output / "samples", rows=4),
            callbacks.TrainingState(arguments.output / "state"),
        ],
    )
    model.save(arguments.output / "model.keras")
    voxels = model.generate(16, seed=1, threshold=0.5)  # 0 and 1.
    np.savez_compressed(arguments.output / "voxels.npz", voxels=voxels)
    print(f"Shapes: {arguments.output / 'voxels.npz'}")


if __name__ == "__main__":
    main()
