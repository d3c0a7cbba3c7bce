"""Make `indexer/packs/open_mean.json`: `python -m benchmarks.centre_open_pack DIR`.

DIR holds folders of 112 x 112 crops aligned to ArcFace's five points (such as LFW's), one folder a person. The mean is
over people of the mean over each one's faces, so that nobody weighs more for having more pictures.
"""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from indexer.packs import open_pack
from indexer.packs.base import FaceCrop
from indexer.packs.open_conversion import convert, source_directory
from indexer.packs.open_pack import OpenPack

SURROUND = 112  # px of repeated edge around the tight crops, so that the aligned face is whole
# The face's box within an ArcFace crop, as dlib's detector would draw it.
BOX = (14.0, 18.0, 98.0, 102.0)
OUT = Path(open_pack.__file__).parent / "open_mean.json"


def main(folder: Path) -> None:
    if not OUT.exists():  # raw vectors do not depend on it, but loading a pack does
        OUT.write_text(json.dumps({"mean": [0.0] * open_pack.DIMENSION}))
    with TemporaryDirectory() as made:
        convert(source_directory(), Path(made))
        pack = OpenPack.load(Path(made), ["CPUExecutionProvider"], 2, 1280)
    people = [person for person in sorted(folder.iterdir()) if person.is_dir()]
    faces = [_vectors(pack, person) for person in people]
    mean = np.mean([vectors.mean(axis=0) for vectors in faces], axis=0)
    about = {
        "made_by": "python -m benchmarks.centre_open_pack DIR",
        "of": "raw 128-d vectors of dlib's ResNet-29; Labeled Faces in the Wild, aligned crops, adults",
        "people": len(people),
        "faces": sum(len(vectors) for vectors in faces),
        "mean": [round(float(value), 6) for value in mean],
    }
    OUT.write_text(json.dumps(about, indent=1) + "\n")
    print(f"{OUT.name}: {about['faces']} faces of {about['people']} people")


def _vectors(pack: OpenPack, person: Path) -> np.ndarray:
    crops = []
    for file in sorted(person.iterdir()):
        with Image.open(file) as image:
            tight = np.asarray(image.convert("RGB"))
        picture = np.pad(tight, ((SURROUND, SURROUND), (SURROUND, SURROUND), (0, 0)), mode="edge")
        left, top, right, bottom = (value + SURROUND for value in BOX)
        crops.append(FaceCrop(picture, pack.landmarks_in(picture, (left, top, right, bottom))))
    return pack.embed_raw(crops)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
