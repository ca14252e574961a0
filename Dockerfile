# paidonce as an image, for every role: docs/run-in-production.md, "With containers". Debian, since Temporal's native part needs glibc.
# Where a build must be the same for ever, pin both images by their digests too.

FROM node:20.20.2-bookworm AS manifests
WORKDIR /app
# .npmrc comes first: with it no package runs a script of its own while it is installed.
COPY package.json package-lock.json .npmrc ./
COPY demo-shop/package.json demo-shop/
COPY dev/package.json dev/
COPY sandbox/package.json sandbox/

FROM manifests AS build
# Only the demo shop imports it, and its bundle contains it. Without it the packages below have none of its dependencies.
COPY client/package.json client/
RUN npm ci
COPY tsconfig.json ./
COPY bin bin
COPY kit kit
COPY client client
COPY demo-shop demo-shop
COPY dev dev
COPY sandbox sandbox
COPY src src
RUN npm run build

# Only the packages that are not in the bundles, without the parts for other platforms.
FROM manifests AS packages
COPY bin/slim.js bin/
RUN npm ci --omit=dev && node bin/slim.js

FROM node:20.20.2-bookworm-slim
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="paidonce" \
      org.opencontainers.image.description="A payment orchestrator: every order is paid exactly once" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="docker.io/library/node:20.20.2-bookworm-slim"
# Every role serves its health on this port, inside the container; ADMIN_HOST=0.0.0.0 opens it to the network.
ENV NODE_ENV=production ADMIN_PORT=9464
WORKDIR /app
# The slim image has no certificate authorities, and Temporal's native client trusts the system's.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=packages /app/node_modules node_modules
COPY package.json ./
COPY bin/paidonce.js bin/prepare.js bin/is-healthy.js bin/
COPY kit kit
COPY migrations migrations
COPY --from=build /app/dist dist
# A volume that is mounted on /data is made with its owner. Nothing else is ever written, so the root may be read-only.
RUN ln -s /app/bin/paidonce.js /usr/local/bin/paidonce && install -d -o node -g node /data
# The image's user "node", as a number: an orchestrator can see that it is not root.
USER 1000:1000
EXPOSE 3000 9464
# For a service. A command that ends, such as migrate, is over before the first check.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
  CMD ["node", "bin/is-healthy.js", "http://127.0.0.1:9464/readyz"]
# Node itself is what gets SIGTERM, not npm or a shell.
ENTRYPOINT ["node", "bin/paidonce.js"]
CMD ["api"]
