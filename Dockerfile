# paidonce as an image, for every role: docs/run-in-production.md, "With containers". Debian, since Temporal's native part needs glibc.

FROM node:20.20.2-bookworm AS build
WORKDIR /app
# .npmrc comes first: with it no package runs a script of its own while it is installed.
COPY package.json package-lock.json .npmrc ./
COPY demo-shop/package.json demo-shop/
COPY dev/package.json dev/
COPY sandbox/package.json sandbox/
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY bin bin
COPY kit kit
COPY demo-shop demo-shop
COPY dev dev
COPY sandbox sandbox
COPY src src
RUN npm run build && npm prune --omit=dev

FROM node:20.20.2-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
# The slim image has no certificate authorities, and Temporal's native client trusts the system's.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
COPY bin bin
COPY kit kit
COPY migrations migrations
# A volume that is mounted on /data is made with its owner; only the sandbox and the demo shop write there.
RUN ln -s /app/bin/paidonce.js /usr/local/bin/paidonce && install -d -o node -g node /data
# The image's user "node", as a number: an orchestrator can see that it is not root.
USER 1000:1000
# Node itself is what gets SIGTERM, not npm or a shell.
ENTRYPOINT ["node", "bin/paidonce.js"]
CMD ["api"]
