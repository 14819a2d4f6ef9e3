"""Learning rates of recipes: they last as long as the training does."""

import math

import pytest

from zoo.engine.learning_rates import rate_at
from zoo.recipes.recipe import RECIPES, get_recipe

PLAYERS = {
    "wgan_gp": ("critic", "generator"),
    "diffusion": ("denoiser",),
    "srresnet": ("generator",),
}
OTHERS = ("discriminator", "generator")


def players_of(name):
    found = [v for k, v in PLAYERS.items() if name.startswith(k)]
    return found[0] if found else OTHERS


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("steps", [7, 700])
def test_rates_last_to_the_end(name, steps):
    """The opponent is updated twice in a step here, and falls as late."""
    updates = {p: steps * (1 + (p != "generator")) for p in players_of(name)}
    made = get_recipe(name).optimizers(updates)
    assert set(made) == {f"{player}_optimizer" for player in updates}
    for player, count in updates.items():
        optimizer = made[f"{player}_optimizer"]
        first = rate_at(optimizer, 0)
        last = [rate_at(optimizer, i) for i in (count - 1, count, 2 * count)]
        assert last[0] > 0
        assert last == [first] * 3 or last[1:] == pytest.approx([0, 0])
        # No update of the first half is at less than half of the rate.
        assert rate_at(optimizer, count // 2 - 1) > 0.499 * first


def test_rates_of_twenty_photos():
    """13 epochs of 20 photos are 1,300 steps of 16 crops, of 80 each."""
    updates = {"generator": 13 * 20 * 80 // 16}
    (adam,) = get_recipe("srresnet").optimizers(updates).values()
    expected = 1e-3 * (1 + math.cos(math.pi * 1100 / 1300)) / 2
    assert rate_at(adam, 1100) == pytest.approx(expected, rel=1e-4)
    assert rate_at(adam, 1299) > 0
