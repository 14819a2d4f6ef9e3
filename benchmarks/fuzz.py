"""Broken files for every reader: the package's errors, and nothing else.

    python -m benchmarks.fuzz --count 10000 --seed 0

Each kind of file is broken in seeded ways, and read in a process of its own
that may take 4 GB and ten seconds for each. Printed is a table: how many were
refused by an error that names the file, read all the same, or ended otherwise;
of those, the last column has the number by which `--only KIND --first NUMBER
--count 1` repeats one. A process that runs something that a file names, or
opens a connection, counts as "executed".
"""

import argparse
import collections
import json
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np

MEMORY, SECONDS = 4 << 30, 10
FORBIDDEN = (
    "os.system", "os.exec", "os.posix_spawn", "subprocess.Popen",
    "pickle.find_class", "socket.connect", "ctypes.dlopen",
)  # fmt: skip


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--only")
    parser.add_argument("--worker", action="store_true")
    asked = parser.parse_args()
    if asked.worker:
        work(asked.only, asked.seed, asked.first, asked.count)
        return
    kinds = [asked.only] if asked.only else list(SHARES)
    total = sum(SHARES[kind] for kind in kinds)
    print("| files | broken | refused | read | otherwise | executed "
          "| most memory | longest | numbers |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|")
    for kind in kinds:
        count = max(1, round(asked.count * SHARES[kind] / total))
        print(row(kind, asked.seed, asked.first, count), flush=True)


def row(kind, seed, first, count):
    """Returns a line of the table, of processes that may end at any time."""
    outcomes, odd, memory, longest = collections.Counter(), [], 0, 0.0
    number, end = first, first + count
    while number < end:
        command = [sys.executable, __file__, "--worker", "--only", kind]
        command += ["--seed", seed, "--first", number, "--count", end - number]
        began = number
        with subprocess.Popen(
            list(map(str, command)), stdout=subprocess.PIPE, text=True,
            stderr=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            for line in process.stdout:
                if not line.startswith("{"):
                    continue
                found = json.loads(line)
                number = found["number"] + 1
                outcomes[found["outcome"]] += 1
                outcomes["executed"] += found["executed"]
                memory = max(memory, found["memory"])
                longest = max(longest, found["seconds"])
                if found["outcome"] == "otherwise" or found["executed"]:
                    odd.append(found["number"])
                    print(found, file=sys.stderr)
        if number < end:  # It crashed, or hung where Python can't end it.
            outcomes["otherwise"] += 1
            odd.append(number)
            print(kind, number, "died", file=sys.stderr)
            number += 1
        if number == began:
            raise SystemExit(f"No process can be started for {kind}.")
    o = outcomes
    return (
        f"| {kind} | {count} | {o['refused']} | {o['read']} | {o['otherwise']} "
        f"| {o['executed']} | {memory / 1e9:.1f} GB | {longest:.1f} s "
        f"| {', '.join(map(str, odd[:9]))} |"
    )


class TooLong(BaseException):
    """Ten seconds are over."""


def work(kind, seed, first, count):
    """Reads broken files; prints what came of each."""
    warnings.simplefilter("ignore")
    executed = []
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        originals, read = KINDS[kind](place / "good")
        originals = [(x.name, x.read_bytes()) for x in originals]
        for name, data in originals:  # What is whole is read.
            read(_placed(place / "whole" / name, data))
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        sys.addaudithook(
            lambda event, _: event in FORBIDDEN and executed.append(event)
        )
        signal.signal(signal.SIGALRM, _too_long)
        for number in range(first, first + count):
            random = np.random.default_rng((seed, number))
            name, data = originals[random.integers(len(originals))]
            path = _placed(
                place / str(number) / name, broken(name, data, random)
            )
            executed.clear()
            start = time.monotonic()
            signal.alarm(3 * SECONDS)
            outcome = _outcome(read, path)
            signal.alarm(0)
            seconds = time.monotonic() - start
            if seconds > SECONDS:
                outcome = "otherwise", f"{seconds:.0f} s"
            usage = resource.getrusage(resource.RUSAGE_SELF)
            print(json.dumps({
                "number": number, "outcome": outcome[0], "why": outcome[1],
                "executed": len(executed), "seconds": seconds,
                "memory": usage.ru_maxrss * 1024, "kind": kind,
            }), flush=True)  # fmt: skip


def _placed(path, data):
    """Writes a file, alone in a new folder."""
    shutil.rmtree(path.parent, ignore_errors=True)
    path.parent.mkdir()
    path.write_bytes(data)
    return path


def _too_long(signal, frame):
    raise TooLong


def _outcome(read, path):
    try:
        read(path)
    except (ValueError, OSError) as error:
        own = type(error).__module__.startswith("zoo.")
        plain = type(error) in (ValueError, FileNotFoundError, OSError)
        named = path.name in str(error) or str(path.parent) in str(error)
        if named and (own or plain):
            return "refused", ""
        return "otherwise", f"{type(error).__name__}: {str(error)[:300]}"
    except BaseException as error:
        return "otherwise", f"{type(error).__name__}: {str(error)[:300]}"
    return "read", ""


# Ways to break a file


def broken(name, data, random):
    """Returns a file's bytes, changed; of archives also what is in them."""
    if data[:2] == b"PK" and random.random() < 0.6:
        return _repacked(data, random)
    return _changed(data, random)


def _changed(data, random):
    data = bytearray(data)
    if random.random() < 0.2:
        return bytes(data[: random.integers(len(data))])
    for _ in range(random.integers(1, 6)):
        # Headers are where sizes stand.
        most = min(len(data), 200) if random.random() < 0.5 else len(data)
        at, length = int(random.integers(most + 1)), int(random.integers(1, 40))
        kind = random.integers(7)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << int(random.integers(8))
        elif kind == 1:
            del data[at : at + length]
        elif kind == 2:
            data[at:at] = data[at : at + length]
        elif kind == 3:
            data[at : at + length] = random.bytes(length)
        elif kind == 4:
            data[at:at] = EXTREME[random.integers(len(EXTREME))]
        elif kind == 5:
            value = EXTREME[random.integers(len(EXTREME))]
            data[at : at + len(value)] = value
        else:
            data += data[: random.integers(len(data) + 1)]
    return bytes(data)


EXTREME = (
    b"\xff" * 4, b"\xff" * 8, b"\x00" * 8, b"\xff\xff\xff\x7f", b"99999999",
    b"\x00\x00\x00\x40", b"1e999", b"-1", b"NaN", b"[[[[{", b'"os.system"',
    b"cos\nsystem\n(S'touch x'\ntR.", b"\n", b" 1000000000 ",
)  # fmt: skip


def _repacked(data, random):
    """Changes a member of a zip file, which is then whole and compressed."""
    import io
    import zipfile

    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        chosen = names[random.integers(len(names))]
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
            for name in names:
                content = archive.read(name)
                if name == chosen:
                    if name.endswith(".json") and random.random() < 0.7:
                        content = _other_value(content, random)
                    else:
                        content = _changed(content, random)
                target.writestr(name, content)
    return made.getvalue()


VALUES = (
    None, True, -1, 0, 3, 10**9, 10**30, 1e308, "", "os.system", "/etc/passwd",
    "x" * 9999, [], [1, 2], [[16, 16, 1]], {}, {"a": 1}, 0.5,
    {"module": "os", "class_name": "system", "config": "touch x"},
    {"module": "keras.layers", "class_name": "Lambda", "config": {
        "function": {"class_name": "__lambda__", "config": {"value": "4wEA"}}}},
    {"module": "keras.layers", "class_name": "Dense", "config": {
        "units": 10**9}, "build_config": {"input_shape": [None, 10**6]}},
)  # fmt: skip


def _other_value(content, random):
    """Puts an odd value somewhere into JSON."""
    value = whole = json.loads(content)
    while isinstance(value, dict) and value:
        key = list(value)[random.integers(len(value))]
        if not isinstance(value[key], dict) or random.random() < 0.4:
            value[key] = VALUES[random.integers(len(VALUES))]
            break
        value = value[key]
    return json.dumps(whole).encode()


# Kinds of files: how good ones are made, and what reads them


def _model():
    import zoo

    model = zoo.DCGAN((16, 16, 1), 4, filters=2)
    model.compile()
    return model


def keras_files(folder):
    import zoo

    folder.mkdir()
    _model().save(folder / "model.keras")
    return [folder / "model.keras"], zoo.load_model


def states(folder):
    folder.mkdir()
    model = _model()
    model.save(folder / "epoch-000001.keras")
    model.save_weights(folder / "model.weights.h5")
    return list(folder.iterdir()), model.load_weights


def presets(folder):
    import zoo
    from zoo.registry.downloads import record_of

    folder.parent.mkdir(exist_ok=True)
    good = _model().save_to_preset(folder, samples=0)

    def read(path):
        """Puts a file into a preset, which promises it."""
        for file in good.iterdir():
            if file.name != path.name:
                shutil.copy(file, path.parent)
        if path.name != "metadata.json":
            metadata = json.loads((good / "metadata.json").read_text())
            record = record_of(path)
            metadata["files"][path.name] = {
                "size": record.size,
                "sha256": record.sha256,
            }
            written = json.dumps(metadata)
            (path.parent / "metadata.json").write_text(written)
        preset = zoo.registry.open_preset(path.parent)
        preset.load(for_training=True)

    names = ("config.json", "metadata.json")
    weights = ("model.weights.h5", "training.weights.h5")
    return [good / name for name in (*names, *weights)], read


def checkpoints(folder):
    from zoo.converters import read_checkpoint

    folder.mkdir()
    array = np.ones((4, 3), "float32")
    header = {
        "a": {"dtype": "F32", "shape": [4, 3], "data_offsets": [0, 48]},
    }
    text = json.dumps(header).encode()
    (folder / "a.safetensors").write_bytes(
        len(text).to_bytes(8, "little") + text + array.tobytes()
    )
    try:
        import torch
    except ImportError:
        return list(folder.iterdir()), read_checkpoint
    state = {"a.weight": torch.tensor(array), "b": {"c": torch.ones(3)}}
    for new in (False, True):
        torch.save(
            state, folder / f"{new}.pth", _use_new_zipfile_serialization=new
        )
    return list(folder.iterdir()), read_checkpoint


def _picture(seed=0, mode="RGB"):
    from PIL import Image

    pixels = np.random.default_rng(seed).integers(0, 256, (24, 20, 3), "uint8")
    return Image.fromarray(pixels).convert(mode)


def images(folder):
    import pipelines
    from zoo.utils.images import open_image

    folder.mkdir()
    for ending in ("png", "jpg", "webp", "bmp", "gif", "tiff"):
        _picture().save(folder / f"a.{ending}")
    _picture(mode="I;16").save(folder / "deep.png")
    _picture(mode="CMYK").save(folder / "inks.jpg")
    _picture().save(
        folder / "frames.gif", save_all=True, append_images=[_picture(1)]
    )

    def read(path):
        open_image(path)
        pipelines.images(path.parent, 8, 1, cache=True)

    return list(folder.iterdir()), read


def zips(folder):
    import zipfile

    import pipelines

    folder.mkdir()
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        for number in range(3):
            _picture(number).save(folder / "a.png")
            archive.write(folder / "a.png", f"class{number}/{number}.png")
    return [folder / "a.zip"], lambda path: pipelines.labelled_images(
        path, 8, 1, cache=True
    )


def records(folder):
    import tensorflow as tf

    import pipelines

    folder.mkdir()
    _picture().save(folder / "a.png")
    data = (folder / "a.png").read_bytes()
    with tf.io.TFRecordWriter(str(folder / "a.tfrecord")) as writer:
        for number in range(3):
            feature = {
                "image": tf.train.Feature(
                    bytes_list=tf.train.BytesList(value=[data])
                ),
                "label": tf.train.Feature(
                    int64_list=tf.train.Int64List(value=[number])
                ),
            }
            features = tf.train.Features(feature=feature)
            example = tf.train.Example(features=features)
            writer.write(example.SerializeToString())
    return [folder / "a.tfrecord"], lambda path: pipelines.labelled_images(
        path, 8, 1, cache=True
    )


def voxels(folder):
    import io

    import trimesh

    import pipelines

    folder.mkdir()
    grid = np.zeros((8, 8, 8), "uint8")
    grid[2:6, 2:6, 2:6] = 1
    np.savez_compressed(folder / "a.npz", voxels=grid)
    runs = b"\1\xff\1\xff\1\2"
    header = b"#binvox 1\ndim 8 8 8\ntranslate 0 0 0\nscale 1\ndata\n"
    (folder / "a.binvox").write_bytes(header + runs)
    for ending in ("obj", "off", "stl", "ply"):
        stream = io.BytesIO()
        data = trimesh.creation.box().export(file_type=ending)
        stream.write(data.encode() if isinstance(data, str) else data)
        (folder / f"a.{ending}").write_bytes(stream.getvalue())
    return list(folder.iterdir()), lambda path: pipelines.voxels(
        path.parent, 8, 1
    )


def statistics(folder):
    from zoo.metrics.moments import Moments

    folder.mkdir()
    random = np.random.default_rng(0)
    moments = Moments({"extractor": "x"}).update(random.normal(size=(9, 4)))
    moments.save(folder / "a.npz")
    return [folder / "a.npz"], Moments.load


def runs(folder):
    from zoo.commands.run_directory import write_settings
    from zoo.commands.training_log import columns_of
    from zoo.recipes.settings import default_settings, read_settings

    folder.mkdir()
    write_settings(folder, default_settings("dcgan"), {"epochs": 3})
    (folder / "losses.csv").write_text("epoch,loss\n0,1.5\n1,0.5\n")

    def read(path):
        if path.suffix == ".csv":
            columns_of(path)
        else:
            read_settings(path.parent)

    return list(folder.iterdir()), read


KINDS = {
    ".keras files": keras_files,
    "training states": states,
    "presets": presets,
    "checkpoints": checkpoints,
    "images": images,
    "zips": zips,
    "TFRecords": records,
    "voxels": voxels,
    "statistics": statistics,
    "runs of zoo train": runs,
}
SHARES = dict.fromkeys(KINDS, 10)
"""What part of all files is of each kind."""

if __name__ == "__main__":
    main()
