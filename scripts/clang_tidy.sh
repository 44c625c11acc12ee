#!/usr/bin/env bash
# clang-tidy over every source of ours in the compilation database of a build tree.
set -euo pipefail
build=$1
database=$(mktemp -d)
trap 'rm -rf "$database"' EXIT
# g++ knows flags that clang does not; the sources of the tests are not checked.
python - "$build/compile_commands.json" "$database/compile_commands.json" <<'PY'
import json, pathlib, sys
commands = json.loads(pathlib.Path(sys.argv[1]).read_text())
ours = [c for c in commands if "/cpp/biopotential/" in c["file"]]
pathlib.Path(sys.argv[2]).write_text(json.dumps(ours))
for c in ours:
    print(c["file"])
PY
python - "$database/compile_commands.json" <<'PY' | xargs -P "$(nproc)" -n 1 clang-tidy -p "$database" --quiet
import json, pathlib, sys
for command in json.loads(pathlib.Path(sys.argv[1]).read_text()):
    print(command["file"])
PY
