"""Denoising diffusion: Ho, Jain, Abbeel 2020, arXiv:2006.11239."""

import keras
import numpy as np
from keras import ops

from zoo import backend
from zoo.diffusion import schedules
from zoo.diffusion.predictions import checked_prediction, loss_weights, target
from zoo.engine import batches
from zoo.engine.labels import check_batch_labels
from zoo.models.diffusion.editing import EditingModel
from zoo.models.diffusion.unet import build_unet
from zoo.utils import checks

BANDS = 4


@keras.saving.register_keras_serializable(package="zoo")
class Diffusion(EditingModel):
    """Denoising diffusion model: DDPM, DDIM, with or without classes.

    `denoiser`, a U-Net, is shown images at random noise levels `x_t =
    sqrt(a) x_0 + sqrt(1 - a) eps`, and learns to tell the noise. To generate,
    noise is removed step by step: `zoo.samplers` has the steps, and
    `zoo.schedules` the noise levels. The defaults are the paper's for
    CIFAR-10, with 35,746,307 parameters for 32x32x3 images.

    Args:
        image_shape: `(height, width, channels)`, in pixels; each level halves
            height and width.
        num_classes: Number of classes to generate by, or `None`.
        channels: Width of the U-Net's first maps.
        multipliers: Each level's width over `channels`.
        blocks: Residual blocks of a level on the way down.
        attention: Heights of the maps with self-attention.
        dropout: Fraction dropped in residual blocks, in [0, 1).
        patch_size: Side of the patches of pixels that are folded into
            channels; 1, as in the paper, for none.
        schedule: `"linear"` (of the paper), `"cosine"`, `"scaled_linear"`, a
            `zoo.schedules.Schedule`, or its config.
        timesteps: Number of times, for a schedule by its name.
        prediction: What the network predicts: `"epsilon"` as in the paper,
            `"v"` (Salimans and Ho 2022) or `"x0"`.
        loss_space: What the loss compares: `"epsilon"`, `"v"`, `"x0"`, or
            `None` for what is predicted. A small network predicts images
            better than noise, and learns all noise levels by the loss of `v`
            (Li and He 2025, arXiv:2511.13720).
        min_snr: Gamma of the min-SNR weights of the loss (Hang et al. 2023,
            arXiv:2303.09556), such as 5, or `None` for equal weights. With
            `loss_space`, the largest weight that it gives an error of `x0`.
        label_dropout: Probability with which a label is hidden in training,
            in [0, 1), for guidance; only with `num_classes`.
        zero_terminal_snr: Whether the schedule is rescaled so that it ends in
            pure noise (Lin et al. 2023); not with `prediction="epsilon"`.
        time_input: What the network is told of the noise: `"step"`, the time,
            or `"signal_rate"`, `sqrt(a)`.
        unet: Dict of further numbers of the U-Net, such as `heads`: see
            `zoo.models.diffusion.architecture.Architecture`.
        ema_decay: Decay of the average of weights that generates, or `None`
            for no average.
        **kwargs: `name` and `dtype`, as of any Keras model.

    Raises:
        ValueError: An argument out of its range, or that does not go with
            another.

    Data: batches of float32 images `(batch, height, width, channels)` in
    [-1, 1], alone or as `(images, labels)`; with `num_classes`, integer labels
    `(batch,)` are needed.

    Example:
    ```python
    data = pipelines.labelled_images("fashion_mnist_10k", 32, batch_size=32)
    model = zoo.Diffusion((32, 32, 1), num_classes=10, channels=32)
    model.compile()
    model.fit(data, epochs=10)
    shoes = model.generate(16, labels=7, guidance=2.0, seed=0)
    ```
    """

    players = {"denoiser": ("denoiser",)}
    loss_names = ("denoiser_loss",)

    def __init__(
        self,
        image_shape=(32, 32, 3),
        num_classes=None,
        channels=128,
        multipliers=(1, 2, 2, 2),
        blocks=2,
        attention=(16,),
        dropout=0.1,
        patch_size=1,
        schedule="linear",
        timesteps=1000,
        prediction="epsilon",
        loss_space=None,
        min_snr=None,
        label_dropout=0.1,
        zero_terminal_snr=False,
        time_input="step",
        unet=None,
        ema_decay=0.9999,
        **kwargs,
    ):
        super().__init__(ema_decay=ema_decay, **kwargs)
        self.architecture = {
            "num_classes": num_classes,
            "channels": channels,
            "multipliers": multipliers,
            "blocks": blocks,
            "attention": attention,
            "dropout": dropout,
            "patch_size": patch_size,
            "time_input": time_input,
        }
        self.unet = dict(unet or {})
        self.num_classes = num_classes
        self.time_input = time_input
        self.schedule = schedules.get(schedule, timesteps)
        self.schedule_config = self.schedule.get_config()
        if zero_terminal_snr:
            self.schedule = self.schedule.rescale_to_zero_terminal_snr()
        self.zero_terminal_snr = zero_terminal_snr
        self.prediction = checked_prediction(prediction, self.schedule)
        self.min_snr = min_snr
        self.label_dropout = checks.fraction("label_dropout", label_dropout)
        times = np.arange(self.schedule.steps)
        self.signal_by_time = self.schedule.signal_rate(times)
        self.sigma_by_time = self.schedule.noise_rate(times)
        self.told_by_time = self._told(times)
        self.loss_space = loss_space
        self.weights_by_time = loss_weights(
            self.schedule, prediction, loss_space, min_snr
        )
        with self.dtype_scope():
            self.denoiser = build_unet(
                image_shape, **self.architecture, **self.unet
            )
        self.image_shape = tuple(map(int, image_shape))
        self.average("denoiser")
        self.band_trackers = [
            keras.metrics.Mean(f"denoiser_loss_{i + 1}_of_{BANDS}")
            for i in range(BANDS)
        ]

    def default_optimizers(self):
        """Adam at 2e-4 after 5000 steps of warm-up, gradients cut at norm 1.

        As in the paper's code.
        """
        rate = keras.optimizers.schedules.PolynomialDecay(0.0, 5000, 2e-4)
        return {"denoiser": keras.optimizers.Adam(rate, global_clipnorm=1.0)}

    def sample_noise(self, images):
        """Returns random whole times and noise for images.

        Args:
            images: `(batch, height, width, channels)`.

        Returns:
            Tuple of int32 `(batch,)` and noise of the shape of `images`.
        """
        count = ops.shape(images)[0]
        times = keras.random.randint(
            (count,), 0, self.schedule.steps, seed=self.seed_generator
        )
        shape = (count, *self.image_shape)
        return times, keras.random.normal(shape, seed=self.seed_generator)

    def hide_labels(self, labels):
        """Replaces a random share of labels by the one that means none."""
        chances = keras.random.uniform(
            ops.shape(labels), seed=self.seed_generator
        )
        hidden = chances < self.label_dropout
        return ops.where(hidden, self.num_classes, labels)

    def errors(self, network, images, times, noise, labels, training):
        """Weighted mean squared error of each prediction, `(batch,)`.

        Equation 14 of the paper, for `x_t` of equation 4.
        """
        signal, sigma = (
            _at(times, values)[:, None, None, None]
            for values in (self.signal_by_time, self.sigma_by_time)
        )
        told = _at(times, self.told_by_time)
        inputs = [signal * images + sigma * noise, told]
        inputs += [] if labels is None else [labels]
        wanted = target(images, noise, signal, sigma, self.prediction)
        predicted = network(inputs, training=training)
        errors = ops.mean(ops.square(predicted - wanted), axis=(1, 2, 3))
        return errors * _at(times, self.weights_by_time)

    def denoiser_loss(self, images, times, noise, labels, training):
        """Mean of `errors`: the paper's simple loss, or its weighted kind."""
        errors = self.errors(
            self.denoiser, images, times, noise, labels, training
        )
        return {"denoiser_loss": ops.mean(errors)}

    @backend.stateful
    def train_step(self, data):
        """Updates the denoiser on one batch: algorithm 1."""
        images, labels = self._images_and_labels(data)
        times, noise = self.sample_noise(images)
        if labels is not None:
            labels = self.hide_labels(labels)
        losses = self.minimize(
            "denoiser",
            lambda: self.denoiser_loss(images, times, noise, labels, True),
        )
        return self.log(**losses)

    @backend.stateful
    def test_step(self, data):
        """Computes the loss of the weights that generate, also by time.

        Also logs its mean over each quarter of the times, the least noise
        first.
        """
        images, labels = self._images_and_labels(data)
        times, noise = self.sample_noise(images)
        network = self.network("denoiser")
        errors = self.errors(network, images, times, noise, labels, False)
        bands = times * BANDS // self.schedule.steps
        for i, tracker in enumerate(self.band_trackers):
            tracker.update_state(errors, ops.equal(bands, i))
        logs = self.log(denoiser_loss=ops.mean(errors))
        return logs | {m.name: m.result() for m in self.band_trackers}

    def _images_and_labels(self, data):
        images, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        if self.num_classes is None:
            return images, None
        return images, ops.cast(labels, "int32")

    @property
    def metrics(self):
        """The mean loss, and those of each quarter of the times."""
        return [*super().metrics, *self.band_trackers]

    def call(self, inputs, training=False):
        """Predicts, from `[images, times]` and with classes labels."""
        network = self.denoiser if training else self.network("denoiser")
        return network(inputs, training=training)

    def check_batch(self, batch):
        """Raises a ValueError for images or labels that can't be used."""
        images, _, _ = keras.utils.unpack_x_y_sample_weight(batch)
        batches.check_images(images, self.image_shape)
        check_batch_labels(batch, self.num_classes)

    def get_config(self):
        """Returns the arguments of `__init__`."""
        return {
            **super().get_config(),
            "image_shape": self.image_shape,
            **self.architecture,
            "schedule": self.schedule_config,
            "prediction": self.prediction,
            "loss_space": self.loss_space,
            "min_snr": self.min_snr,
            "label_dropout": self.label_dropout,
            "zero_terminal_snr": self.zero_terminal_snr,
            "unet": self.unet,
        }


def _at(times, values):
    """Returns values at whole times, float32 `(batch,)`."""
    values = ops.convert_to_tensor(np.asarray(values, "float32"))
    return ops.take(values, times)
