#!/usr/bin/env bash
# Runs the tests that touch the kernel in a virtual machine (scripts/vm.sh), where cgroup v2 has all controllers: once with
# AppArmor, and those of security modules again with SELinux. `make test-vm` builds what it needs. Skipped tests are told with
# their reasons. As root.
#   scripts/test-vm.sh [FILTER]   a regular expression of tests instead of the chosen ones, for the first pass only
#   CONTAINR_VM_SHORT=1 scripts/test-vm.sh   the parts of the first pass that nothing else can show: some minutes
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# What takes the guest some minutes: emulated, everything is five to thirty times slower, so that of the privileged tests
# only those are chosen that see what is another there: cgroups, labels, mounts and the kernel's side of drift.
rooms='ContainrCgroupsTests|ContainrInitTests|ContainrRuntimeTests|ContainrSecurityTests'
suites='SecurityModuleTests/|LimitTests/|InPlaceTests/(processors|throttles)|ReconcileTests/limitsInPlace'
suites="$suites|DriftTests/(memoryLimit|otherLimits|strayProcess)"
unified="^($rooms)\\.|^ContainrPrivilegedTests\\.($suites)"
# What has no other place: real limits of cgroup v2, and labels.
short='^ContainrCgroupsTests\.|^ContainrRuntimeTests\.LabelTests/|^ContainrPrivilegedTests\.(SecurityModuleTests/|DriftTests/memoryLimit)'
[ "${CONTAINR_VM_SHORT-}" != 1 ] || unified=$short
modules='^ContainrRuntimeTests\.LabelTests/|^ContainrPrivilegedTests\.SecurityModuleTests/'

# pass NAME SECONDS FILTER VM-OPTION...
pass() {
  local name=$1 seconds=$2 filter=$3
  shift 3
  echo "== in a virtual machine: $name"
  # The programs are release builds: unoptimised Swift, emulated, is slower than anybody waits.
  CONTAINR_TEST_NAME=test-vm-$name scripts/run-tests.sh scripts/vm.sh --timeout "$seconds" --memory 4G "$@" \
    --env NO_COLOR=1 --env TERM=dumb --env "CONTAINR_TEST_PACE=${CONTAINR_TEST_PACE:-15}" \
    --env "CONTAINR_BIN_DIR=$PWD/.build/release" -- \
    .build/debug/containrPackageTests.xctest --testing-library swift-testing \
    --experimental-maximum-parallelization-width 2 --filter "$filter"
}

pass cgroup-v2-apparmor "${CONTAINR_VM_SECONDS:-1200}" "${1:-$unified}" --cgroup v2 --lsm apparmor
[ $# -gt 0 ] || pass selinux 600 "$modules" --cgroup v2 --lsm selinux
