#!/usr/bin/env bash
# Checks schemas/stack.schema.json with a validator that is not ours (check-jsonschema, from PyPI): the schema is draft-07,
# the examples and Tests/Schema/valid pass, and every file of Tests/Schema/invalid is refused. Needs python3 with venv.
# A check that cannot run has not passed: without PyPI this fails and says so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=0.39.0
schema=schemas/stack.schema.json
venv=.build/schema-check
checker=$venv/bin/check-jsonschema

if [ "$("$checker" --version 2>/dev/null || true)" != "check-jsonschema, version $version" ]; then
  rm -rf "$venv"
  python3 -m venv "$venv" || {
    echo "error: THE SCHEMA WAS NOT CHECKED: python3 cannot make a virtual environment (scripts/packages.sh installs python3-venv)" >&2
    exit 1
  }
  "$venv/bin/pip" install --quiet --disable-pip-version-check "check-jsonschema==$version" || {
    echo "error: THE SCHEMA WAS NOT CHECKED: check-jsonschema $version cannot be had from PyPI" >&2
    exit 1
  }
fi

"$checker" --check-metaschema "$schema" >/dev/null
passing=(examples/stacks/*/stack.yaml Tests/Schema/valid/*.yaml)
"$checker" --schemafile "$schema" --verbose "${passing[@]}" >"$venv/answer" || {
  cat "$venv/answer" >&2
  exit 1
}

# One run for all: a start of the checker costs more than a file. Every file has to be among those with errors.
refused=(Tests/Schema/invalid/*.yaml)
"$checker" --schemafile "$schema" --output-format json "${refused[@]}" >"$venv/answer" || true
"$venv/bin/python" - "$venv/answer" "${refused[@]}" <<'END'
import json, sys

answer = json.load(open(sys.argv[1]))
unread = answer.get("parse_errors", [])
taken = sorted(set(sys.argv[2:]) - {error["filename"] for error in answer["errors"]})
for file in taken:
    print(f"error: the schema takes {file}", file=sys.stderr)
for error in unread:
    print(f"error: unreadable: {error}", file=sys.stderr)
sys.exit(1 if taken or unread else 0)
END
echo "schema: draft-07; ${#passing[@]} files pass, ${#refused[@]} are refused"
