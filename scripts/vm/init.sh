#!/bin/busybox sh
# The first process of the guest of scripts/vm.sh: mounts the real root, lays out what an init system would, runs the
# command and switches the machine off. Runs twice: from the first root, then, as `init second`, from the real one.

first() {
  /bin/busybox --install -s /bin
  mount -t proc proc /proc
  mount -t sysfs sysfs /sys
  mount -t devtmpfs dev /dev
  . /settings
  if [ "$lsm" = selinux ]; then
    mount -t selinuxfs selinuxfs /sys/fs/selinux
    cat /policy >/sys/fs/selinux/load && echo 1 >/sys/fs/selinux/enforce
  fi
  for driver in $drivers; do modprobe "$driver" 2>/dev/null; done  # some are part of the kernel
  if [ "$accel" = uml ]; then
    disk=/dev/ubda
    mount -t hostfs -o "ro,$tree" none /tree
  else
    disk=/dev/vda
    mount -t virtiofs -o ro tree /tree
  fi
  mount -t ext4 -o noatime "$disk" /disk
  mkdir -p /disk/upper /disk/work /disk/scratch
  mount -t overlay -o "lowerdir=$lower,upperdir=/disk/upper,workdir=/disk/work" root /root
  mkdir -p /root/scratch
  mount --bind /disk/scratch /root/scratch
  mount -t tmpfs -o mode=755,nosuid,nodev run /root/run
  index=0
  for directory in $writable; do
    mkdir -p "/root$directory"
    if [ "$accel" = uml ]; then mount -t hostfs -o "$directory" none "/root$directory"
    else mount -t virtiofs "write$index" "/root$directory"; fi
    index=$((index + 1))
  done
  mkdir -p /root/run/vm/bin
  cp /bin/busybox /init /settings /command /before /root/run/vm/
  for directory in proc sys dev; do mount --move /$directory /root/$directory; done
  exec switch_root /root /run/vm/busybox sh /run/vm/init second
}

# A directory on the disk itself: an overlay cannot have its writable layer on another overlay, as / is one.
on_disk() {
  mkdir -p "$1" "/scratch$1"
  chmod "$2" "/scratch$1"
  mount --bind "/scratch$1" "$1"
}

control_groups() {
  root=/sys/fs/cgroup
  if [ "$cgroup" = v2 ]; then
    mount -t cgroup2 -o nosuid,nodev,noexec,nsdelegate,memory_recursiveprot cgroup2 $root
    # As systemd leaves it: no process in the root, all controllers on below it.
    mkdir $root/init.scope $root/system.slice
    echo 1 >$root/init.scope/cgroup.procs
    for controller in $(cat $root/cgroup.controllers); do
      echo "+$controller" >$root/cgroup.subtree_control
      echo "+$controller" >$root/system.slice/cgroup.subtree_control
    done
    mkdir $root/system.slice/command.service
    return
  fi
  mount -t tmpfs -o mode=755,nosuid,nodev,noexec cgroup $root
  for controllers in cpu,cpuacct cpuset memory pids blkio devices freezer net_cls,net_prio perf_event hugetlb rdma; do
    mkdir $root/$controllers
    mount -t cgroup -o "nosuid,nodev,noexec,$controllers" cgroup $root/$controllers 2>/dev/null || rmdir $root/$controllers
  done
  mkdir $root/systemd
  mount -t cgroup -o nosuid,nodev,noexec,none,name=systemd,xattr cgroup $root/systemd
  if [ "$cgroup" = hybrid ]; then
    mkdir $root/unified
    mount -t cgroup2 -o nosuid,nodev,noexec,nsdelegate cgroup2 $root/unified
  fi
}

# The port of this name; each can be opened once.
port() {
  for directory in /sys/class/virtio-ports/*; do
    [ "$(cat "$directory/name")" != "$1" ] || echo "/dev/${directory##*/}"
  done
}

second() {
  mkdir -p /run/vm/box
  /run/vm/busybox --install -s /run/vm/box
  export PATH=/run/vm/box:/usr/sbin:/usr/bin:/sbin:/bin
  . /run/vm/settings
  mount --make-rshared /
  mkdir -p /dev/pts /dev/shm /dev/mqueue /run/lock
  mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
  mount -t tmpfs -o mode=1777,nosuid,nodev shm /dev/shm
  mount -t mqueue mqueue /dev/mqueue
  mount -t securityfs securityfs /sys/kernel/security
  mount -t bpf bpf /sys/fs/bpf
  ln -sf /proc/self/fd /dev/fd
  for link in 0:stdin 1:stdout 2:stderr; do ln -sf "/proc/self/fd/${link%:*}" "/dev/${link#*:}"; done
  mkdir -p /dev/net
  mknod -m 666 /dev/net/tun c 10 200
  # The kernel may have made it already, for root alone.
  [ -c /dev/fuse ] || mknod /dev/fuse c 10 229
  chmod 666 /dev/fuse
  on_disk /scratch/tmp 1777
  on_disk /tmp 1777
  on_disk /var/tmp 1777
  on_disk /var/lib/containr 711
  [ "$init" = systemd ] || control_groups
  # The kernel loads modules by this; the list of them is busybox's, which that of kmod cannot read.
  ln -s /run/vm/busybox /run/vm/bin/modprobe
  echo /run/vm/bin/modprobe >/proc/sys/kernel/modprobe
  # Those that containers use, at once: two who ask for the same one at the same time would race here, since busybox does not
  # wait until one that somebody else loads is there.
  for driver in bridge veth dummy nf_tables nf_nat nft_chain_nat nft_nat nft_masq nft_ct nft_reject_inet nft_fib_inet; do
    modprobe "$driver" 2>/dev/null
  done
  ip link set lo up
  echo 0 2147483647 >/proc/sys/net/ipv4/ping_group_range
  hostname containr-vm
  echo '127.0.1.1 containr-vm' >>/etc/hosts
  ulimit -Hn 524288

  [ "$init" != systemd ] || systemd
  perform
}

# The command, its streams and its status; then the machine is off.
perform() {
  if [ "$accel" = uml ]; then
    out=/dev/ttyS1 err=/dev/ttyS2 status=/dev/ttyS3
    for terminal in $out $err $status; do stty raw -echo <$terminal; done
  else
    out=$(port out) err=$(port err) status=$(port status)
  fi
  mkfifo /run/vm/out /run/vm/err
  cat /run/vm/out >"$out" & readers=$!
  cat /run/vm/err >"$err" & readers="$readers $!"
  [ "$init" = systemd ] || [ "$cgroup" != v2 ] ||
    echo 'echo $$ >/sys/fs/cgroup/system.slice/command.service/cgroup.procs' >/run/vm/run
  # Programs that are only here: busybox's come last.
  { cat /run/vm/command | sed '$d'; echo 'PATH=/run/vm/bin:$PATH:/run/vm/box'; tail -n 1 /run/vm/command; } >>/run/vm/run
  setsid /bin/sh /run/vm/run </dev/null >/run/vm/out 2>/run/vm/err &
  wait $!
  code=$?
  # Whoever still has the pipes open would keep their readers.
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    left=
    for process in /proc/[0-9]*; do
      process=${process#/proc/}
      case " 1 $$ $readers " in *" $process "*) continue ;; esac
      [ "$init" != systemd ] || holds_output "$process" || continue
      [ -n "$(readlink "/proc/$process/exe")" ] && kill -KILL "$process" && left=1
    done 2>/dev/null
    [ "$left" ] || break
    sleep 0.1
  done
  wait $readers
  sync
  echo "$code" >"$status"
  sleep 0.1
  poweroff -f
}

# Whether a process has one of the command's streams open.
holds_output() {
  for descriptor in /proc/$1/fd/*; do
    case $(readlink "$descriptor") in /run/vm/out | /run/vm/err) return 0 ;; esac
  done
  return 1
}

# systemd as the first process, with what a user's session needs and no more; the command is a service of its own. What
# /run/vm/before says is done first.
systemd() {
  units=/run/systemd/system
  mkdir -p $units
  echo >/etc/fstab
  rm -f /etc/machine-id
  touch /etc/machine-id
  for unit in systemd-timesyncd.service systemd-binfmt.service systemd-sysctl.service systemd-random-seed.service \
    systemd-update-utmp.service systemd-pstore.service getty.target e2scrub_reap.service remote-fs.target \
    dev-hugepages.mount sys-kernel-tracing.mount sys-kernel-debug.mount sys-kernel-config.mount sys-fs-fuse-connections.mount \
    proc-sys-fs-binfmt_misc.automount systemd-ask-password-console.path systemd-ask-password-wall.path; do
    ln -sf /dev/null "$units/$unit"
  done
  cat >$units/vm-command.service <<'END'
[Unit]
Description=The command of scripts/vm.sh
DefaultDependencies=no
After=multi-user.target dbus.service systemd-logind.service systemd-user-sessions.service
Requires=dbus.socket
Wants=systemd-logind.service systemd-user-sessions.service
[Service]
Type=exec
ExecStart=/run/vm/busybox sh /run/vm/init perform
TasksMax=infinity
LimitNOFILE=524288
END
  cat >$units/vm.target <<'END'
[Unit]
Description=The machine of scripts/vm.sh
Requires=multi-user.target vm-command.service
AllowIsolate=yes
END
  [ ! -s /run/vm/before ] || sh -e /run/vm/before >/dev/console 2>&1
  exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit=vm.target \
    --show-status=false --log-target=console --log-level=notice
}

case ${1-} in
  second) second ;;
  perform)
    export PATH=/run/vm/box:/usr/sbin:/usr/bin:/sbin:/bin
    . /run/vm/settings
    perform ;;
  *) first ;;
esac
