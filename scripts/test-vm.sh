#!/usr/bin/env bash
# Runs the tests that touch the kernel in a virtual machine (scripts/vm.sh), where cgroup v2 has all controllers: once with
# AppArmor, those of security modules again with SELinux, and scripts/vm/session.sh and shutdown.sh with systemd. `make test-vm`
# builds what it needs. Skipped tests are told with their reasons. As root. Status: 0 all passed; 124 a pass was not over in its time, and
# nothing had failed by then; 125 a pass had no machine (both with the reason in .build/test-vm-why.txt); else a test failed.
#   scripts/test-vm.sh [FILTER]   a regular expression of tests instead of the chosen ones, for the first pass only
#   CONTAINR_TEST_AS_USER=1 scripts/test-vm.sh   the built programs run as an ordinary user with a group of v2 of its own: what is
#     another thing there for users, limits and what looks at them. No other pass
#   CONTAINR_VM_SHORT=1 scripts/test-vm.sh   what nothing else can show, and no more: some minutes. This is what CI does
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# What takes the guest some minutes: emulated, everything is five to thirty times slower, so that of the privileged tests
# only those are chosen that see what is another there: cgroups, labels, mounts and the kernel's side of drift.
rooms='ContainrCgroupsTests|ContainrInitTests|ContainrRuntimeTests|ContainrSecurityTests'
suites='SecurityModuleTests/|LimitTests/|InPlaceTests/(processors|throttles)|ReconcileTests/limitsInPlace'
suites="$suites|DriftTests/(memoryLimit|otherLimits|strayProcess)|IsolationKeyTests/|RootlessLimitTests/"
unified="^($rooms)\\.|^ContainrPrivilegedTests\\.($suites)"
modules='^ContainrRuntimeTests\.LabelTests/|^ContainrPrivilegedTests\.SecurityModuleTests/'
# Every controller of v2 and the device programs, by themselves and under a whole stack; AppArmor's profile.
short="^ContainrCgroupsTests\\.KernelCgroupTests/|$modules|^ContainrPrivilegedTests\\.(LimitTests/values|IsolationKeyTests/devices)"
unified_seconds=2100 modules_seconds=600
if [ "${CONTAINR_VM_SHORT-}" = 1 ]; then unified=$short unified_seconds=480 modules_seconds=300; fi

# As a user: limits in a delegated group, their drift, what is measured and frozen there, and the main job.
as_user='^ContainrPrivilegedTests\.(DriftTests/(memoryLimit|otherLimits)|InPlaceTests/processors|PauseTests/|LimitTests/'
as_user="$as_user|StatsTests/|MetricsTests/|HelloStackTests/)"

failed=0
mkdir -p .build
: >.build/test-vm-why.txt

# machine NAME SECONDS VM-OPTION... -- COMMAND...: one pass
machine() {
  local name=$1 seconds=$2 status=0
  local log=.build/test-vm-$name.log
  shift 2
  echo "== in a virtual machine: $name ($(date -u +%T), at most $seconds s)"
  CONTAINR_TEST_NAME=test-vm-$name scripts/run-tests.sh "${runner:-scripts/vm.sh}" --timeout "$seconds" --memory 4G \
    --env NO_COLOR=1 --env TERM=dumb --env "CONTAINR_TEST_PACE=${CONTAINR_TEST_PACE:-15}" \
    --env "CONTAINR_TEST_AS_USER=${CONTAINR_TEST_AS_USER-}" \
    --env "CONTAINR_BIN_DIR=$PWD/.build/release" "$@" || status=$?
  [ "$status" != 0 ] || return 0
  if [ "$status" = 124 ] && grep -q '^✘' "$log"; then status=1; fi
  case $status in
    124) echo "$name: not over after $seconds seconds" ;;
    125) echo "$name: $(sed -n 's/^vm\.sh: //p' "$log" | tail -n 1)" ;;
  esac | tee -a .build/test-vm-why.txt
  # A test that failed counts for more than a pass that did not end.
  case $failed in 0 | 124 | 125) failed=$status ;; esac
}

# pass NAME SECONDS FILTER VM-OPTION...: tests of the package. The programs are release builds: unoptimised Swift, emulated, is
# slower than anybody waits.
pass() {
  local name=$1 seconds=$2 filter=$3
  shift 3
  machine "$name" "$seconds" "$@" -- .build/debug/containrPackageTests.xctest --testing-library swift-testing \
    --experimental-maximum-parallelization-width 2 --filter "$filter"
}

if [ "${CONTAINR_TEST_AS_USER-}" = 1 ]; then
  pass user "${CONTAINR_VM_SECONDS:-1500}" "${1:-$as_user}" --cgroup v2
  exit "$failed"
fi
pass cgroup-v2-apparmor "${CONTAINR_VM_SECONDS:-$unified_seconds}" "${1:-$unified}" --cgroup v2 --lsm apparmor
[ $# -gt 0 ] || pass selinux "$modules_seconds" "$modules" --cgroup v2 --lsm selinux
# What systemd does for users and with units: a script of its own, since the tests would be skipped everywhere else.
if [ $# = 0 ] && [ "${CONTAINR_VM_SHORT-}" != 1 ]; then
  machine systemd 900 --init systemd --before "scripts/vm/session.sh prepare $PWD/.build/release" -- \
    scripts/vm/session.sh "$PWD/.build/release"
  runner=scripts/vm/shutdown.sh machine shutdown 600 -- "$PWD/.build/release"
fi
exit "$failed"
