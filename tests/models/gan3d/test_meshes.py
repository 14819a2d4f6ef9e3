"""Surfaces of shapes against a ball, whose volume and radius are known."""

import numpy as np
import pytest

from zoo.models.gan3d.meshes import MESHES, mesh_of, save_meshes

trimesh = pytest.importorskip("trimesh")
pytest.importorskip("skimage")
pytestmark = pytest.mark.backend_free

RADIUS, CENTRE = 0.3, np.array([0.1, 0.0, 0.4])


def ball(n=24):
    """Probabilities that fall from 1 to 0 over a voxel at the radius.

    In the cube over [-1/2, 1/2]^2, off its middle, so that axes are told
    apart.
    """
    axis = (np.arange(n) + 0.5) / n
    points = np.stack(np.meshgrid(*[axis] * 3, indexing="ij"), axis=-1)
    points = points - [0.5, 0.5, 0]
    distance = np.linalg.norm(points - CENTRE, axis=-1)
    return np.clip(0.5 + (RADIUS - distance) * n / 2, 0, 1).astype("float32")


def loaded(path):
    """Reads a file, as one mesh, whose equal vertices are joined."""
    mesh = trimesh.load(path, force="mesh")
    mesh.merge_vertices(merge_norm=True, merge_tex=True)
    return mesh


def check_ball(mesh, centre, count=1):
    assert mesh.is_watertight
    assert mesh.is_winding_consistent
    # Negative if normals point inwards.
    volume = count * 4 / 3 * np.pi * RADIUS**3
    np.testing.assert_allclose(mesh.volume, volume, rtol=0.03)
    if count == 1:
        distances = np.linalg.norm(mesh.vertices - centre, axis=1)
        np.testing.assert_allclose(distances, RADIUS, rtol=0.02)


def test_a_ball():
    check_ball(mesh_of(ball()), CENTRE)


@pytest.mark.parametrize("ending", MESHES)
def test_files_have_the_axes_of_their_formats(ending, tmp_path):
    path = save_meshes(ball()[None, ..., None], tmp_path / "new" / f"a{ending}")
    x, y, z = CENTRE
    centre = [x, z, -y] if ending == ".glb" else [x, y, z]
    check_ball(loaded(path), centre)


@pytest.mark.parametrize("ending", MESHES)
def test_several_lie_side_by_side(ending, tmp_path):
    path = save_meshes([ball()] * 3, tmp_path / f"a{ending}", columns=2)
    check_ball(loaded(path), None, count=3)
    low, high = loaded(path).bounds
    expected = np.array([1.2, 1.2, 0]) + 2 * RADIUS
    if ending == ".glb":
        expected = expected[[0, 2, 1]]
        scene = trimesh.load(path)
        assert set(scene.geometry) == {f"shape_{i}" for i in range(3)}
    np.testing.assert_allclose(high - low, expected, atol=0.02)


@pytest.mark.parametrize("value", [0.5, 1.0])
def test_what_touches_the_border_is_closed(value):
    """A full grid, and voxels that lie on the threshold itself."""
    full = np.full((6, 6, 6), value)
    full[2:4, 2:4, 2:4] = 1.0
    mesh = mesh_of(full, 0.5)
    assert mesh.is_watertight
    assert mesh.volume > 0


def test_noise_is_closed():
    noise = np.random.default_rng(0).random((12, 12, 12))
    for voxels in (noise, (noise > 0.7).astype("float32")):
        mesh = mesh_of(voxels, 0.7)
        assert mesh.is_watertight
        assert mesh.volume > 0


def test_empty_shapes_are_left_out(tmp_path):
    shapes = np.stack([np.zeros((24, 24, 24)), ball()])
    with pytest.warns(UserWarning, match=r"Shapes \[0\] have no voxel"):
        path = save_meshes(shapes, tmp_path / "a.stl")
    check_ball(loaded(path), CENTRE + np.array([1.2, 0, 0]))
    with pytest.raises(ValueError, match=r"above the threshold.*1 without"):
        save_meshes(shapes[:1], tmp_path / "b.stl")
    assert [x.name for x in tmp_path.iterdir()] == ["a.stl"]


@pytest.mark.parametrize(
    ("voxels", "name", "threshold", "message"),
    [
        (ball()[None], "a.fbx", 0.5, "ends in one of .glb"),
        (ball()[None], "a.stl", 0.0, "`threshold` must be between"),
        (ball()[None], "a.stl", 1.0, "`threshold` must be between"),
        (ball(), "a.stl", 0.5, r"\(count, n, n, n\).*\(24, 24, 24\)"),
        (ball()[None, :8], "a.stl", 0.5, r"\(count, n, n, n\)"),
        (ball()[None] * 255, "a.stl", 0.5, r"voxels in \[0, 1\]"),
        (ball()[None] * np.nan, "a.stl", 0.5, r"voxels in \[0, 1\]"),
    ],
)
def test_wrong_arguments(voxels, name, threshold, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        save_meshes(voxels, tmp_path / name, threshold)
    assert list(tmp_path.iterdir()) == []


def test_packages_that_are_missing(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pip install .*\[voxels\]"):
        save_meshes(ball()[None], tmp_path / "a.stl")
