#!/usr/bin/env bash
# A machine of scripts/vm.sh with systemd that is switched off in order, while a stack with a unit runs and one without. What
# their containers did then stands in a directory that the guest writes to. Tells a line a test, as Swift Testing does.
#   scripts/vm/shutdown.sh [OPTION-OF-VM.SH]... -- PROGRAMS
set -uo pipefail

# In the guest, before systemd begins: a stack with its unit, and one that nobody stops.
prepare() {
  local programs=$1 log=$2
  set -e
  mkdir -p /srv/shop/base/bin /srv/shop/base/tmp
  cd /srv/shop
  cp /run/vm/busybox base/bin/busybox
  for applet in sh sleep echo; do ln -s busybox base/bin/$applet; done
  service() {
    echo "  $1:"
    echo "    layers: [./base]"
    echo "    volumes: [\"$log:/log\"]"
    echo "    restart: always"
    echo "    stop_grace_period: 60s"
    echo "    command: [sh, -c, \"echo $1 up >>/log/events; trap 'sleep 2; echo $1 down >>/log/events; exit 0' TERM; while :; do sleep 0.2; done\"]"
  }
  { echo "name: shop"; echo "services:"; service first; service last; echo "    depends_on: [first]"; } >stack.yaml
  { echo "name: alone"; echo "services:"; service alone; } >alone.yaml
  "$programs/containr" systemd install /srv/shop/stack.yaml --root /
}

# In the guest: when both are up, the machine goes. It does not come back from there.
off() {
  local programs=$1 log=$2 end=$((SECONDS + 300))
  until systemctl is-active --quiet containr-shop.service; do
    [ $SECONDS -lt $end ] || { systemctl status --no-pager containr-shop.service; exit 1; }
    sleep 0.5
  done
  "$programs/containr-up" -d -y /srv/shop/alone.yaml || exit 1
  until grep -q 'alone up' "$log/events"; do sleep 0.2; done
  systemctl poweroff --no-block
  sleep infinity
}

case ${1-} in
  prepare) prepare "$2" "$3"; exit ;;
  off) off "$2" "$3" ;;
esac

options=()
while [ "${1---}" != -- ]; do options+=("$1"); shift; done
programs=$2
mkdir -p .build
# Not below /tmp, which is the guest's own.
log=$(mktemp -d "$PWD/.build/shutdown.XXXXXX")
trap 'rm -r "$log"' EXIT
scripts/vm.sh --init systemd --write "$log" --before "scripts/vm/shutdown.sh prepare '$programs' '$log'" "${options[@]}" -- \
  scripts/vm/shutdown.sh off "$programs" "$log" 2>"$log/said"
status=$?
# A guest that goes by itself leaves no status of its command.
if ! { [ $status = 125 ] && [ -s "$log/events" ]; }; then cat "$log/said" >&2; exit $status; fi

failed=0
# check WORDS EXPECTED SEEN
check() {
  if [ "$2" = "$3" ]; then echo "✔ Test \"$1\" passed."; else echo "✘ Test \"$1\" failed: $3"; failed=$((failed + 1)); fi
}
check "at a shutdown a unit stops its stack in order, and each container has its time" \
  $'first up\nlast up\nlast down\nfirst down' "$(grep -v alone "$log/events")"
check "without a unit a container hears of it by SIGTERM, and nobody starts it again" \
  $'alone up\nalone down' "$(grep alone "$log/events")"
echo "Test run with 2 tests ended, $failed failed."
[ $failed = 0 ]
