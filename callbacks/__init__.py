"""Keras callbacks for generative models."""

from callbacks.evaluate import Evaluate
from callbacks.progress import Progress
from callbacks.sample_grid import SampleGrid
from callbacks.training_state import TrainingState
from callbacks.voxel_grid import VoxelGrid

__all__ = ["Evaluate", "Progress", "SampleGrid", "TrainingState", "VoxelGrid"]
