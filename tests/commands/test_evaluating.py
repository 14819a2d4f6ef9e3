"""What `zoo evaluate` reads and reports."""

import json

import pytest

from zoo.commands import evaluating

pytestmark = pytest.mark.backend_free


def test_report(tmp_path, capsys):
    evaluating.report({"fd_quadrants_50": 1.25}, tmp_path / "a" / "b.json")
    assert "fd_quadrants_50" in capsys.readouterr().out
    text = (tmp_path / "a" / "b.json").read_text()
    assert json.loads(text) == {"fd_quadrants_50": 1.25}


def test_metric_names():
    assert evaluating.metric_names("fid, IS") == ["fd", "is"]
    with pytest.raises(ValueError, match=r"'kid'.*Received: metrics='kidd'"):
        evaluating.metric_names("fd,kidd")
    with pytest.raises(ValueError, match=r"fd or fid.*Received: ', '"):
        evaluating.metric_names(", ")
