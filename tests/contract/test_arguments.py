"""Every model: arguments, their checks, and the way through the config."""

import inspect

import pytest

import zoo

from .models import MODELS, TABLE, comparable, each_model

WRONG = {
    "image_shape": 7,
    "resolution": 48,
    "scale": 5,
    "channels": 0,
    "latent_dim": 0,
    "filters": 0,
    "blocks": 0,
    "num_classes": 0,
    "batch_norm": "layer",
    "dropout": 1.0,
    "loss": "no such",
    "ema_decay": 1.0,
}
"""Values that no model takes for an argument of that name."""

BOOLEAN = {("SRResNet", "batch_norm"), ("SRGAN", "batch_norm")}
"""Where such an argument has another meaning: any value is one."""


CONTENT = {"layer", "activation", "weights", "sha256"}
ELSEWHERE = {
    "Diffusion": {"timesteps"},
    "SRGAN": {f"content_{name}" for name in CONTENT},
}
"""Arguments that configs hold in another form: the schedule has its times, and
`content="mse"` has no features."""


def networks_of(cls):
    """Returns the names of the networks that a model may be given."""
    names = {name for names in cls.players.values() for name in names}
    return names & explicit_arguments(cls)


def explicit_arguments(cls):
    """Returns the names in the constructor's signature."""
    parameters = inspect.signature(cls.__init__).parameters.values()
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return {p.name for p in parameters if p.kind not in several} - {"self"}


def test_every_public_model_is_in_the_table():
    public = {getattr(zoo, name) for name in zoo.__all__}
    models = {
        x
        for x in public
        if inspect.isclass(x) and issubclass(x, zoo.GenerativeModel)
    }
    assert models - {zoo.GenerativeModel} == {entry.cls for entry in TABLE}
    assert len(MODELS) == len(TABLE)


@each_model
def test_config_has_every_argument(entry):
    """By its name, with the value that was given; networks only if given."""
    config = comparable(entry.make(name="of_mine").get_config())
    expected = ELSEWHERE.get(entry.name, set()) | networks_of(entry.cls)
    assert explicit_arguments(entry.cls) - set(config) == expected
    given = comparable(entry.arguments) | {"name": "of_mine"}
    assert {k: config[k] for k in given} == given


@each_model
def test_config_makes_the_same_model(entry):
    config = entry.make(dtype="mixed_bfloat16").get_config()
    copy = entry.cls.from_config(comparable(config))
    assert comparable(copy.get_config()) == comparable(config)
    shapes = [v.shape for v in entry.make().variables]
    assert [v.shape for v in copy.variables] == shapes


@each_model
def test_unknown_argument(entry):
    with pytest.raises((TypeError, ValueError), match="no_such_argument"):
        entry.make(no_such_argument=1)


@each_model
def test_wrong_values(entry):
    names = [x for x in WRONG if x in entry.make().get_config()]
    names = [x for x in names if (entry.name, x) not in BOOLEAN]
    assert len(names) >= 3
    for name in names:
        with pytest.raises(ValueError, match=r"Received: [^\n]+$") as error:
            entry.make(**{name: WRONG[name]})
        assert name in str(error.value)


@each_model
def test_compiles_without_arguments(entry):
    """Each player has an optimizer, of the paper; a config makes the same."""
    model, other = entry.make(), entry.make()
    model.compile()
    assert set(model.optimizer.members) == set(model.players)
    for member in model.optimizer.members.values():  # As in the papers' code.
        assert member.get_config()["epsilon"] == 1e-8
    other.compile_from_config(comparable(model.get_compile_config()))
    for player in model.players:
        configs = [m.optimizer[player].get_config() for m in (model, other)]
        assert comparable(configs[0]) == comparable(configs[1])
    with pytest.raises(ValueError, match=r"Received: .*nobody_optimizer"):
        entry.make().compile(nobody_optimizer="sgd")
