"""Make `tests/indexer/packs/dlib_outputs.json` with dlib itself, in a scratch environment that has dlib and numpy.

    python -m benchmarks.dlib_reference.make --models DIR --score-map PROGRAM

DIR holds dlib's .dat files. PROGRAM is score_map.cpp compiled against dlib's source:
    g++ -O2 -std=c++17 -DDLIB_NO_GUI_SUPPORT -I DLIB score_map.cpp DLIB/dlib/all/source.cpp -lpthread -o score_map
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from drawings import digest, drawing  # type: ignore[import-not-found]

OUT = Path(__file__).resolve().parents[2] / "tests" / "indexer" / "packs" / "dlib_outputs.json"
MEANS = np.array([122.782, 117.001, 104.298], np.float32)
EMBEDDED = (1, 2, 3)
SEARCHED = ((11, 160, 120), (12, 203, 171))
LANDMARKED = ((21, (40, 30, 120, 110)), (22, (10, 20, 170, 180)), (23, (60, 70, 140, 150)))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--models", type=Path, required=True)
    options.add_argument("--score-map", type=Path, required=True)
    given = options.parse_args()
    outputs = {
        "made_by": "python -m benchmarks.dlib_reference.make",
        "embeddings": _embeddings(given.models),
        "score_maps": [_score_map(given, *one) for one in SEARCHED],
        "landmarks": _landmarks(given.models),
    }
    OUT.write_text(json.dumps(outputs, indent=None, separators=(",", ":")) + "\n")
    print(f"{OUT.name}: {OUT.stat().st_size} bytes")


def _embeddings(models: Path) -> list[dict[str, object]]:
    import dlib

    network = dlib.face_recognition_model_v1(str(models / "dlib_face_recognition_resnet_model_v1.dat"))
    made = []
    for seed in EMBEDDED:
        picture = drawing(seed, 150, 150)
        vector = [round(value, 7) for value in network.compute_face_descriptor(picture)]
        made.append({"seed": seed, "drawing": digest(picture), "vector": vector})
    return made


def _score_map(given: argparse.Namespace, seed: int, width: int, height: int) -> dict[str, object]:
    picture = drawing(seed, width, height)
    tensor = ((picture.astype(np.float32) - MEANS) / np.float32(256)).transpose(2, 0, 1)
    with NamedTemporaryFile() as file:
        file.write(np.ascontiguousarray(tensor).tobytes())
        file.flush()
        detector = given.models / "mmod_human_face_detector.dat"
        command = [given.score_map, detector, file.name, str(height), str(width)]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    scores = [round(float(value), 6) for value in printed[2:]]
    return {
        "seed": seed,
        "drawing": digest(picture),
        "size": [width, height],
        "shape": [int(printed[0]), int(printed[1])],
        "scores": scores,
    }


def _landmarks(models: Path) -> list[dict[str, object]]:
    """dlib rounds landmarks to whole pixels."""
    import dlib

    predictor = dlib.shape_predictor(str(models / "shape_predictor_5_face_landmarks.dat"))
    made = []
    for seed, box in LANDMARKED:
        picture = drawing(seed, 200, 200)
        # dlib's rectangle includes its last pixel, our boxes end behind it.
        shape = predictor(picture, dlib.rectangle(box[0], box[1], box[2] - 1, box[3] - 1))
        points = [[point.x, point.y] for point in shape.parts()]
        made.append({"seed": seed, "drawing": digest(picture), "box": box, "points": points})
    return made


if __name__ == "__main__":
    main()
