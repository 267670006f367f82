#!/usr/bin/env bash
# What it costs to look at a stack that runs and find nothing to do: `containr-up -d` and `containr plan` of N services beside
# the bare start of the program (`containr version`). Medians of interleaved runs and their ratios, the peak memory of a plan,
# the memory of the supervisor, and how long the first `up` and the `down` took. In a network namespace and directories of
# its own, which are removed at the end. Measures, asserts nothing. Needs root.
#   benchmarks/plan.sh [DIRECTORY OF THE BUILT PROGRAMS]
#   ROUNDS=40 SIZES="50 500" benchmarks/plan.sh .build/release
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=$(cd "${1:-$here/../.build/release}" && pwd -P)
[ "$(id -u)" = 0 ] || { echo "plan: needs root: namespaces and cgroups" >&2; exit 1; }
[ -x "$bin/containr" ] || { echo "plan: $bin/containr is not built; run make build" >&2; exit 1; }
if [ -z "${CONTAINR_BENCH_NETNS:-}" ]; then exec env CONTAINR_BENCH_NETNS=1 unshare --net "$0" "$bin"; fi

rounds=${ROUNDS:-40} sizes=${SIZES:-50 500}
work=$(mktemp -d /var/tmp/containr-plan-XXXXXX)
export CONTAINR_STATE_DIR=$work/state CONTAINR_RUN_DIR=$work/run CONTAINR_CGROUP_PARENT=containr-plan-$$
export CONTAINR_NFT_TABLE=containr_plan_$$ CONTAINR_LINK_PREFIX=pln CONTAINR_ADDRESS_POOL=10.213.0.0/16 NO_COLOR=1
end() {
  [ ! -e "$work/stack.yaml" ] || "$bin/containr-down" -y "$work/stack.yaml" >"$work/down" 2>&1 || cat "$work/down" >&2
  rm -rf --one-file-system "$work"
}
trap end EXIT
cd "$work"
ip link set lo up
"$here/../scripts/make-layers.sh" "$work/base.tar" >/dev/null
gcc -O2 -Wall -o interleave "$here/interleave.c"

milliseconds() {
  local start=$EPOCHREALTIME
  "$@" >/dev/null 2>&1
  echo $(((${EPOCHREALTIME/./} - ${start/./}) / 1000))
}

for size in $sizes; do
  {
    echo "name: plan"
    echo "services:"
    for n in $(seq "$size"); do
      echo "  s$n: {layers: [./base.tar], command: [sleep, '1000000'], stop_signal: SIGKILL, networks: [net]}"
    done
    printf 'networks:\n  net: {internal: true}\n'
  } >stack.yaml
  up=$(milliseconds "$bin/containr-up" -d -y stack.yaml)
  sleep "${SETTLE:-3}"  # until the supervisor has looked at all of them
  printf 'start\t%s\nup\t%s\nplan\t%s\n' "$bin/containr version" "$bin/containr-up -d -y stack.yaml" \
    "$bin/containr plan -f stack.yaml" >commands
  ./interleave "$rounds" <commands >times
  peak=$(/usr/bin/time -f %M "$bin/containr" plan -f stack.yaml 2>&1 >/dev/null | tail -1)
  supervisor=$(awk '/^Pss:/ { print $2 }' "/proc/$(cut -d' ' -f2 run/stacks/plan/supervisor)/smaps_rollup")
  down=$(milliseconds "$bin/containr-down" -y stack.yaml)
  awk -F'\t' -v n="$size" -v up="$up" -v down="$down" -v peak="$peak" -v pss="$supervisor" '
    { time[$1] = $2 / 1000; least[$1] = $3 / 1000 }
    END {
      printf "%d services: no-op up %.1f ms (least %.1f), plan %.1f ms (least %.1f), start %.1f ms\n",
        n, time["up"], least["up"], time["plan"], least["plan"], time["start"]
      printf "  no-op up / start %.2f, plan / start %.2f; plan peaks at %.1f MB, supervisor %.1f MB\n",
        time["up"] / time["start"], time["plan"] / time["start"], peak / 1024, pss / 1024
      printf "  first up %d ms, down %d ms\n", up, down
    }' times
done
