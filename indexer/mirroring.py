"""A face and its mirror image embedded together: one template that leans to neither side.

The mean of both embeddings is the usual flip augmentation (Deng et al., ArcFace, CVPR 2019, feature embedding of both
images at test time). It costs a second embedding, so references get it, and street faces do not: see docs/accuracy.md.
"""

from collections.abc import Sequence

import numpy as np

from indexer.packs.base import FaceCrop, LandmarkScheme, Pack, Templates

_ORDER = {
    LandmarkScheme.ARCFACE: (1, 0, 2, 4, 3),
    LandmarkScheme.DLIB: (2, 3, 0, 1, 4),
}
"""Which landmark each one is in the mirror: a left eye becomes a right one."""


def mirrored(crop: FaceCrop, scheme: LandmarkScheme) -> FaceCrop:
    """The crop as a mirror shows it, its landmarks in the order of ``scheme`` again."""
    landmarks = crop.landmarks[list(_ORDER[scheme])].copy()
    landmarks[:, 0] = crop.pixels.shape[1] - 1 - landmarks[:, 0]
    return FaceCrop(np.ascontiguousarray(crop.pixels[:, ::-1]), landmarks)


def embed_both_ways(pack: Pack, crops: Sequence[FaceCrop]) -> Templates:
    """One template per crop, shape (n, dimension): the direction of the sum of the crop's and its mirror image's."""
    if not crops:
        return pack.embed([])
    both = pack.embed([*crops, *(mirrored(crop, pack.info.scheme) for crop in crops)])
    sums = both[: len(crops)] + both[len(crops) :]
    unit: Templates = (sums / np.linalg.norm(sums, axis=1, keepdims=True)).astype(np.float32)
    return unit
