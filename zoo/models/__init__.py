"""The models, a folder for each family."""
