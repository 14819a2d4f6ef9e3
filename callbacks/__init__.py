"""Keras callbacks for generative models."""

from .evaluate import Evaluate
from .learning_rates import LearningRates
from .progress import Progress
from .sample_grid import SampleGrid
from .time_limit import TimeLimit
from .training_state import TrainingInterrupted, TrainingState
from .voxel_grid import VoxelGrid

__all__ = [
    "Evaluate",
    "LearningRates",
    "Progress",
    "SampleGrid",
    "TimeLimit",
    "TrainingInterrupted",
    "TrainingState",
    "VoxelGrid",
]
