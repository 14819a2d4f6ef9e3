"""A StyleGAN of a few weights, and images for it."""

import numpy as np

import zoo


def tiny_stylegan(**arguments):
    """Returns a model that grows from 4 to 8 pixels."""
    defaults = {
        "resolution": 8,
        "channels": 1,
        "latent_dim": 6,
        "filters": 2,
        "mapping_layers": 2,
        "first_resolution": 4,
        "fade_images": 16,
        "stable_images": 8,
        "ema_decay": 0.5,
    }
    return zoo.StyleGAN(**(defaults | arguments))


def images(count=8):
    """Returns noise images in [-1, 1] of 8 pixels."""
    random = np.random.default_rng(0)
    return random.uniform(-1, 1, (count, 8, 8, 1)).astype("float32")
