"""Makes `inception_golden.npz` with torch-fidelity, the independent reference.

Run with the path of the unpacked wheel (torch_fidelity 0.4.0, Apache-2.0):

    python tests/metrics/features/make_inception_golden.py path/to/unpacked

The file holds names and shapes of the checkpoint's tensors, small images, and
what torch-fidelity's network makes of them. The weights, 95 MB, are drawn
from a seed by `support.drawn_weights`, here and in the test alike.
"""

import pathlib
import sys
import types
from unittest import mock

import numpy as np
import torch

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

# Without its `__init__`, which needs torchvision for data sets.
package = types.ModuleType("torch_fidelity")
package.__path__ = [str(pathlib.Path(sys.argv[1], "torch_fidelity"))]
sys.modules["torch_fidelity"] = package

from support.drawn_weights import draw_weights  # noqa: E402
from torch_fidelity import feature_extractor_inceptionv3 as reference  # noqa: E402


def reference_extractor(weights):
    """Returns torch-fidelity's extractor with the given weights."""
    state = {k: torch.from_numpy(v) for k, v in weights.items()}
    extractor = reference.FeatureExtractorInceptionV3
    with mock.patch.object(torch, "load", return_value=state):
        return extractor(
            "golden",
            ["2048", "logits_unbiased", "logits"],
            feature_extractor_weights_path="drawn",
        )


def names_and_shapes():
    """Returns what a checkpoint holds, read off the network itself."""
    extractor = reference.FeatureExtractorInceptionV3
    found = {}
    load = mock.patch.object(torch, "load", return_value={})
    keep = mock.patch.object(
        extractor,
        "load_state_dict",
        lambda self, _: found.update(self.state_dict()),
    )
    with load, keep:
        extractor("shapes", ["2048"], feature_extractor_weights_path="none")
    return {k: tuple(v.shape) for k, v in found.items()}


def images():
    """Returns smooth and noisy images: small, not square, and of 299."""
    rng = np.random.default_rng(1)
    small = rng.integers(0, 256, (2, 40, 56, 3), "uint8")
    y, x, c = np.mgrid[:40, :56, :3]
    small[1] = 127 + 120 * np.sin(x / 5 + c) * np.cos(y / 7)
    y, x, c = np.mgrid[:299, :299, :3]
    large = 127 + 120 * np.sin(x / 23 + c) * np.cos(y / (19 + c))
    return small, (large[None] // 16 * 16).astype("uint8")


def main():
    """Writes the file."""
    shapes = names_and_shapes()
    extractor = reference_extractor(draw_weights(shapes))
    golden = {
        "names": np.array(list(shapes)),
        "shapes": np.array([" ".join(map(str, x)) for x in shapes.values()]),
    }
    for name, batch in zip(("small", "large"), images(), strict=True):
        with torch.no_grad():
            outputs = extractor(torch.from_numpy(batch).permute(0, 3, 1, 2))
        golden[name] = batch
        for kind, value in zip(
            ("pool", "logits", "logits_biased"), outputs, strict=True
        ):
            golden[f"{name}_{kind}"] = value.numpy()
            print(name, kind, value.shape, value.mean(), value.std())
        spread = golden[f"{name}_pool"].std(0).mean()
        print(name, "spread over images", spread)
    np.savez_compressed(HERE / "inception_golden.npz", **golden)


if __name__ == "__main__":
    main()
