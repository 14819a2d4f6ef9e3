"""Meshes of boxes, and a catalogue of furniture that holds them."""

import zipfile

import numpy as np


def box(low=(0, 0, 0), high=(4, 2, 1)):
    """Vertices and triangles of a box."""
    corners = np.array(np.meshgrid(*zip(low, high, strict=True))).reshape(3, 8)
    sides = [(0, 1, 3, 2), (4, 5, 7, 6), (0, 1, 5, 4)]
    sides += [(2, 3, 7, 6), (0, 2, 6, 4), (1, 3, 7, 5)]
    triangles = [t for a, b, c, d in sides for t in ((a, b, c), (a, c, d))]
    return corners.T.astype(float), np.array(triangles)


def obj(vertices, faces):
    """Returns a mesh as the bytes of an OBJ file."""
    lines = ["v {} {} {}".format(*v) for v in vertices]
    lines += ["f {} {} {}".format(*(f + 1)) for f in faces]
    return "\n".join(lines).encode()


def stand_in(folder):
    """A catalogue of six pieces, one of which has to be set upright."""
    text = "\n".join(
        f"name#{i}={'Chaise longue é' if i % 2 else 'Desk'}\n"
        f"model#{i}=/pieces/{i}.obj\ncategory#{i}=Office\ntags#{i}=Seat, Wood"
        for i in range(1, 7)
    )
    text += "\nmodelRotation#2=0 1 0 1 0 0 0 0 1\n"
    with zipfile.ZipFile(folder / "Some.sh3f", "w") as archive:
        archive.writestr(
            "PluginFurnitureCatalog.properties", text.encode("latin-1")
        )
        for i in range(1, 7):
            archive.writestr(f"pieces/{i}.obj", obj(*box()))
