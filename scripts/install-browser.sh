#!/bin/sh
# Installs the browser that the tests of web pages drive: Chromium.
#
# If it is installed, or CHROMIUM names the program, the script does nothing. On Debian and its derivatives it installs the
# package with apt, as root or through passwordless sudo. On other systems it says what is missing.
set -eu

[ -z "${CHROMIUM:-}" ] && [ ! -x /usr/bin/chromium ] || exit 0
if command -v apt-get >/dev/null; then
  [ "$(id -u)" = 0 ] && sudo= || sudo="sudo -n"
  export DEBIAN_FRONTEND=noninteractive
  $sudo apt-get update -qq
  exec $sudo apt-get install -y -qq --no-install-recommends chromium >/dev/null
fi
echo "browser: install Chromium, and set CHROMIUM to its program" >&2
exit 1
