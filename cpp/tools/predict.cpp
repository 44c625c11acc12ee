// predict MODEL FILE [CHANNEL...]: what a model package says of each beat or window, as CSV (time_s, class, then the
// probability of each class). Without names: as many of the recording's first channels as the model takes.

#include <algorithm>
#include <cstdio>
#include <exception>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "biopotential/ecg/r_peaks.hpp"
#include "biopotential/io/read.hpp"
#include "biopotential/models/model.hpp"

namespace bp = biopotential;

namespace {

std::vector<bp::Index> choose_channels(const bp::Signal& signal, const bp::models::InputSpec& input, int n,
                                       char** names) {
    std::vector<bp::Index> channels;
    for (int i = 0; i < n; ++i) {
        channels.push_back(signal.channel(names[i]));
    }
    if (channels.empty()) {
        if (signal.n_channels() < input.n_channels) {
            throw std::invalid_argument("the model takes " + std::to_string(input.n_channels) +
                                        " channels, the recording has " + std::to_string(signal.n_channels()));
        }
        channels.resize(static_cast<std::size_t>(input.n_channels));
        std::iota(channels.begin(), channels.end(), bp::Index{0});
    }
    for (const bp::Index channel : channels) {
        const std::string& unit = signal.channels[static_cast<std::size_t>(channel)].unit;
        if (unit != input.unit) {
            throw std::invalid_argument("the model takes " + input.unit + ", the recording holds " + unit);
        }
    }
    return channels;
}

void print_header(const std::vector<std::string>& classes) {
    std::fputs("time_s,class", stdout);
    for (const std::string& name : classes) {
        std::printf(",p_%s", name.c_str());
    }
    std::putchar('\n');
}

/// One row per beat or window; `at` holds their samples, counted from the segment's start.
void print_rows(const bp::Array<double>& probabilities, const std::vector<std::string>& classes, const bp::Index* at,
                const bp::Segment& segment, double fs) {
    for (bp::Index i = 0; i < probabilities.shape(0); ++i) {
        const auto row = probabilities.row(i);
        const auto best = std::max_element(row.begin(), row.end()) - row.begin();
        std::printf("%.6f,%s", static_cast<double>(segment.t0_ns) * 1e-9 + static_cast<double>(at[i]) / fs,
                    classes[static_cast<std::size_t>(best)].c_str());
        for (const double p : row) {
            std::printf(",%.6f", p);
        }
        std::putchar('\n');
    }
}

void predict(const bp::models::Model& model, const bp::Signal& signal, const std::vector<bp::Index>& channels) {
    print_header(model.classes());
    for (const bp::Segment& segment : signal.segments) {
        const bp::Array<double> x = signal.read(segment.first, segment.n, channels);
        if (model.windowing().kind == bp::models::Windowing::beats) {
            const std::vector<bp::Index> peaks = bp::ecg::find_r_peaks(bp::view(x), signal.fs);
            if (peaks.size() < 2) {
                continue;  // a beat's rhythm needs a second one
            }
            const auto found = model.predict_beats(bp::view(x), peaks, signal.fs);
            print_rows(found.probabilities, model.classes(), peaks.data(), segment, signal.fs);
        } else {
            const auto found = model.predict(bp::view(x), signal.fs);
            print_rows(found.probabilities, model.classes(), found.starts.data(), segment, signal.fs);
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::fputs("usage: predict MODEL FILE [CHANNEL...]\n", stderr);
        return 2;
    }
    try {
        const bp::models::Model model = bp::models::load(argv[1]);
        const bp::Recording recording = bp::io::read(argv[2]);
        const bp::Signal& signal = recording.signals.at(0);
        predict(model, signal, choose_channels(signal, model.input(), argc - 3, argv + 3));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "predict: %s\n", error.what());
        return 6;
    }
    return 0;
}
