"""Emoji, from packages that look like the real ones."""

import json

import numpy as np
import pytest
from PIL import Image

import pipelines

CATEGORIES = [
    "Objects",
    "Flags",
    "People & Body",
    "Symbols",
    "Objects",
    "Flags",
]


@pytest.fixture
def modules(tmp_path):
    """Returns `node_modules` with six emoji, the sixth in two tones.

    Each is a disc of its own green, transparent around.
    """
    entries = [
        {"image": f"{i}.png", "category": category}
        for i, category in enumerate(CATEGORIES)
    ]
    entries[5]["skin_variations"] = {"1F3FB": {"image": "5-tone.png"}}
    drawn = [*entries, entries[5]["skin_variations"]["1F3FB"]]
    for entry in drawn:
        entry |= {"has_img_google": True, "has_img_twitter": True}
    entries[3]["has_img_twitter"] = False
    for vendor, red in (("google", 0), ("twitter", 200)):
        package = tmp_path / "node_modules" / f"emoji-datasource-{vendor}"
        folder = package / "img" / vendor / "64"
        folder.mkdir(parents=True)
        (package / "emoji.json").write_text(json.dumps(entries))
        for number, entry in enumerate(drawn):
            pixels = np.zeros((64, 64, 4), np.uint8)
            pixels[16:48, 16:48] = (red, 10 * number, 0, 255)
            Image.fromarray(pixels).save(folder / entry["image"])
    return tmp_path / "node_modules"


def test_pictures_on_white_in_both_styles(modules, monkeypatch):
    below = modules.parent / "work" / "deep"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    for load, red in ((pipelines.noto_emoji, 0), (pipelines.twemoji, 200)):
        images, labels = load()
        assert images.shape == (3, 64, 64, 3)
        assert images.dtype == np.uint8
        assert (images[:, 0, 0] == 255).all()
        inside = images[:, 32, 32].tolist()
        assert inside == [[red, 10 * i, 0] for i in (1, 2, 4)]
        names = pipelines.class_names("noto_emoji")
        assert [names[i] for i in labels] == [CATEGORIES[i] for i in (1, 2, 4)]


def test_an_emoji_and_its_tones_are_of_one_split(modules):
    folder = modules / "emoji-datasource-twitter"
    images, _ = pipelines.twemoji("test", folder)
    assert (images[:, 32, 32, 1] // 10).tolist() == [0, 5, 6]


def test_by_name(modules, monkeypatch):
    monkeypatch.chdir(modules.parent)
    data = pipelines.unpaired_images("noto_emoji", "twemoji", 32, 3)
    a, b = next(iter(data))
    assert a.shape == b.shape == (3, 32, 32, 3)


def test_a_package_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"npm install.*Received"):
        pipelines.noto_emoji(folder=tmp_path)
    with pytest.raises(ValueError, match=r"`split`.*Received"):
        pipelines.noto_emoji("validation")
