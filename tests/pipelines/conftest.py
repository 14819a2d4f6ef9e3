import numpy as np
import pytest
from PIL import Image


def picture(seed=0, height=40, width=56):
    """A smooth colour image with some detail, unlike any other seed's."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), 2)


@pytest.fixture
def numbered(tmp_path):
    """A folder of 10 PNG images; image k is k * 20 everywhere."""
    folder = tmp_path / "numbered"
    folder.mkdir()
    for number in range(10):
        image = Image.new("L", (4, 4), number * 20)
        image.save(folder / f"{number}.png")
    return folder


@pytest.fixture
def broken(numbered):
    """The same folder, three of whose files are damaged."""
    path = numbered / "2.png"
    path.write_bytes(path.read_bytes()[:-20])
    (numbered / "5.png").write_bytes(b"")
    (numbered / "7.png").write_text("this is text")
    return numbered


def values(dataset):
    """The number of each image of `numbered`, in order."""
    batches = [batch.numpy()[:, 0, 0, 0] for batch in dataset]
    flat = np.concatenate(batches) if batches else np.array([])
    return [int(value) for value in np.rint((flat + 1) * 127.5 / 20)]


@pytest.fixture(name="values")
def _values():
    return values


@pytest.fixture(name="picture")
def _picture():
    return picture


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """A data set of 6 images and labels in two files, and a test split."""
    tfds = pytest.importorskip("tensorflow_datasets")
    folder = tmp_path_factory.mktemp("tfds")

    class TinyShades(tfds.core.GeneratorBasedBuilder):
        VERSION = tfds.core.Version("1.0.0")

        def _info(self):
            return tfds.core.DatasetInfo(
                builder=self,
                features=tfds.features.FeaturesDict(
                    {
                        "label": tfds.features.ClassLabel(num_classes=10),
                        "image": tfds.features.Image(shape=(4, 4, 1)),
                    }
                ),
            )

        def _split_generators(self, manager):
            return {"train": self._make(range(6)), "test": self._make([7, 8])}

        def _make(self, numbers):
            for number in numbers:
                image = np.full((4, 4, 1), number * 20, np.uint8)
                yield number, {"image": image, "label": number}

        def _generate_examples(self):
            raise NotImplementedError

    builder = TinyShades(data_dir=folder)
    config = tfds.download.DownloadConfig(num_shards=2)
    builder.download_and_prepare(download_config=config)
    return folder
