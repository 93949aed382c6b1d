# Echo Wall for production. The API is the default; `echowall migrate` and `echowall worker` run from the same image:
#   docker build -t echowall .
#   docker run --rm --env-file production.env echowall echowall migrate
#   docker run -d -p 8000:8000 --env-file production.env echowall
#   docker run -d --no-healthcheck --env-file production.env echowall echowall worker
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS builder
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /srv/echowall
# The dependencies change seldom and the code often, so they are a layer of their own. Wheels only: no compiler is here.
COPY requirements.lock requirements-dev.lock ./
RUN python -m venv --without-pip /opt/venv \
    && awk '/^[a-z]/ { wanted = /^setuptools==/ } wanted' requirements-dev.lock > build.lock \
    && python -m pip --python /opt/venv/bin/python install --only-binary :all: --require-hashes \
        --requirement requirements.lock --requirement build.lock
# Editable, because the code finds pyproject.toml and the migrations beside the package. setuptools, in the version and
# with the hash of the lock, writes the `echowall` command and is not needed after that.
COPY pyproject.toml README.md ./
COPY app app
COPY alembic alembic
RUN python -m pip --python /opt/venv/bin/python install --no-index --no-deps --no-build-isolation --editable . \
    && python -m pip --python /opt/venv/bin/python uninstall --yes --quiet setuptools \
    && python -m compileall -q --invalidation-mode unchecked-hash app alembic

FROM python:${PYTHON}-slim
RUN groupadd --gid 10001 echowall \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin echowall
WORKDIR /srv/echowall
COPY --from=builder /opt/venv /opt/venv
COPY --from=builder /srv/echowall/pyproject.toml ./
COPY --from=builder /srv/echowall/alembic alembic
COPY --from=builder /srv/echowall/app app
ENV PATH="/opt/venv/bin:${PATH}" \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ECHOWALL_ENV=production \
    ECHOWALL_HOST=0.0.0.0 \
    ECHOWALL_LOG_FORMAT=json
USER 10001:10001
EXPOSE 8000
# Whether the process lives; /readyz also asks the database and the worker, for the load balancer. Never through a proxy.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 CMD ["python", "-c", "import os, urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:' + os.environ.get('ECHOWALL_PORT', '8000') + '/healthz', timeout=2)"]
CMD ["echowall", "serve"]
