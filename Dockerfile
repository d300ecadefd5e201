# The service on a CPU: docker build -t layerpose . && docker run -e LAYERPOSE_TOKEN=secret -p 8018:8018 layerpose
FROM python:3.12-slim

RUN useradd --create-home layerpose
WORKDIR /home/layerpose
COPY pyproject.toml README.md LICENSE ./
COPY src src
# PyTorch's wheels for CPUs: a tenth of those with CUDA.
RUN pip install --no-cache-dir --extra-index-url https://download.pytorch.org/whl/cpu "torch>=2.6" \
    && pip install --no-cache-dir ".[studio]"

USER layerpose
# Kernels and the body are made once, so that no request waits for them.
RUN cd /tmp && layerpose demo && rm -r /tmp/out

EXPOSE 8018
VOLUME /home/layerpose/.cache/layerpose/service
HEALTHCHECK --start-period=120s CMD python -c "import urllib.request as r; r.urlopen('http://127.0.0.1:8018/healthz')"
# Without $LAYERPOSE_TOKEN it does not start: the network is let in.
CMD ["layerpose", "serve", "--host", "0.0.0.0", "--port", "8018"]
