#!/bin/sh
# Fails until its third attempt, to show retries.
#   result  {"attempts": 3}
set -eu
{ true >&3; } 2>/dev/null || exec 3>/dev/null
attempt=${REEVE_ATTEMPT:-1}

if [ "$attempt" -lt 3 ]; then
  echo "attempt $attempt: the disk of the moon is full" >&2
  printf '{"type":"error","code":"not_yet","message":"attempt %d of %d fails on purpose","retry":true}\n' \
    "$attempt" "${REEVE_MAX_ATTEMPTS:-5}" >&3
  exit 75
fi
printf '{"type":"result","value":{"attempts":%d}}\n' "$attempt" >&3
