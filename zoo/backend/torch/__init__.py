"""The backend contract on PyTorch."""
