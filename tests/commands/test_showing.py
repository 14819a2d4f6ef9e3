"""`zoo.show`, and tables in notebooks."""

import sys
import types

import keras
import numpy as np
import pytest
from PIL import Image

import zoo
from zoo.metrics.evaluator import Values


class Viewer(list):
    """Pictures that were shown, and where."""

    def __init__(self, monkeypatch):
        super().__init__()
        self.monkeypatch = monkeypatch
        monkeypatch.setattr(
            Image.Image, "show", lambda x: self.append(("viewer", x))
        )

    def begin_notebook(self, **shell):
        """Makes it look as if IPython ran this."""
        shell = types.SimpleNamespace(**shell)
        display = types.ModuleType("IPython.display")
        display.display = lambda x: self.append(("notebook", x))
        own = types.ModuleType("IPython")
        own.get_ipython = lambda: shell
        self.monkeypatch.setitem(sys.modules, "IPython", own)
        self.monkeypatch.setitem(sys.modules, "IPython.display", display)


@pytest.fixture
def viewer(monkeypatch):
    return Viewer(monkeypatch)


def test_where_it_is_shown(viewer):
    images = np.zeros((3, 64, 64, 3), "uint8")
    zoo.show(images)
    viewer.begin_notebook()  # IPython in a terminal.
    zoo.show(images)
    viewer.begin_notebook(kernel=None)
    zoo.show(images)
    assert [x for x, _ in viewer] == ["viewer", "viewer", "notebook"]
    assert {x.size for _, x in viewer} == {(3 * 68, 68)}


def test_what_it_takes(viewer):
    levels = np.full((64, 64, 1), 51, "uint8")
    zoo.show(levels)
    zoo.show(keras.ops.convert_to_tensor(levels[None] / 127.5 - 1, "float32"))
    for _, picture in viewer:
        assert picture.getpixel((30, 30)) == 51
    cube = np.zeros((1, 8, 8, 8, 1), "float32")
    cube[:, 2:6, 2:6, 2:6] = 1
    zoo.show(cube)
    assert np.unique(viewer[-1][1]).size > 3  # Shaded.
    zoo.show(np.zeros((5, 64, 64, 1)), columns=2)
    assert viewer[-1][1].size == (2 * 68, 3 * 68)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((4, 4)), r"Received: shape \(4, 4\)"),
        (np.zeros((0, 4, 4, 3)), r"shape \(0, 4, 4, 3\)"),
        (np.zeros((2, 4, 4, 7)), r"shape \(2, 4, 4, 7\)"),
        (np.full((1, 4, 4, 1), 255.0), "from 255 to 255"),
        (np.full((1, 4, 4, 1), np.nan), "from nan to nan"),
    ],
)
def test_what_it_refuses(viewer, images, message):
    with pytest.raises(ValueError, match=message):
        zoo.show(images)
    assert viewer == []


@pytest.mark.backend_free
def test_tables_in_notebooks():
    table = zoo.list_presets("DCGAN")._repr_html_()
    assert "<th>preset</th>" in table
    assert "<td>dcgan_fashion_mnist</td>" in table
    values = Values({"fd_<b>_10k": 1 / 3})
    assert values == {"fd_<b>_10k": 1 / 3}
    table = values._repr_html_()
    assert "<td>fd_&lt;b&gt;_10k</td><td>0.333333</td>" in table
