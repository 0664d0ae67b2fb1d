#!/bin/sh
# Gives a gateway a new token, signed here, and restarts it: renew.sh gw1 [--secondary]. Run it once a week.
# CONFIG: the document. SECRET_KEY: value, or gateway-key for the Helm chart.
set -eu
gateway=$1
shift
secret=$(${LATCHKEY:-latchkey} gateway-key mint --config "${CONFIG:-latchkey.json}" --id "$gateway" "$@" \
  --as kubernetes --secret-key "${SECRET_KEY:-value}")
printf '%s\n' "$secret" | kubectl apply -f -
kubectl rollout restart "deployment/$gateway"
