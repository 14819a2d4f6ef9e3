"""Metrics of generated images: features, then statistics, then a number.

All are computed by NumPy in float64, alike on every backend. A metric of sets
of images is a `Metric`, registered in the file that has its formula.
"""

from zoo.metrics.agreement import agreement
from zoo.metrics.density_coverage import density_coverage
from zoo.metrics.evaluator import Evaluator
from zoo.metrics.feature_set import FeatureSet
from zoo.metrics.frechet import frechet_distance, frechet_distance_of
from zoo.metrics.image_quality import ms_ssim, psnr, ssim
from zoo.metrics.inception_score import inception_score, inception_score_of
from zoo.metrics.kernel import kernel_distance
from zoo.metrics.metric import Metric
from zoo.metrics.moments import Moments
from zoo.metrics.perceptual import perceptual_distance
from zoo.metrics.precision_recall import precision_recall
from zoo.metrics.prediction_statistics import PredictionStatistics
from zoo.metrics.registry import get, register, registered
from zoo.metrics.shapes import coverage_and_matching, shape_distances

__all__ = [
    "Evaluator",
    "FeatureSet",
    "Metric",
    "Moments",
    "PredictionStatistics",
    "agreement",
    "coverage_and_matching",
    "density_coverage",
    "frechet_distance",
    "frechet_distance_of",
    "get",
    "inception_score",
    "inception_score_of",
    "kernel_distance",
    "ms_ssim",
    "perceptual_distance",
    "precision_recall",
    "psnr",
    "register",
    "registered",
    "shape_distances",
    "ssim",
]
