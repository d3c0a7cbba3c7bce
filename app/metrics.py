"""Counters of this process, by route template: a path would carry ids into another system."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

METHODS = frozenset({"GET", "POST", "PATCH", "DELETE", "HEAD"})


class Metrics:
    """One registry per service: two services in one process (tests) do not share counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route")
        self._requests = Counter(
            "homeward_requests_total", "Answered requests", (*labels, "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "homeward_request_seconds", "Seconds until the answer began", labels, registry=self.registry
        )
        self._faces = Gauge("homeward_gallery_faces", "Faces in the gallery", registry=self.registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        method = method if method in METHODS else "other"
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def text(self, gallery_faces: int) -> bytes:
        self._faces.set(gallery_faces)
        return generate_latest(self.registry)
