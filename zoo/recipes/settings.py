"""All that decides what a training makes."""

import dataclasses
from typing import Any

import keras

from zoo.recipes.recipe import get_recipe


@dataclasses.dataclass(frozen=True)
class Settings:
    """All that decides what a training makes, besides its number of epochs.

    Attributes:
        model: Name of a recipe.
        data: Source of the data, as the recipe's `inputs` takes it.
        size: Height and width of the images, in pixels.
        channels: Channels of the images; `None` as the data have them.
        batch_size: Images per step.
        flip: Whether to mirror a random half of the images.
        arguments: Arguments of the model's class besides the image shape.
        dtype: Keras dtype policy.
        seed: Seed of weights, latents and order.
        backend: Keras backend.
        features: Extractor for the Fréchet distance to the data after each
            epoch; `None` for none.
        samples: Number of samples for it.
    """

    model: str
    data: str
    size: int
    channels: int | None
    batch_size: int
    flip: bool
    arguments: dict[str, Any]
    dtype: str
    seed: int
    backend: str
    features: str | None = None
    samples: int = 2000


def default_settings(model: str, **changes: Any) -> Settings:
    """Returns a recipe's settings, changed where a change is not `None`.

    Args:
        model: Name of a recipe.
        **changes: Fields of `Settings`; `arguments` are merged, and
            `features="none"` turns off the recipe's.

    Returns:
        The settings.
    """
    recipe = get_recipe(model)
    settings = {
        "data": recipe.data,
        "size": recipe.size,
        "channels": None,
        "batch_size": recipe.batch_size,
        "flip": recipe.flip,
        "dtype": "float32",
        "seed": 0,
    }
    settings |= {k: v for k, v in changes.items() if v is not None}
    if settings["data"] == recipe.data:  # Its features fit its own data.
        settings.setdefault("features", recipe.features)
    if settings.get("features") == "none":
        settings["features"] = None
    settings["arguments"] = {
        **recipe.arguments,
        **(changes.get("arguments") or {}),
    }
    return Settings(model=model, backend=keras.backend.backend(), **settings)
