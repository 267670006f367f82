#!/usr/bin/env bash
# The house's rules that the compiler does not know. Prints every breach as file:line and exits 1 if there is one.
set -euo pipefail
# `rule` stands at the end of pipes: in a process of its own it could not tell this one that it found something.
shopt -s lastpipe
cd "$(dirname "${BASH_SOURCE[0]}")/.."

engine=Sources/ContainrEngine
failed=0

# Usage: rule TEXT, then the breaches on standard input.
rule() {
  local found
  found=$(cat)
  if [ -n "$found" ]; then
    failed=1
    printf '%s\n%s\n\n' "rule broken: $1" "$found" >&2
  fi
}

# Lines of code that match: comments and the text of strings do not count for a rule about calls.
calls() {
  local pattern=$1
  shift
  { grep -rnE --include='*.swift' --include='*.c' "$pattern" "$@" || true; } | { grep -vE '^[^:]+:[0-9]+:[[:space:]]*(//|\*)' || true; }
}

calls '(^|[^A-Za-z_])(cl_)?(v?fork|unshare|setns)\(' Sources |
  { grep -vE "^($engine/(Init|Namespaces|Rootless)/|$engine/Images/Layers/UnpackSandbox.swift|$engine/Doctor/HostTrial.swift|Sources/(containr-shim|CContainrLinux)/)" || true; } |
  rule 'fork, unshare and setns belong to the shim, the unpacker and the trial of a host: a process with threads must not call them'

calls '(^|[^.A-Za-z_])(print|debugPrint|dump|getenv|secure_getenv|readLine)\(|ProcessInfo\.processInfo|/proc/self/environ' \
  Sources/ContainrSpec "$engine" Sources/containr-shim |
  rule 'only the command line prints, prompts or reads the environment'

calls 'try\?' Sources/ContainrOCIRuntime "$engine"/{Bundle,Security,Rootfs,Init,Cgroups,Network,Runtime,Namespaces} |
  rule "no 'try?' where a dropped error would weaken a container"

calls '^[[:space:]]*((public|package|internal|private|fileprivate|@_exported|@preconcurrency) )*import ([a-z]+ )?Foundation([. ]|$)' Sources |
  rule 'no Foundation: it costs milliseconds of every start'

calls 'import ([a-z]+ )?FoundationEssentials' \
  Sources/ContainrSpec Sources/ContainrCLI/Foreground Sources/ContainrOCIRuntime Sources/containr-{shim,run,runtime} \
  "$engine"/{OCI,Bundle,System,Namespaces,Rootfs,Security,Telemetry,Init,Cgroups,Images,Runtime,Reconcile,Host,Single} |
  rule 'no FoundationEssentials in what the static shim and containr-run link'

find Sources Tests -name '*.swift' -o -name '*.c' -o -name '*.h' | sort | xargs wc -l |
  awk '$2 != "total" && $1 > 500 {print "  " $2 ": " $1 " lines"}' |
  rule 'no file over 500 lines'

{ grep -rnIE --exclude-dir=layers '\b(TODO|FIXME|XXX|HACK)\b|fatalError\("(not|un)impl' Sources Tests examples schemas benchmarks Package.swift Makefile || true; } |
  rule 'no unfinished work in the tree: finish it, or make it a clear error with a test'

# A path of the machine that wrote it works nowhere else.
top=$PWD
parent=$(dirname "$top")
case "$parent" in
# Where every machine has files: the tree may name what lies there.
/ | /tmp* | /home* | /root* | /srv* | /opt* | /usr* | /var* | /run* | /mnt* | /media* | /etc* | /dev* | /proc* | /sys* | /builds*)
  here=$top ;;
*) here=$parent ;;
esac
{ grep -rnF --exclude-dir=.git --exclude-dir='.build*' --exclude-dir=layers "$here/" . || true; } |
  rule "no path of this machine ($here) in the tree"

{ grep -rnLE '^// ' --include='*.swift' Sources || true; } |
  rule 'every source file opens with what it is'

{ scripts/check-security.py 2>&1 || true; } |
  rule "what docs/security.md names as a test or a mutant is one"

if [ "$failed" -ne 0 ]; then exit 1; fi
echo "rules: all hold"
