// Built only where BIOPOTENTIAL_BIOSIG is ON. libbiosig is GPL: NOTICE says what that means for binaries.
// clang-format off: the first declares what the second calls
#include <biosig-dev.h>
#include <biosig.h>
// clang-format on

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "biopotential/core/errors.hpp"
#include "biopotential/io/biosig_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

struct Close {
    void operator()(HDRTYPE* header) const {
        ::sclose(header);
        ::destructHDR(header);
    }
};

/// Days since the year 0 in 2^-32, as ns since 1970.
std::int64_t to_unix_ns(gdf_time time) {
    constexpr double days_to_1970 = 719'529, ns_a_day = 86'400e9;
    return std::llround((std::ldexp(static_cast<double>(time), -32) - days_to_1970) * ns_a_day);
}

std::vector<Event> events_of(const HDRTYPE& header, const std::vector<int>& position) {
    std::vector<Event> events;
    const double rate = header.EVENT.SampleRate > 0 ? header.EVENT.SampleRate : header.SampleRate;
    for (std::uint32_t k = 0; k < header.EVENT.N; ++k) {
        Event event;
        event.onset_ns = to_ns(static_cast<Index>(header.EVENT.POS[k]), rate);
        if (header.EVENT.DUR != nullptr) {
            event.duration_ns = to_ns(static_cast<Index>(header.EVENT.DUR[k]), rate);
        }
        event.code = header.EVENT.TYP[k];
        const bool has_text = event.code < header.EVENT.LenCodeDesc && header.EVENT.CodeDesc != nullptr &&
                              header.EVENT.CodeDesc[event.code] != nullptr;
        event.label = has_text ? header.EVENT.CodeDesc[event.code] : std::to_string(event.code);
        const int channel = header.EVENT.CHN == nullptr ? 0 : header.EVENT.CHN[k];
        if (channel > 0 && channel <= static_cast<int>(position.size()) && position[channel - 1] >= 0) {
            event.channels = {position[channel - 1]};
        }
        events.push_back(std::move(event));
    }
    std::ranges::stable_sort(events, {}, &Event::onset_ns);
    return events;
}

}  // namespace

std::optional<Recording> read_through_biosig(const std::filesystem::path& path) {
    static std::mutex one_at_a_time;  // the library keeps tables in global variables
    const std::lock_guard lock(one_at_a_time);
    const std::unique_ptr<HDRTYPE, Close> header(::sopen(path.c_str(), "r", nullptr));
    if (header == nullptr || ::serror2(header.get()) != 0 || header->NS == 0 || header->NRec <= 0 ||
        !(header->SampleRate > 0)) {
        return std::nullopt;
    }
    const std::string type = ::GetFileTypeString(header->TYPE);
    std::error_code ignored;
    const auto file_size = static_cast<double>(std::filesystem::file_size(path, ignored));
    const double n_values = static_cast<double>(header->NRec) * header->SPR * header->NS;
    if (n_values > 64 * file_size) {
        throw ParseError(path.string(), 0,
                         "wanted at most 64 samples a byte (libbiosig, " + type + "), got a header that claims more");
    }
    header->FLAG.UCAL = 0;
    header->FLAG.ROW_BASED_CHANNELS = 0;
    ::sread(nullptr, 0, static_cast<std::size_t>(header->NRec), header.get());
    if (::serror2(header.get()) != 0 || header->data.block == nullptr) {
        return std::nullopt;
    }
    std::vector<std::string> names, units;
    std::vector<int> position;  // of each of its channels among those that are on
    bool several_rates = false;
    for (int c = 0; c < header->NS; ++c) {
        const CHANNEL_TYPE& channel = header->CHANNEL[c];
        position.push_back(channel.OnOff == 1 ? static_cast<int>(names.size()) : -1);
        if (channel.OnOff == 1) {
            const char* unit = ::PhysDim3(channel.PhysDimCode);
            names.emplace_back(channel.Label);
            units.emplace_back(unit == nullptr ? "" : unit);
            several_rates = several_rates || channel.SPR != header->SPR;
        }
    }
    const auto n = static_cast<Index>(header->data.size[0]);
    const auto n_channels = static_cast<Index>(header->data.size[1]);
    if (n_channels != static_cast<Index>(names.size())) {
        return std::nullopt;
    }
    Array<double> x{n_channels, n};
    std::copy_n(header->data.block, n_channels * n, x.data());
    Recording recording;
    recording.signals.push_back(make_signal(std::move(x), header->SampleRate, names, ""));
    for (std::size_t c = 0; c < units.size(); ++c) {
        recording.signals[0].channels[c].unit = units[c];
    }
    recording.events = events_of(*header, position);
    if (header->T0 != 0) {
        recording.identity.start_ns = to_unix_ns(header->T0);
    }
    if (header->Patient.Id[0] != '\0') {
        recording.identity.fields["patient"] = header->Patient.Id;
    }
    recording.format = "libbiosig: " + type;
    const std::uint32_t version = ::get_biosig_version();
    recording.warnings.push_back("read through libbiosig " + std::to_string(version >> 16 & 0xff) + "." +
                                 std::to_string(version >> 8 & 0xff) + "." + std::to_string(version & 0xff) + " (" +
                                 type + "), not compared with another reader");
    if (several_rates) {
        recording.warnings.push_back("libbiosig: channels of lower rates are repeated to the highest");
    }
    return recording;
}

}  // namespace biopotential::inline v0::io
