#!/usr/bin/env bash
# containr-runtime underneath the engines that are installed: podman, dockerd, containerd. Each has its own state, mount and
# network namespace; nothing of the host's engines is touched. What is not installed is named, and counted as not run.
#   scripts/test-engines.sh [RUNTIME]     (root)
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
runtime=$(realpath "${1:-.build/release/containr-runtime}")
[ -x "$runtime" ] || { echo "test-engines.sh: $runtime is not built" >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "test-engines.sh: as root, please" >&2; exit 2; }

work=$(mktemp -d /tmp/containr-engines.XXXXXX)
passed=0 failed=0 skipped=0
finish() {
  for pid in ${pids[@]+"${pids[@]}"}; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
  mountpoint -q "$work" && umount -R "$work"
  rm -rf --one-file-system "$work"
}
pids=()
trap finish EXIT

# check NAME EXPECTED COMMAND...: the command's output, trimmed, has to be the text.
check() {
  local name=$1 expected=$2 got
  shift 2
  got=$(timeout 60 "$@" 2>"$work/err" </dev/null | tr -d '\r')
  if [ "$got" = "$expected" ]; then
    passed=$((passed + 1)) && echo "ok   $name"
  else
    failed=$((failed + 1)) && echo "FAIL $name: got '$got'" && sed 's/^/     /' "$work/err" | tail -5
  fi
}
skip() { skipped=$((skipped + 1)) && echo "NOT RUN: $1"; }

# The root file system of all of them: Debian's static busybox.
busybox=$(command -v busybox) || { echo "test-engines.sh: needs busybox-static" >&2; exit 2; }
rootfs=$work/rootfs
mkdir -p "$rootfs"/{bin,etc,proc,sys,dev,tmp,root}
cp "$busybox" "$rootfs/bin/busybox"
for applet in sh cat true id echo sleep hostname ls wc stty; do ln -s busybox "$rootfs/bin/$applet"; done
printf 'root:x:0:0::/root:/bin/sh\nweb:x:1000:1000::/tmp:/bin/sh\n' >"$rootfs/etc/passwd"
printf 'root:x:0:\nweb:x:1000:\n' >"$rootfs/etc/group"

test_podman() {
  command -v podman >/dev/null || { skip "podman is not installed"; return; }
  # podman asks for more open files than a host without CAP_SYS_RESOURCE can give: what there is, then.
  local files processes
  files=$(ulimit -Hn) processes=$(ulimit -Hu)
  # It lowers its own limit of processes to this before it starts a runtime.
  { [ "$processes" = unlimited ] || [ "$processes" -gt 32768 ]; } && processes=32768
  printf '[containers]\ndefault_ulimits = ["nofile=%s:%s", "nproc=%s:%s"]\n' \
    "$files" "$files" "$processes" "$processes" >"$work/containers.conf"
  export CONTAINERS_CONF=$work/containers.conf
  local podman=(unshare --mount --net podman --root "$work/podman/root" --runroot "$work/podman/run"
    --tmpdir "$work/podman/tmp" --cgroup-manager cgroupfs --events-backend none --storage-driver vfs --runtime "$runtime")
  local run=("${podman[@]}" run --rm --network none --log-driver none --rootfs)
  check "podman run" hello "${run[@]}" "$rootfs" echo hello
  check "podman run as a user" 1000 "${podman[@]}" run --rm --network none --log-driver none --user web --rootfs "$rootfs" id -u
  check "podman run tells a code" 5 sh -c '"$@"; echo $?' - "${run[@]}" "$rootfs" sh -c 'exit 5'
  check "podman run with a terminal" "24 80" "${podman[@]}" run --rm -t --network none --rootfs "$rootfs" sh -c 'stty rows 24 cols 80; stty size'
  check "podman run read-only with a tmpfs" ok "${podman[@]}" run --rm --network none --read-only --tmpfs /tmp --rootfs "$rootfs" \
    sh -c 'touch /x 2>/dev/null || { echo > /tmp/x && echo ok; }'
  check "podman memory" 33554432 "${podman[@]}" run --rm --network none --memory 32m --rootfs "$rootfs" \
    sh -c 'cat /sys/fs/cgroup/memory.max 2>/dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes'
  # The socket is conmon's, who passes on what is said there: nobody has to listen for this.
  check "podman run that tells its readiness" "/run/notify/notify.sock notify.sock" env "NOTIFY_SOCKET=$work/nobody" "${podman[@]}" run --rm \
    --sdnotify container --network none --log-driver none --rootfs "$rootfs" sh -c 'echo $NOTIFY_SOCKET $(ls /run/notify)'
  "${podman[@]}" run -d --name long --network none --rootfs "$rootfs" sleep 300 >/dev/null 2>&1
  check "podman exec" inside "${podman[@]}" exec long echo inside
  check "podman pause" paused sh -c '"$@" pause long >/dev/null && "$@" inspect -f "{{.State.Status}}" long; "$@" unpause long >/dev/null' - "${podman[@]}"
  check "podman top" sleep sh -c '"$@" top long comm | tail -n +2' - "${podman[@]}"
  # It answers with the container's name or with its id, by its version.
  check "podman rm" ok sh -c '"$@" rm -f -t 0 long >/dev/null && echo ok' - "${podman[@]}"
}

test_dockerd() {
  command -v dockerd >/dev/null || { skip "dockerd is not installed"; return; }
  command -v docker >/dev/null || { skip "docker (the client) is not installed"; return; }
  local socket=$work/docker.sock
  mkdir -p "$work/docker"
  unshare --net --mount sh -c "mount --make-rprivate /; ip link set lo up; mount -t tmpfs tmpfs /run; mkdir -p /run/containerd
    exec dockerd --data-root '$work/docker/data' --exec-root '$work/docker/exec' --pidfile '$work/docker/pid' \
    --host 'unix://$socket' --add-runtime containr='$runtime' --default-runtime containr --iptables=false --bridge=none \
    --storage-driver vfs --exec-opt native.cgroupdriver=cgroupfs" >"$work/dockerd.log" 2>&1 &
  pids+=($!)
  local docker=(docker --host "unix://$socket")
  for _ in $(seq 150); do "${docker[@]}" version >/dev/null 2>&1 && break; sleep 0.2; done
  "${docker[@]}" version >/dev/null 2>&1 || { failed=$((failed + 1)); echo "FAIL dockerd does not start"; tail -5 "$work/dockerd.log"; return; }
  tar -C "$rootfs" -c . | "${docker[@]}" import - engines:1 >/dev/null
  local run=("${docker[@]}" run --rm --network none)
  check "dockerd takes the runtime" containr "${docker[@]}" info --format '{{.DefaultRuntime}}'
  check "docker run" hello "${run[@]}" engines:1 echo hello
  check "docker run as a user" 1000 "${run[@]}" --user web engines:1 id -u
  check "docker run with a terminal" "24 80" "${run[@]}" -t engines:1 sh -c 'stty rows 24 cols 80; stty size'
  check "docker run with limits" 33554432 "${run[@]}" --memory 32m engines:1 \
    sh -c 'cat /sys/fs/cgroup/memory.max 2>/dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes'
  check "docker run read-only with a tmpfs" ok "${run[@]}" --read-only --tmpfs /tmp engines:1 \
    sh -c 'touch /x 2>/dev/null || { echo > /tmp/x && echo ok; }'
  check "docker run privileged" ok "${run[@]}" --privileged engines:1 sh -c 'test -c /dev/kmsg && echo ok'
  check "docker run with its init" hello "${run[@]}" --init engines:1 echo hello
  "${docker[@]}" run -d --name long --network none engines:1 sleep 300 >/dev/null
  check "docker exec" inside "${docker[@]}" exec long echo inside
  check "docker exec tells a code" 7 sh -c "docker --host unix://$socket exec long sh -c 'exit 7'; echo \$?"
  check "docker pause" true sh -c "docker --host unix://$socket pause long >/dev/null && docker --host unix://$socket inspect -f '{{.State.Paused}}' long; docker --host unix://$socket unpause long >/dev/null"
  check "docker update" 20 sh -c "docker --host unix://$socket update --pids-limit 20 long >/dev/null && docker --host unix://$socket inspect -f '{{.HostConfig.PidsLimit}}' long"
  check "docker top" 1 sh -c "docker --host unix://$socket top long | tail -n +2 | wc -l | tr -d ' '"
  check "docker stop and rm" long "${docker[@]}" rm -f long
}

test_containerd() {
  command -v containerd >/dev/null && command -v ctr >/dev/null || { skip "containerd is not installed"; return; }
  mkdir -p "$work/containerd"
  cat >"$work/containerd/config.toml" <<EOF
version = 2
root = "$work/containerd/root"
state = "$work/containerd/state"
[grpc]
  address = "$work/containerd.sock"
[ttrpc]
  address = "$work/containerd.ttrpc"
EOF
  unshare --net --mount sh -c "mount --make-rprivate /; mount -t tmpfs tmpfs /run; exec containerd --config '$work/containerd/config.toml'" >"$work/containerd.log" 2>&1 &
  pids+=($!)
  local ctr=(ctr --address "$work/containerd.sock")
  for _ in $(seq 100); do "${ctr[@]}" version >/dev/null 2>&1 && break; sleep 0.2; done
  "${ctr[@]}" version >/dev/null 2>&1 || { failed=$((failed + 1)); echo "FAIL containerd does not start"; tail -5 "$work/containerd.log"; return; }
  local fifos=(--fifo-dir "$work/fifo")
  local run=("${ctr[@]}" run --rm "${fifos[@]}" --runc-binary "$runtime" --rootfs)
  check "ctr run" hello "${run[@]}" "$rootfs" one echo hello
  check "ctr run tells a code" 9 sh -c "ctr --address '$work/containerd.sock' run --rm --fifo-dir '$work/fifo' --runc-binary '$runtime' --rootfs '$rootfs' two sh -c 'exit 9'; echo \$?"
  "${ctr[@]}" run -d "${fifos[@]}" --null-io --runc-binary "$runtime" --rootfs "$rootfs" three sleep 300 >/dev/null 2>&1
  check "ctr task exec" inside "${ctr[@]}" task exec "${fifos[@]}" --exec-id x three echo inside
  check "ctr task ps" 1 sh -c "ctr --address '$work/containerd.sock' task ps three | tail -n +2 | wc -l"
  check "ctr task kill" "" "${ctr[@]}" task kill --signal SIGKILL three
  sleep 1
  check "ctr container rm" "" "${ctr[@]}" container rm three
}

test_podman
test_dockerd
test_containerd
echo "$passed passed, $failed failed, $skipped engines not run"
[ "$failed" = 0 ]
