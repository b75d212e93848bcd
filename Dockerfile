# The program and nothing to build it with. `docs/containers.md` says how it is run.
ARG PYTHON=3.12

FROM python:${PYTHON}-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /source
COPY requirements-core.lock ./
# Every file by its hash, as `make ask` takes them.
RUN pip wheel -q --require-hashes --no-deps -r requirements-core.lock -w /wheels
COPY pyproject.toml LICENSE README.md ui.py ./
COPY index index
COPY rag rag
COPY evals evals
RUN pip wheel -q --no-deps . -w /wheels \
    && python -m venv /opt/rag \
    && /opt/rag/bin/pip install -q --no-index --no-deps /wheels/*.whl

FROM python:${PYTHON}-slim
COPY --from=build /opt/rag /opt/rag
RUN useradd --system --uid 10001 --no-create-home --home-dir /data rag \
    && install -d -o rag -m 700 /data
# All that is kept lies in /data. Nothing else is written to but /tmp, so the root may be read-only.
ENV PATH=/opt/rag/bin:$PATH RAG_HOME=/data HOME=/tmp PYTHONDONTWRITEBYTECODE=1
USER 10001
VOLUME /data
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s CMD ["python", "-c", "import http.client as h, sys; c = h.HTTPConnection('127.0.0.1', 7860, timeout=5); c.request('GET', '/'); sys.exit(c.getresponse().status >= 500)"]
ENTRYPOINT ["rag"]
CMD ["ui", "--host", "0.0.0.0", "--password-env", "PAGE_PASSWORD", "--allow-uploads"]
