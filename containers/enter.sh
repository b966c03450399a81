#!/bin/sh
# Runs `gateway` with the URL of the records taken from a file, so that no secret stands in a container's definition.
set -eu
for name in GATEWAY_WORKER_RECORDS_URL GATEWAY_DESK_RECORDS_URL; do
  file=$(printenv "${name}_FILE" || true)
  if [ -n "$file" ]; then
    [ -r "$file" ] || { echo "${name}_FILE is set and its file cannot be read" >&2; exit 2; }
    export "$name=$(cat "$file")"
    unset "${name}_FILE"
  fi
done
exec gateway "$@"
