#!/usr/bin/env bash
# In the machine of scripts/vm.sh with systemd: what it gives to an ordinary user's containers, and what it does with units, at
# a boot and when it stops them. Tells a line a test, as Swift Testing does.
#   scripts/vm.sh --init systemd --before 'scripts/vm/session.sh prepare PROGRAMS' -- scripts/vm/session.sh PROGRAMS
set -uo pipefail

uid=2000 user=tess home=/home/tess
runtime=/run/user/$uid
bus=$runtime/bus

# Before systemd begins: the user, a stack of root's with its unit, a stack of the user's.
prepare() {
  programs=$1
  set -e
  PATH=/run/vm/box:/usr/sbin:/usr/bin:/sbin:/bin
  mkdir -p /scratch/home
  mkdir -p $home
  mount --bind /scratch/home $home
  echo "$user:x:$uid:$uid::$home:/bin/sh" >>/etc/passwd
  echo "$user:x:$uid:" >>/etc/group
  echo "$user:!:19000::::::" >>/etc/shadow
  echo "$user:200000:65536" >>/etc/subuid
  echo "$user:200000:65536" >>/etc/subgid
  mkdir -p /srv/shop /var/lib/systemd/linger
  touch /var/lib/systemd/linger/$user
  for place in /srv/shop $home/stack; do
    mkdir -p $place/base/bin $place/base/tmp $place/log
    cp /run/vm/busybox $place/base/bin/busybox
    for applet in sh sleep echo id cat tail date; do ln -s busybox $place/base/bin/$applet; done
  done
  # `last` needs `first`: it comes after it and goes before it. Both write down when.
  cat >/srv/shop/stack.yaml <<'END'
name: shop
x-a: &a
  layers: [./base]
  volumes: ["./log:/log"]
  stop_grace_period: 60s
services:
  first:
    <<: *a
    command: [sh, -c, "echo first up >>/log/events; trap 'echo first down >>/log/events; exit 0' TERM; while :; do sleep 0.2; done"]
  last:
    <<: *a
    command: [sh, -c, "echo last up >>/log/events; trap 'echo last down >>/log/events; exit 0' TERM; while :; do sleep 0.2; done"]
    depends_on: [first]
END
  sed 's/^name: shop/name: mine/; s/^  stop_grace_period: 60s/&\n  mem_limit: 64m\n  pids_limit: 50/' /srv/shop/stack.yaml >$home/stack/stack.yaml
  chown -R $uid:$uid $home
  "$programs/containr" systemd install /srv/shop/stack.yaml --root /
  notifying
}

# Two units of Type=notify: a container in the foreground, and one that goes on without the runtime. The program inside is
# systemd's own.
notifying() {
  mkdir -p /srv/ready/rootfs/{usr,proc,dev,run,tmp}
  ln -s usr/bin /srv/ready/rootfs/bin
  ln -s usr/lib /srv/ready/rootfs/lib
  ln -s usr/lib64 /srv/ready/rootfs/lib64
  cat >/srv/ready/config.json <<'END'
{"ociVersion": "1.2.0", "root": {"path": "rootfs"}, "process": {"cwd": "/", "user": {"uid": 0, "gid": 0},
  "env": ["PATH=/usr/bin:/bin"], "args": ["sh", "-c",
    "until test -e /tmp/go; do sleep 0.1; done; systemd-notify --ready --status=inside || exit 3; exec sleep 600"]},
 "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
  {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"},
  {"destination": "/usr", "source": "/usr", "options": ["rbind", "ro"]}],
 "linux": {"namespaces": [{"type": "pid"}, {"type": "mount"}, {"type": "ipc"}, {"type": "uts"}, {"type": "network"}]}}
END
  for kind in run detached; do
    cat >/run/systemd/system/ready-$kind.service <<END
[Service]
Type=notify
TimeoutStartSec=300
ExecStart=$programs/containr-runtime run $([ $kind = run ] || echo --detach) --bundle /srv/ready ready-$kind
ExecStopPost=-$programs/containr-runtime delete --force ready-$kind
END
  done
}

# A network of the machine's own, for pasta to take after.
link() {
  ip link add uplink type dummy && ip address add 198.51.100.1/24 dev uplink && ip link set uplink up &&
    ip route add default via 198.51.100.2
}

failed=0
# check WORDS COMMAND…: a test.
check() {
  local words=$1 seen
  shift
  if seen=$("$@" 2>&1); then
    echo "✔ Test \"$words\" passed."
  else
    echo "✘ Test \"$words\" failed: $seen"
    failed=$((failed + 1))
  fi
}

# Waits until a command succeeds.
await() {
  local end=$((SECONDS + 120))
  while [ $SECONDS -lt $end ]; do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.1
  done
  echo "not in time: $*"
  "$@"
}

# A command of the user's in a login session, which is a scope of the system's manager.
login() {
  systemd-run --quiet --pipe --wait -p PAMName=login -p User=$user -p WorkingDirectory=$home/stack \
    -p "Environment=XDG_RUNTIME_DIR=$runtime PATH=$programs:/usr/bin:/bin" /usr/bin/env "$@"
}

# One of the user's own services.
service() {
  setpriv --reuid=$uid --regid=$uid --init-groups env -i HOME=$home XDG_RUNTIME_DIR=$runtime "PATH=$programs:/usr/bin:/bin" \
    systemd-run --user --quiet --pipe --wait -p WorkingDirectory=$home/stack -p "Environment=PATH=$programs:/usr/bin:/bin" \
    /usr/bin/env "$@"
}

# Without session and bus, as from cron.
bare() {
  (cd $home/stack && setpriv --reuid=$uid --regid=$uid --init-groups env -i HOME=$home XDG_RUNTIME_DIR=$runtime \
    DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere "PATH=$programs:/usr/bin:/bin" "$@")
}

same() { [ "$1" = "$2" ] || { echo "$1, not $2"; return 1; }; }

# The user's containers' group.
group() { echo /sys/fs/cgroup/user.slice/user-$uid.slice/user@$uid.service/containr-*.scope/stacks/mine/mine-$1-1; }

limits() {
  login containr-up -d --wait -y stack.yaml || return 1
  same "$(cat "$(group first)/memory.max")" 67108864 && same "$(cat "$(group last)/pids.max")" 50
}

measured() {
  login containr stats -p mine --no-stream --format json | tee /run/vm/stats
  [ "$(grep -c '"memory":[1-9]' /run/vm/stats)" = 2 ]
}

restarts() {
  login containr restart -p mine first && [ -n "$(cat "$(group first)/cgroup.procs")" ] && login containr exec -T -p mine last id -u
}

elsewhere() {
  service containr restart -p mine last && [ -n "$(cat "$(group last)/cgroup.procs")" ]
}

without() {
  # `ps` needs no group; it says what cannot be had.
  bare containr ps -p mine >/run/vm/bare 2>&1 || { cat /run/vm/bare; return 1; }
  grep -q 'containers cannot be started from here' /run/vm/bare || { cat /run/vm/bare; return 1; }
}

gone() {
  login containr-down -y stack.yaml || return 1
  await_gone() { ! ls -d /sys/fs/cgroup/user.slice/user-$uid.slice/user@$uid.service/containr-*; }
  await await_gone
}

refused() {
  bare containr-up -d -y stack.yaml >/run/vm/refused 2>&1 && { cat /run/vm/refused; return 1; }
  grep -q 'systemd has given you no cgroup' /run/vm/refused && grep -q 'delegated to this user' /run/vm/refused ||
    { cat /run/vm/refused; return 1; }
}

other() {
  sed 's/mem_limit: 64m/cpuset: \"0\"/' $home/stack/stack.yaml >$home/stack/sets.yaml
  login containr-up -d -y sets.yaml >/run/vm/sets 2>&1 && { cat /run/vm/sets; return 1; }
  grep -q 'the cpuset controller has not been delegated to this user' /run/vm/sets || { cat /run/vm/sets; return 1; }
  login containr-down -y sets.yaml
}

# The user's unit: written, begun, stopped with the user's manager before its containers are.
users_unit() {
  rm -f $home/stack/log/events
  login containr systemd install --user --now stack.yaml ||
    { login systemctl --user status --no-pager containr-mine.service; return 1; }
  same "$(cat $home/stack/log/events)" $'first up\nlast up' || return 1
  systemctl restart user@$uid.service
  await grep -q 'first down' $home/stack/log/events || return 1
  expected=$'first up\nlast up\nlast down\nfirst down\nfirst up\nlast up'
  again() { [ "$(cat $home/stack/log/events)" = "$expected" ]; }
  await again || { cat $home/stack/log/events; systemctl status --no-pager user@$uid.service | tail -40; return 1; }
}

boot() {
  await systemctl is-active --quiet containr-shop.service || { systemctl status --no-pager containr-shop.service; return 1; }
  same "$(cat /srv/shop/log/events)" $'first up\nlast up'
}

# As at a shutdown, where systemd stops everything that conflicts with it. The shutdown itself would end the machine, and this
# script with it.
stopped() {
  systemctl stop containr-shop.service || return 1
  same "$(cat /srv/shop/log/events)" $'first up\nlast up\nlast down\nfirst down'
}

# ready KIND: systemd waits until the program inside says so, and knows whose end is the service's.
ready() {
  local unit=ready-$1.service state main
  rm -f /srv/ready/rootfs/tmp/go
  systemctl start --no-block $unit || return 1
  started() { "$programs/containr-runtime" state ready-$1 | grep -q '"running"'; }
  await started "$1" || { systemctl status --no-pager $unit; return 1; }
  same "$(systemctl show -P ActiveState $unit)" activating || return 1
  touch /srv/ready/rootfs/tmp/go
  await systemctl is-active --quiet $unit || { systemctl status --no-pager $unit; return 1; }
  state=$("$programs/containr-runtime" state ready-$1 | sed -n 's/.*"pid": *\([0-9]*\).*/\1/p')
  main=$(systemctl show -P MainPID $unit)
  case $1 in
    run) tr '\0' ' ' </proc/$main/cmdline | grep -q 'run --bundle /srv/ready ready-run' || { echo "main process: $main"; return 1; } ;;
    detached) same "$main" "$state" || return 1 ;;
  esac
  # No other word of the container's comes to systemd.
  same "$(systemctl show -P StatusText $unit)" "" || return 1
  systemctl stop $unit && same "$("$programs/containr-runtime" list -q)" ""
}

if [ "${1-}" = prepare ]; then
  prepare "$2"
  exit
fi

programs=$1
link
check "a unit of root's brings its stack up at a boot, in order" boot
await test -S $bus
check "systemd gives a login session's containers a group, and limits stand in it" limits
check "what they use is measured" measured
check "containers are started anew and entered from another login" restarts
check "and from a service of the user's own" elsewhere
check "from where systemd does not answer one can look, and is told" without
check "down leaves no group" gone
check "without systemd's answer a limit is refused, with the reason" refused
check "a controller that has not been delegated is named" other
check "a unit of the user's comes with the user's manager, and stops in order with it" users_unit
check "a unit of root's that systemd stops stops its stack in order" stopped
check "a unit is ready when the program in its container says so" ready run
check "and one that the runtime leaves, with the container's process as its main one" ready detached
echo "Test run with 13 tests ended, $failed failed."
[ "$failed" = 0 ]
