#!/usr/bin/env bash
# Fuzz formats under libFuzzer with sanitizers, and print what ran, what it found and which lines of its reader ran.
#   [SECONDS_EACH=N] [JOBS=N] fuzz_coverage.sh RUNS [FORMAT...]
# The corpora stay in build/fuzz/corpus, so that a second call goes on where the first one ended. HDF5 costs a process a
# file and has a test of its own (io.fuzz_hdf5).
set -euo pipefail
runs=${1:?usage: fuzz_coverage.sh RUNS [FORMAT...]}
shift
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bin=$PWD/build/fuzz/tests/fuzz
corpus=$PWD/build/fuzz/corpus
logs=$PWD/build/fuzz/logs
mkdir -p "$logs"
export TMPDIR=${TMPDIR:-/dev/shm}
formats=("$@")
[ ${#formats[@]} -gt 0 ] || mapfile -t formats < <(LLVM_PROFILE_FILE=/dev/null "$bin/biopotential_fuzz_io" --list | grep -v '^r\.h5$')
LLVM_PROFILE_FILE=/dev/null "$bin/biopotential_fuzz_io" --seeds "$corpus"

readers() {  # the sources of a format's reader
    case $1 in
        edf | bdf) echo edf.cpp ;;
        aecg | philips | schiller | muse) echo xml_ecg.cpp xml.cpp ;;
        matlab*) echo matlab.cpp ;;
        r.dat | r.hea) echo wfdb.cpp wfdb_header.cpp ;;
        r.atr) echo wfdb_annotations.cpp ;;
        m.hea | layout.hea) echo wfdb_segments.cpp ;;
        f.*) echo flac.cpp ;;
        i.*) echo ishne.cpp ;;
        v.*) echo brainvision.cpp ;;
        *) echo "$1.cpp" ;;
    esac
}

fuzz() {
    local format=$1
    BIOPOTENTIAL_FUZZ_FORMAT=$format LLVM_PROFILE_FILE=$logs/$format.profraw "$bin/biopotential_libfuzzer_io" \
        -runs="$runs" -max_total_time="${SECONDS_EACH:-0}" -max_len=16384 -timeout=10 -rss_limit_mb=4096 -print_final_stats=1 -verbosity=0 \
        -artifact_prefix="$logs/$format-" "$corpus/$format" >"$logs/$format.log" 2>&1 || echo "finding: $logs/$format.log"
}
export -f fuzz
export bin corpus logs runs
printf '%s\n' "${formats[@]}" | xargs -P "${JOBS:-$(nproc)}" -I{} bash -c 'fuzz {}'

stat() { sed -n "s/^stat::$2: *//p" "$logs/$1.log"; }
echo "| format | executions | a second | findings |"
echo "|---|---|---|---|"
for format in "${formats[@]}"; do
    findings=$(find "$logs" -name "$format-*" | wc -l)
    echo "| $format | $(stat "$format" number_of_executed_units) | $(stat "$format" average_exec_per_sec) | $findings |"
done
sources=$(for format in "${formats[@]}"; do readers "$format"; done | tr ' ' '\n' | sort -u)
llvm-profdata-16 merge -o "$logs/all.profdata" "$logs"/*.profraw
echo
echo "| reader | lines | run |"
echo "|---|---|---|"
for source in $sources; do
    llvm-cov-16 report "$bin/biopotential_libfuzzer_io" -instr-profile="$logs/all.profdata" "cpp/biopotential/io/$source" |
        awk -v name="$source" '/^TOTAL/ { printf "| %s | %d | %s |\n", name, $8, $10 }'
done
