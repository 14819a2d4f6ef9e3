"""From images to images."""
