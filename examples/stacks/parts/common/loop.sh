# Says what the store keeps, until it is told to end.
trap 'exit 0' TERM
echo "$GREETING, the store says $(nc -w 2 store 7 </dev/null)"
sleep 1000000 &
wait
