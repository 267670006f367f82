#!/usr/bin/env bash
# Writes Sources/containr-run/functions.order anew: the functions that a `containr run` needs, in the order of their first
# call. The linker puts them side by side (Package.swift), so that a run touches few pages of a large program
# (docs/decisions/0017-functions-in-order.md). After `make build`, as root; takes some minutes. Names of functions that are
# gone do no harm, so this need not follow every change.
#   scripts/order-functions.sh [DIRECTORY OF THE BUILT PROGRAMS]
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=$(cd "${1:-$here/../.build/release}" && pwd -P)
[ "$(id -u)" = 0 ] || { echo "order-functions: needs root" >&2; exit 1; }
work=$(mktemp -d /var/tmp/containr-order-XXXXXX)
trap 'rm -rf --one-file-system "$work"' EXIT
export CONTAINR_STATE_DIR=$work/state CONTAINR_RUN_DIR=$work/run CONTAINR_CGROUP_PARENT=containr-order-$$
export CONTAINR_NFT_TABLE=containr_order_$$ CONTAINR_LINK_PREFIX=ord

gcc -O2 -Wall -Wextra -o "$work/trace" "$here/function-trace.c"
mkdir "$work/root"
"$here/make-layers.sh" "$work/base.tar"
tar -xf "$work/base.tar" -C "$work/root"
run=(run --rm --network none --layer "$work/root" -- /bin/true)
"$bin/containr" "${run[@]}"  # the directories are there from here on, as mostly
"$work/trace" "$work/addresses" "$bin/containr" "${run[@]}"

nm --numeric-sort --defined-only "$bin/containr-run" | awk 'tolower($2) ~ /[twvi]/ { print $1, $3 }' >"$work/symbols"
python3 - "$work/symbols" "$work/addresses" >"$here/../Sources/containr-run/functions.order" <<'END'
import bisect, sys

symbols = [(int(address, 16), name) for address, name in (line.split() for line in open(sys.argv[1]))]
places = [address for address, _ in symbols]
words = open(sys.argv[2]).read().split()
# Of the last program in the row: the door is another one.
words = words[len(words) - words[::-1].index("exec"):]
seen = set()
for word in words:
    last = bisect.bisect_right(places, int(word, 16)) - 1
    if last < 0 or places[last] in seen:
        continue
    seen.add(places[last])
    # One function may have several names, and an object file knows it by any of them.
    first = bisect.bisect_left(places, places[last])
    print("\n".join(name for _, name in symbols[first:last + 1]))
END
wc -l <"$here/../Sources/containr-run/functions.order"
