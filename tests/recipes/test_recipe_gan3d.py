"""The data and the metrics of 3D-GAN's recipes, on a stand-in catalogue."""

import numpy as np
import pytest
from support.mesh_files import stand_in

import zoo
from pipelines import furniture
from zoo.recipes.recipe import get_recipe
from zoo.recipes.settings import default_settings


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Those of a catalogue of six boxes, of which one is held out."""
    pytest.importorskip("trimesh")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(furniture, "FOLDER", tmp_path)
    stand_in(tmp_path)
    return default_settings(
        "gan3d", data="furniture:seat", size=8, batch_size=5
    )


def test_data_and_metrics(settings, tmp_path):
    recipe = get_recipe("gan3d_furniture")
    inputs = recipe.inputs(settings)
    assert inputs.arguments == {"resolution": 8}
    batches = [np.asarray(batch) for batch in inputs.data]
    assert {batch.shape for batch in batches} == {(5, 8, 8, 8, 1)}
    assert len(batches) == 16
    cached = list((tmp_path / "keras" / "zoo" / "voxels").iterdir())
    assert [f.name for f in cached] == ["furniture-seat-train-8.npy"]

    model = zoo.GAN3D(8, latent_dim=4, filters=1)
    metrics = recipe.measure(model, settings, 100)
    coverage = metrics["coverage_iou_1"]
    matching = metrics["minimum_matching_distance_iou_1"]
    assert coverage == dict.fromkeys(coverage, 1)  # Of one shape.
    assert matching["of_training_shapes"] == 0  # The boxes are alike.
    assert 0 < matching["value"] <= 1
    assert set(matching) == {"value", "of_noise", "of_training_shapes"}


def test_other_data_have_nothing_held_out(tmp_path):
    settings = default_settings("gan3d", data=str(tmp_path), size=8)
    assert get_recipe("gan3d").measure(None, settings, 1) == {}
