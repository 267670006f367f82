# Counts the runs in the file that it is given, and gives the file to the reader's user.
set -e
count=$(cat "$1" 2>/dev/null || echo 0)
echo $((count + 1)) > "$1"
chown 1000:1000 "$1"
echo "run $(cat "$1")"
