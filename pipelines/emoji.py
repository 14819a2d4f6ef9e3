"""Emoji as two vendors draw them: the same 3,786 pictures in two styles.

Noto Emoji by Google (Apache-2.0) and Twemoji by Twitter and others (CC-BY 4.0),
64x64 pixels, from the npm packages emoji-datasource-google and
emoji-datasource-twitter of https://github.com/iamcal/emoji-data.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from . import checks
from .decode import prepare_encoded

SIZE = 64
_SPLITS = ("train", "test")
_TEST_EVERY = 5
CATEGORIES = (
    "Activities",
    "Animals & Nature",
    "Component",
    "Flags",
    "Food & Drink",
    "Objects",
    "People & Body",
    "Smileys & Emotion",
    "Symbols",
    "Travel & Places",
)
_GLOBAL = ("/usr/local/lib/node_modules", "/usr/lib/node_modules")


def noto_emoji(
    split: str = "train", folder: str | os.PathLike | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Load Google's emoji, on white.

    Every fifth emoji, with all its skin tones, is of the test split, so that
    no picture there is one of the training's in another tone. `twemoji` has
    the same pictures at the same places.

    Args:
        split: "train" (default) or "test".
        folder: Of the npm package emoji-datasource-google. `None` looks for
            it in `node_modules` of the working directory and its parents, of
            `NODE_PATH`, and where npm installs for all.

    Returns:
        `(images, labels)`: uint8 `(n, 64, 64, 3)` in [0, 255], and int64
        `(n,)`, each picture's place in `CATEGORIES`.

    Raises:
        ValueError: If `split` is neither, or a picture cannot be read.
        FileNotFoundError: If the package is not there.
    """
    return _load("google", split, folder)


def twemoji(
    split: str = "train", folder: str | os.PathLike | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Load Twitter's emoji, on white; otherwise as `noto_emoji`.

    Args:
        split: "train" (default) or "test".
        folder: Of the npm package emoji-datasource-twitter, or `None`.

    Returns:
        `(images, labels)` of the same sizes and dtypes.

    Raises:
        ValueError: If `split` is neither, or a picture cannot be read.
        FileNotFoundError: If the package is not there.
    """
    return _load("twitter", split, folder)


def _load(
    vendor: str, split: str, folder: str | os.PathLike | None
) -> tuple[np.ndarray, np.ndarray]:
    checks.one_of("split", split, _SPLITS)
    package = _find(f"emoji-datasource-{vendor}", folder)
    emoji = json.loads((package / "emoji.json").read_text("utf-8"))
    images, labels = [], []
    for number, entry in enumerate(emoji):
        if (number % _TEST_EVERY == 0) != (split == "test"):
            continue
        for name in _files(entry):
            path = package / "img" / vendor / str(SIZE) / name
            images.append(prepare_encoded(path.read_bytes(), SIZE, 3))
            labels.append(CATEGORIES.index(entry["category"]))
    return np.stack(images), np.array(labels)


def _files(entry: dict[str, Any]) -> list[str]:
    """Return the pictures of an emoji that both vendors have."""
    both = ("has_img_google", "has_img_twitter")
    drawn = [entry, *entry.get("skin_variations", {}).values()]
    return [one["image"] for one in drawn if all(one[has] for has in both)]


def _find(name: str, folder: str | os.PathLike | None) -> Path:
    here = Path.cwd()
    places = [
        *(parent / "node_modules" for parent in (here, *here.parents)),
        *os.environ.get("NODE_PATH", "").split(os.pathsep),
        *_GLOBAL,
    ]
    packages = [Path(place, name) for place in places if place]
    if folder is not None:
        packages = [Path(folder).expanduser()]
    for package in packages:
        if (package / "emoji.json").is_file():
            return package
    raise FileNotFoundError(
        f"The emoji's npm package {name} is not there. Install it by `npm "
        f"install {name}`, or give its folder. Received: folder={folder!r}, "
        f"working directory {str(here)!r}"
    )
