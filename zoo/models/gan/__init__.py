"""GANs of images: one generator against one opponent."""
