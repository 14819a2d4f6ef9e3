"""Files of `zoo train` that a crash or a stranger has damaged."""

import pytest

from zoo.commands.run_directory import write_settings
from zoo.commands.training_log import columns_of, drop_rows
from zoo.recipes.settings import default_settings, read_settings

pytestmark = pytest.mark.backend_free


@pytest.mark.parametrize(
    "text",
    [b"", b"[" * 100_000, b"[]", b"\xff", b"{}", b'{"model": 3}', b" " * 2**20],
)
def test_settings_that_are_none(tmp_path, text):
    write_settings(tmp_path, default_settings("dcgan"), {"epochs": 3})
    assert read_settings(tmp_path)[0].model == "dcgan"
    (tmp_path / "settings.json").write_bytes(text)
    with pytest.raises(ValueError, match=r"Received: .*settings\.json"):
        read_settings(tmp_path)


@pytest.mark.parametrize(
    "text", [b"epoch,loss\n0,x\n", b"epoch,loss\n0,\xff\n", b"epoch,a\n\x00,\n"]
)
def test_logs_that_are_none(tmp_path, text):
    log = tmp_path / "losses.csv"
    log.write_bytes(b"epoch,loss\n0,1.5\n1,0.5\n2,0")
    assert columns_of(log) == {"epoch": [0, 1, 2], "loss": [1.5, 0.5, 0]}
    log.write_bytes(text)
    with pytest.raises(ValueError, match=r"Received: .*losses\.csv"):
        columns_of(log)
    log.write_bytes(b"epoch,loss\nx,1\n")
    with pytest.raises(ValueError, match=r"Received: .*losses\.csv"):
        drop_rows(log, 1, ["loss"])
