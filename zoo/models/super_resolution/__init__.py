"""From small images to large ones."""

# Up to version 0.1 a module had the name that is now this folder's.
from zoo.models.super_resolution.super_resolution import SuperResolution

__all__ = ["SuperResolution"]
