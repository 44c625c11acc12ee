#!/usr/bin/env bash
# Install the system packages that the build needs, where something is missing: as root or with password-less sudo.
# Elsewhere print the one command to run, and stop.
set -euo pipefail

packages=(g++ ca-certificates libeigen3-dev libfftw3-dev libhdf5-dev libssl-dev zlib1g-dev libflac-dev libexpat1-dev nlohmann-json3-dev
          libgtest-dev libgmock-dev libbenchmark-dev ccache
          biosig-tools)
python="${1:-python3}"

if ! command -v dpkg-query >/dev/null; then
    echo "This is not a Debian system: install the equivalents of: ${packages[*]}" >&2
    exit 0
fi
# A Python from elsewhere (pyenv, a container image) brings venv and its headers itself.
"$python" -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3-venv)
"$python" - <<'PY' || packages+=(python3-dev)
import pathlib, sys, sysconfig
sys.exit(not (pathlib.Path(sysconfig.get_path("include")) / "Python.h").is_file())
PY

missing=()
for package in "${packages[@]}"; do
    state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        as_root=(sudo -n)
    else
        echo "System packages are missing. Run this, then make again:" >&2
        echo "    sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
fi
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
