# One Gatehouse node. It listens on all addresses of the container. In production it does not start until TLS or the
# proxy in front is declared (TLS_CERT and TLS_KEY, or TRUST_PROXY).

FROM node:24.22.1-bookworm-slim AS manifests
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY protocol/package.json protocol/
COPY client/package.json client/
COPY backend/package.json backend/
COPY dashboard/package.json dashboard/
COPY e2e/package.json e2e/
COPY bench/package.json bench/
COPY demo/package.json demo/

FROM manifests AS build
RUN npm ci --ignore-scripts
COPY . .
RUN NX_NO_CLOUD=true NX_DAEMON=false node node_modules/nx/dist/bin/nx.js run-many -t build --output-style=static

FROM manifests AS dependencies
RUN npm ci --ignore-scripts --omit=dev --workspace=@gatehouse/backend --workspace=@gatehouse/protocol

FROM node:24.22.1-bookworm-slim
ENV NODE_ENV=production GATEWAY_HOST=0.0.0.0 CONTROL_HOST=0.0.0.0 DATA_DIR=/data
WORKDIR /app
COPY --from=dependencies /app/ ./
COPY --from=build /app/protocol/dist protocol/dist
COPY --from=build /app/backend/dist backend/dist
COPY --from=build /app/dashboard/dist dashboard/dist
# The library links of the embedded PostgreSQL are made here, because the node's account cannot write below /app.
RUN node -e "import('/app/backend/dist/store/embedded/binaries.js').then((m) => m.findBinaries())" \
  && mkdir /data && chown node:node /data && chmod 711 /data
USER node
VOLUME /data
EXPOSE 8080 8081
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8081/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--enable-source-maps", "backend/dist/main.js"]
