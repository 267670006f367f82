#!/usr/bin/env bash
# Fuzzes the room that reads files (ContainrSpec), and what the name server is sent, with libFuzzer for a bounded time,
# beginning with Tests/Fuzz/corpus.
# Inputs that were found stay in .build/fuzz/corpus; one that broke something is .build/fuzz/crash-* (exit 1).
#   scripts/fuzz.sh SECONDS            fuzz (0: only run the seeds)
#   scripts/fuzz.sh run FILE...        run these inputs once
#   scripts/fuzz.sh minimise FILE      make a breaking input smaller
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

out=.build/fuzz
program=$out/stack-fuzzer
mkdir -p "$out/CYAML" "$out/corpus"

# SwiftPM makes this map for its own builds; a plain compiler call needs one as well.
cat >"$out/CYAML/module.modulemap" <<END
module CYAML { header "$PWD/Sources/CYAML/include/CYAML.h" export * }
END

mapfile -t addresses < <(find Sources/ContainrAddresses -name '*.swift' | sort)
# Of the name server all that only reads and answers.
names=(Codes Frame Name Query Responder Upstream Zone)
mapfile -t sources < <(find Sources/ContainrSpec Tests/Fuzz -name '*.swift' | sort
  printf 'Sources/ContainrEngine/Network/DNS/DNS%s.swift\n' "${names[@]}")
stale=no
for source in "${addresses[@]}" "${sources[@]}" "${BASH_SOURCE[0]##*/}"; do
  [ -e "$source" ] || continue
  [ "$program" -nt "$source" ] || stale=yes
done
if [ "$stale" = yes ]; then
  features=(-enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault
    -enable-upcoming-feature MemberImportVisibility -warnings-as-errors)
  # The room below: a module of its own, which the readers import.
  swiftc -swift-version 6 -O -wmo -parse-as-library "${features[@]}" -module-name ContainrAddresses -emit-module \
    -emit-module-path "$out/ContainrAddresses.swiftmodule" -emit-library -static -o "$out/libContainrAddresses.a" \
    "${addresses[@]}"
  # Optimised, because the number of inputs counts; overflow and bounds checks stay in. One module, so that the harness
  # sees the internal readers.
  swiftc -swift-version 6 -O -wmo -parse-as-library -sanitize=fuzzer -module-name ContainrSpec \
    "${features[@]}" -I "$out" \
    -Xcc -fmodule-map-file="$PWD/$out/CYAML/module.modulemap" -I "$out/CYAML" \
    "${sources[@]}" "$out/libContainrAddresses.a" -l:libyaml.a -o "$program.new"
  mv "$program.new" "$program"
fi

# Swift's hash tables differ from process to process; a finding must not.
export SWIFT_DETERMINISTIC_HASHING=1
# Swift's own crash report would end the process before libFuzzer keeps the input.
export SWIFT_BACKTRACE=enable=no
options=(-timeout=20 -rss_limit_mb=1024 -max_len=4096 -print_final_stats=1 "-artifact_prefix=$out/")

case "${1-60}" in
run) shift && exec "$program" "${options[@]}" "$@" ;;
minimise) exec "$program" "${options[@]}" -minimize_crash=1 -max_total_time=60 "$2" ;;
0) exec "$program" "${options[@]}" -runs=0 Tests/Fuzz/corpus ;;
*)
  exec "$program" "${options[@]}" -max_total_time="${1-60}" -dict=Tests/Fuzz/stack.dict -verbosity=1 \
    "$out/corpus" Tests/Fuzz/corpus
  ;;
esac
