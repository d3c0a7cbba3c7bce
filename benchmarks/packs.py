"""How long the `open` pack takes for one picture and one face."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from app.demo.sources import GROUP_PICTURE, sample_picture
from benchmarks.timing import milliseconds
from indexer.packs.base import FaceCrop, Pixels
from indexer.packs.catalogue import load_pack
from indexer.settings import IndexerSettings


def measure() -> None:
    with TemporaryDirectory() as folder:
        pack = load_pack(IndexerSettings(data_dir=Path(folder)))
        picture = sample_picture(GROUP_PICTURE)
        for side in (480, 1280):
            scaled = _scaled(picture, side)
            took = milliseconds(lambda scaled=scaled: pack.find(scaled), runs=5)  # type: ignore[misc]
            print(f"open: faces of a {scaled.shape[1]} x {scaled.shape[0]} picture found in {took:.0f} ms")
        face = pack.find(picture)[0]
        took = milliseconds(lambda: pack.embed([FaceCrop(picture, face.landmarks)]))
        print(f"open: one face embedded in {took:.1f} ms")


def _scaled(picture: Pixels, side: int) -> Pixels:
    image = Image.fromarray(picture)
    factor = side / max(image.size)
    return np.asarray(image.resize((round(image.width * factor), round(image.height * factor))))
