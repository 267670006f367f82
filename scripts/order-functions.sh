#!/usr/bin/env bash
# Writes functions.order of containr-run and of containr-runtime anew: the functions that a `containr run`, and the `run` and
# `exec` of a bundle need, in the order of their first call. The linker puts them side by side (Package.swift), so that they
# touch few pages of a large program (docs/decisions/0017-functions-in-order.md). After `make build`, as root; takes some
# minutes. Names of functions that are gone do no harm, so this need not follow every change.
#   scripts/order-functions.sh [DIRECTORY OF THE BUILT PROGRAMS [PROGRAM]]
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=$(cd "${1:-$here/../.build/release}" && pwd -P)
only=${2-}
[ "$(id -u)" = 0 ] || { echo "order-functions: needs root" >&2; exit 1; }
work=$(mktemp -d /var/tmp/containr-order-XXXXXX)
clean() {
  "$bin/containr-runtime" --root "$work/oci" delete --force order >/dev/null 2>&1 || true
  rm -rf --one-file-system "$work"
}
trap clean EXIT
export CONTAINR_STATE_DIR=$work/state CONTAINR_RUN_DIR=$work/run CONTAINR_CGROUP_PARENT=containr-order-$$
export CONTAINR_NFT_TABLE=containr_order_$$ CONTAINR_LINK_PREFIX=ord

gcc -O2 -Wall -Wextra -o "$work/trace" "$here/function-trace.c"
mkdir "$work/root"
"$here/make-layers.sh" "$work/base.tar"
tar -xf "$work/base.tar" -C "$work/root"

# order PROGRAM: from the addresses in $work/addresses.* to the names of its functions.
order() {
  nm --numeric-sort --defined-only "$bin/$1" | awk 'tolower($2) ~ /[twvi]/ { print $1, $3 }' >"$work/symbols"
  python3 - "$work/symbols" "$work"/addresses.* >"$here/../Sources/$1/functions.order" <<'END'
import bisect, sys

symbols = [(int(address, 16), name) for address, name in (line.split() for line in open(sys.argv[1]))]
places = [address for address, _ in symbols]
seen = set()
for file in sys.argv[2:]:
    words = open(file).read().split()
    # Of the last program in the row: the door is another one.
    words = words[len(words) - words[::-1].index("exec"):]
    for word in words:
        last = bisect.bisect_right(places, int(word, 16)) - 1
        if last < 0 or places[last] in seen:
            continue
        seen.add(places[last])
        # One function may have several names, and an object file knows it by any of them.
        first = bisect.bisect_left(places, places[last])
        print("\n".join(name for _, name in symbols[first:last + 1]))
END
  wc -l "$here/../Sources/$1/functions.order"
  rm "$work"/addresses.*
}

if [ -z "$only" ] || [ "$only" = containr-run ]; then
  run=(run --rm --network none --layer "$work/root" -- /bin/true)
  "$bin/containr" "${run[@]}"  # the directories are there from here on, as mostly
  "$work/trace" "$work/addresses.run" "$bin/containr" "${run[@]}"
  order containr-run
fi

if [ -z "$only" ] || [ "$only" = containr-runtime ]; then
  runtime=("$bin/containr-runtime" --root "$work/oci")
  mkdir "$work/bundle" "$work/long"
  for bundle in bundle long; do
    (cd "$work/$bundle" && "$bin/containr-runtime" spec)
    sed -i -e 's/"terminal": true/"terminal": false/' -e "s#\"path\": \"rootfs\"#\"path\": \"$work/root\"#" "$work/$bundle/config.json"
  done
  sed -i -e 's#"sh"#"/bin/true"#' "$work/bundle/config.json"
  sed -i -e 's#"sh"#"sleep", "100000"#' "$work/long/config.json"
  "$work/trace" "$work/addresses.1" "${runtime[@]}" run --bundle "$work/bundle" once
  "${runtime[@]}" run --detach --bundle "$work/long" order </dev/null >/dev/null 2>&1
  "$work/trace" "$work/addresses.2" "${runtime[@]}" exec order /bin/true
  order containr-runtime
fi
