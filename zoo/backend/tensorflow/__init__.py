"""The backend contract on TensorFlow."""
