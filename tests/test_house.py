"""The shape of the code: what CONTRIBUTING promises of it."""

import ast
import inspect
import re
import textwrap

import pytest
from support.harness import ROOT

import zoo

pytestmark = pytest.mark.backend_free

MODELS = [
    value
    for name in zoo.__all__
    if inspect.isclass(value := getattr(zoo, name))
    and issubclass(value, zoo.GenerativeModel)
    and value is not zoo.GenerativeModel
]


def lines_of(function):
    """Returns the number of lines of a function's body, without docstring."""
    source = textwrap.dedent(inspect.getsource(function))
    (node,) = ast.parse(source).body
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return body[-1].end_lineno - body[0].lineno + 1


@pytest.mark.parametrize("model", MODELS, ids=lambda x: x.__name__)
def test_steps_and_losses_are_short(model):
    """`train_step`, and each loss, in at most 15 lines."""
    ours = [x for x in model.__mro__ if x.__module__.startswith("zoo.")]
    names = {n for x in ours for n in vars(x) if re.search("_loss(es)?$", n)}
    names = {n for n in names if inspect.isfunction(getattr(model, n))}
    assert names
    for name in ("train_step", "test_step", *names):
        function = inspect.unwrap(getattr(model, name))
        assert lines_of(function) <= 15, name


@pytest.mark.parametrize("model", MODELS, ids=lambda x: x.__name__)
def test_every_argument_is_listed(model):
    """`help` and editors show all of them: none hides in `**kwargs`."""
    parameters = inspect.signature(model).parameters.values()
    assert all(p.kind is not p.VAR_KEYWORD for p in parameters)
    documented = inspect.getdoc(model).partition("Args:")[2]
    for parameter in parameters:
        assert re.search(rf"^ +{parameter.name}: ", documented, re.MULTILINE)


def test_way_from_fit_to_the_gradient():
    """CONTRIBUTING lists it: four classes in four files, by their lines."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    steps = re.findall(r"^\d+\. `([\w/.]+):(\d+)` `([\w.]+)`", text, re.M)
    assert len(steps) >= 6
    for path, line, name in steps:
        source = (ROOT / path).read_text().splitlines()[int(line) - 1]
        kind = "class" if name[0].isupper() and "." not in name else "def"
        assert f"{kind} {name.rpartition('.')[2]}" in source, (path, line)
    assert len({path for path, _, _ in steps}) == 4
    classes = {name.partition(".")[0] for _, _, name in steps}
    assert len({name for name in classes if name[0].isupper()}) <= 4


def test_docstrings_say_it_themselves():
    """An argument is described where it stands, not in another class."""
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for package in ("zoo", "pipelines", "callbacks")
        for path in (ROOT / package).rglob("*.py")
        for line in path.read_text().splitlines()
        if re.match(r"\s+[\w*]+: (As of|As for|See) ", line)
    ]
    assert found == []


def test_one_meaning_per_module_name():
    """Of what `zoo` shares, no two modules have a name."""
    shared = [
        path.stem
        for folder in ("backend", "engine", "layers", "losses", "utils")
        for path in (ROOT / "zoo" / folder).glob("*.py")
        if path.stem != "__init__"
    ]
    twice = {name for name in shared if shared.count(name) > 1}
    assert twice == set()
