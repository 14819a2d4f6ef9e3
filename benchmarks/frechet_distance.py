"""Seconds that a Fréchet distance takes from 2048-d statistics, three ways.

    python -m benchmarks.frechet_distance

Beside `zoo.metrics.frechet_distance`: the eigenvalues of the product of the
covariances, as torch-fidelity does, and scipy's `sqrtm` of it, as pytorch-fid
does. In turns in one process, on the same statistics; the least of the turns
counts. On a busy machine, set OPENBLAS_NUM_THREADS=1 and go by the seconds of
processors. Also prints how far values are from the zoo's, and the zoo's time
where covariances are singular or nearly so.
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
    """Returns seconds by the clock, seconds of processors and the value."""
    clock, processors = time.perf_counter(), time.process_time()
    value = function(*arguments)
    clock = time.perf_counter() - clock
    return clock, time.process_time() - processors, value


def main(dimension, turns):
    frechet_distance([0.0], [[1.0]], [0.0], [[1.0]])  # Imports what it needs.
    ways = {"zoo": frechet_distance}
    ways |= {"eigenvalues": by_eigenvalues, "sqrtm": by_sqrtm}
    count = 5 * dimension // 2
    pair = [statistics(count, dimension, 0.05, seed) for seed in (0, 1)]
    arguments = (*pair[0], *pair[1])
    runs = [
        {name: timed(way, arguments) for name, way in ways.items()}
        for _ in range(turns)
    ]
    value = runs[0]["zoo"][2]
    print(f"{dimension} features, distance {value:.9g}, least of {turns}")
    for name in ways:
        clock, processors = (min(r[name][i] for r in runs) for i in (0, 1))
        least = min(r["zoo"][0] for r in runs)
        print(
            f"{name:12}{clock:8.2f} s ({processors:.2f} of processors), "
            f"{clock / least:.1f} times the zoo's, value differs by "
            f"{abs(runs[0][name][2] / value - 1):.1e}"
        )
    hard = {
        "singular": (dimension // 4, 0.05),
        "nearly singular": (count, 1e-6),
    }
    for name, (samples, decay) in hard.items():
        pair = [statistics(samples, dimension, decay, seed) for seed in (0, 1)]
        clock, _, value = timed(frechet_distance, (*pair[0], *pair[1]))
        print(f"zoo, {name}: {clock:.2f} s, distance {value:.9g}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dimension", type=int, default=2048)
    parser.add_argument("--turns", type=int, default=1)
    options = parser.parse_args()
    main(options.dimension, options.turns)
