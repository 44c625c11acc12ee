#!/usr/bin/env bash
# Print the versions of everything in the environment as constraints, without what is ours or is pinned by the Makefile.
set -euo pipefail
echo "# Constraints: the versions that the tests passed with. Made by \`make lock\`."
python -m pip freeze --all --exclude biopotential --exclude torch --exclude setuptools | grep -v '@ file' | sed 's/+.*$//' | LC_ALL=C sort -f
