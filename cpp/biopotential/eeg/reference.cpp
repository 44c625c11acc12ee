#include "biopotential/eeg/reference.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include "biopotential/core/errors.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/eeg/channels.hpp"

namespace biopotential::inline v0::eeg {

namespace {

/// Samples worth a thread of their own.
constexpr Index grain = 4096;

std::vector<Derivation> chains(std::initializer_list<std::initializer_list<const char*>> names) {
    std::vector<Derivation> out;
    for (const auto& chain : names) {
        for (const char* const* at = chain.begin(); at + 1 != chain.end(); ++at) {
            out.push_back({at[0], at[1]});
        }
    }
    return out;
}

}  // namespace

Array<double> rereference(const MatrixView& x, std::span<const Index> reference) {
    if (reference.empty()) {
        throw_invalid("reference", "at least one channel as the reference", "none");
    }
    std::vector<bool> taken(static_cast<std::size_t>(x.rows()));
    for (const Index c : reference) {
        if (c < 0 || c >= x.rows()) {
            throw_invalid("reference", "positions of channels below " + std::to_string(x.rows()), std::to_string(c));
        }
        if (taken[static_cast<std::size_t>(c)]) {
            throw_invalid("reference", "each channel of the reference once", std::to_string(c) + " twice");
        }
        taken[static_cast<std::size_t>(c)] = true;
    }
    Array<double> out({x.rows(), x.cols()});
    parallel_for_ranges(x.cols(), grain, [&](Index first, Index last) {
        // Stretches that stay in the cache while all channels pass.
        for (Index at = first; at < last; at += grain) {
            const Index n = std::min(grain, last - at);
            Eigen::RowVectorXd mean = Eigen::RowVectorXd::Zero(n);
            for (const Index c : reference) {
                const ContiguousRow row(MatrixView(x.block(c, at, 1, n)), 0);
                mean += Eigen::Map<const Eigen::RowVectorXd>(row.samples().data(), n);
            }
            mean /= static_cast<double>(reference.size());
            for (Index c = 0; c < x.rows(); ++c) {
                const ContiguousRow row(MatrixView(x.block(c, at, 1, n)), 0);
                out.matrix().block(c, at, 1, n) = Eigen::Map<const Eigen::RowVectorXd>(row.samples().data(), n) - mean;
            }
        }
    });
    return out;
}

Array<double> rereference(const MatrixView& x) {
    std::vector<Index> all(static_cast<std::size_t>(x.rows()));
    std::iota(all.begin(), all.end(), Index{0});
    return rereference(x, all);
}

std::vector<Derivation> longitudinal_montage() {
    return chains({{"Fp1", "F7", "T7", "P7", "O1"},
                   {"Fp1", "F3", "C3", "P3", "O1"},
                   {"Fz", "Cz", "Pz"},
                   {"Fp2", "F4", "C4", "P4", "O2"},
                   {"Fp2", "F8", "T8", "P8", "O2"}});
}

std::vector<Derivation> transverse_montage() {
    return chains({{"F7", "Fp1", "Fp2", "F8"},
                   {"F7", "F3", "Fz", "F4", "F8"},
                   {"T7", "C3", "Cz", "C4", "T8"},
                   {"P7", "P3", "Pz", "P4", "P8"},
                   {"P7", "O1", "O2", "P8"}});
}

Bipolar bipolar(const MatrixView& x, std::span<const std::string> channels, std::span<const Derivation> montage) {
    if (static_cast<Index>(channels.size()) != x.rows()) {
        throw_invalid("reference", std::to_string(x.rows()) + " channel names", std::to_string(channels.size()));
    }
    std::map<std::string, std::vector<Index>> rows;
    for (std::size_t c = 0; c < channels.size(); ++c) {
        rows[clean_channel_name(channels[c])].push_back(static_cast<Index>(c));
    }
    const auto row_of = [&](const std::string& name) -> Index {
        const auto found = rows.find(clean_channel_name(name));
        if (found == rows.end()) {
            return -1;
        }
        if (found->second.size() > 1) {
            throw_invalid("reference", "one channel of each name",
                          name + " " + std::to_string(found->second.size()) + " times");
        }
        return found->second.front();
    };
    std::vector<std::pair<Index, Index>> pairs;
    Bipolar out;
    for (const Derivation& d : montage) {
        const Index anode = row_of(d.anode);
        const Index cathode = row_of(d.cathode);
        if (anode >= 0 && cathode >= 0) {
            pairs.emplace_back(anode, cathode);
            out.channels.push_back(clean_channel_name(d.anode) + "-" + clean_channel_name(d.cathode));
        }
    }
    if (pairs.empty()) {
        std::string names;
        for (const std::string& name : channels) {
            names += (names.empty() ? "" : ", ") + name;
        }
        throw_invalid("reference", "electrodes of at least one derivation", names.empty() ? "no channels" : names);
    }
    out.x = Array<double>({static_cast<Index>(pairs.size()), x.cols()});
    parallel_for_ranges(x.cols(), grain, [&](Index first, Index last) {
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            const auto [anode, cathode] = pairs[i];
            out.x.matrix().block(static_cast<Index>(i), first, 1, last - first) =
                x.block(anode, first, 1, last - first) - x.block(cathode, first, 1, last - first);
        }
    });
    return out;
}

}  // namespace biopotential::inline v0::eeg
