#!/bin/bash
# Installs from Debian's packages what the tests need: the other clients, a web server, network tools,
# and a C compiler for the race detector. Installs nothing when all is there, and starts no service.
set -eu
packages="transmission-daemon transmission-cli python3-libtorrent aria2 rtorrent nginx-light
          nftables iproute2 curl util-linux gcc libc6-dev"

if ! command -v dpkg-query >/dev/null; then
  echo "not a Debian system: tests that need a missing program will be skipped"
  exit 0
fi
missing=
for p in $packages; do
  dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null | grep -qx installed || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
  echo "not root, so these packages are not installed and their tests will be skipped:$missing"
  exit 0
fi

guard=/usr/sbin/policy-rc.d # exit 101 forbids packages to start their services
if [ ! -e $guard ]; then
  printf '#!/bin/sh\nexit 101\n' >$guard
  chmod +x $guard
  trap 'rm -f $guard' EXIT
fi
echo "installing$missing"
apt-get update -q
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
