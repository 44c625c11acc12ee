#!/usr/bin/env bash
# Build a static HDF5 for the wheel, from Debian's source package: the C library with zlib, without the S3 driver that
# brings libcurl, Kerberos and LDAP along (docs/decisions/0005).
#   private_hdf5.sh FOLDER      prints the prefix; nothing where the source can't be had: the system's HDF5 serves then
set -euo pipefail
prefix=$1
if [ -e "$prefix/complete" ]; then
    echo "$prefix"
    exit 0
fi
say() { echo "private HDF5: $*" >&2; }

if ! command -v apt-get >/dev/null; then
    say "not a Debian system, the system's HDF5 is used"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The sources of the archives that this system uses already, in lists of our own: the system's stay as they are.
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
release=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
# shellcheck disable=SC2016
apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(SIGNED_BY)' 'Created-By: Packages' |
    awk -v release="$release" '$2 == release && $3 == "main" { print "deb-src" ($4 ~ "^/" ? " [signed-by=" $4 "]" : ""), $1, $2, $3 }' |
    sort -u >"$work/sources.list"
apt=(apt-get -qq -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$work/lists"
     -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root -o Acquire::Retries=2 -o Acquire::http::Timeout=30)
if ! (cd "$work" && "${apt[@]}" update && "${apt[@]}" source --download-only hdf5) >&2; then
    say "Debian's source package can't be fetched, the system's HDF5 is used"
    exit 0
fi

mkdir "$work/source" "$work/build"
tar -xf "$work"/hdf5_*.orig.tar.* -C "$work/source" --strip-components 1
compiler=gcc
if command -v ccache >/dev/null; then compiler="ccache gcc"; fi
{
    cd "$work/build" &&
    ../source/configure --quiet --prefix="$prefix" --disable-shared --enable-static --with-pic --enable-build-mode=production \
        --disable-hl --disable-tests --disable-tools --disable-cxx --disable-fortran --disable-java --without-szlib \
        CC="$compiler" CFLAGS="-O2 -fstack-protector-strong -D_FORTIFY_SOURCE=2 -w" &&
    make -C src -j "${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}" H5_CFLAGS=-std=c99 &&
    rm -rf "$prefix" &&
    make -C src install H5_CFLAGS=-std=c99
} >"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2; exit 1; }

cp ../source/COPYING "$prefix/COPYING"
basename "$work"/hdf5_*.dsc .dsc | cut -d_ -f2 >"$prefix/version"
touch "$prefix/complete"
echo "$prefix"
