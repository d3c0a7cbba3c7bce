"""A good picture of a face made as poor as a street photo's: so that seeded pairs cannot be told from others."""

import io

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from indexer.packs.base import Pixels

# What street faces here are like: a judgement, from composed and real street photos looked at side by side. In the
# order in which a camera does it: far away, not quite sharp, the light as it was, noise of the sensor, a small file.
BLUR_PX = (0.3, 1.1)
BRIGHTNESS = (0.75, 1.2)
CONTRAST = (0.75, 1.1)
NOISE = (1.0, 6.0)  # grey levels
JPEG_QUALITY = (55, 88)
SMALLEST_PX = 8


def as_on_a_street(crop: Pixels, scale: float, seed: int) -> Pixels:
    """``crop`` at ``scale``, softer, in other light, noisy and compressed. The same seed gives the same at every look.

    Never larger than it was: a ``scale`` above 1 is 1.
    """
    random = np.random.default_rng(seed)
    height, width = (max(SMALLEST_PX, round(side * min(1.0, scale))) for side in crop.shape[:2])
    picture = Image.fromarray(crop).resize((width, height), Image.Resampling.BOX)
    picture = picture.filter(ImageFilter.GaussianBlur(random.uniform(*BLUR_PX)))
    picture = ImageEnhance.Brightness(picture).enhance(random.uniform(*BRIGHTNESS))
    picture = ImageEnhance.Contrast(picture).enhance(random.uniform(*CONTRAST))
    pixels = np.asarray(picture, np.float64) + random.normal(0, random.uniform(*NOISE), (height, width, 3))
    return _compressed(pixels.clip(0, 255).astype(np.uint8), int(random.integers(*JPEG_QUALITY)))


def _compressed(pixels: Pixels, quality: int) -> Pixels:
    with io.BytesIO() as file:
        Image.fromarray(pixels).save(file, "JPEG", quality=quality)
        with Image.open(file) as read:
            return np.asarray(read.convert("RGB"))
