"""Adults of LFW composed to scenes: a check of the machinery and never a claim, least of all about children."""

import pytest

from indexer.evaluation.case_search import case_search
from indexer.evaluation.dataset import read_dataset
from indexer.evaluation.embedding import Embedder, embed_files, load_one_threaded
from indexer.evaluation.evaluation import once_each
from indexer.evaluation.faces import faces_of
from indexer.evaluation.study import Study
from indexer.settings import IndexerSettings
from tests.indexer.evaluation.drawn_people import strangers
from tests.indexer.evaluation.scenes import compose
from tests.shared import shared_path

PEOPLE = 100  # the first so many have 397 pictures: fifths, each with a cohort of over 300 from the other four
SIZE = (336, 256)  # of the scenes, and the side they are searched at: for speed


@pytest.mark.slow
@pytest.mark.parametrize(("name", "folder"), [("open", "packs_folder"), ("mbf-int8", "small_packs_folder")])
def test_normalised_scores_are_no_worse_than_raw_ones_beyond_their_interval(
    name, folder, request, tmp_path, decode_pool
):
    settings = IndexerSettings(pack=name, pack_dir=request.getfixturevalue(folder), detection_side_px=SIZE[0])
    used = load_one_threaded(settings)
    compose(shared_path("data/lfw-aligned"), tmp_path / "scenes", PEOPLE, SIZE)
    dataset = read_dataset(tmp_path / "scenes")
    embedder = Embedder(settings, used, decode_pool)
    files = [picture.file for picture in dataset.pictures]
    made = embed_files(embedder, files, tmp_path / "cache", lambda: None, every_face=False)
    pictures, embedded = once_each(dataset.pictures, made)
    study = Study.of(faces_of(pictures, embedded, used.info.dimension), strangers(0, dimension=used.info.dimension), 0)
    assert study.faces.enrolled.mean() > 0.95
    assert study.partition.parts == 5
    figures = case_search(study)["all"]
    assert figures["raw"]["hit_20"]["value"] > 0.9
    for rank in ("hit_1", "hit_20"):
        assert figures["as_minus_raw"][rank]["by_identity"][1] >= 0
