#!/bin/sh
# Installs the load generator that `make bench` checks its own against: h2load, of nghttp2.
#
# Where it is there this changes nothing and says nothing. On Debian and its relatives it is installed with apt, as root
# or through a sudo that asks for no password. Without it the benches leave that comparison out, so nothing fails here.
set -eu

command -v h2load >/dev/null && exit 0

without() {
  echo "bench tools: $*; the benches go on without h2load" >&2
  exit 0
}

command -v apt-get >/dev/null || without "h2load is missing, install nghttp2"
if [ "$(id -u)" -eq 0 ]; then
  as_root() { "$@"; }
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  as_root() { sudo -n "$@"; }
else
  without "h2load is missing, run this as root: apt-get install nghttp2-client"
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
install || { update && install; } || without "nghttp2-client could not be installed"
