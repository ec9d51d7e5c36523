#!/bin/sh
# Compresses every file of a directory and writes a manifest of checksums.
#   stdin   {"source": "/a/directory", "target": "/where/the/archive/goes"}
#   result  {"target", "files": [{"name", "bytes", "compressed_bytes", "sha256"}], "bytes", "compressed_bytes"}
#
# Safe to run again: each file is written beside its place and renamed into it, and the manifest comes last, so a target
# with a manifest is a whole one.
set -eu

# Run by hand there is no descriptor 3; the messages then go nowhere.
{ true >&3; } 2>/dev/null || exec 3>/dev/null

reject() {
  jq -cn --arg code "$1" --arg message "$2" '{type: "reject", code: $code, message: $message}' >&3
  exit 65
}

payload=$(cat)
source=$(printf '%s' "$payload" | jq -er '.source | strings') || reject bad_payload 'source: a directory is wanted'
target=$(printf '%s' "$payload" | jq -er '.target | strings') || reject bad_payload 'target: a directory is wanted'
[ -d "$source" ] || reject no_source "source: $source is not a directory"

mkdir -p "$target"
work=$(mktemp -d "$target/.unfinished.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 143' TERM                    # stopped by reeve: leave nothing half done

total=$(find "$source" -maxdepth 1 -type f | wc -l)
[ "$total" -gt 0 ] || reject empty "source: no files in $source"

current=0
: > "$work/files.ndjson"
for file in "$source"/*; do
  [ -f "$file" ] || continue
  name=${file##*/}
  gzip -9 -n -c -- "$file" > "$work/$name.gz"
  line=$(cd "$source" && sha256sum -- "$name")    # a name with a line break comes escaped, with a backslash before the sum
  sum=${line%% *}
  before=$(stat -c %s -- "$file")
  after=$(stat -c %s -- "$work/$name.gz")
  mv -- "$work/$name.gz" "$target/$name.gz"
  printf '%s\n' "$line" >> "$work/SHA256SUMS"
  jq -cn --arg name "$name" --arg sha256 "${sum#\\}" --argjson bytes "$before" --argjson compressed_bytes "$after" \
    '{$name, $bytes, $compressed_bytes, $sha256}' >> "$work/files.ndjson"
  current=$((current + 1))
  jq -cn --arg name "$name" --argjson current "$current" --argjson total "$total" \
    '{type: "progress", $current, $total, percent: (100 * $current / $total | floor), label: $name}' >&3
  echo "$name: $before bytes became $after"
done

mv -- "$work/SHA256SUMS" "$target/SHA256SUMS"
jq -cs --arg target "$target" \
  '{type: "result", value: {$target, files: ., bytes: (map(.bytes) | add), compressed_bytes: (map(.compressed_bytes) | add)}}' \
  "$work/files.ndjson" >&3
