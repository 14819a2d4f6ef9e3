"""The command line before a command runs, and what is not installed."""

import importlib
import sys

import pytest
import typer
from support.harness import invoke, run

import zoo
from zoo import public
from zoo.cli import commands

pytestmark = pytest.mark.backend_free

HELP = """
import sys, time
sys.argv = ["zoo", "--help"]
start = time.process_time()
try:
    from zoo.cli import main
    main()
finally:
    slow = {"keras", "numpy", "tensorflow"} & set(sys.modules)
    print("slow:", slow, time.process_time() - start < 0.8)
    import zoo
    print(zoo.DCGAN.__name__, zoo.losses.__name__)
"""


def test_help_needs_no_keras():
    code, out, err = run("-c", HELP)
    assert code == 0, err
    assert all(f" {name} " in out for name in commands.COMMANDS)
    assert "slow: set() True" in out
    assert "DCGAN zoo.losses" in out  # Imported when it was asked for.


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_help_in_short_is_the_command_s(name):
    command = commands.load(name)
    own = command.help.partition("\n\n")[0].replace("\n", " ")
    assert own == commands.COMMANDS[name][1]


def test_every_public_name_is_found():
    for name in set(zoo.__all__) - {"__version__"}:
        assert getattr(zoo, name) is public.find(name)
    with pytest.raises(AttributeError, match="no attribute 'dcgan'"):
        _ = zoo.dcgan


def test_unknown_commands_suggest_near_ones():
    code, out = invoke("trian")
    assert code == 2
    assert "'train'" in out


def test_a_backend_that_is_not_installed(monkeypatch, capsys):
    def import_all():
        raise ModuleNotFoundError("No module named 'jax'", name="jax")

    monkeypatch.setattr(public, "import_all", import_all)
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda x: x == "tensorflow"
    )
    with pytest.raises(typer.Exit):
        commands.load("list")
    text = " ".join(capsys.readouterr().err.split())
    assert "backend jax is not installed: pip install jax." in text
    assert text.endswith("KERAS_BACKEND: tensorflow.")


def test_pipelines_say_what_they_need(monkeypatch):
    import pipelines

    monkeypatch.setitem(sys.modules, "tensorflow", None)
    monkeypatch.delitem(sys.modules, "pipelines.image_dataset", raising=False)
    with pytest.raises(ImportError, match="pip install tensorflow"):
        _ = pipelines.images
