"""Modules by the names that they had in version 0.1."""

import importlib
import importlib.util
import pathlib
import sys
import warnings

import pytest

import zoo
from zoo import moved

pytestmark = pytest.mark.backend_free
HERE = pathlib.Path(zoo.__file__).parent


@pytest.fixture(autouse=True)
def _nothing_imported_by_old_names(monkeypatch):
    """So that each test imports them anew."""
    for name in moved.MOVED | moved.PUBLIC:
        monkeypatch.delitem(sys.modules, f"zoo.{name}", raising=False)


@pytest.mark.parametrize("old", moved.MOVED)
def test_old_names_warn_and_are_the_modules(old):
    new = importlib.import_module(f"zoo.{moved.MOVED[old]}")
    spec = new.__spec__
    expected = rf"^zoo\.{old} is now zoo\.{moved.MOVED[old]}$"
    with pytest.warns(DeprecationWarning, match=expected):
        module = importlib.import_module(f"zoo.{old}")
    assert module is new
    assert module.__spec__ is spec
    assert spec.name == module.__name__ == f"zoo.{moved.MOVED[old]}"


@pytest.mark.parametrize("short", moved.PUBLIC)
def test_short_names_are_for_good(short):
    new = importlib.import_module(f"zoo.{moved.PUBLIC[short]}")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        module = importlib.import_module(f"zoo.{short}")
    assert module is new
    assert module.__spec__.name == f"zoo.{moved.PUBLIC[short]}"


def test_the_warning_is_of_the_line_that_imports():
    with pytest.warns(DeprecationWarning, match="is now") as caught:
        from zoo.grids import image_grid
    assert image_grid is zoo.image_grid
    assert [x.filename for x in caught] == [__file__]


def test_no_old_name_hides_a_module():
    for name in moved.MOVED | moved.PUBLIC:
        place = HERE.joinpath(*name.split("."))
        assert not place.with_suffix(".py").exists(), name
        assert not place.is_dir(), name


def test_other_names_stay_unknown():
    assert importlib.util.find_spec("zoo.nothing") is None
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("zoo.models.nothing")
    moved.install()
    finders = [x for x in sys.meta_path if isinstance(x, moved.Finder)]
    assert len(finders) == 1
