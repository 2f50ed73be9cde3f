#!/bin/sh
# Checks docs/openapi.json against running development servers with schemathesis, which it installs to
# target/schemathesis: one run with anonymous access, and one that looks for operations that need no key.
#
# OPENAPI_EXAMPLES (25) is the maximum number of generated requests of an operation in a phase, OPENAPI_SEED (1) makes
# them repeatable.
set -eu

schemathesis=4.32.5
examples=${OPENAPI_EXAMPLES:-25}
seed=${OPENAPI_SEED:-1}

cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
venv=$target/schemathesis
program=$target/debug/session-authority
scratch=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$scratch"' EXIT
trap "exit 1" INT TERM

if [ "$("$venv/bin/schemathesis" --version 2>/dev/null)" != "schemathesis, version $schemathesis" ]; then
  echo "openapi: installing schemathesis $schemathesis"
  python3 -m venv "$venv"
  "$venv/bin/pip" --quiet --disable-pip-version-check install "schemathesis==$schemathesis"
fi

# Starts a server on free ports with the variables $@ and sets `url`.
start() {
  : >"$scratch/welcome"
  env SESSION_AUTHORITY__MANAGEMENT__LISTEN=127.0.0.1:0 "$@" "$program" dev --listen 127.0.0.1:0 \
    --http 127.0.0.1:0 --data "$scratch/data" >"$scratch/welcome" 2>"$scratch/log" &
  server=$!
  for _ in $(seq 100); do
    url=$(sed -n 's/^HTTP *\(http[^ ]*\).*/\1/p' "$scratch/welcome")
    [ -z "$url" ] || return 0
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  cat "$scratch/log" >&2
  echo "openapi: the server did not start" >&2
  exit 1
}

stop() {
  kill "$server"
  wait "$server" 2>/dev/null || true
  server=
}

check() {
  "$venv/bin/schemathesis" --config-file scripts/schemathesis.toml run docs/openapi.json --url "$url" \
    --seed "$seed" --no-color --max-examples "$examples" "$@"
}

start
check --checks all --exclude-checks ignored_auth --report junit --report-junit-path "$target/openapi.xml"
stop

# The keys of the directory that the first server made.
installation=$(cat "$scratch/data/installation.key") 
key=$(SESSION_AUTHORITY__CALLERS__FILE="$scratch/data/callers.toml" \
  SESSION_AUTHORITY__KEYS__INSTALLATION="$installation" "$program" keys create --name openapi --role admin)
start SESSION_AUTHORITY__CALLERS__ANONYMOUS=false
check --checks ignored_auth --phases examples,coverage --header "Authorization: Bearer $key"
stop
