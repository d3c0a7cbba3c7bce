"""A good picture of a face made as poor as a street photo's: so that seeded pairs cannot be told from others."""

import io

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from indexer.packs.base import Pixels

# What street faces here are like: a judgement, from composed and real street photos looked at side by side.
FACE_PX = (45.0, 130.0)  # brow to chin
BLUR_PX = (0.3, 1.1)
BRIGHTNESS = (0.75, 1.2)
CONTRAST = (0.75, 1.1)
NOISE = (1.0, 6.0)  # grey levels
JPEG_QUALITY = (55, 88)


def as_on_a_street(crop: Pixels, face_px: float, seed: int) -> Pixels:
    """``crop``, in which the face is ``face_px`` from brow to chin: smaller, softer, worse lit, noisy and compressed.

    Never larger than it was. The same seed gives the same picture, at every look.
    """
    random = np.random.default_rng(seed)
    scale = min(1.0, random.uniform(*FACE_PX) / max(face_px, 1.0))
    height, width = crop.shape[:2]
    size = max(8, round(width * scale)), max(8, round(height * scale))
    picture = Image.fromarray(crop).resize(size, Image.Resampling.BOX)
    picture = picture.filter(ImageFilter.GaussianBlur(random.uniform(*BLUR_PX)))
    picture = ImageEnhance.Brightness(picture).enhance(random.uniform(*BRIGHTNESS))
    picture = ImageEnhance.Contrast(picture).enhance(random.uniform(*CONTRAST))
    pixels = np.asarray(picture, np.float64) + random.normal(0, random.uniform(*NOISE), (size[1], size[0], 3))
    with io.BytesIO() as file:
        quality = int(random.integers(*JPEG_QUALITY))
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=quality)
        with Image.open(file) as read:
            return np.asarray(read.convert("RGB"))
