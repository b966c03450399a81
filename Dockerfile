# Two images from one tree: `worker` may read production, `desk` decides and publishes and has no code to read it.
# Both run as an ordinary user and write only to their volumes and to /tmp.
#   docker build --target worker --tag gateway-worker .
#   docker build --target desk --tag gateway-desk .

FROM python:3.11-slim AS installed
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/gateway
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY gateway ./gateway
# no extras: neither torch nor the demo
RUN /opt/gateway/bin/pip install --constraint constraints.txt .

FROM installed AS without-raw
# Removed here and only then copied, so that no layer of the desk ever held it.
RUN rm -rf /opt/gateway/lib/python3.11/site-packages/gateway/raw /opt/gateway/lib/python3.11/site-packages/gateway/demo \
 && /opt/gateway/bin/pip uninstall --yes presidio-analyzer Faker

FROM python:3.11-slim AS bare
RUN groupadd --system --gid 10001 gateway \
 && useradd --system --uid 10001 --gid gateway --home-dir /tmp --shell /usr/sbin/nologin gateway \
 && install --directory --owner gateway --group gateway --mode 0700 /var/lib/gateway/runs \
 && install --directory --owner gateway --group gateway --mode 0750 /var/lib/gateway /var/lib/gateway/releases
COPY --chmod=0755 containers/enter.sh /usr/local/bin/enter
# Compiled code goes to /tmp, because the rest of the file system may be read-only.
ENV PATH=/opt/gateway/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 NUMBA_CACHE_DIR=/tmp/numba HOME=/tmp
WORKDIR /var/lib/gateway
ENTRYPOINT ["/usr/local/bin/enter"]
CMD ["--help"]

FROM bare AS worker
COPY --from=installed /opt/gateway /opt/gateway
ENV GATEWAY_SIDE=raw GATEWAY_WORKER_WORKSPACE=/var/lib/gateway
USER 10001:10001

FROM bare AS desk
COPY --from=without-raw /opt/gateway /opt/gateway
ENV GATEWAY_SIDE=synthetic GATEWAY_DESK_WORKSPACE=/var/lib/gateway
USER 10001:10001
