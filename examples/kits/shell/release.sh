#!/bin/sh
# Packs a folder, waits for somebody to approve, and puts the archive into its place:
# {"folder": "/srv/site", "target": "/srv/releases/site.tar.gz"}
#
#   reeve signal ID approved '"looks good"'
#
# While it waits there is no process. Each step is done once, whatever is killed in between.
set -eu
payload=$(cat)
folder=$(printf %s "$payload" | jq -er .folder) || exit 65
target=$(printf %s "$payload" | jq -er .target) || exit 65

reeve progress 10 packing
sum=$(reeve step pack -- sh -c '
  tar -C "$1" -czf "$2.unfinished" . && sha256sum "$2.unfinished" | cut -d" " -f1
' pack "$folder" "$target")

reeve progress 60 "waits for approval"
answer=$(reeve signal wait approved --timeout 7d --name approval) || exit
reeve log "approved: $answer"

reeve step publish -- mv "$target.unfinished" "$target"
printf '{"type":"result","value":{"target":"%s","sha256":"%s"}}\n' "$target" "$sum" >&3
