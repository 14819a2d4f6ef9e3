"""zoo.Sampling: what it holds, what it refuses, what it makes of a schedule."""

import dataclasses

import numpy as np
import pytest

import zoo
from zoo.diffusion.sampling import chosen

pytestmark = pytest.mark.backend_free

DEFAULT = zoo.Sampling()


def test_it_is_frozen_and_compares_by_value():
    sampling = zoo.Sampling(steps=20, guidance_interval=[0.5, 2])
    for field in dataclasses.fields(sampling):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(sampling, field.name, None)
    again = zoo.Sampling(20, "ddim", 1.0, np.array([0.5, 2.0]))
    assert sampling == again
    assert hash(sampling) == hash(again)
    assert sampling.guidance_interval == (0.5, 2.0)
    assert dataclasses.replace(sampling, steps=10).steps == 10


@pytest.mark.parametrize(
    ("field", "values", "message"),
    [
        ("steps", [0, -1, 2.0, True, "10"], "must be a positive integer"),
        ("sampler", ["heun", None, 3, ["ddim"]], "must be one of"),
        ("guidance", [np.nan, np.inf, None, "2", True], "must be a finite"),
        (
            "guidance_interval",
            [1, (2, 1), (-1, 1), (np.nan, 1), (1, 2, 3), "ab", ("a", "b")],
            "must be a pair of rising numbers",
        ),
        ("eta", [-0.1, 1.1, np.nan, "all"], r"must be in \[0, 1\]"),
        ("spacing", ["odd", None, 1], "must be one of"),
        ("clip", [None, "yes", 0.5], "must be one of"),
    ],
)
def test_wrong_values(field, values, message):
    for value in values:
        with pytest.raises(
            ValueError, match=rf"`{field}` {message}.*Received: {field}="
        ):
            zoo.Sampling(**{field: value})


@pytest.mark.parametrize("sampler", ["ddpm", "dpm_solver", zoo.samplers.DDIM()])
def test_eta_is_of_ddim_by_its_name(sampler):
    with pytest.raises(ValueError, match=r"`eta` is of sampler.*Received: eta"):
        zoo.Sampling(sampler=sampler, eta=0.5)


def test_the_sampler_itself():
    assert zoo.Sampling(eta=0.5).method == zoo.samplers.DDIM(eta=0.5)
    assert zoo.Sampling(sampler="ddpm").method == zoo.samplers.DDPM()
    own = zoo.samplers.DDPM(variance="large")
    assert zoo.Sampling(sampler=own).method is own


def test_the_variance_of_the_paper_for_cifar():
    method = zoo.Sampling(sampler="ddpm_large").method
    assert method == zoo.samplers.DDPM(variance="large")


def test_limit():
    assert DEFAULT.limit == 1
    assert zoo.Sampling(clip=False).limit == np.inf


def test_times():
    many, few = zoo.schedules.linear(1000), zoo.schedules.linear(30)
    np.testing.assert_array_equal(DEFAULT.times(many), np.arange(999, 0, -20))
    np.testing.assert_array_equal(DEFAULT.times(few), np.arange(30)[::-1])
    leading = zoo.Sampling(steps=3, spacing="leading")
    np.testing.assert_array_equal(leading.times(many), [666, 333, 0])
    with pytest.raises(ValueError, match=r"`steps` must be at most 30.*Rec"):
        zoo.Sampling(steps=31).times(few)


def test_guidance_by_noise():
    """Noise over signal is 2, 1, 1 / 2 where alpha bar is 1/5, 1/2, 4/5."""
    schedule = zoo.schedules.from_alphas_bar([0.8, 0.5, 0.2, 0.0])
    times = np.array([3, 2, 1, 0])

    def found(interval):
        sampling = zoo.Sampling(guidance=3.0, guidance_interval=interval)
        return sampling.guidance_at(schedule, times).tolist()

    assert found(None) == [3, 3, 3, 3]
    assert found((0.75, 2.5)) == [1, 3, 3, 1]
    assert found((0, 0.75)) == [1, 1, 1, 3]
    assert found((1.5, np.inf)) == [3, 3, 1, 1]


def test_a_whole_or_its_fields():
    sampling = zoo.Sampling(steps=7)
    assert chosen(None, DEFAULT, steps=7) == sampling
    assert chosen(sampling, DEFAULT, steps=None, clip=True) is sampling
    assert chosen(None, zoo.Sampling(sampler="ddpm")).sampler == "ddpm"
    with pytest.raises(ValueError, match=r"`sampling` stands for.*Received: "):
        chosen(sampling, DEFAULT, clip=False)
    with pytest.raises(ValueError, match=r"`sampling` must be a.*Received: "):
        chosen({"steps": 7}, DEFAULT)
    with pytest.raises(
        TypeError, match=r"`step`.*mean 'steps'.*Received: step=7"
    ):
        chosen(None, DEFAULT, step=7)
