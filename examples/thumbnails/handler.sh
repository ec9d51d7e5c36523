#!/bin/sh
# Makes a small copy of every picture of a directory that fits into SIZE x SIZE, with ImageMagick.
#   arguments  SOURCE TARGET SIZE, filled from the payload by reeve: {payload.source} {payload.target} {payload.size}
#   result     {"target", "pictures": [{"name", "width", "height"}], "made", "kept"}
#
# Safe to run again: a thumbnail that is newer than its picture is kept, and each is renamed into place when it is whole.
set -eu
{ true >&3; } 2>/dev/null || exec 3>/dev/null

reject() {
  jq -cn --arg code "$1" --arg message "$2" '{type: "reject", code: $code, message: $message}' >&3
  exit 65
}

source=$1 target=$2 size=$3
case $size in '' | *[!0-9]* | ????*) reject bad_size "size: \"$size\" is not a number of pixels below 1000" ;; esac
[ -d "$source" ] || reject no_source "source: $source is not a directory"
mkdir -p "$target"
work=$(mktemp -d "$target/.unfinished.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 143' TERM

total=$(find "$source" -maxdepth 1 -type f -name '*.png' | wc -l)
[ "$total" -gt 0 ] || reject empty "source: no .png files in $source"

current=0 made=0 kept=0
: > "$work/pictures.ndjson"
for picture in "$source"/*.png; do
  name=${picture##*/}
  name=${name%.png}-$size.png
  if [ -n "$(find "$target/$name" -newer "$picture" 2>/dev/null)" ]; then
    kept=$((kept + 1))
  else
    convert "$picture" -thumbnail "${size}x${size}" "$work/$name"
    mv -- "$work/$name" "$target/$name"
    made=$((made + 1))
  fi
  jq -cn --arg name "$name" --arg at "$(identify -format '%w %h' "$target/$name")" \
    '($at | split(" ") | map(tonumber)) as [$width, $height] | {$name, $width, $height}' >> "$work/pictures.ndjson"
  current=$((current + 1))
  jq -cn --arg name "$name" --argjson current "$current" --argjson total "$total" \
    '{type: "progress", $current, $total, percent: (100 * $current / $total | floor), label: $name}' >&3
done

echo "$made made, $kept kept in $target"
jq -cs --arg target "$target" --argjson made "$made" --argjson kept "$kept" \
  '{type: "result", value: {$target, pictures: ., $made, $kept}}' "$work/pictures.ndjson" >&3
