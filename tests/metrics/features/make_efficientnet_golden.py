"""Makes `efficientnet_golden.npz` with an independent implementation.

Run with the path of the unpacked wheel of `efficientnet-lite-pytorch` 0.1.0
(Apache-2.0), in PyTorch:

    python tests/metrics/features/make_efficientnet_golden.py path/to/unpacked

Weights are drawn from a seed, as in `make_inception_golden.py`.
"""

import pathlib
import sys

import numpy as np
import torch

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1]), sys.argv[1]]

from efficientnet_lite_pytorch import EfficientNet  # noqa: E402
from support.drawn_weights import draw_weights  # noqa: E402


def main():
    """Writes the file."""
    network = EfficientNet.from_name("efficientnet-lite0").eval()
    shapes = {k: tuple(v.shape) for k, v in network.state_dict().items()}
    weights = draw_weights(shapes)
    network.load_state_dict(
        {k: torch.from_numpy(v) for k, v in weights.items()}
    )
    y, x, c = np.mgrid[:224, :224, :3]
    wave = 127 + 120 * np.sin(x / 17 + c) * np.cos(y / 13)
    images = np.stack([wave, np.abs(255 - x - y + 20 * c) % 256])
    images = (images // 16 * 16).astype("uint8")
    inputs = torch.from_numpy((images.astype("float32") - 127) / 128)
    inputs = inputs.permute(0, 3, 1, 2)
    with torch.no_grad():
        pool = network.extract_features(inputs).mean((2, 3))
        logits = network(inputs)
    print(pool.abs().max(), pool.std(), logits.std(), pool.std(0).mean())
    np.savez_compressed(
        HERE / "efficientnet_golden.npz",
        names=np.array(list(shapes)),
        shapes=np.array([" ".join(map(str, x)) for x in shapes.values()]),
        images=images,
        pool=pool.numpy(),
        logits=logits.numpy().reshape(len(images), -1),
    )


if __name__ == "__main__":
    main()
