# Every image of Tulle, one target each: controller, proxy, dashboard, cli, emojivoto. `npm run images` builds the
# bundles and then these. BASE is any Debian with Node 26 at /usr/local/bin/node; nothing of it but node, its libraries
# and the certificate authorities reaches an image: no shell, no package manager.
ARG BASE=docker.io/library/node:26-slim

FROM ${BASE} AS collect
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends binutils ca-certificates iptables libcap2-bin >/dev/null \
 && rm -rf /var/lib/apt/lists/*
COPY images/collect.sh /collect.sh
RUN sh /collect.sh runtime /out/runtime && sh /collect.sh iptables /out/iptables

FROM scratch AS runtime
COPY --from=collect /out/runtime /
ENV NODE_ENV=production
WORKDIR /app

FROM runtime AS controller
COPY apps/controller/dist/main.cjs ./
USER 2103:2103
ENTRYPOINT ["/usr/local/bin/node", "/app/main.cjs"]

# The proxy and, for the init container, the program that writes the redirect with iptables (nft and legacy).
FROM runtime AS proxy
COPY --from=collect /out/iptables /
COPY node_modules/koffi ./node_modules/koffi
COPY node_modules/@koromix ./node_modules/@koromix
COPY images/tulle-proxy-init /usr/local/bin/
COPY apps/proxy/dist/*.cjs ./
USER 2102:2102
ENTRYPOINT ["/usr/local/bin/node", "/app/main.cjs"]

FROM runtime AS dashboard
COPY apps/dashboard/.next/standalone ./
WORKDIR /app/apps/dashboard
ENV NEXT_TELEMETRY_DISABLED=1 HOSTNAME=127.0.0.1 PORT=3000
USER 2103:2103
ENTRYPOINT ["/usr/local/bin/node", "server.js"]

FROM runtime AS cli
COPY apps/cli/dist ./
USER 2103:2103
ENTRYPOINT ["/usr/local/bin/node", "/app/main.cjs"]

# Four programs; a pod says which by its arguments: web.cjs, emoji.cjs, voting.cjs or vote-bot.cjs.
FROM runtime AS emojivoto
COPY apps/emojivoto/dist/*.cjs ./
USER 2103:2103
ENTRYPOINT ["/usr/local/bin/node"]
