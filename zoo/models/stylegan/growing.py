"""A GAN whose networks grow while it trains: Karras et al. 2018."""

from typing import Any

import keras
from keras import ops

from zoo import backend
from zoo.layers import Growth
from zoo.models.gan.game import AdversarialGame


class GrowingGAN(AdversarialGame):
    """A game in which both networks begin small, arXiv:1710.10196, section 2.

    What StyleGAN and, later, ProGAN are trained by. A subclass builds a
    network with the layers `"growth"`, a
    `zoo.layers.Growth`, and for each resolution from 8 on `"up_<size>"`, which
    repeats pixels, and `"fade_in_<size>"`, a `zoo.layers.FadeIn`. `growing`
    names it. Its networks, told `stage`, make and judge images of
    `4 * 2**stage` pixels, the stage's `size`.

    A step is compiled for one stage. `fit` asks at the start of each epoch
    whether it is time for the next one; alpha rises with every step.
    """

    growing = "synthesis"
    """Attribute of the network that keeps how far all have grown."""

    stage: Any = None
    """Stage that steps are compiled for."""

    @property
    def growth(self) -> Growth:
        """The `zoo.layers.Growth` that says how far the networks have grown."""
        return getattr(self, self.growing).get_layer("growth")

    @property
    def size(self) -> int:
        """Height and width of the images that steps are compiled for."""
        return 4 * 2**self.stage

    def grow_if_due(self) -> None:
        """Begins the next stage, if this one has had its images."""
        if self.growth.is_due():
            self.growth.grow()

    def advance(self, data: Any) -> None:
        """Counts the images of the step, of all replicas."""
        super().advance(data)
        images, *_ = keras.tree.flatten(data)
        count = ops.cast(ops.shape(images)[0], "int32")
        self.growth.advance(count * backend.replica_count())

    def start_game(self) -> None:
        """Makes what depends on the networks, once they stand."""
        super().start_game()
        self._follow_growth()

    def make_train_function(self, force: bool = False) -> Any:
        """Compiles the training step, for the stage that is reached."""
        self._follow_growth()
        return super().make_train_function(force)

    def make_test_function(self, force: bool = False) -> Any:
        """Compiles the step of `evaluate`, for the stage that is reached."""
        self._follow_growth()
        return super().make_test_function(force)

    def _follow_growth(self):
        """Forgets what was compiled for another stage, if that is passed."""
        stage = int(ops.convert_to_numpy(self.growth.stage))
        if stage != self.stage:
            self.stage = stage
            self.train_function = self.test_function = None

    def own_callbacks(self) -> list[keras.callbacks.Callback]:
        """Returns what lets the networks grow, before the others."""
        return [Growing(), *super().own_callbacks()]

    def unpack(self, data: Any) -> tuple[Any, tuple[Any, ...]]:
        """Returns images as they are to be judged at this stage."""
        images, conditions = super().unpack(data)
        return self.shrink(images), conditions

    def shrink(self, images: Any) -> Any:
        """Reduces images to the stage's size, whose details are faded in.

        Args:
            images: `(batch, size, size, channels)` of full size.

        Returns:
            Images of the stage's size.
        """
        while images.shape[1] > self.size:
            images = ops.average_pool(images, 2, strides=2)
        if self.stage == 0:
            return images
        layer = getattr(self, self.growing).get_layer
        coarse = ops.average_pool(images, 2, strides=2)
        coarse = layer(f"up_{self.size}")(coarse)
        level = self.growth(images)
        return layer(f"fade_in_{self.size}")([coarse, images, level])


class Growing(keras.callbacks.Callback):
    """Lets the networks of a `GrowingGAN` grow between epochs."""

    def on_epoch_begin(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        """Grows, if it is time to, and compiles the step anew if it was."""
        self.model.grow_if_due()
        self.model.make_train_function()
