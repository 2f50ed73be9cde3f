#!/bin/sh
# Tests gRPC-Web, the console and the account page in a real Chromium. The server is SESSION_AUTHORITY_PROGRAM, by default
# the debug build. The pages are tested on embedded stores, and on Redis and PostgreSQL if they are installed.
#
# With the argument `screenshots` it takes the pictures of docs/images instead.
# Installs Chromium with apt if it is missing, and the packages of tests/browser to target/browser.
set -eu

cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target/browser"
directory=$(cd "$target/browser" && pwd)

fail() {
  echo "browser tests: $*" >&2
  exit 1
}

command -v npm >/dev/null || fail "npm not found; install Node.js"
CHROMIUM=$(command -v chromium || true)
if [ -z "$CHROMIUM" ]; then
  command -v apt-get >/dev/null || fail "chromium not found; install it"
  if [ "$(id -u)" -eq 0 ]; then
    as_root() { "$@"; }
  else
    as_root() { sudo -n "$@"; }
  fi
  echo "browser tests: installing chromium"
  apt-cache show chromium >/dev/null 2>&1 || as_root apt-get -qq update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 \
    install --yes --no-install-recommends chromium
  CHROMIUM=$(command -v chromium)
fi

if ! cmp -s tests/browser/package-lock.json "$directory/installed-lock.json"; then
  cp tests/browser/package.json tests/browser/package-lock.json "$directory"
  npm --prefix "$directory" ci --silent --no-audit --no-fund
  cp tests/browser/package-lock.json "$directory/installed-lock.json"
fi
# Node looks for the packages of a file beside it.
cp tests/browser/*.mjs "$directory"
program=${SESSION_AUTHORITY_PROGRAM:-$target/debug/session-authority}
SESSION_AUTHORITY_PROGRAM=$(cd "$(dirname "$program")" && pwd)/$(basename "$program")
export CHROMIUM SESSION_AUTHORITY_PROGRAM
export LANG=C.UTF-8
if [ "${1:-}" = screenshots ]; then
  IMAGES=$(pwd)/docs/images exec node "$directory/screenshots.mjs"
fi
PAGE_SCRIPT=$(pwd)/tests/browser/page.ts NODE_MODULES=$directory/node_modules node --test "$directory/grpc-web.test.mjs"
node --test "$directory/accessibility.test.mjs"
for engine in sqlite redis; do
  if [ "$engine" = redis ] && ! { command -v redis-server && ls /usr/lib/postgresql; } >/dev/null 2>&1; then
    echo "browser tests: redis-server or PostgreSQL not found; the pages were tested on embedded stores only" >&2
    continue
  fi
  echo "# pages on $engine"
  ENGINE=$engine node --test "$directory/pages.test.mjs"
done
