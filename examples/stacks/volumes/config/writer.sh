# Counts the runs in the file that it is given, and gives the file to the reader's user. A new file each time: with its
# capabilities dropped, root may not write into a file of somebody else.
set -e
count=$(cat "$1" 2>/dev/null || echo 0)
echo $((count + 1)) > "$1.new"
chown 1000:1000 "$1.new"
mv -f "$1.new" "$1"
echo "run $(cat "$1")"
