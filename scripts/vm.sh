#!/usr/bin/env bash
# Runs one command as root in a virtual machine with a kernel of Debian's, over this machine's own root file system: below,
# read-only, what is here; above, a disk that is thrown away. For kernels that this machine does not have: cgroup v2 with all
# controllers, AppArmor, SELinux. docs/decisions/0018-tests-in-a-machine.md says why it is as it is. Needs root.
set -euo pipefail

usage() { cat <<'END'
usage: scripts/vm.sh [OPTION]... [--] COMMAND [ARG]...
  --cgroup v2|hybrid|v1         how the cgroup hierarchies are laid out (v2)
  --lsm apparmor|selinux|none   which module labels programs (apparmor)
  --init script|systemd         its first process; with systemd it is Debian's, the command is a service, and users have
                                sessions (script)
  --before COMMAND              with systemd: a line of sh(1) that is done before systemd begins, such as to install units
  --memory SIZE                 the guest's memory (3G)
  --cpus N                      its processors (as many as here; user-mode Linux has one)
  --timeout SECONDS             killed after that, status 124 (900)
  --env NAME[=VALUE]            a variable of the command (repeatable)
  --write DIR                   a directory of this machine that the guest may write to (repeatable)
  --accel auto|kvm|tcg|uml      auto tries KVM for some seconds, once a boot, and else emulates (auto)
  --verbose                     the kernel's messages on stderr
  --check                       only says whether a guest could be started; fetches what it needs for that
Standard output, standard error and the status are the command's; 125: there was no guest to run it in.
END
}

say() { echo "vm.sh: $*" >&2; }
fail() { say "$@"; exit 125; }
# A word for a shell.
quoted() { printf "'%s'" "${1//\'/\'\\\'\'}"; }

cgroup=v2 lsm=apparmor init=script before= memory=3G cpus=$(nproc) timeout=900 accel=auto verbose= check= env=() writable=()
# $0 runs once more in a mount namespace of its own, so its words are kept.
words=("$@")
while [ $# -gt 0 ]; do
  case $1 in
    --cgroup|--lsm|--init|--before|--memory|--cpus|--timeout|--accel) [ $# -gt 1 ] || fail "$1 wants a value"; declare "${1#--}=$2"; shift ;;
    --env) env+=("$2"); shift ;;
    --write) writable+=("$(realpath "$2")"); shift ;;
    --verbose) verbose=1 ;;
    --check) check=1 ;;
    --help) usage; exit 0 ;;
    --) shift; break ;;
    -*) usage >&2; fail "there is no option $1" ;;
    *) break ;;
  esac
  shift
done
case $cgroup in v2|hybrid|v1) ;; *) fail "--cgroup is v2, hybrid or v1" ;; esac
case $lsm in apparmor|selinux|none) ;; *) fail "--lsm is apparmor, selinux or none" ;; esac
case $init in script) ;; systemd) [ "$cgroup" = v2 ] || fail "systemd comes with --cgroup v2" ;; *) fail "--init is script or systemd" ;; esac
case $accel in auto|kvm|tcg|uml) ;; *) fail "--accel is auto, kvm, tcg or uml" ;; esac
[ $# -gt 0 ] || [ "$check" ] || { usage >&2; exit 125; }
[ "$(uname -m)" = x86_64 ] || fail "the guest's kernel is for x86_64, and this is $(uname -m)"
[ "$(id -u)" = 0 ] || fail "has to be run as root"
[ "${CONTAINR_VM_INNER-}" = $$ ] ||
  CONTAINR_VM_INNER=$$ exec unshare --mount --propagation private "$BASH" "$0" "${words[@]}"

here=$(cd "$(dirname "$0")" && pwd)
cache=${CONTAINR_VM_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/containr-vm}

# --- what is needed, once: programs installed, a kernel and the tools of its modules unpacked in the cache

mkdir -p "$cache"
exec {preparing}>"$cache/lock"
flock "$preparing"
"$here/packages.sh" --vm >&2 || fail "packages that it needs cannot be had"
busybox=$(command -v busybox)

# Unpacks a package's files, with the old top-level directories below usr, where a merged root has them.
unpack() {
  local place=$cache/$1 work directory
  [ ! -d "$place" ] || return 0
  say "fetching $1"
  work=$(mktemp -d "$cache/unpacking.XXXXXX")
  (cd "$work" && { apt-get -qq -o APT::Sandbox::User=root download "$1" >/dev/null 2>&1 ||
    { apt-get -qq update && apt-get -qq -o APT::Sandbox::User=root download "$1"; } >&2; }) ||
    { rm -r "$work"; fail "the package $1 cannot be had"; }
  dpkg-deb --extract "$work"/*.deb "$work/files"
  for directory in lib lib64 sbin bin; do
    [ -d "$work/files/$directory" ] || continue
    mkdir -p "$work/files/usr/$directory"
    cp -a "$work/files/$directory/." "$work/files/usr/$directory/"
    rm -r "$work/files/$directory"
  done
  chmod 755 "$work/files"
  mv "$work/files" "$place"
  rm -r "$work"
}

read -r kernel uml apparmor policy_tools < <("$here/packages.sh" --list-vm-unpacked)
if [ "$accel" = uml ]; then
  unpack "$uml"
  files=$cache/$uml
  image=$files/usr/bin/linux.uml
  [ -d "$files/usr/lib/modules" ] || mv "$files/usr/lib/uml/modules" "$files/usr/lib/modules"
else
  # The package of that name has no files, only a kernel that it depends on.
  [ -s "$cache/kernel" ] || {
    apt-cache show "$kernel" >/dev/null 2>&1 || apt-get -qq update >&2 || fail "there are no package lists"
    apt-cache depends "$kernel" | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1 >"$cache/kernel"
  }
  read -r kernel <"$cache/kernel" || fail "there is no kernel among the packages"
  unpack "$kernel"
  files=$cache/$kernel
  image=$(echo "$files"/boot/vmlinuz-*)
fi
release=$(ls "$files/usr/lib/modules")
modules=$files/usr/lib/modules/$release
if [ ! -s "$modules/modules.dep" ]; then
  ln -sfn usr/lib "$files/lib"  # depmod looks there
  "$busybox" depmod -b "$files" "$release"
fi
layers=()
if [ "$lsm" = apparmor ]; then
  unpack "$apparmor"
  layers=("$cache/$apparmor")
elif [ "$lsm" = selinux ]; then
  for package in ${policy_tools//,/ }; do unpack "$package"; done
  policy=$cache/policy-$(cksum <"$here/vm/policy.cil" | cut -d' ' -f1)
  if [ ! -s "$policy" ]; then
    # Categories have to be declared one by one.
    { cat "$here/vm/policy.cil"
      printf '(category c%s)\n' {0..1023}
      echo "(categoryorder ($(printf 'c%s ' {0..1023})))"; } >"$policy.cil"
    LD_LIBRARY_PATH=$(echo "$cache"/libsepol*/usr/lib/*-linux-gnu) \
      "$cache/secilc/usr/bin/secilc" --mls true --policyvers 33 --filecontext /dev/null --output "$policy" "$policy.cil" ||
      fail "the policy does not compile"
  fi
fi

# --- this run

for old in "$cache"/run.*; do  # killed runs hold no lock
  [ ! -d "$old" ] || flock --nonblock "$old" rm -rf --one-file-system "$old" || true
done
run=$(mktemp -d "$cache/run.XXXXXX")
exec {alive}<"$run"
flock "$alive"
exec {preparing}>&-
started=()
finish() {
  disown -a
  [ ${#started[@]} = 0 ] || kill -KILL "${started[@]}" 2>/dev/null || true
  umount --lazy "$run/tree" 2>/dev/null || true
  rm -rf --one-file-system "$run"
}
trap finish EXIT
trap 'exit 143' HUP INT TERM

# A /dev/kvm may be there and be of no use: within another guest an ordinary kernel can be slower than emulated. So a
# kernel without a root has to reach its panic within some seconds; asked once a boot.
kvm_works() {
  local note=$cache/kvm.$(cat /proc/sys/kernel/random/boot_id)
  [ -w /dev/kvm ] || return 1
  if [ ! -s "$note" ]; then
    rm -f "$cache"/kvm.*
    timeout --signal KILL 6 qemu-system-x86_64 -accel kvm -cpu host -m 256 -nodefaults -no-user-config -display none \
      -no-reboot -serial "file:$run/probe" -kernel "$image" -append 'console=ttyS0 panic=-1' </dev/null >/dev/null 2>&1 || true
    if grep -qs 'Kernel panic' "$run/probe"; then echo yes; else echo no; fi >"$note"
  fi
  [ "$(cat "$note")" = yes ]
}
[ "$accel" != auto ] || if kvm_works 2>/dev/null; then accel=kvm; else accel=tcg; fi

# What the guest sees of this machine: each bound read-only in this mount namespace, so that no guest can write to it.
tree=$run/tree
mkdir "$tree"
mount -t tmpfs -o mode=755 vm "$tree"
show() {
  mkdir -p "$tree/$2"
  mount --bind "$1" "$tree/$2"
  mount -o remount,bind,ro "$tree/$2"
}
show / root
show "$files" kernel
lower=/tree/root
for index in "${!layers[@]}"; do
  show "${layers[index]}" "layer$index"
  lower=$lower:/tree/layer$index
done
lower=$lower:/tree/kernel

# Programs that are on file systems of their own here (a toolchain below a mount of its own) would be missing in the guest.
mounts=()
while read -r _ _ _ _ place _ _; do
  case $place in /|/proc*|/sys*|/dev*|/run*|/tmp*|"$cache"*|/etc/*) continue ;; esac
  [ -d "$place" ] && case "$PWD/" in "$place"/*) show "$place" "root$place"; mounts+=("$place") ;; esac
done </proc/self/mountinfo

# The first root: busybox, the modules on the way to the real one, and what the guest has to do.
first=$run/first
mkdir -p "$first"/{bin,proc,sys,dev,tree,disk,root} "$first/lib/modules/$release"
cp "$busybox" "$first/bin/busybox"
cp "$here/vm/init.sh" "$first/init"
chmod 755 "$first/init"
[ "$lsm" != selinux ] || cp "$policy" "$first/policy"
drivers='virtio_pci virtiofs virtio_blk virtio_console overlay ext4'
[ "$accel" != uml ] || drivers='overlay ext4'
for driver in $drivers; do grep "/$driver\.ko[.a-z]*:" "$modules/modules.dep" || true; done \
  >"$first/lib/modules/$release/modules.dep"
tr -s ': ' '\n' <"$first/lib/modules/$release/modules.dep" | sort -u | sed '/^$/d' |
  (cd "$modules" && xargs -r cp --parents --target-directory "$first/lib/modules/$release")
{
  printf '%s=%s\n' accel "$accel" cgroup "$cgroup" lsm "$lsm" init "$init" lower "$lower" tree "$(quoted "$tree")"
  printf '%s=%s\n' drivers "$(quoted "$drivers")" writable "$(quoted "${writable[*]-}")"
} >"$first/settings"
printf 'cd %s\n%s\n' "$(quoted "$PWD")" "$before" >"$first/before"
[ "$before" ] || : >"$first/before"
{
  echo "cd $(quoted "$PWD") 2>/dev/null || cd /"
  for variable in HOME=/root LANG=C.UTF-8 TMPDIR=/scratch/tmp "PATH=$PATH" "CONTAINR_VM=$accel" "${env[@]}"; do
    case $variable in *=*) ;; *) variable=$variable=${!variable-} ;; esac
    echo "export ${variable%%=*}=$(quoted "${variable#*=}")"
  done
  printf exec
  for word; do printf ' %s' "$(quoted "$word")"; done
  echo
} >"$first/command"
(cd "$first" && find . | "$busybox" cpio -o -H newc 2>/dev/null) >"$run/initrd"
truncate --size 12G "$run/disk"
mkfs.ext4 -q -F -O ^has_journal -E lazy_itable_init=1,nodiscard "$run/disk"
if [ "$check" ]; then say "a guest can be started: $accel, Linux $release"; exit 0; fi

# Its output comes out of these two, and its status out of a file.
mkfifo "$run/out" "$run/err"
cat "$run/out" &
readers=($!)
cat "$run/err" >&2 &
readers+=($!)
started+=("${readers[@]}")
: >"$run/status"
: >"$run/console"

case $lsm in
  apparmor) line="lsm=landlock,yama,apparmor apparmor=1" ;;
  selinux) line="lsm=landlock,yama,selinux selinux=1" ;;
  none) line="lsm=landlock,yama" ;;
esac
line="quiet panic=-1 $line"

if [ "$accel" = uml ]; then
  # In a pid namespace: it keeps a process here for each one of the guest, and all go with their parent.
  machine=(unshare --pid --fork --kill-child "$image" mem="$memory" initrd="$run/initrd" ubd0="$run/disk" umid=vm
    uml_dir="$run/uml" con=null con0=null,fd:2 ssl=null ssl1=null,fd:3 ssl2=null,fd:4 ssl3=null,fd:5 $line)
  exec 3>"$run/out" 4>"$run/err" 5>"$run/status"
else
  daemon=/usr/lib/qemu/virtiofsd
  [ -x "$daemon" ] || daemon=/usr/libexec/virtiofsd
  [ -x "$daemon" ] || fail "there is no virtiofsd"
  machine=(qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -m "$memory" -smp "$cpus"
    -machine q35,memory-backend=memory -object "memory-backend-memfd,id=memory,size=$memory,share=on"
    -drive "file=$run/disk,if=none,id=disk,format=raw,cache=unsafe" -device virtio-blk-pci,drive=disk
    -device virtio-serial-pci -chardev "file,id=console,path=$run/console" -serial chardev:console
    -kernel "$image" -initrd "$run/initrd"
    -append "console=ttyS0 no_timer_check mitigations=off nokaslr psi=1 cryptomgr.notests $line")
  for name in out err status; do
    machine+=(-chardev "file,id=$name,path=$run/$name" -device "virtserialport,chardev=$name,name=$name")
  done
  if [ "$accel" = kvm ]; then machine+=(-accel kvm -cpu host); else machine+=(-accel tcg,thread=multi -cpu max,la57=off); fi
  share() {
    "$daemon" --socket-path="$run/$1.socket" -o "source=$2,cache=$3" >>"$run/$1.log" 2>&1 &
    started+=($!)
    for _ in {1..500}; do [ ! -S "$run/$1.socket" ] || break; sleep 0.01; done
    [ -S "$run/$1.socket" ] || { cat "$run/$1.log" >&2; fail "virtiofsd does not start"; }
    machine+=(-chardev "socket,id=$1,path=$run/$1.socket" -device "vhost-user-fs-pci,chardev=$1,tag=$1")
  }
  share tree "$tree" always
  for index in "${!writable[@]}"; do share "write$index" "${writable[index]}" auto; done
fi

# Nothing of it outlives this script, however that ends.
setpriv --pdeathsig KILL "${machine[@]}" </dev/null >>"$run/console" 2>&1 &
guest=$!
setpriv --pdeathsig KILL sleep "$timeout" >/dev/null 2>&1 3>&- 4>&- 5>&- &
clock=$!
started+=("$guest" "$clock")
exec 3>&- 4>&- 5>&-
wait -n -p ended "$guest" "$clock" || true
if [ "$ended" = "$clock" ]; then
  disown "$guest"
  kill -KILL "$guest"
fi
# A guest that has never opened them would leave their readers waiting.
exec 3<>"$run/out" 4<>"$run/err" 3>&- 4>&-
wait "${readers[@]}" || true
[ -z "$verbose" ] || cat "$run/console" >&2
[ "$ended" != "$clock" ] || { say "killed after $timeout seconds"; exit 124; }
read -r status <"$run/status" || true
if [ -z "${status-}" ]; then
  tail -n 30 "$run/console" >&2
  fail "the guest has ended without a status"
fi
exit "$status"
