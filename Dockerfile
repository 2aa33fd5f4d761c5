# syntax=docker/dockerfile:1
# Three images (docs/deploy.md):
#   docker build --target serve .      the service; model and index come when it starts
#   make image                         the service with the model and index of this working tree
#   docker build --target pipeline .   everything, to run the pipeline
# Pin the base by digest where images have to be the same again: --build-arg BASE=python@sha256:…
# checkov:skip=CKV_DOCKER_7: the base has a tag; checkov does not look into BASE
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends g++ && rm -rf /var/lib/apt/lists/*
WORKDIR /build
# Annoy's own flags, -march=native -ffast-math, break it on older processors; on Arm: --build-arg MARCH=
ARG MARCH=,-march=x86-64-v3
ENV ANNOY_COMPILER_ARGS=-O3,-std=c++14,-DANNOYLIB_MULTITHREADED_BUILD${MARCH} \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
COPY requirements-build.txt requirements-serve.txt ./
RUN python -m venv /opt/build \
 && /opt/build/bin/pip install --require-hashes --requirement requirements-build.txt \
 && /opt/build/bin/pip wheel --require-hashes --requirement requirements-serve.txt \
      --no-build-isolation --no-binary annoy --wheel-dir wheels
COPY pyproject.toml README.md LICENSE ./
COPY src/lookalike src/lookalike
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir wheels . \
 && python -m venv --without-pip /opt/lookalike \
 && /opt/build/bin/pip --python /opt/lookalike/bin/python install --no-index --no-deps wheels/*.whl

FROM ${BASE} AS serve
COPY --from=build /opt/lookalike /opt/lookalike
WORKDIR /srv/lookalike
# 10001: no user of the host. The folder is the place of models/, and of params.yaml if there is one
RUN install --directory --owner 10001 --group 10001 models
USER 10001:10001
ENV PATH=/opt/lookalike/bin:$PATH \
    PYTHONUNBUFFERED=1
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --start-interval=1s \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
ENTRYPOINT ["lookalike"]
CMD ["serve", "--host", "0.0.0.0"]
LABEL org.opencontainers.image.title="Lookalike" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.source="https://github.com/lookalike-ml/lookalike"

FROM serve AS bundle
COPY --chown=10001:10001 models/export models/export
COPY --chown=10001:10001 models/index models/index
ARG MODEL_SHA256
ARG INDEX_SHA256
ARG REVISION
# The labels are true: the image is not built with others
RUN test "$(lookalike fingerprints)" = "$(printf 'model %s\nindex %s' "$MODEL_SHA256" "$INDEX_SHA256")"
LABEL org.opencontainers.image.revision="${REVISION}" \
      io.lookalike.model="${MODEL_SHA256}" \
      io.lookalike.index="${INDEX_SHA256}"

FROM ${BASE} AS pipeline
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends g++ git make \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/lookalike
# PyTorch's wheels for CPUs; for GPUs: --build-arg PIP_EXTRA_INDEX_URL=
ARG PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu
COPY LICENSE Makefile README.md pyproject.toml requirements.txt requirements-hashes.txt ./
COPY src src
RUN make setup
USER 10001:10001
ENV PATH=/opt/lookalike/.venv/bin:$PATH \
    HOME=/tmp
# A clone of the project is mounted here; run it as the owner of that: docker run --user "$(id -u)"
WORKDIR /work
CMD ["dvc", "repro"]
