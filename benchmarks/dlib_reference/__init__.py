"""dlib's own outputs for drawn inputs, made once with dlib itself: `python -m benchmarks.dlib_reference.make`."""
