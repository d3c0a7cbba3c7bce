"""What the packs find in labelled photos (HOMEWARD_SHARED): adults and public figures, never a claim about children."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from indexer.packs.base import Pack
from indexer.packs.catalogue import load_pack
from indexer.packs.insightface_pack import InsightFacePack
from indexer.packs.open_pack import OpenPack
from indexer.settings import IndexerSettings
from tests.indexer.packs.real_photos import best_share, count_noses, largest_faces, pairs, right_share
from tests.shared import SHARED

DLIBS_DISTANCE = 0.6


def measure() -> None:
    if not SHARED.is_dir():
        print("not measured: set HOMEWARD_SHARED to the folder that holds data/ and packs/")
        return
    with TemporaryDirectory() as folder:
        settings = IndexerSettings(data_dir=Path(folder))
        _measure(load_pack(settings), SHARED / "data")
    providers, threads = settings.providers, os.cpu_count() or 1
    small = SHARED / "packs" / "mbf-int8"
    _measure(InsightFacePack.load(small, "mbf-int8", "research only", providers, threads, 1280), SHARED / "data")


def _measure(pack: Pack, data: Path) -> None:
    noses = count_noses(pack, data / "detection")
    print(f"{pack.info.name}: {noses.inside} of {noses.all} noses in a box, {noses.boxes_without} boxes without a nose")
    faces = largest_faces(pack, data / "labelled-pairs")
    listed = pairs(data / "labelled-pairs")
    same = np.array([is_same for _, _, is_same in listed])
    crops = list(faces.values())
    if isinstance(pack, OpenPack):
        raw = dict(zip(faces, pack.embed_raw(crops), strict=True))
        near = np.array([-np.linalg.norm(raw[one] - raw[other]) for one, other, _ in listed])
        share, where = right_share(near, same, -DLIBS_DISTANCE), f"raw vectors at distance {DLIBS_DISTANCE}"
    else:
        templates = dict(zip(faces, pack.embed(crops), strict=True))
        near = np.array([templates[one] @ templates[other] for one, other, _ in listed])
        share, where = best_share(near, same), "at its best threshold"
    print(f"{pack.info.name}: {share:.1%} of {len(listed)} labelled pairs right, {where}")
