#!/usr/bin/env bash
# Runs a test command, shows its output, and says at the end how many tests ran and how many were skipped and why.
# The command's exit code is this script's. CONTAINR_ALLOW_SKIPS=0 turns a skipped test into a failure. CONTAINR_TEST_NAME
# names the log and the summary in .build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Words that are looked for below: without colours.
export NO_COLOR=1
name=${CONTAINR_TEST_NAME:-test}
log=.build/$name.log
mkdir -p .build
status=0
"$@" 2>&1 | tee "$log" || status=$?

# Swift Testing writes one line a skipped test, and counts the skipped ones among those of the run.
pattern='^➜ +Test .* skipped(\.|: ".*")$'
skipped=$(grep -cE "$pattern" "$log" || true)
all=$(sed -nE 's/.*Test run with ([0-9]+) tests? .*/\1/p' "$log" | awk '{n += $1} END {print n + 0}')
ran=$((all - skipped))
echo
if [ "$skipped" -gt 0 ]; then
  echo "skipped:"
  grep -E "$pattern" "$log" | sed -E 's/^➜ +/  /'
fi
echo "tests: $ran run, $skipped skipped" | tee ".build/$name-summary.txt"
if [ "$status" -ne 0 ]; then
  echo "tests failed:"
  # Of each issue what was expected and what was there instead: of much the beginning and the end. Without any (a crash), what
  # was told last.
  issues=$(awk '
    function flush() {
      if (text == "") return
      if (length(text) > 900) text = substr(text, 1, 300) " […] " substr(text, length(text) - 550)
      print text
      text = ""
    }
    /^(◇|✔|✘|➜) / { flush() }
    /^✘ .*recorded an issue/ { text = $0; next }
    text != "" { text = text "\n" $0 }
    END { flush() }' "$log")
  if [ -n "$issues" ]; then printf '%s\n' "$issues" | head -200; else tail -n 20 "$log"; fi
  exit "$status"
fi
if [ "$ran" -le 0 ]; then
  echo "error: no test ran" >&2
  exit 1
fi
if [ "${CONTAINR_ALLOW_SKIPS:-1}" = 0 ] && [ "$skipped" -gt 0 ]; then
  echo "error: tests were skipped where none may be" >&2
  exit 1
fi
