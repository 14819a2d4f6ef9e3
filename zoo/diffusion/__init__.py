"""The mathematics of diffusion, without networks."""
