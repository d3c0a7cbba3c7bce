"""The service's process stays light until a face is looked at."""

import subprocess
import sys

HEAVY = ("onnxruntime", "insightface", "faiss", "cv2", "onnx")


def test_importing_the_service_loads_no_model_library():
    code = f"import sys, app.main; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
