"""What a metric says of itself, and what it may not say."""

import pytest

from zoo.metrics import Metric
from zoo.metrics.metric import all_needs

pytestmark = pytest.mark.backend_free


def metric(result=1, **arguments):
    return Metric("mine", "a number", lambda real, made: result, **arguments)


def test_values_by_their_names():
    assert metric(2).values(None, None) == {"mine": 2.0}
    two = metric((0.5, 1), gives=["least", "most"])
    assert two.values(None, None) == {"least": 0.5, "most": 1.0}
    assert (two.gives, two.names) == (("least", "most"), ("mine",))


def test_needs_of_several():
    some = metric(needs={"real", "labels"}), metric(needs={"real", "classes"})
    assert all_needs(some) == {"real", "labels", "classes"}
    assert all_needs([metric()]) == set()


@pytest.mark.parametrize("result", [(1, 2), (), [[1]]])
def test_another_number_of_values(result):
    with pytest.raises(ValueError, match=r"'mine'.*\('mine',\).*Received"):
        metric(result).values(None, None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"needs": {"images"}}, "needs='images'"),
        ({"gives": ("a", "B")}, "Received: 'B'"),
        ({"known_as": {"inception": "f-id"}}, "Received: 'f-id'"),
        ({"gives": ("a", "b"), "known_as": {"x": "c"}}, "of one value"),
    ],
)
def test_bad_definitions(arguments, message):
    with pytest.raises(ValueError, match=message):
        metric(**arguments)


@pytest.mark.parametrize("name", ["", "My", "a b", "a,b", "1st"])
def test_bad_names(name):
    with pytest.raises(ValueError, match=f"Received: '{name}'"):
        Metric(name, "a number", lambda real, made: 1)
