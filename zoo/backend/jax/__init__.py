"""The backend contract on JAX."""
