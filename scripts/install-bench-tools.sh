#!/bin/sh
# Installs h2load (part of nghttp2), the load generator that `make bench` compares its own load generator with.
#
# If h2load is installed, the script does nothing. On Debian and its derivatives it is installed with apt, as root or
# through passwordless sudo. The benchmarks skip the comparison if h2load is not available, so this script never fails.
set -eu

command -v h2load >/dev/null && exit 0

skip() {
  echo "bench tools: $*; the benchmarks run without h2load" >&2
  exit 0
}

command -v apt-get >/dev/null || skip "h2load not found; install nghttp2"
if [ "$(id -u)" -eq 0 ]; then
  as_root() { "$@"; }
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  as_root() { sudo -n "$@"; }
else
  skip "h2load not found; run as root: apt-get install nghttp2-client"
fi

update() {
  as_root apt-get -qq update
}
install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 \
    install --yes --no-install-recommends nghttp2-client
}

echo "bench tools: installing nghttp2-client"
apt-cache show nghttp2-client >/dev/null 2>&1 || update || true
install || { update && install; } || skip "failed to install nghttp2-client"
