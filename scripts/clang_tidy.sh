#!/usr/bin/env bash
# clang-tidy over every source of ours in the compilation database of a build tree.
set -euo pipefail
build=$1
database=$(mktemp -d)
trap 'rm -rf "$database"' EXIT
# The tests and what others generated are not checked. libstdc++ uses what it calls deprecated itself.
python - "$build/compile_commands.json" "$database/compile_commands.json" <<'PY' |
import json, pathlib, sys
commands = json.loads(pathlib.Path(sys.argv[1]).read_text())
ours = [command for command in commands if "/cpp/biopotential/" in command["file"]]
pathlib.Path(sys.argv[2]).write_text(json.dumps(ours))
print(*(command["file"] for command in ours), sep="\n")
PY
    xargs -P "$(nproc)" -n 1 clang-tidy -p "$database" --quiet --extra-arg=-Wno-deprecated-declarations
