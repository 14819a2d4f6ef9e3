"""Names of classes: checked, kept in files, and taken for labels."""

import keras
import numpy as np
import pytest
from contract.models import MODELS

import zoo
from zoo.engine.labels import check_class_names, labels_by_name

NAMES = ("cat", "dog", "fox")
CONDITIONAL = ("ConditionalGAN", "StyleGAN", "Diffusion")


@pytest.mark.backend_free
@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("fox", 2),
        (["fox", "cat"], [2, 0]),
        (np.array(["dog"]), [1]),
        (1, 1),
        (None, None),
        ([0, 2], [0, 2]),
    ],
)
def test_names_are_numbers(labels, expected):
    assert labels_by_name(labels, NAMES) == expected


@pytest.mark.backend_free
def test_name_errors():
    with pytest.raises(ValueError, match=r"Did you mean 'fox'.*Received: 'fix"):
        labels_by_name(["cat", "fix"], NAMES)
    with pytest.raises(ValueError, match=r"knows no names.*Received: labels"):
        labels_by_name("fox", None)
    for names in (
        ("a", "b"),
        ("a", "b", "b"),
        "abc",
        (1, 2, 3),
        ("a", "b", ""),
    ):
        with pytest.raises(ValueError, match=r"`num_classes` = 3.*Received"):
            check_class_names(names, 3)
    with pytest.raises(ValueError, match=r"`num_classes` = None"):
        check_class_names(NAMES, None)


@pytest.mark.parametrize("name", CONDITIONAL)
def test_a_name_is_a_label_to_generate(name):
    model = MODELS[name].make()
    model.class_names = list(NAMES)
    options = {"steps": 2, "verbose": 0} if name == "Diffusion" else {}
    made = model.generate(2, seed=0, labels="fox", **options)
    expected = model.generate(2, seed=0, labels=2, **options)
    np.testing.assert_array_equal(made, expected)


def test_other_classes_of_a_preset_have_no_names(tmp_path):
    model = MODELS["WGANGP"].make(num_classes=3)
    model.class_names = NAMES
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.class_names == NAMES
    model.save_to_preset(tmp_path / "preset", samples=0)
    load = zoo.WGANGP.from_preset
    assert load(tmp_path / "preset").class_names == NAMES
    other = load(tmp_path / "preset", load_weights=False, num_classes=5)
    assert (other.num_classes, other.class_names) == (5, None)
