# Hotlint in a container: docker run --rm -v "$PWD:/work" hotlint check
# The verify command needs a server of yours in it: hotlint verify --database-url URL.

FROM python:3.13-slim-bookworm AS build
WORKDIR /build
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY hotlint hotlint
COPY rules rules
RUN python -m pip wheel --no-cache-dir --wheel-dir wheels . "psycopg[binary]>=3.2"

FROM python:3.13-slim-bookworm
LABEL org.opencontainers.image.title="Hotlint" \
      org.opencontainers.image.description="Tells what a database migration will lock, rewrite, scan, lose and break, before it runs." \
      org.opencontainers.image.source="https://github.com/hotlint/hotlint" \
      org.opencontainers.image.licenses="GPL-3.0-or-later"
# Git tells --changed-since what changed; whoever owns the mounted folder, it may be read.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/* \
    && git config --system --add safe.directory "*"
WORKDIR /install
COPY --from=build /build/wheels wheels
RUN python -m pip install --no-cache-dir --no-index --find-links wheels hotlint "psycopg[binary]" \
    && rm -rf wheels
RUN useradd --create-home --uid 10001 hotlint
USER hotlint
# A folder that everybody may write to, for docker run --user.
ENV HOTLINT_CACHE_DIR=/tmp/hotlint
WORKDIR /work
ENTRYPOINT ["hotlint"]
CMD ["--help"]
