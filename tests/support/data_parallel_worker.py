"""JAX with two devices that share each batch: uses and trains models."""

import os

os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"

import keras
import numpy as np
import pytest
from contract.models import MODELS, compile_small

USED = ("DCGAN", "Diffusion")


def main():
    """Uses each model without and with the devices, then trains one."""
    models = {name: MODELS[name].make() for name in USED}
    alone = {name: MODELS[name].use(m, 3) for name, m in models.items()}
    keras.distribution.set_distribution(keras.distribution.DataParallel())
    for name, expected in alone.items():
        model = MODELS[name].make()
        model.set_weights(models[name].get_weights())
        made = MODELS[name].use(model, 3)
        np.testing.assert_allclose(made, expected, atol=1e-5)
    entry = MODELS["DCGAN"]
    model = compile_small(entry.make())
    with pytest.raises(ValueError, match=r"2 devices .*a batch of 1"):
        entry.fit(model, 9)
    with pytest.raises(ValueError, match=r"2 devices .*a batch of 3"):
        model.fit(*entry.data(6), batch_size=3, verbose=0)
    assert np.isfinite(entry.fit(model, 8)["loss"]).all()


if __name__ == "__main__":
    main()
