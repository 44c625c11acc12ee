// ecg_rpeaks FILE [CHANNEL...]: R peaks as CSV (sample, time_s). Several channels are leads of one heart and are fused;
// without names: all channels of the recording's first sampling rate.

#include <cstdio>
#include <exception>
#include <numeric>
#include <vector>

#include "biopotential/ecg/r_peaks.hpp"
#include "biopotential/io/read.hpp"

namespace bp = biopotential;

namespace {

void print_r_peaks(const bp::Signal& signal, const std::vector<bp::Index>& leads) {
    std::puts("sample,time_s");
    for (const bp::Segment& segment : signal.segments) {  // no detector crosses a gap
        const bp::Array<double> x = signal.read(segment.first, segment.n, leads);
        for (const bp::Index peak : bp::ecg::find_r_peaks(bp::view(x), signal.fs)) {
            std::printf("%td,%.6f\n", segment.first + peak,
                        static_cast<double>(segment.t0_ns) * 1e-9 + static_cast<double>(peak) / signal.fs);
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fputs("usage: ecg_rpeaks FILE [CHANNEL...]\n", stderr);
        return 2;
    }
    try {
        const bp::Recording recording = bp::io::read(argv[1]);
        const bp::Signal& signal = recording.signals.at(0);
        std::vector<bp::Index> leads;
        for (int i = 2; i < argc; ++i) {
            leads.push_back(signal.channel(argv[i]));
        }
        if (leads.empty()) {
            leads.resize(signal.channels.size());
            std::iota(leads.begin(), leads.end(), bp::Index{0});
        }
        print_r_peaks(signal, leads);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "ecg_rpeaks: %s\n", error.what());
        return 6;
    }
    return 0;
}
