"""GANs of images: one generator against one opponent."""

from zoo.models.gan.conditional_gan import ConditionalGAN
from zoo.models.gan.dcgan import DCGAN
from zoo.models.gan.wgan_gp import WGANGP

__all__ = ["DCGAN", "WGANGP", "ConditionalGAN"]
