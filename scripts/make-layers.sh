#!/bin/sh
# Builds the base layer of the examples from Debian's busybox-static: the same bytes from the same package, on any
# machine, as any user. Does nothing when it is up to date.
#   scripts/make-layers.sh             examples/stacks/*/layers/base.tar
#   scripts/make-layers.sh FILE.tar    one archive elsewhere
set -eu
umask 022
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
stacks=$here/../examples/stacks
busybox=/bin/busybox
[ -x "$busybox" ] || {
  echo "make-layers.sh: $busybox is missing: scripts/packages.sh installs busybox-static" >&2
  exit 1
}
if [ $# -gt 0 ]; then
  targets=$1
else
  targets=""
  for stack in "$stacks"/*/stack.yaml; do targets="$targets $(dirname "$stack")/layers/base.tar"; done
fi

stale=""
for target in $targets; do
  # A newer package or script makes a newer layer.
  [ -e "$target" ] && [ "$target" -nt "$busybox" ] && [ "$target" -nt "$here/make-layers.sh" ] || stale="$stale $target"
done
[ -z "$stale" ] && exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
root=$work/root
mkdir -p "$root"/bin "$root"/sbin "$root"/usr/bin "$root"/usr/sbin "$root"/etc "$root"/root "$root"/home/app \
  "$root"/dev "$root"/proc "$root"/sys "$root"/run "$root"/srv/www "$root"/tmp "$root"/var/tmp "$root"/var/log
cp "$busybox" "$root/bin/busybox"
chmod 755 "$root/bin/busybox"
"$busybox" --list-full | while read -r applet; do
  [ "$applet" = bin/busybox ] || ln -s /bin/busybox "$root/$applet"
done
cat >"$root/etc/passwd" <<'END'
root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/:/bin/false
www:x:33:33:www:/srv/www:/bin/false
app:x:1000:1000:app:/home/app:/bin/sh
nobody:x:65534:65534:nobody:/:/bin/false
END
cat >"$root/etc/group" <<'END'
root:x:0:
daemon:x:1:
www:x:33:
users:x:100:app
app:x:1000:
nogroup:x:65534:
END
printf 'NAME="Containr example layer"\nID=containr-example\n' >"$root/etc/os-release"
printf 'text/html\t\thtml htm\n' >"$root/etc/mime.types"
chmod 1777 "$root/tmp" "$root/var/tmp"
chmod 700 "$root/root"

tar --create --file "$work/base.tar" --directory "$root" --format=ustar --sort=name --mtime=@1700000000 \
  --owner=0 --group=0 --numeric-owner .
for target in $stale; do
  mkdir -p "$(dirname "$target")"
  cp --reflink=auto "$work/base.tar" "$target.new"
  mv "$target.new" "$target"
done
[ $# -gt 0 ] || echo "base layer: $(sha256sum "$work/base.tar" | cut -c1-12), $(du -k "$work/base.tar" | cut -f1) kB"
