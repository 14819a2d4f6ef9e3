"""What sampling takes: a whole, its fields, samplers, labels; and errors."""

import dataclasses
import functools
import inspect

import numpy as np
import pytest
from support.optimal_denoiser import OnePerLabel, model_of, normal

import zoo
from zoo.diffusion import samplers

SAMPLING = zoo.Sampling(
    steps=6,
    guidance=1.5,
    guidance_interval=(0.2, 3.0),
    spacing="leading",
    clip=False,
)
FIELDS = dataclasses.asdict(SAMPLING)


def test_a_sampling_stands_for_its_fields(about_label):
    """In each method, and none of its fields is lost on the way."""
    images = np.array([[[[0.1, 0.4]]], [[[-0.3, 0.2]]]], "float32")
    model = about_label
    pairs = [
        [call(sampling=SAMPLING), call(**FIELDS)]
        for call in (
            functools.partial(model.generate, 3, seed=0),
            functools.partial(model.generate_from, images, labels=1),
            functools.partial(model.invert, images, labels=1),
            functools.partial(model.interpolate, images, images, count=2),
            functools.partial(model.inpaint, images, [[1]], seed=0),
        )
    ]
    for whole, fields in pairs:
        np.testing.assert_array_equal(whole, fields)
    other = model.generate(3, seed=0, steps=6)
    assert abs(other - pairs[0][0]).max() > 0.01


@pytest.mark.parametrize(
    "method",
    ["generate", "generate_from", "invert", "interpolate", "inpaint"],
)
def test_a_sampling_or_fields_and_no_other_names(about_label, method):
    images = np.zeros((2, 1, 1, 2), "float32")
    arguments = {
        "generate": (2,),
        "interpolate": (images, images),
        "inpaint": (images, [[1]]),
    }.get(method, (images,))
    call = functools.partial(getattr(about_label, method), *arguments)
    with pytest.raises(ValueError, match=r"`sampling` stands for.*Received: "):
        call(sampling=SAMPLING, steps=5)
    with pytest.raises(TypeError, match="step"):
        call(step=5)


def test_first_arguments_of_generate_may_go_without_names(about_label):
    made = about_label.generate(2, 5, "dpm_solver", 2.0, 1, 7)
    expected = about_label.generate(
        2, steps=5, sampler="dpm_solver", guidance=2.0, labels=1, seed=7
    )
    np.testing.assert_array_equal(made, expected)


def test_signatures_tell_the_defaults():
    defaults = zoo.Sampling()
    for method, names in {
        "generate": list(FIELDS),
        "invert": ["steps", "guidance"],
        "interpolate": ["steps"],
    }.items():
        parameters = inspect.signature(
            getattr(zoo.Diffusion, method)
        ).parameters
        for name in names:
            assert parameters[name].default == getattr(defaults, name)


@dataclasses.dataclass(frozen=True)
class Straight(samplers.Sampler):
    """Goes to `share` of the image in every step."""

    share: float = 1.0

    def rates(self, schedule, t, s):
        rates = super().rates(schedule, t, s)
        return rates | {"share": np.full(len(t), self.share)}

    @staticmethod
    def step(at, x, x0, eps, before, z):
        return at.share * x0


def test_a_sampler_of_ones_own(by_label):
    """Compiled once for the class; its numbers are told anew."""
    for share in (1.0, 0.5):
        made = by_label.generate(
            2, labels=2, seed=0, steps=3, sampler=Straight(share)
        )
        np.testing.assert_allclose(made, 0.5 * share, atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"count": 0}, "`count` must be a positive integer"),
        ({"steps": 201}, "`steps` must be at most 200"),
        ({"steps": 0}, "`steps` must be a positive integer"),
        ({"sampler": "heun"}, "`sampler` must be one of"),
        ({"eta": 2}, r"`eta` must be in \[0, 1\]"),
        ({"eta": 0.5, "sampler": "ddpm"}, "`eta` is of sampler"),
        ({"spacing": "odd"}, "`spacing` must be one of"),
        ({"labels": 1}, "`labels` needs a model with `num_classes`"),
        ({"guidance": 2.0}, "`guidance` needs a model with `num_classes`"),
        ({"guidance": np.nan}, "`guidance` must be a finite number"),
        ({"guidance_interval": 1}, "`guidance_interval` must be a pair"),
        ({"guidance_interval": (2, 1)}, "`guidance_interval` must be a pair"),
        ({"guidance_interval": (-1, 1)}, "`guidance_interval` must be a pair"),
        ({"guidance_interval": (np.nan, 1)}, "`guidance_interval` must be a"),
        ({"batch_size": 0}, "`batch_size` must be a positive integer"),
    ],
)
def test_errors(arguments, message):
    model, _ = normal()
    with pytest.raises(ValueError, match=rf"{message}.*Received: "):
        model.generate(**{"count": 2, **arguments})


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (3, "labels from 3 to 3"),
        (-1, "labels from -1 to -1"),
        ([0, 1, 2], "shape="),
        (1.0, "dtype=float64"),
        ([0, None], ""),
    ],
)
def test_label_errors(by_label, labels, message):
    with pytest.raises(
        ValueError, match=rf"from 0 to 2.*Received: .*{message}"
    ):
        by_label.generate(2, labels=labels, steps=2)


def test_without_label_dropout_there_is_no_answer_without_label():
    model = model_of(OnePerLabel((0.0,) * 3), num_classes=2, label_dropout=0.0)
    with pytest.raises(ValueError, match=r"`label_dropout`.*Received: "):
        model.generate(1, guidance=2.0)
    with pytest.raises(ValueError, match=r"`label_dropout`.*Received: "):
        model.generate_from(np.zeros((1, 1, 1, 2)))
