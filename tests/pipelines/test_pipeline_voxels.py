"""`pipelines.voxels`: from meshes and grids to poses in batches."""

import sys

import numpy as np
import pytest
from support.mesh_files import box, obj, stand_in

import pipelines
from pipelines import furniture, meshes
from pipelines.voxel_dataset import posed

pytestmark = pytest.mark.backend_free

SIZE = 10


def off(vertices, faces):
    lines = ["OFF", f"{len(vertices)} {len(faces)} 0"]
    lines += ["{} {} {}".format(*v) for v in vertices]
    lines += ["3 {} {} {}".format(*f) for f in faces]
    return ("\n".join(lines) + "\n").encode()


def extent(grid):
    """First and last occupied voxel along each axis."""
    return [(p.min(), p.max()) for p in np.nonzero(grid)]


def grids_of(dataset):
    return np.concatenate([batch.numpy() for batch in dataset])[..., 0]


# One mesh


def test_a_box_is_centred_scaled_and_filled():
    """Sides 4, 2, 1 become 8, 4 and 2 voxels, with a margin of 1."""
    grid = meshes.voxelize(*box((5, -1, 3), (9, 1, 4)), SIZE)
    assert grid.dtype == np.uint8
    assert extent(grid) == [(1, 8), (3, 6), (4, 5)]
    assert grid.sum() == 8 * 4 * 2


def test_a_hollow_with_a_small_gap_is_filled():
    """The surface encloses at this resolution what has a slit in truth."""
    vertices, faces = box((0, 0, 0), (1, 1, 1))
    vertices = np.concatenate([vertices, vertices * 0.999])
    faces = np.concatenate([faces[:-1], faces[-1:] + 8])
    assert meshes.voxelize(vertices, faces, SIZE).sum() == 8**3


def test_an_open_box_is_not_filled():
    vertices, faces = box((0, 0, 0), (1, 1, 1))
    grid = meshes.voxelize(vertices, faces[2:], SIZE)
    assert 0 < grid.sum() < 8**3 - 6**3 + 1


def test_y_up_is_turned_to_z_up():
    """Height is along y in the file, depth along z; fronts look at +z."""
    pytest.importorskip("trimesh")
    vertices, faces = box((0, 0, 0), (2, 4, 1))
    grid = meshes.prepare(obj(vertices, faces), "obj", SIZE, "y")
    assert [b - a + 1 for a, b in extent(grid)] == [4, 2, 8]
    grid = meshes.prepare(obj(vertices, faces), "obj", SIZE, "z")
    assert [b - a + 1 for a, b in extent(grid)] == [4, 8, 2]


def test_rotation_comes_before_up():
    pytest.importorskip("trimesh")
    data = obj(*box((0, 0, 0), (4, 2, 1)))
    swap = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1.0]])
    grid = meshes.prepare(data, "obj", SIZE, "y", swap)
    assert [b - a + 1 for a, b in extent(grid)] == [4, 2, 8]


@pytest.mark.parametrize("ending", ["obj", "off", "stl", "ply"])
def test_formats_agree(ending, tmp_path):
    trimesh = pytest.importorskip("trimesh")
    vertices, faces = box()
    mesh = trimesh.Trimesh(vertices, faces, process=False)
    mesh.export(tmp_path / f"box.{ending}")
    (grid,) = grids_of(pipelines.voxels(tmp_path, SIZE, 1, up="z"))
    np.testing.assert_array_equal(grid, meshes.voxelize(vertices, faces, SIZE))


def test_binvox(tmp_path):
    """Runs of x, then z, then y, the fastest; y is up."""
    pytest.importorskip("trimesh")
    grid = np.random.default_rng(0).random((4, 4, 4)) > 0.5  # x, y, z of file
    runs = b"".join(bytes([int(v), 1]) for v in grid.transpose(0, 2, 1).flat)
    header = b"#binvox 1\ndim 4 4 4\ntranslate 0 0 0\nscale 1\ndata\n"
    (tmp_path / "a.binvox").write_bytes(header + runs)
    (got,) = grids_of(pipelines.voxels(tmp_path, 4, 1))
    np.testing.assert_array_equal(got, grid.transpose(0, 2, 1)[:, ::-1])
    with pytest.raises(ValueError, match=r"a\.binvox.*8 along each side"):
        pipelines.voxels(tmp_path, 8, 1)


# Datasets


@pytest.fixture
def numbered():
    """Ten grids; grid k has k voxels in a row, and two that tell poses."""
    grids = np.zeros((10, 4, 4, 4), bool)
    for k, grid in enumerate(grids):
        grid[0, 0, 1] = grid[1, 0, 1] = grid[0, 2, 1] = True
        grid[..., 3] = np.arange(16).reshape(4, 4) <= k
    return grids


def numbers(dataset):
    return [int(grid[..., 3].sum()) - 1 for grid in grids_of(dataset)]


def test_batches(numbered):
    dataset = pipelines.voxels(numbered, 4, 5, shuffle=False)
    assert dataset.element_spec.shape == (5, 4, 4, 4, 1)
    assert dataset.element_spec.dtype == "float32"
    assert len(dataset) == 2
    np.testing.assert_array_equal(grids_of(dataset), numbered)


def test_order_and_poses_depend_on_seed_and_epoch_alone(numbered):
    make = {"mirror": True, "turn": True, "shuffle_seed": 3}
    dataset = pipelines.voxels(numbered, 4, 5, **make)
    first, second = grids_of(dataset), grids_of(dataset)
    assert not np.array_equal(first, second)
    again = pipelines.voxels(numbered, 4, 5, **make)
    pipelines.set_epoch(1)
    np.testing.assert_array_equal(grids_of(again), second)
    pipelines.set_epoch(0)
    np.testing.assert_array_equal(grids_of(again), first)
    assert sorted(numbers(dataset)) == list(range(10))


def test_every_pose_occurs_and_no_other(numbered):
    asymmetric = np.repeat(numbered[3:4], 64, axis=0)
    dataset = pipelines.voxels(asymmetric, 4, 64, mirror=True, turn=True)
    expected = {
        posed(asymmetric[0], flip, turns).tobytes()
        for flip in (False, True)
        for turns in range(4)
    }
    assert len(expected) == 8
    got = {grid.astype(bool).tobytes() for grid in grids_of(dataset)}
    assert got == expected
    dataset = pipelines.voxels(asymmetric, 4, 64, mirror=True)
    got = {grid.astype(bool).tobytes() for grid in grids_of(dataset)}
    assert got == {posed(asymmetric[0], f, 0).tobytes() for f in (0, 1)}


def test_a_mirrored_shape_is_left_right_and_a_turn_keeps_height():
    grid = np.zeros((4, 4, 4))
    grid[0, 1, 2] = 1
    assert posed(grid, True, 0)[3, 1, 2] == 1
    assert posed(grid, False, 1)[2, 0, 2] == 1  # From (x, y) to (-y, x).


def test_passes(numbered):
    dataset = pipelines.voxels(numbered, 4, 5, passes=3)
    assert len(dataset) == 6
    assert sorted(numbers(dataset)) == sorted([*range(10)] * 3)


def test_cache_is_used_again(tmp_path, monkeypatch):
    pytest.importorskip("trimesh")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "box.obj").write_bytes(obj(*box()))
    cache = tmp_path / "deep" / "voxels.npy"
    first = grids_of(pipelines.voxels(tmp_path / "in", SIZE, 1, cache=cache))
    assert np.load(cache).shape == (1, SIZE, SIZE, SIZE)
    monkeypatch.setattr(meshes, "prepare", None)
    again = grids_of(pipelines.voxels(tmp_path / "in", SIZE, 1, cache=cache))
    np.testing.assert_array_equal(again, first)
    with pytest.raises(ValueError, match=r"box\.obj"):  # Another resolution.
        pipelines.voxels(tmp_path / "in", 8, 1, cache=cache)


def test_npz_files(numbered, tmp_path):
    np.savez(tmp_path / "set.npz", voxels=numbered, other=1)
    dataset = pipelines.voxels(tmp_path / "set.npz", 4, 5, shuffle=False)
    np.testing.assert_array_equal(grids_of(dataset), numbered)
    (tmp_path / "one").mkdir()
    np.savez(tmp_path / "one" / "a.npz", numbered[0].astype("float32"))
    for name in ("__MACOSX/a.npz", ".git/a.npz", "._a.npz"):
        (tmp_path / "one" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "one" / name).write_bytes(b"")
    (tmp_path / "one" / "y.npz").mkdir()
    (grid,) = grids_of(pipelines.voxels(tmp_path / "one", 4, 1))
    np.testing.assert_array_equal(grid, numbered[0])


# Errors


BAD = {
    "nan.obj": obj(np.where(box()[0] == 4, np.nan, box()[0]), box()[1]),
    "flat.obj": obj(*box(high=(4, 2, 0))),
    "empty.obj": b"",
    "points.off": off(box()[0], []),
    "text.stl": b"this is text",
    "cut.ply": b"ply\nformat ascii 1.0\nelement vertex 8\n",
    "cut.binvox": b"#binvox 1\ndim 10 10 10\n",
    "cut.npz": b"PK\x03\x04",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_named(tmp_path, name):
    pytest.importorskip("trimesh")
    (tmp_path / name).write_bytes(BAD[name])
    reason = {"nan": "NaN or infinite", "flat": "no volume"}
    reason |= dict.fromkeys(("empty", "points"), "no faces")
    reason = reason.get(name.partition(".")[0], "")
    with pytest.raises(ValueError, match=rf"{name}.*{reason}.*Received: "):
        pipelines.voxels(tmp_path, SIZE, 1)


def test_bad_files_are_skipped_with_a_warning(tmp_path):
    pytest.importorskip("trimesh")
    for name, content in BAD.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match="None of the 8 shapes"):
        pipelines.voxels(tmp_path, SIZE, 1, on_error="skip")
    (tmp_path / "good.obj").write_bytes(obj(*box()))
    with pytest.warns(UserWarning, match="8 of 9 shapes") as record:
        dataset = pipelines.voxels(tmp_path, SIZE, 1, on_error="skip")
    assert len(dataset) == 1
    assert record[0].filename == __file__


def test_missing_trimesh_says_how_to_install_it(tmp_path, monkeypatch):
    (tmp_path / "box.obj").write_bytes(obj(*box()))
    monkeypatch.setitem(sys.modules, "trimesh", None)
    with pytest.raises(ImportError, match=r"\[voxels\]"):
        pipelines.voxels(tmp_path, SIZE, 1)


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        (np.zeros((2, 5, 5, 5)), ValueError, r"4 along each side.*\(2, 5,"),
        (np.zeros((4, 4, 4)), ValueError, r"shape \(n, resolution"),
        (np.full((1, 4, 4, 4), 255), ValueError, "values from 255"),
        (np.full((1, 4, 4, 4), np.nan), ValueError, "values from nan"),
        (np.full((1, 4, 4, 4), "a"), ValueError, "must be numbers"),
        ("nowhere", FileNotFoundError, "'furniture'.*nowhere"),
        (3, ValueError, "Received: source=3"),
    ],
    ids=str,
)
def test_bad_sources(source, error, message):
    with pytest.raises(error, match=message):
        pipelines.voxels(source, 4, 1)


def test_empty_folder_and_wrong_file(tmp_path):
    with pytest.raises(ValueError, match=r"holds no shape.*obj.*Received"):
        pipelines.voxels(tmp_path, 4, 1)
    (tmp_path / "a.txt").write_text("text")
    with pytest.raises(ValueError, match=r"a\.txt"):
        pipelines.voxels(tmp_path / "a.txt", 4, 1)


@pytest.mark.parametrize(
    "options",
    [
        {"up": "x"},
        {"split": "train"},
        {"passes": 0},
        {"on_error": "ignore"},
        {"cache": "voxels.npz"},
        {"batch_size": 11},
    ],
    ids=str,
)
def test_arguments_are_checked(numbered, options):
    (name,) = options
    arguments = {"batch_size": 2, **options}
    with pytest.raises(ValueError, match=f"`{name}`.*Received"):
        pipelines.voxels(numbered, 4, **arguments)


# Furniture


@pytest.fixture
def pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(furniture, "FOLDER", tmp_path)
    stand_in(tmp_path)
    return furniture.catalogue(tmp_path)


def test_catalogue(pieces):
    assert [piece.member for piece in pieces[:2]] == [
        "pieces/1.obj",
        "pieces/2.obj",
    ]
    assert pieces[0].name == "Chaise longue é"
    assert pieces[1].rotation == (0, 1, 0, 1, 0, 0, 0, 0, 1)
    count = {
        words: len(furniture.select(pieces, words, "all"))
        for words in (("desk",), ("chaise", "desk"), ("seats",), ("seat",), ())
    }
    assert list(count.values()) == [3, 6, 0, 6, 6]
    splits = [furniture.select(pieces, (), s) for s in ("train", "test")]
    assert [len(split) for split in splits] == [5, 1]
    assert splits[1] == [pieces[4]]


def test_furniture_is_set_upright(pieces):
    pytest.importorskip("trimesh")
    dataset = pipelines.voxels("furniture:desk", SIZE, 1, shuffle=False)
    turned, plain, _ = grids_of(dataset)
    assert [b - a + 1 for a, b in extent(turned)] == [4, 2, 8]
    assert [b - a + 1 for a, b in extent(plain)] == [8, 2, 4]


def test_no_furniture(pieces, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="Received: boat"):
        pipelines.voxels("furniture:boat", SIZE, 1)
    monkeypatch.setattr(furniture, "FOLDER", tmp_path / "elsewhere")
    message = "apt-get install .* sweethome3d-furniture.*Received"
    with pytest.raises(FileNotFoundError, match=message):
        pipelines.voxels("furniture", SIZE, 1)


def test_damaged_catalogue(tmp_path):
    (tmp_path / "a.sh3f").write_bytes(b"PK cut")
    with pytest.raises(ValueError, match=r"a\.sh3f is damaged.*Received"):
        furniture.catalogue(tmp_path)


@pytest.mark.skipif(
    not furniture.FOLDER.is_dir(), reason="needs sweethome3d-furniture"
)
def test_real_furniture():
    pytest.importorskip("trimesh")
    pieces = furniture.catalogue()
    assert len(pieces) == 820
    assert sum(piece.rotation is not None for piece in pieces) == 33
    dataset = pipelines.voxels(
        "furniture:stool", 16, 1, split="test", on_error="skip"
    )
    for grid in grids_of(dataset):
        assert 0.005 < grid.mean() < 0.8
        assert not grid[[0, -1]].any()
