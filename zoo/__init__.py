"""Generative models for Keras 3 on TensorFlow, JAX and PyTorch."""

from zoo.environment import prepared

with prepared():
    from zoo import losses
    from zoo.generative_model import GenerativeModel
    from zoo.models.dcgan import DCGAN

__version__ = "0.1.0"

__all__ = ["DCGAN", "GenerativeModel", "losses"]
