#!/usr/bin/env bash
# `make bench`: what Containr costs, beside a static C floor and the runtimes that are installed. Medians, interleaved
# runs, ratios in one run. Measures, asserts nothing: numbers of a noisy machine are no tests.
#   benchmarks/run.sh [DIRECTORY OF THE BUILT PROGRAMS]
#   ROUNDS=30 SERVICES=50 STACK_ROUNDS=5 CRUN=crun benchmarks/run.sh .build/release
#   PARTS="run bundle stack" chooses what is measured
# Runs in a network namespace and with state directories, cgroups, nft table and link names of its own; leaves nothing.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=$(cd "${1:-$here/../.build/release}" && pwd -P)
rounds=${ROUNDS:-30} stack_rounds=${STACK_ROUNDS:-5} services=${SERVICES:-50} parts=" ${PARTS:-run bundle stack} "
crun=$(command -v "${CRUN:-crun}" || true)
[ "$(id -u)" = 0 ] || { echo "bench: needs root" >&2; exit 1; }
[ -x "$bin/containr" ] || { echo "bench: $bin/containr is not built; run make build" >&2; exit 1; }
if [ -z "${CONTAINR_BENCH_INSIDE-}" ]; then
  exec env CONTAINR_BENCH_INSIDE=1 unshare --net --mount --propagation private -- "$0" "$bin"
fi
ip link set lo up

work=$(mktemp -d /var/tmp/containr-bench-XXXXXX)
# Where runtimes keep their records: in memory, as engines have it.
records=$(mktemp -d /run/containr-bench-XXXXXX)
mount -t tmpfs none "$records"
export CONTAINR_STATE_DIR=$work/state CONTAINR_RUN_DIR=$work/run CONTAINR_CGROUP_PARENT=containr-bench-$$
export CONTAINR_NFT_TABLE=containr_bench_$$ CONTAINR_LINK_PREFIX=bch CONTAINR_ADDRESS_POOL=10.213.0.0/16
docker_image=containr-bench:$$
clean() {
  status=$?
  trap - EXIT
  if [ -e "$work/stack.yaml" ]; then "$bin/containr-down" -v -y "$work/stack.yaml" >/dev/null 2>&1 || status=1; fi
  if [ -n "${docker_ok-}" ]; then
    [ ! -e "$work/compose.yaml" ] || docker compose -f "$work/compose.yaml" down -t 1 >/dev/null 2>&1 || true
    docker image rm -f "$docker_image" >/dev/null 2>&1 || true
  fi
  umount "$records" || status=1
  rm -rf --one-file-system "$work" "$records"
  exit "$status"
}
trap clean EXIT
trap 'exit 130' INT TERM

gcc -O2 -Wall -static -o "$work/floor" "$here/floor.c"
gcc -O2 -Wall -static -o "$work/enter" "$here/enter.c"
gcc -O2 -Wall -o "$work/interleave" "$here/interleave.c"
mkdir -p "$work/root" "$work/floor-work"
"$here/../scripts/make-layers.sh" "$work/base.tar"
tar -xf "$work/base.tar" -C "$work/root"

echo "## Machine"
echo
echo "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) CPUs, $(awk '/MemTotal/{printf "%.0f GB", $2/1e6}' /proc/meminfo)," \
  "Linux $(uname -r), $(. /etc/os-release && echo "$PRETTY_NAME"), load $(cut -d' ' -f1-3 /proc/loadavg), $(date -u +%FT%TZ)"
echo

# name<TAB>median<TAB>min<TAB>p90<TAB>runs → a table with the ratio to the line called $1.
table() {
  awk -F'\t' -v base="$1" '
    { name[NR] = $1; median[NR] = $2; low[NR] = $3; high[NR] = $4; runs[NR] = $5; if ($1 == base) floor = $2 }
    END {
      print "| what | median ms | min ms | p90 ms | runs | ratio |"
      print "| --- | ---: | ---: | ---: | ---: | ---: |"
      for (i = 1; i <= NR; i++) {
        if (median[i] == "failed") { printf "| %s | failed, exit %s | | | | |\n", name[i], low[i]; continue }
        printf "| %s | %.2f | %.2f | %.2f | %d | %s |\n", name[i], median[i] / 1e3, low[i] / 1e3, high[i] / 1e3, runs[i],
          (floor > 0 ? sprintf("%.2f", median[i] / floor) : "")
      }
    }'
}

# crun refuses a hybrid host whose unified hierarchy still has a controller: beside it nobody is shown one.
if [ -n "$crun" ] && [[ $parts == *" run "* || $parts == *" bundle "* ]] && grep -qs . /sys/fs/cgroup/unified/cgroup.controllers; then
  mount -t tmpfs none /sys/fs/cgroup/unified
  echo "The v2 tree beside those of v1 is not shown, since crun refuses it."
  echo
fi

if [[ $parts == *" run "* ]]; then
echo "## One container run to its exit (\`true\`, no network)"
echo
{
  printf 'C floor\t%s %s %s /bin/true\n' "$work/floor" "$work/root" "$work/floor-work"
  printf 'containr run\t%s run --rm --network none --layer %s -- /bin/true\n' "$bin/containr" "$work/root"
} >"$work/commands"
# These two alone, in turns: the floor with cgroups moves itself between seven hierarchies, and the cgroup writes of
# whoever comes next wait for the grace periods that this starts.
"$work/interleave" "$((rounds * 4))" <"$work/commands" >"$work/result"
table "C floor" <"$work/result"
echo
echo "## The same among other floors and runtimes"
echo
{
  printf 'C floor\t%s %s %s /bin/true\n' "$work/floor" "$work/root" "$work/floor-work"
  printf 'C floor, volatile overlay\t%s -v %s %s /bin/true\n' "$work/floor" "$work/root" "$work/floor-work"
  if [ -d /sys/fs/cgroup/memory ]; then
    printf 'C floor with seven v1 cgroups\t%s -g containr-floor-%s %s %s /bin/true\n' "$work/floor" $$ "$work/root" "$work/floor-work"
  fi
  printf 'containr run\t%s run --rm --network none --layer %s -- /bin/true\n' "$bin/containr" "$work/root"
  if [ -n "$crun" ]; then
    mkdir -p "$work/bundle"
    (cd "$work/bundle" && "$crun" spec)
    sed -i -e 's/"terminal": true/"terminal": false/' -e "s#\"path\": \"rootfs\"#\"path\": \"$work/root\"#" \
      -e 's#"sh"#"/bin/true"#' "$work/bundle/config.json"
    printf 'crun (bundle, no overlay)\t%s --root %s/crun --cgroup-manager=cgroupfs run --bundle %s containr-bench-%s\n' "$crun" "$records" "$work/bundle" $$
  fi
  if command -v runc >/dev/null && [ -e "$work/bundle/config.json" ]; then
    printf 'runc (bundle, no overlay)\trunc run --bundle %s containr-bench-%s\n' "$work/bundle" $$
  fi
  if command -v podman >/dev/null; then
    # Its own limits are higher than what may be given where CAP_SYS_RESOURCE is missing.
    printf 'podman run (rootfs, overlay)\tpodman run --rm --network none --ulimit nofile=1024 --ulimit nproc=4096 --rootfs %s:O /bin/true\n' "$work/root"
  fi
  if command -v docker >/dev/null && timeout 5 docker info >/dev/null 2>&1 && docker import "$work/base.tar" "$docker_image" >/dev/null; then
    : >"$work/docker"
    printf 'docker run\tdocker run --rm --network none %s /bin/true\n' "$docker_image"
  fi
} >"$work/commands"
[ ! -e "$work/docker" ] || docker_ok=1
"$work/interleave" "$rounds" <"$work/commands" >"$work/result"
table "C floor" <"$work/result"
echo

fi

if [ -x "$bin/containr-runtime" ] && [[ $parts == *" bundle "* ]]; then
  echo "## The bundle of \`containr-runtime spec\`, and a command in a container that runs"
  echo
  runtime="$bin/containr-runtime --root $records/oci"
  mkdir -p "$work/spec"
  (cd "$work/spec" && "$bin/containr-runtime" spec)
  sed -i -e 's/"terminal": true/"terminal": false/' -e "s#\"path\": \"rootfs\"#\"path\": \"$work/root\"#" "$work/spec/config.json"
  cp -r "$work/spec" "$work/long"
  sed -i -e 's#"sh"#"/bin/true"#' "$work/spec/config.json"
  sed -i -e 's#"sh"#"sleep", "100000"#' "$work/long/config.json"
  # Older ones know fewer versions of the specification; the bundle is the same.
  cp -r "$work/spec" "$work/older"
  sed -i -e 's/"ociVersion": "[^"]*"/"ociVersion": "1.0.2"/' "$work/older/config.json"
  $runtime run --detach --bundle "$work/long" long </dev/null >/dev/null 2>&1
  pid=$($runtime state long | sed -n 's/.*"pid": \([0-9]*\).*/\1/p')
  {
    [ ! -d /sys/fs/cgroup/memory ] ||
      printf 'C floor with seven v1 cgroups\t%s -g containr-floor-%s %s %s /bin/true\n' "$work/floor" $$ "$work/root" "$work/floor-work"
    printf 'containr-runtime run\t%s run --bundle %s bench\n' "$runtime" "$work/spec"
    if [ -n "$crun" ]; then
      printf '%s run\t%s --root %s --cgroup-manager=cgroupfs run --bundle %s bench-crun\n' \
        "$("$crun" --version | sed -n 's/ version//p' | head -1)" "$crun" "$records/crun" "$work/older"
    fi
    if command -v runc >/dev/null; then
      printf 'runc run\trunc --root %s run --bundle %s bench-runc\n' "$records/runc" "$work/older"
    fi
  } >"$work/commands"
  "$work/interleave" "$rounds" <"$work/commands" >"$work/result"
  table "C floor with seven v1 cgroups" <"$work/result"
  echo
  {
    printf 'C: enter all namespaces and exec\t%s -a /proc/%s/ns /bin/true\n' "$work/enter" "$pid"
    printf 'containr-runtime exec\t%s exec long /bin/true\n' "$runtime"
  } >"$work/commands"
  "$work/interleave" "$((rounds * 2))" <"$work/commands" >"$work/result"
  table "C: enter all namespaces and exec" <"$work/result"
  $runtime delete --force long
  echo
fi

[[ $parts == *" stack "* ]] || exit 0
echo "## A stack of $services services on one bridge"
echo
{
  echo "services:"
  for i in $(seq 1 "$services"); do
    printf '  s%02d: { layers: [./base.tar], command: [sleep, "1000000"], stop_signal: SIGKILL, networks: [net] }\n' "$i"
  done
  printf 'networks:\n  net: { internal: true }\n'
} >"$work/stack.yaml"
{
  printf 'containr-up -d\t%s -d -y %s\n' "$bin/containr-up" "$work/stack.yaml"
  printf 'containr-up -d again, nothing to do\t%s -d -y %s\n' "$bin/containr-up" "$work/stack.yaml"
  printf 'containr-down\t%s -y %s\n' "$bin/containr-down" "$work/stack.yaml"
  if [ -n "${docker_ok-}" ] && docker compose version >/dev/null 2>&1; then
    sed -e "s#layers: \[./base.tar\]#image: $docker_image#" "$work/stack.yaml" >"$work/compose.yaml"
    printf 'docker compose up -d\tdocker compose -f %s up -d\n' "$work/compose.yaml"
    printf 'docker compose up -d again\tdocker compose -f %s up -d\n' "$work/compose.yaml"
    printf 'docker compose down\tdocker compose -f %s down -t 1\n' "$work/compose.yaml"
  fi
} >"$work/commands"
"$work/interleave" -s "$stack_rounds" <"$work/commands" >"$work/result"
table "docker compose up -d" <"$work/result"
echo

echo "## Idle memory with $services services (PSS, kB)"
echo
"$bin/containr-up" -d -y "$work/stack.yaml" >/dev/null 2>"$work/errors" || { cat "$work/errors" >&2; exit 1; }
sleep 1
# Ours alone: a process of our programs with the benchmark's directories in its arguments, environment or descriptors.
for process in /proc/[0-9]*; do
  name=$(cat "$process/comm" 2>/dev/null) || continue
  case $name in containr-cli | containr-shim) ;; *) continue ;; esac
  if grep -qs -a -F "$work" "$process/cmdline" "$process/environ" || ls -l "$process/fd" 2>/dev/null | grep -q -F "$work"; then
    pss=$(awk '/^Pss:/{print $2}' "$process/smaps_rollup") || continue
    printf '%s\t%s\n' "$name" "$pss"
  fi
done | sort | awk -F'\t' '
  { n[$1]++; sum[$1] += $2; if ($2 > most[$1]) most[$1] = $2 }
  END {
    print "| process | how many | mean kB | most kB |\n| --- | ---: | ---: | ---: |"
    for (name in n) printf "| %s | %d | %.0f | %d |\n", name == "containr-cli" ? "containr-cli (supervisor)" : name, n[name], sum[name] / n[name], most[name]
  }'
