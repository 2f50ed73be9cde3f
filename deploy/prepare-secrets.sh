#!/bin/sh
# Creates the secrets of compose.yaml in secrets/ beside this script. If secrets/ exists, it fails and changes nothing.
#
# The program generates the keys: the one that SESSION_AUTHORITY names, or else the image that compose.yaml builds. Only
# the owner can enter the directory. The files in it are world-readable, because the containers that mount them run as
# other users.
set -eu
cd "$(dirname "$0")"

[ ! -e secrets ] || { echo "prepare-secrets: secrets/ exists; a second set would sign everybody out" >&2; exit 1; }

if [ -n "${SESSION_AUTHORITY:-}" ]; then
  keys=$("$SESSION_AUTHORITY" keys init --env)
else
  keys=$(docker run --rm --network none session-authority:0.1.0 keys init --env)
fi

# Prints the value of a setting in the output of `keys init`.
key() {
  printf '%s\n' "$keys" | sed -n "s/^SESSION_AUTHORITY__KEYS__$1=//p"
}
random() {
  od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
}
# Written to a temporary directory and renamed at the end, so that secrets/ is never incomplete.
umask 077
new=$(mktemp -d ./secrets.XXXXXX)
trap 'rm -rf "$new"' EXIT
umask 022

redis=$(random)
postgres=$(random)
key INSTALLATION >"$new/installation.key"
key TOKEN >"$new/token.key"
printf %s "$redis" >"$new/redis-password"
printf %s "$postgres" >"$new/postgres-password"
sed "s/@PASSWORD_SHA256@/$(printf %s "$redis" | sha256sum | cut -d ' ' -f 1)/" users.acl >"$new/users.acl"
cat >"$new/session-authority.env" <<END
SESSION_AUTHORITY__STORE__URL=redis://session-authority:$redis@redis:6379
SESSION_AUTHORITY__AUDIT__URL=postgres://audit:$postgres@postgres:5432/audit
END
for file in "$new"/*; do
  [ -s "$file" ] || { echo "prepare-secrets: $(basename "$file") came out empty" >&2; exit 1; }
done
# Compose itself reads this file; it is never mounted.
chmod 600 "$new/session-authority.env"
mv "$new" secrets
trap - EXIT
echo "prepare-secrets: made secrets/. Keep a copy of installation.key apart: without it every session and key is lost"
