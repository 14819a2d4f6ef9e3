"""Saves, on one backend, a trained model for another backend to load."""

import sys

import keras
import numpy as np
from harness import random_images, tiny_dcgan


def write(directory):
    """Trains two epochs, saves, and writes what the model makes."""
    keras.utils.set_random_seed(0)
    model = tiny_dcgan()
    model.fit(random_images(64), batch_size=16, epochs=2, verbose=0)
    model.save(f"{directory}/model.keras")
    optimizers = {
        f"{name}_{i}": keras.ops.convert_to_numpy(variable)
        for name, member in model.optimizer.members.items()
        for i, variable in enumerate(member.variables)
    }
    np.savez(
        f"{directory}/expected.npz",
        images=model.generate(8, seed=3),
        **optimizers,
    )


if __name__ == "__main__":
    write(sys.argv[1])
