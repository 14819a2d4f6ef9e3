"""Metrics of generated images: features, then statistics, then a number.

All are computed by NumPy in float64, alike on every backend.
"""

from zoo.metrics.evaluation import Evaluator
from zoo.metrics.frechet import frechet_distance, frechet_distance_of
from zoo.metrics.image_quality import ms_ssim, psnr, ssim
from zoo.metrics.inception_score import (
    PredictionStatistics,
    inception_score,
    inception_score_of,
)
from zoo.metrics.kernel import kernel_distance
from zoo.metrics.perceptual import perceptual_distance
from zoo.metrics.precision_recall import density_coverage, precision_recall
from zoo.metrics.shapes import coverage_and_matching, shape_distances
from zoo.metrics.statistics import Moments

__all__ = [
    "Evaluator",
    "Moments",
    "PredictionStatistics",
    "coverage_and_matching",
    "density_coverage",
    "frechet_distance",
    "frechet_distance_of",
    "inception_score",
    "inception_score_of",
    "kernel_distance",
    "ms_ssim",
    "perceptual_distance",
    "precision_recall",
    "psnr",
    "shape_distances",
    "ssim",
]
