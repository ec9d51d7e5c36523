# shellcheck shell=bash
# Sourced by ./check and ./quickstart: sees to it that the packages of .ci/packages.txt are there.

# missing_packages USE...: those that are not installed, one a line.
missing_packages() {
  local wanted installed
  wanted=$(awk -v uses=" $* " '!/^#/ && NF == 2 && index(uses, " " $1 " ") { print $2 }' .ci/packages.txt | sort -u)
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null | awk '$1 == "installed" { print $2 }' | sort -u)
  comm -23 <(printf '%s\n' "$wanted") <(printf '%s\n' "$installed")
}

# ensure_packages LOG USE...: installs what is missing when we are root, else says what that is and fails.
ensure_packages() {
  local log=$1 missing
  shift
  command -v dpkg-query >/dev/null || { echo "this is not Debian: install what .ci/packages.txt names; going on" >&2; return 0; }
  missing=$(missing_packages "$@" | tr '\n' ' ')
  [ -z "$missing" ] && return 0
  if [ "$(id -u)" -ne 0 ]; then
    echo "missing packages: $missing" >&2
    echo "install them as root:  apt-get install $missing" >&2
    return 1
  fi
  echo "installing $missing"
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086
  { apt-get update && apt-get install -y --no-install-recommends $missing; } >>"$log" 2>&1 </dev/null && return 0
  tail -n 25 "$log" >&2
  echo "the packages cannot be installed; the whole output is in $log" >&2
  return 1
}
