#!/bin/sh
# Installs the servers that the tests start: Redis (7 or later), PostgreSQL and PgBouncer; libfaketime, which shifts the
# clock of a server under test; and Python, which runs the mailer of docs/notifications.md.
#
# If all of them are installed, the script does nothing. On Debian and its derivatives it installs the missing packages
# with apt, as root or through passwordless sudo. On other systems it prints the packages to install.
# The script starts no service of these packages and creates no database cluster: the tests start their own servers, in
# temporary directories and on free ports.
set -eu

has_redis() {
  command -v redis-server >/dev/null
}

has_postgres() {
  command -v initdb >/dev/null && return
  for initdb in /usr/lib/postgresql/*/bin/initdb; do # Debian installs each version here
    [ -x "$initdb" ] && return
  done
  return 1
}

has_faketime() {
  for library in /usr/lib/*/faketime/libfaketime.so.1; do
    [ -e "$library" ] && return
  done
  return 1
}

has_pgbouncer() {
  command -v pgbouncer >/dev/null || [ -x /usr/sbin/pgbouncer ]
}

has_python() {
  command -v python3 >/dev/null
}

check_redis_version() {
  major=$(redis-server --version | sed 's/.* v=\([0-9]*\).*/\1/')
  [ "$major" -ge 7 ] || fail "the tests need Redis 7 or later, found redis-server version $major"
}

fail() {
  echo "test servers: $*" >&2
  exit 1
}

missing=
has_redis || missing="$missing redis-server"
has_postgres || missing="$missing postgresql"
has_pgbouncer || missing="$missing pgbouncer"
has_faketime || missing="$missing libfaketime"
has_python || missing="$missing python3"
if [ -z "$missing" ]; then
  check_redis_version
  exit 0
fi

command -v apt-get >/dev/null ||
  fail "missing:$missing. Install Redis (7 or later), PostgreSQL and PgBouncer, with redis-server, initdb and pgbouncer in the PATH, libfaketime and Python 3; then retry"
if [ "$(id -u)" -eq 0 ]; then
  as_root() { "$@"; }
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  as_root() { sudo -n "$@"; }
else
  fail "missing:$missing. Run as root and retry: apt-get install$missing"
fi

# Two documented files keep the packages from starting services. Those that this script creates are removed at exit.
policy=/usr/sbin/policy-rc.d
no_cluster=/etc/postgresql-common/createcluster.d/session-authority.conf
placed=
put_back() {
  for file in $placed; do as_root rm -f "$file"; done
}
trap put_back EXIT
trap "exit 1" INT TERM
place() {
  [ -e "$1" ] && return
  as_root mkdir -p "$(dirname "$1")"
  placed="$placed $1"
  printf '%b' "$2" | as_root tee "$1" >/dev/null
  as_root chmod 755 "$1"
}
place "$policy" '#!/bin/sh\nexit 101\n'
place "$no_cluster" 'create_main_cluster = false\n'

update() {
  as_root apt-get -qq update
}
install() {
  # shellcheck disable=SC2086 # one word per package
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 \
    install --yes --no-install-recommends $missing
}

echo "test servers: installing$missing"
# shellcheck disable=SC2086
apt-cache show $missing >/dev/null 2>&1 || update
install || { update && install; } # outdated package lists may name versions that no longer exist
check_redis_version
