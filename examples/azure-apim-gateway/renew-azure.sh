#!/bin/sh
# Gives a gateway a new token, signed by Azure, and restarts it: renew-azure.sh gw1 [secondary]. Run it once a week.
# GATEWAYS: https://management.azure.com/subscriptions/.../service/NAME/gateways. SECRET_KEY: value, or gateway-key.
set -eu
gateway=$1
expiry=$(date -u -d '+29 days' +%Y-%m-%dT%H:%M:00Z)
token=$(az rest --method POST --uri "$GATEWAYS/$gateway/generateToken?api-version=2024-05-01" \
  --body "{\"keyType\":\"${2:-primary}\",\"expiry\":\"$expiry\"}" --query value --output tsv)
# Without -w0 base64 breaks the line after 76 characters, and the patch is no JSON any more.
value=$(printf 'GatewayKey %s' "$token" | base64 -w0)
printf '{"data":{"%s":"%s"}}\n' "${SECRET_KEY:-value}" "$value" |
  kubectl patch secret "$gateway-token" --type merge --patch-file /dev/stdin
kubectl rollout restart "deployment/$gateway"
