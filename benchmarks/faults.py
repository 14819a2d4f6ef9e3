"""Kills trainings, lets them go on, and compares them with whole ones.

    python -m benchmarks.faults --steps 400 --at 37,199,361
    python -m benchmarks.faults --random 30 --seed 0

The first kills each training (`kill -9`) at the given steps; the second kills
some at random moments, also while they save. Each is started again until it
ends. What it made is then compared, bit by bit, with a training of the same
model that nothing interrupted. `KERAS_BACKEND` picks the backend.
"""

import argparse
import hashlib
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

EPOCH = 50
EVERY = 10
BATCH = 4


def models():
    """Returns functions that make a tiny model and its data, by name."""
    import numpy as np

    import zoo

    random_images = np.random.default_rng(0).uniform
    images = random_images(-1, 1, (BATCH * EPOCH, 16, 16, 1)).astype("float32")
    labels = np.arange(len(images), dtype="int32") % 3
    shape = (16, 16, 1)
    unet = {"channels": 4, "multipliers": (1,), "blocks": 1, "attention": ()}
    cycle = {"filters": 2, "blocks": 1, "receptive_field": 16, "pool_size": 8}
    return {
        "DCGAN": (
            lambda: zoo.DCGAN(shape, 8, 4, ema_decay=0.9),
            (images,),
        ),
        "CycleGAN": (
            lambda: zoo.CycleGAN(shape, ema_decay=0.9, **cycle),
            (images, -images),
        ),
        "Diffusion": (
            lambda: zoo.Diffusion(shape, num_classes=3, ema_decay=0.9, **unet),
            (images, labels),
        ),
    }


def work(name, directory, steps, kill_at):
    """Trains to the end, or kills this process after a step; prints a hash."""
    import keras

    import callbacks

    class Kill(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.before = epoch * EPOCH

        def on_train_batch_end(self, batch, logs=None):
            print("step", self.before + batch + 1, flush=True)
            if self.before + batch + 1 == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    keras.utils.set_random_seed(0)
    make, data = models()[name]
    model = make()
    model.compile()
    state = callbacks.TrainingState(directory, every_steps=EVERY)
    place = state.place
    print("from", place.epoch * EPOCH + place.step, flush=True)
    model.fit(
        *data,
        batch_size=BATCH,
        shuffle=False,
        epochs=steps // EPOCH,
        verbose=0,
        callbacks=[Kill(), state],
    )
    digest = hashlib.sha256()
    for variable in [*model.variables, *model.optimizer.variables]:
        digest.update(keras.ops.convert_to_numpy(variable).tobytes())
    print("hash", digest.hexdigest(), flush=True)


def started(name, directory, steps, kill_at=0):
    """Starts `work` in another process."""
    command = [sys.executable, "-m", "benchmarks.faults", "--work", name]
    command += ["--directory", directory, "--steps", steps, "--at", kill_at]
    return subprocess.Popen(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def told(process):
    """Returns the last value of each word that a process printed."""
    lines = process.communicate()[0].splitlines()
    return dict(line.split() for line in lines if len(line.split()) == 2)


def interrupted(name, steps, kills):
    """Returns the hash of a killed training, and the steps that it lost.

    Args:
        name: Of the model.
        steps: Of the whole training.
        kills: Steps after which it is killed; or seconds, as floats, from the
            first step on.
    """
    lost = []
    with tempfile.TemporaryDirectory() as directory:
        reached = None
        for kill in [*kills, None]:
            by_time = isinstance(kill, float)
            process = started(
                name, directory, steps, 0 if by_time else kill or 0
            )
            if by_time:
                while "step" not in (line := process.stdout.readline()):
                    if not line:
                        break
                time.sleep(kill)
                process.kill()
            found = told(process)
            if reached is not None and "from" in found:
                lost.append(reached - int(found["from"]))
            reached = int(found.get("step", reached or 0))
            if "hash" in found:
                return found["hash"], lost
    return None, lost


def main():
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--at", default="37,199,361")
    parser.add_argument("--random", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work")
    parser.add_argument("--directory", type=pathlib.Path)
    asked = parser.parse_args()
    if asked.work:
        work(asked.work, asked.directory, asked.steps, int(asked.at))
        return
    draw = random.Random(asked.seed)
    names = list(models())
    print(f"backend {os.environ.get('KERAS_BACKEND', 'tensorflow')}")
    print("| model | kills | steps lost, at most | equal to the last bit |")
    print("|---|---|---|---|")
    for name in names:
        with tempfile.TemporaryDirectory() as directory:
            whole = told(started(name, directory, asked.steps))["hash"]
        kills = [int(x) for x in asked.at.split(",")]
        if asked.random:
            count = asked.random // len(names)
            kills = [draw.uniform(0, 4) for _ in range(count)]
        digest, lost = interrupted(name, asked.steps, kills)
        equal = "yes" if digest == whole else "NO"
        print(f"| {name} | {len(lost)} | {max(lost)} | {equal} |", flush=True)


if __name__ == "__main__":
    main()
