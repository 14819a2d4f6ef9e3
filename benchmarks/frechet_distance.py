"""Seconds that a Fréchet distance takes from 2048-d statistics, three ways.

    python -m benchmarks.frechet_distance

Beside `zoo.metrics.frechet_distance`: the eigenvalues of the product of the
covariances, as torch-fidelity does, and scipy's `sqrtm` of it, as pytorch-fid
does. In turns in one process, on the same statistics; the least of the turns
counts. Also prints how far values are from the zoo's, and the zoo's time where
covariances are singular or nearly so.
"""

import argparse
import time

import numpy as np
import scipy.linalg

from zoo.metrics import frechet_distance


def statistics(count, dimension, decay, seed):
    """Returns moments of features whose scales fall from 1 to `decay`."""
    random = np.random.default_rng(seed)
    features = random.normal(size=(count, dimension))
    features *= np.geomspace(1, decay, dimension)
    mix = random.normal(size=(dimension, dimension)) / np.sqrt(dimension)
    features = features @ mix + random.normal(size=dimension)
    return features.mean(axis=0), np.cov(features, rowvar=False)


def by_eigenvalues(mu1, sigma1, mu2, sigma2):
    values = np.linalg.eigvals(sigma1 @ sigma2).astype(complex)
    return _distance(mu1, sigma1, mu2, sigma2, np.sqrt(values).real.sum())


def by_sqrtm(mu1, sigma1, mu2, sigma2):
    root = scipy.linalg.sqrtm(sigma1 @ sigma2)
    return _distance(mu1, sigma1, mu2, sigma2, np.trace(root).real)


def _distance(mu1, sigma1, mu2, sigma2, root):
    return ((mu1 - mu2) ** 2).sum() + np.trace(sigma1 + sigma2) - 2 * root


def timed(function, arguments):
    """Returns seconds and the value."""
    start = time.perf_counter()
    value = function(*arguments)
    return time.perf_counter() - start, value


def main(dimension, turns):
    ways = {"zoo": frechet_distance}
    ways |= {"eigenvalues": by_eigenvalues, "sqrtm": by_sqrtm}
    count = 5 * dimension // 2
    pair = [statistics(count, dimension, 0.05, seed) for seed in (0, 1)]
    arguments = (*pair[0], *pair[1])
    runs = [
        {name: timed(way, arguments) for name, way in ways.items()}
        for _ in range(turns)
    ]
    value = runs[0]["zoo"][1]
    best = {name: min(run[name][0] for run in runs) for name in ways}
    print(f"{dimension} features, distance {value:.9g}, best of {turns}")
    for name, seconds in best.items():
        apart = abs(runs[0][name][1] / value - 1)
        print(
            f"{name:12} {seconds:8.2f} s  {seconds / best['zoo']:6.1f} times "
            f"the zoo's  differs by {apart:.1e}"
        )
    hard = {
        "singular": (dimension // 4, 0.05),
        "nearly singular": (count, 1e-6),
    }
    for name, (samples, decay) in hard.items():
        pair = [statistics(samples, dimension, decay, seed) for seed in (0, 1)]
        seconds, value = timed(frechet_distance, (*pair[0], *pair[1]))
        print(f"zoo, {name}: {seconds:.2f} s, distance {value:.9g}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dimension", type=int, default=2048)
    parser.add_argument("--turns", type=int, default=1)
    options = parser.parse_args()
    main(options.dimension, options.turns)
