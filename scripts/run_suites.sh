#!/usr/bin/env bash
# Run the C++ suite and the Python suite, both in any case, and end with the summary of each.
#   run_suites.sh BUILD_DIR [pytest arguments...]
set -uo pipefail
build=$1
shift
logs=$build/logs
mkdir -p "$logs"

ctest --test-dir "$build" --output-on-failure -j "$(nproc)" 2>&1 | tee "$logs/ctest.log"
cpp=${PIPESTATUS[0]}
python -m pytest "$@" 2>&1 | tee "$logs/pytest.log"
py=${PIPESTATUS[0]}

echo
echo "ctest:"
sed -n '/tests passed\|tests failed\|No tests were found/,$p' "$logs/ctest.log"
echo "pytest:"
tail -n 1 "$logs/pytest.log"
[ "$cpp" -eq 0 ] && [ "$py" -eq 0 ]
