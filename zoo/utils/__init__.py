"""What needs no model: checks of arguments, files, pictures, noise."""
