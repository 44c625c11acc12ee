#!/bin/sh
# Install biopotential from this folder, without a network:  sh install.sh TARGET [PYTHON]
# Makes a virtual environment in TARGET. Every file is checked against its SHA-256 before it is used.
set -eu
target=${1:?usage: sh install.sh TARGET [PYTHON]}
python=${2:-python3}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

(cd "$here" && sha256sum --check --quiet SHA256SUMS)
"$python" -m venv "$target"
"$target/bin/python" -m pip --isolated --disable-pip-version-check --quiet install \
    --no-index --find-links "$here/wheels" --require-hashes --requirement "$here/requirements.txt"
echo "Installed: $target/bin/biopotential"
