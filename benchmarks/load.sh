#!/usr/bin/env bash
# What it costs to load a stack file: `containr check` of generated stacks beside libyaml's bare events of the same file.
# Medians of interleaved runs, ratios in one run, CPU and memory of single ones. Measures, asserts nothing. Needs no root.
#   benchmarks/load.sh [DIRECTORY OF THE BUILT PROGRAMS]
#   ROUNDS=20 SIZES="10 100 1000 10000" benchmarks/load.sh .build/release
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=$(cd "${1:-$here/../.build/release}" && pwd -P)
rounds=${ROUNDS:-20} sizes=${SIZES:-10 100 1000 10000}
[ -x "$bin/containr" ] || { echo "load: $bin/containr is not built; run make build" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

gcc -O2 -Wall -o "$work/yaml-floor" "$here/yaml-floor.c" -l:libyaml.a
gcc -O2 -Wall -o "$work/interleave" "$here/interleave.c"

# A stack of $1 services that use what real ones use.
stack() {
  awk -v n="$1" 'BEGIN {
    print "services:"
    for (i = 0; i < n; i++) {
      printf "  svc%05d:\n    image: registry.example.com/team/app%d:1.%d.0\n    layers: [./base.tar]\n", i, i, i % 9
      printf "    command: [\"server\", \"--port\", \"8080\", \"--id\", \"%d\"]\n", i
      printf "    environment:\n      NODE_ID: \"%d\"\n      LOG_LEVEL: ${LOG_LEVEL:-info}\n", i
      printf "    ports:\n      - \"127.0.0.1:%d:8080\"\n    volumes:\n      - data%d:/var/lib/app\n", 10000 + i, i % 50
      if (i > 1) printf "    depends_on: [svc%05d]\n", int(i / 2)
      printf "    networks: [net%d]\n", i % 20
    }
    print "networks:"
    for (i = 0; i < 20; i++) printf "  net%d:\n", i
    print "volumes:"
    for (i = 0; i < 50; i++) printf "  data%d:\n", i
  }'
}

echo "## Loading a stack file"
echo
echo "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) CPUs, load $(cut -d' ' -f1-3 /proc/loadavg), $(date -u +%FT%TZ)"
echo
echo "| services | kB | events only, ms | containr check, ms | ratio | beyond an empty start, ms | a service, µs | peak, MB |"
echo "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
for size in $sizes; do
  stack "$size" >"$work/stack.yaml"
  {
    printf 'floor\t%s %s\n' "$work/yaml-floor" "$work/stack.yaml"
    printf 'check\t%s check --format github %s\n' "$bin/containr" "$work/stack.yaml"
    printf 'start\t%s version\n' "$bin/containr"
  } >"$work/commands"
  "$work/interleave" "$rounds" <"$work/commands" >"$work/result"
  peak=$({ /usr/bin/time -f %M "$bin/containr" check --format github "$work/stack.yaml" >/dev/null; } 2>&1 | tail -1)
  awk -F'\t' -v size="$size" -v bytes="$(wc -c <"$work/stack.yaml")" -v peak="$peak" '
    { if ($2 == "failed") { print "load: " $1 " failed" >"/dev/stderr"; exit 1 } median[$1] = $2 / 1e3 }
    END {
      own = median["check"] - median["start"]
      printf "| %d | %.0f | %.2f | %.2f | %.1f | %.2f | %.1f | %.0f |\n", size, bytes / 1e3, median["floor"], median["check"],
        median["check"] / median["floor"], own, own * 1000 / size, peak / 1024
    }' "$work/result"
done
