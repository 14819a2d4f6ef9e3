"""Losses of generative models: pure functions, and the names for them.

An `AdversarialLoss` is what both players of a GAN minimize, put together of
`terms`, one equation each; `get("hinge")` gives one by name. A `Penalty` is on
the gradients of a critic, and `penalties.get("wgan_gp")` gives one.
`auxiliary` are terms beside the adversarial ones, `l1` compares images by
pixels and `PerceptualFeatures` by what a frozen network sees.
"""

from zoo.losses import auxiliary, penalties, terms
from zoo.losses.adversarial import (
    ENERGY,
    HINGE,
    LEAST_SQUARES,
    MAXIMUM_LIKELIHOOD,
    MINIMAX,
    NON_SATURATING,
    WASSERSTEIN,
    AdversarialLoss,
    energy_based,
    get,
    register,
    serialize,
)
from zoo.losses.auxiliary import (
    classification,
    mode_seeking,
    mutual_information_categorical,
    mutual_information_continuous,
)
from zoo.losses.penalties import Penalty
from zoo.losses.perceptual import PerceptualFeatures, allow_weights
from zoo.losses.reconstruction import l1
from zoo.losses.terms import (
    discriminator_fake,
    discriminator_real,
    maximum_likelihood,
    minimax,
    non_saturating,
)

__all__ = [
    "ENERGY",
    "HINGE",
    "LEAST_SQUARES",
    "MAXIMUM_LIKELIHOOD",
    "MINIMAX",
    "NON_SATURATING",
    "WASSERSTEIN",
    "AdversarialLoss",
    "Penalty",
    "PerceptualFeatures",
    "allow_weights",
    "auxiliary",
    "classification",
    "discriminator_fake",
    "discriminator_real",
    "energy_based",
    "get",
    "l1",
    "maximum_likelihood",
    "minimax",
    "mode_seeking",
    "mutual_information_categorical",
    "mutual_information_continuous",
    "non_saturating",
    "penalties",
    "register",
    "serialize",
    "terms",
]
