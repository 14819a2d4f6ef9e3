"""Evaluating models and images, on features small enough to know."""

import json
import math

import keras
import numpy as np
import pytest
from support.harness import random_images, tiny_dcgan

import callbacks
from zoo.metrics import Moments, frechet_distance
from zoo.metrics.evaluator import Evaluator, fingerprint, uint8_batches
from zoo.utils.grids import to_uint8


class Quadrants:
    """Means of an image's quadrants, and two classes: dark and bright."""

    name, version = "quadrants", "1"
    calls = 0

    def __call__(self, images):
        type(self).calls += 1
        x = images[..., 0] / 255
        h, w = x.shape[1] // 2, x.shape[2] // 2
        parts = [x[:, :h, :w], x[:, h:, :w], x[:, :h, w:], x[:, h:, w:]]
        pool = np.stack([p.mean((1, 2)) for p in parts], -1)
        bright = pool.mean(-1, keepdims=True) * 20 - 10
        return pool, np.concatenate([-bright, bright], -1)


@pytest.fixture
def quadrants():
    Quadrants.calls = 0
    return Quadrants()


def evaluator(features, metrics=("fd",), count=200, **arguments):
    arguments = {"reference": random_images(300), "cache": False} | arguments
    return Evaluator(metrics, features, count=count, **arguments)


def test_names_state_extractor_and_count(quadrants):
    metrics = ["fd", "is", "kid", "pr", "dc"]
    values = evaluator(quadrants, metrics).of_images(random_images(200, 1))
    assert list(values) == evaluator(quadrants, metrics).names()
    assert "fd_quadrants_200" in values
    assert "recall_quadrants_200" in values
    assert evaluator(quadrants, count=10_000).names() == ["fd_quadrants_10k"]
    assert all(map(math.isfinite, values.values()))


def test_frechet_distance_by_hand(quadrants):
    real, made = random_images(300), random_images(200, 1)
    (value,) = evaluator(quadrants).of_images(made).values()
    sets = [quadrants(to_uint8(x))[0] for x in (real, made)]
    moments = [(x.mean(0), np.cov(x, rowvar=False)) for x in sets]
    expected = frechet_distance(*moments[0], *moments[1])
    assert value == pytest.approx(expected, rel=1e-5)  # float32 features


def test_inception_score_of_two_sure_classes(quadrants):
    images = np.concatenate(
        [np.full((1, 16, 16, 1), -1.0), np.ones((1, 16, 16, 1))]
    )
    images = np.tile(images, (20, 1, 1, 1)).astype("float32")
    values = Evaluator(["is"], quadrants, count=40).of_images(images)
    assert values["is_quadrants_40"] == pytest.approx(2, rel=1e-3)


def test_any_batches_give_the_same(quadrants):
    images = random_images(200, 1)
    whole = evaluator(quadrants).of_images(images)
    parts = evaluator(quadrants).of_images(np.array_split(images, 7))
    assert whole == pytest.approx(parts, rel=1e-10)
    assert fingerprint(images) == fingerprint(np.array_split(images, 7))
    assert fingerprint(images) == fingerprint(to_uint8(images))
    assert fingerprint(images) != fingerprint(images[::-1])


def test_statistics_are_computed_once(quadrants, tmp_path):
    reference = random_images(300)
    first = evaluator(quadrants, reference=reference, cache=tmp_path)
    (file,) = tmp_path.iterdir()
    calls = Quadrants.calls
    second = evaluator(quadrants, reference=reference, cache=tmp_path)
    assert Quadrants.calls == calls
    images = random_images(200, 1)
    assert first.of_images(images) == second.of_images(images)
    given = evaluator(quadrants, reference=str(file))
    assert given.of_images(images) == first.of_images(images)
    with np.load(file) as arrays:
        assert {"mu", "sigma"} <= set(arrays)

    quadrants.version = "2"  # Other features: computed anew, kept apart.
    evaluator(quadrants, reference=reference, cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    with pytest.raises(ValueError, match="Received"):
        evaluator(quadrants, reference=str(file)).of_images(images)


def test_a_cache_that_can_not_be_written_to_is_done_without(
    quadrants, tmp_path
):
    (tmp_path / "file").touch()
    with pytest.warns(UserWarning, match="No statistics were cached"):
        judge = evaluator(quadrants, cache=tmp_path / "file")
    assert judge.of_images(random_images(300))["fd_quadrants_200"] >= 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"metrics": ["fdd"]}, "fdd"),
        ({"metrics": "fd"}, "must be a list"),
        ({"count": 0}, "count=0"),
        ({"reference": None}, "need real images"),
        ({"reference": np.zeros((4, 16, 16))}, "shape"),
        ({"reference": np.full((4, 16, 16, 1), 9.0)}, "in \\[-1, 1\\]"),
        ({"reference": np.full((4, 16, 16, 1), np.nan)}, "in \\[-1, 1\\]"),
        (
            {"reference": np.zeros((0, 16, 16, 1), "uint8"), "cache": None},
            "no images",
        ),
    ],
)
def test_bad_arguments(quadrants, arguments, message, tmp_path):
    if arguments.get("cache", False) is None:
        arguments["cache"] = tmp_path
    with pytest.raises(ValueError, match=message):
        evaluator(quadrants, **arguments)


def test_bad_images(quadrants, tmp_path):
    with pytest.raises(ValueError, match="Received: 100"):
        evaluator(quadrants).of_images(random_images(100))
    Moments().update(np.random.default_rng(0).normal(size=(9, 4))).save(
        tmp_path / "other.npz"
    )
    damaged = tmp_path / "damaged.npz"
    damaged.write_bytes((tmp_path / "other.npz").read_bytes()[:100])
    with pytest.raises(ValueError, match="Received"):
        evaluator(quadrants, reference=damaged)
    with pytest.raises(ValueError, match="serves `fd` alone"):
        evaluator(quadrants, ["kid"], reference=tmp_path / "other.npz")
    with pytest.raises(ValueError, match="in \\[-1, 1\\]"):
        list(uint8_batches(np.full((2, 8, 8, 1), 1.5)))


def test_callback_logs_for_those_that_follow(quadrants, tmp_path):
    model = tiny_dcgan()
    evaluate = callbacks.Evaluate(
        ["fd", "is"],
        quadrants,
        reference=random_images(300),
        count=50,
        every=2,
        cache=False,
    )
    history = model.fit(
        random_images(32),
        epochs=3,
        verbose=0,
        callbacks=[
            evaluate,
            keras.callbacks.ModelCheckpoint(
                tmp_path / "best.keras",
                monitor="fd_quadrants_50",
                mode="min",
                save_best_only=True,
            ),
            keras.callbacks.CSVLogger(str(tmp_path / "log.csv")),
        ],
    ).history
    values = history["fd_quadrants_50"]
    assert values[0] != values[1] == values[2] > 0
    assert "is_quadrants_50" in (tmp_path / "log.csv").read_text()
    best = keras.saving.load_model(tmp_path / "best.keras")
    again = evaluate.evaluator.of_model(best)["fd_quadrants_50"]
    assert again == pytest.approx(min(values), rel=1e-4)
    # Seeded: the same model, the same samples, the same value.
    assert evaluate.evaluator.of_model(best)["fd_quadrants_50"] == again


def test_report(tmp_path, capsys):
    from zoo.commands import evaluating

    evaluating.report({"fd_quadrants_50": 1.25}, tmp_path / "a" / "b.json")
    assert "fd_quadrants_50" in capsys.readouterr().out
    text = (tmp_path / "a" / "b.json").read_text()
    assert json.loads(text) == {"fd_quadrants_50": 1.25}
    assert evaluating.metric_names("fid, IS") == ["fd", "is"]
    with pytest.raises(ValueError, match="kidd"):
        evaluating.metric_names("kidd")


def test_agreement_by_hand(quadrants):
    images = np.repeat([-0.9, 0.9], 4)[:, None, None, None]
    images = np.broadcast_to(images, (8, 16, 16, 1))
    batches = [(images[:5], [0, 0, 0, 1, 1]), (images[5:], [1, 1, 0])]
    judge = Evaluator(["agreement"], quadrants, count=8)
    # The fourth of the dark and the last of the bright were asked for wrongly.
    assert judge.of_images(batches) == {"agreement_quadrants_8": 6 / 8}
    made = Evaluator(["agreement"], quadrants, count=6).features_of(batches)
    assert np.concatenate(made.asked).tolist() == [0, 0, 0, 1, 1, 1]
    assert np.concatenate(made.found).tolist() == [0, 0, 0, 0, 1, 1]


def test_agreement_asks_for_all_classes_in_turn(quadrants):
    class Model:
        num_classes = 2

        def generate(self, count, seed, batch_size, labels):
            images = np.where(labels, 0.9, -0.9)[:, None, None, None]
            return np.broadcast_to(images, (count, 16, 16, 1))

    judge = Evaluator(["agreement"], quadrants, count=1001)
    assert judge.of_model(Model()) == {"agreement_quadrants_1001": 1}
    made = judge.features_of(judge.samples(Model()))
    assert [len(part) for part in made.asked][:2] == [1000, 1]
    assert np.concatenate(made.asked)[999:].tolist() == [1, 0]


def test_models_that_translate_draw_no_samples(quadrants):
    judge = Evaluator(["is"], quadrants, count=2)
    with pytest.raises(ValueError, match=r"with `generate`.*Received: object"):
        judge.of_model(object())


def test_agreement_needs_labels_and_classes(quadrants):
    judge = Evaluator(["agreement"], quadrants, count=10)
    with pytest.raises(ValueError, match="Received: no labels"):
        judge.of_images(random_images(10))
