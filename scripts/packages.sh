#!/bin/sh
# The one list of Debian packages, for `make demo`, `make test`, `make bench` and .ci/run. Installs what is missing, by
# name, and touches nothing when nothing is.
#   scripts/packages.sh          what building, testing and the demo need
#   scripts/packages.sh --bench  the runtimes to compare with as well
#   scripts/packages.sh --vm     what scripts/vm.sh needs as well; asked for only there
#   scripts/packages.sh --list   only print the names
#   scripts/packages.sh --list-vm-unpacked
#                                what scripts/vm.sh fetches and does not install: the guest's kernel, that of user-mode
#                                Linux, AppArmor's parser, and SELinux's compiler with its library
#   scripts/packages.sh --workloads  only print what scripts/make-workloads.sh unpacks; none of it is installed
set -eu

build="gcc libc6-dev make pkg-config libyaml-dev libseccomp-dev libnftables-dev libsqlite3-dev libarchive-dev nettle-dev"
build="$build libjson-c-dev libcurl4-openssl-dev"
build="$build liblzma-dev libzstd-dev zlib1g-dev libbz2-dev libisal-dev"
run="busybox-static nftables iproute2 curl libcurl4 libisal2"
test="e2fsprogs uidmap passt slirp4netns fuse-overlayfs bindfs strace tmux procps util-linux python3 python3-venv python3-prometheus-client skopeo umoci podman openssl docker-registry apache2-utils zstd xz-utils bzip2 nghttp2-server groff-base"
bench="crun podman iperf3 ethtool"
vm="qemu-system-x86 e2fsprogs busybox-static"
vm_unpacked="linux-image-cloud-amd64 user-mode-linux apparmor secilc,libsepol2"
workloads="bash dash findutils coreutils grep sed nginx-light redis-server postgresql nodejs python3 dpkg tar iputils-ping openssh-server"
workloads="$workloads openssh-client sudo passwd login util-linux busybox libc-bin debconf"

wanted="$build $run $test"
case "${1-}" in
  --bench) wanted="$wanted $bench" ;;
  --vm) wanted="$vm" ;;
  --list-vm-unpacked) echo "$vm_unpacked" && exit 0 ;;
  --list) printf '%s\n' $wanted && exit 0 ;;
  --workloads) printf '%s\n' $workloads && exit 0 ;;
  "") ;;
  *) echo "usage: $0 [--bench|--vm|--list|--list-vm-unpacked|--workloads]" >&2 && exit 2 ;;
esac

command -v dpkg-query >/dev/null || {
  echo "packages.sh: not a Debian system; install the equivalents of: $wanted" >&2
  exit 1
}
missing=""
for package in $wanted; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || status=""
  [ "$status" = installed ] || missing="$missing $package"
done
[ -z "$missing" ] && exit 0

[ "$(id -u)" = 0 ] || {
  echo "packages.sh: as root, please: apt-get install$missing" >&2
  exit 1
}
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq install --yes --no-install-recommends $missing >/dev/null
