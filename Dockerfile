# One image for service, worker, PSP and Locust; docker-compose.yml says which program runs in which container.
FROM python:3.12.12-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONPATH=/app
WORKDIR /app

# The pinned dependencies come first: they change rarely, so this layer is built rarely.
COPY requirements/run.txt requirements/run.txt
RUN pip install --no-cache-dir --require-hashes --requirement requirements/run.txt

COPY engine engine
COPY service service
COPY psp_chaos psp_chaos
COPY reports reports
COPY scenarios scenarios

RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin paystorm
USER paystorm

CMD ["python", "-m", "service.main"]
