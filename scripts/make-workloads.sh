#!/bin/sh
# A root file system with servers and tools of Debian, to see under which protections they run: downloaded and unpacked,
# not installed, so that nothing of it is on this host. Prints its directory. Does nothing when it is there already.
#   scripts/make-workloads.sh
# It is kept below ${XDG_CACHE_HOME:-~/.cache}/containr, about 350 MB, by the list of packages and by this script.
set -eu
umask 022
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
packages=$("$here/packages.sh" --workloads)
key=$({ echo "$packages" && cat "$0" && dpkg --print-architecture; } | sha256sum | cut -c1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/containr
target=$cache/workloads-$key
if [ -e "$target/etc/passwd" ]; then
  echo "$target"
  exit 0
fi
[ "$(id -u)" = 0 ] || {
  echo "make-workloads.sh: as root, please: files keep their owners" >&2
  exit 1
}

mkdir -p "$cache"
work=$(mktemp -d "$cache/making.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
mkdir -p "$work/archives/partial" "$work/root"
: >"$work/status"
[ -n "$(ls /var/lib/apt/lists/*_Packages* 2>/dev/null)" ] || apt-get -qq update >&2
# With nothing installed the whole closure is wanted.
apt-get -qq -o Dir::State::status="$work/status" -o Dir::Cache::archives="$work/archives" -o Debug::NoLocking=1 \
  -o APT::Install-Recommends=false -o APT::Sandbox::User=root --yes --download-only install $packages >&2

root=$work/root
mkdir -p "$root/usr/bin" "$root/usr/sbin" "$root/usr/lib" "$root/usr/lib64"
for name in bin sbin lib lib64; do ln -s "usr/$name" "$root/$name"; done
mkdir -p "$root/run" "$root/var"
ln -s ../run "$root/var/run"
for archive in "$work"/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$archive" |
    tar -x -C "$root" --keep-directory-symlink --numeric-owner \
      --exclude './usr/share/doc/*' --exclude './usr/share/man/*' --exclude './usr/share/locale/*'
done

# What the packages' scripts would have done, as far as the workloads need it.
cat >"$root/etc/passwd" <<'END'
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
sshd:x:100:65534::/run/sshd:/usr/sbin/nologin
redis:x:101:101::/var/lib/redis:/usr/sbin/nologin
postgres:x:102:102:PostgreSQL:/var/lib/postgresql:/bin/bash
app:x:1000:1000::/home/app:/bin/bash
END
cat >"$root/etc/group" <<'END'
root:x:0:
daemon:x:1:
adm:x:4:
tty:x:5:
sudo:x:27:app
www-data:x:33:
shadow:x:42:
redis:x:101:
postgres:x:102:
ssl-cert:x:103:postgres
app:x:1000:
nogroup:x:65534:
END
for name in root daemon www-data nobody sshd redis postgres; do echo "$name:*:19000:0:99999:7:::"; done >"$root/etc/shadow"
echo 'app:*:19000:0:99999:7:::' >>"$root/etc/shadow"
sed 's/:x:.*/:*::/' "$root/etc/group" >"$root/etc/gshadow"
chmod 640 "$root/etc/shadow" "$root/etc/gshadow"
echo 'app ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/app"
chmod 440 "$root/etc/sudoers.d/app"
: >"$root/etc/ssh/sshd_config"
for part in auth account session session-noninteractive password; do
  echo "${part%%-*} required pam_unix.so" >"$root/etc/pam.d/common-$part"
done
mkdir -p "$root/home/app" "$root/var/log/nginx" "$root/var/lib/nginx" "$root/run/sshd" "$root/var/lib/redis" \
  "$root/var/lib/postgresql" "$root/run/postgresql" "$root/root" "$root/tmp" "$root/proc" "$root/sys" "$root/dev"
chmod 1777 "$root/tmp"
chown -R 33:4 "$root/var/log/nginx"
chown 101:101 "$root/var/lib/redis"
chown -R 102:102 "$root/var/lib/postgresql" "$root/run/postgresql"
chown 1000:1000 "$root/home/app"
: >"$root/etc/machine-id"
# cap_net_raw+ep, as iputils-ping's script sets it.
python3 - "$root/bin/ping" <<'END'
import os, struct, sys
os.setxattr(sys.argv[1], "security.capability", struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0))
END
: >"$root/var/lib/dpkg/status"
cp "$work"/archives/libc-bin_*.deb "$root/var/lib/dpkg/sample.deb"

# Another maker may have been faster; its tree is as good.
mv -T "$root" "$target" 2>/dev/null || [ -e "$target/etc/passwd" ]
echo "$target"
