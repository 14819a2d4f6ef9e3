"""Losses of generative models: pure functions, and the names for them.

`get("hinge")` is an `AdversarialLoss`, `penalties.get("wgan_gp")` a `Penalty`.
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
