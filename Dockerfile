# The Node gate in an image without a shell, from the package as it is published:
#
#   npm run pack && docker build -t latchkey:0.1.0 .
#
# Tags move. Pin what you ship by its digest, as `docker buildx imagetools inspect TAG` prints it: FROM TAG@sha256:...

FROM node:24.21.0-trixie-slim AS install
WORKDIR /opt/latchkey
COPY package.json package-lock.json ./
# By the lockfile and its hashes. Only Vercel's middleware loads @vercel/functions, and it is most of the weight.
RUN npm ci --omit=dev --omit=optional --omit=peer --ignore-scripts --no-audit --no-fund
RUN npm uninstall @vercel/functions --omit=dev --omit=optional --omit=peer --ignore-scripts --no-audit --no-fund
# Unpacked, as a folder `package`.
ADD dist/package/latchkey-*.tgz ./

FROM gcr.io/distroless/cc-debian13:nonroot
COPY --from=install /usr/local/bin/node /usr/local/bin/node
COPY --from=install /opt/latchkey/node_modules /opt/latchkey/node_modules
COPY --from=install /opt/latchkey/package /opt/latchkey/package
ENV NODE_ENV=production
# By number: runAsNonRoot cannot tell what a name stands for.
USER 65532:65532
EXPOSE 8787
# `--`, or Node would take an --env-file that is the gate's.
ENTRYPOINT ["/usr/local/bin/node", "--", "/opt/latchkey/package/dist/cli.mjs"]
CMD ["serve", "--host=0.0.0.0", "--port=8787"]
