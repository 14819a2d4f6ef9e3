"""Loads, on one backend, what another saved, and saves what that loads."""

import sys

import keras
import numpy as np

import zoo
from support.harness import random_images, tiny_dcgan, tiny_diffusion


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


def write_diffusion(directory):
    """Saves a diffusion model whose every weight counts, and its images."""
    model = tiny_diffusion(prediction="v")
    random = np.random.default_rng(0)
    for variable in model.network("denoiser").variables:
        if keras.backend.is_float_dtype(variable.dtype):
            noise = 0.1 * random.standard_normal(variable.shape)
            variable.assign(variable + noise.astype("float32"))
    model.save(f"{directory}/diffusion.keras")
    images = model.generate(3, seed=3, steps=5, eta=1.0, guidance=2.0)
    np.save(f"{directory}/diffusion.npy", images)


def read_preset(directory):
    """Loads the preset in `directory`, and writes what it makes."""
    model = zoo.DCGAN.from_preset(f"{directory}/preset", for_training=True)
    np.save(f"{directory}/of_preset.npy", model.generate(3, seed=2))


if __name__ == "__main__":
    read_preset(sys.argv[1])
    write(sys.argv[1])
    write_diffusion(sys.argv[1])
