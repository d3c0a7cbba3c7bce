"""People drawn as templates by a seed: each has a direction, drifts with the years, and no two pictures are alike."""

import numpy as np

from indexer.evaluation.faces import STRANGER, Faces


def columns(templates, subjects, ages=None, **given):
    """`Faces` of unit vectors; every face found and enrolled, of quality 1, unless given."""
    count = len(subjects)
    templates = np.asarray(templates, np.float32)
    plain = {
        "mirrored": templates,
        "ages": np.full(count, np.nan) if ages is None else np.asarray(ages, np.float64),
        "qualities": np.ones(count),
        "found": np.ones(count, np.bool_),
        "enrolled": np.ones(count, np.bool_),
        "sexes": ("",) * count,
        "groups": ("",) * count,
    }
    return Faces(templates=templates, subjects=np.asarray(subjects, np.int64), **plain | given)


def people(count, pictures, seed=0, dimension=64, noise=1.0, drift=0.06, with_ages=True):
    """``count`` people with ``pictures`` each, at ages spread evenly from 0 to 18."""
    random = np.random.default_rng(seed)
    subjects = np.repeat(np.arange(count), pictures)
    ages = np.tile(np.linspace(0, 18, pictures).round(), count)
    who, where = random.normal(size=(2, count, dimension))
    drawn = (
        who[subjects] + drift * ages[:, None] * where[subjects] + noise * random.normal(size=(len(subjects), dimension))
    )
    return columns(_unit(drawn), subjects, ages if with_ages else None, qualities=random.random(len(subjects)))


def strangers(count, seed=1, dimension=64):
    drawn = _unit(np.random.default_rng(seed).normal(size=(count, dimension)))
    return columns(drawn.reshape(-1, dimension), np.full(count, STRANGER))


def _unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
