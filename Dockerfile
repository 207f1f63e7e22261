# syntax=docker/dockerfile:1

# The packages that run, without those for tests; no install script of theirs is executed.
FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
ENV NODE_ENV=production MALLOC_ARENA_MAX=1
WORKDIR /app
# The embedded store, its key file and the sandbox live in /data; everything else can be mounted read-only.
RUN install -d -o node -g node -m 0700 /data && ln -s /data /app/data
COPY --from=packages /app/node_modules ./node_modules
COPY package.json ./
COPY src ./src
COPY connectors ./connectors
COPY config ./config
COPY mappings ./mappings
USER node
VOLUME /data
EXPOSE 8377
# No tini: the worker answers SIGTERM itself (it ends within 10 s), and the one child that it may start is its own to end.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8377/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# As `npm start` runs it: less memory, for a little more work of the collector.
ENTRYPOINT ["node", "--max-semi-space-size=4", "--heap-growing-percent=120", "src/main.ts"]
