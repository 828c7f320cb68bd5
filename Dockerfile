# The application with its tools; PostgreSQL and Redis are services of their own.
FROM python:3.12-slim

RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends ffmpeg mkvtoolnix \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 1000 --create-home queueapp \
    && install -d -o queueapp /data

WORKDIR /app
COPY requirements.lock setup.cfg pyproject.toml README.md ./
COPY queueapp queueapp
COPY webui webui
# The lock file as constraints: its versions, without the tools of development.
RUN sed -n 's/^\([A-Za-z0-9_.-]*==[^ ;\\]*\).*/\1/p' requirements.lock > constraints.txt \
    && pip install --no-cache-dir --constraint constraints.txt . \
    && rm constraints.txt
COPY actors actors
COPY scheduler scheduler
COPY Procfile ./

USER queueapp
ENV QUEUEAPP_DATA_DIR=/data PYTHONUNBUFFERED=1
EXPOSE 8787
CMD ["gunicorn", "--config", "python:webui.gunicorn_conf", "webui.wsgi:app"]
