#include "biopotential/io/scp.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "biopotential/core/errors.hpp"
#include "biopotential/io/bytes_internal.hpp"
#include "biopotential/io/findings_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

constexpr std::int64_t section_head = 16;
constexpr std::int64_t max_bytes = 256 << 20;

struct Section {
    std::int64_t at = 0, end = 0;  ///< of its body
    unsigned protocol = 0;
};

struct LeadPlace {
    std::int64_t first = 1, last = 0;  ///< samples, counted from 1
    unsigned code = 0;
    [[nodiscard]] std::int64_t n() const { return last - first + 1; }
};

struct Complex {
    unsigned type = 0;
    std::int64_t first = 0, fiducial = 0, last = 0;
};

/// A tree of codes: inner nodes lead on by a bit, leaves are a value, a value with bits of its own, or another table.
struct Huffman {
    struct Node {
        std::array<int, 2> next{-1, -1};
        bool is_leaf = false, is_switch = false;
        int base = 0, extra_bits = 0;
    };
    std::vector<Node> nodes{Node{}};

    /// \param code  its first bit is the lowest
    bool add(std::uint32_t code, int bits, int extra_bits, int base, bool is_switch) {
        std::size_t at = 0;
        for (int b = 0; b < bits; ++b) {
            if (nodes[at].is_leaf) {
                return false;
            }
            const std::size_t bit = code >> b & 1;
            if (nodes[at].next[bit] < 0) {
                nodes[at].next[bit] = static_cast<int>(nodes.size());
                nodes.emplace_back();
            }
            at = static_cast<std::size_t>(nodes[at].next[bit]);
        }
        const bool is_free = !nodes[at].is_leaf && nodes[at].next == std::array<int, 2>{-1, -1};
        nodes[at] = {{-1, -1}, true, is_switch, base, extra_bits};
        return is_free;
    }
};

/// 0 is one bit; k and -k are k ones, a zero and a sign; nine ones and a zero or ten ones stand before 8 or 16 bits.
Huffman default_table() {
    Huffman table;
    table.add(0, 1, 0, 0, false);
    for (int k = 1; k <= 8; ++k) {
        const std::uint32_t ones = (1U << k) - 1;
        table.add(ones, k + 2, 0, k, false);
        table.add(ones | 1U << (k + 1), k + 2, 0, -k, false);
    }
    table.add(0x1ff, 10, 8, 0, false);
    table.add(0x3ff, 10, 16, 0, false);
    return table;
}

class Parser {
  public:
    Parser(const ByteSource& source, Findings& findings)
        : bytes_(source), text_(source.read_text(max_bytes)), findings_(&findings) {}

    Recording file() {
        sections();
        Recording recording;
        recording.format = "SCP-ECG";
        if (const Section* one = find(1)) {
            identity(*one, recording.identity);
        }
        leads();
        if (const Section* two = find(2)) {
            tables(*two);
        }
        if (const Section* four = find(4)) {
            complexes(*four);
        }
        rhythm(recording);
        return recording;
    }

  private:
    [[nodiscard]] unsigned u8(std::int64_t at) const { return bytes_.number<std::uint8_t>(at); }
    [[nodiscard]] unsigned u16(std::int64_t at) const { return bytes_.number<std::uint16_t>(at); }
    [[nodiscard]] std::int64_t u32(std::int64_t at) const { return bytes_.number<std::uint32_t>(at); }

    [[nodiscard]] const Section* find(unsigned id) const {
        const auto found = sections_.find(id);
        return found == sections_.end() ? nullptr : &found->second;
    }
    [[nodiscard]] const Section& require(unsigned id) const {
        const Section* section = find(id);
        if (section == nullptr) {
            findings_->refuse(section_head + 6, "wanted section " + std::to_string(id) + ", got none");
        }
        return *section;
    }

    void checksum(std::int64_t at, std::int64_t end, const std::string& what) {
        const std::span all(reinterpret_cast<const std::byte*>(text_.data()), text_.size());
        const unsigned is =
            crc_ccitt(all.subspan(static_cast<std::size_t>(at + 2), static_cast<std::size_t>(end - at - 2)));
        if (u16(at) != is) {
            findings_->note(
                at, "checksum of " + what + ": wanted " + std::to_string(is) + ", got " + std::to_string(u16(at)));
        }
    }

    void sections() {
        const std::int64_t size = bytes_.size();
        if (const std::int64_t stated = u32(2); stated != size) {
            findings_->note(2, "size: wanted " + std::to_string(size) + " bytes, got " + std::to_string(stated));
        }
        checksum(0, size, "the record");
        const std::int64_t end = 6 + u32(10);
        if (u16(8) != 0 || end < 6 + section_head || end > size) {
            findings_->refuse(6, "wanted section 0 within the file, got another");
        }
        checksum(6, end, "section 0");
        for (std::int64_t at = 6 + section_head; at + 10 <= end; at += 10) {
            const unsigned id = u16(at);
            const std::int64_t length = u32(at + 2), start = u32(at + 6) - 1;
            if (id == 0 || id > 11 || length == 0) {
                continue;  // section 0 itself, a maker's own, or one that is not there
            }
            if (length < section_head || start < 6 || start > size - length || u16(start + 2) != id) {
                findings_->note(at, "section " + std::to_string(id) + ": wanted " + std::to_string(length) +
                                        " bytes from byte " + std::to_string(start) + ", got no such section");
                continue;
            }
            checksum(start, start + length, "section " + std::to_string(id));
            sections_[id] = {start + section_head, start + length, u8(start + 9)};
        }
    }

    void identity(const Section& section, Identity& identity) {
        const auto keep = [&](const char* key, const std::string& value) {
            if (!value.empty()) {
                std::string& field = identity.fields[key];
                field += (field.empty() ? "" : "\n") + value;
            }
        };
        constexpr std::pair<unsigned, const char*> texts[] = {{2, "patient"},    {16, "institution"}, {20, "physician"},
                                                              {21, "physician"}, {22, "technician"},  {30, "comments"},
                                                              {31, "accession"}, {35, "comments"}};
        std::string last, first;
        std::int64_t day_at = 0, time_at = 0;
        for (std::int64_t at = section.at; at + 3 <= section.end;) {
            const unsigned tag = u8(at);
            const std::int64_t n = u16(at + 1);
            at += 3;
            if (tag == 255) {
                break;
            }
            if (n > section.end - at) {
                findings_->note(at, "section 1, tag " + std::to_string(tag) + ": wanted " + std::to_string(n) +
                                        " bytes, got the end of the section");
                break;
            }
            const auto* const text = std::ranges::find(texts, tag, &std::pair<unsigned, const char*>::first);
            if (text != std::end(texts)) {
                keep(text->second, bytes_.text(at, n));
            } else if (tag == 0) {
                last = bytes_.text(at, n);
            } else if (tag == 1) {
                first = bytes_.text(at, n);
            } else if (tag == 4 && n >= 3 && u16(at) > 0 && u8(at + 2) == 1) {
                keep("age", std::to_string(u16(at)));
            } else if (tag == 5 && n >= 4) {
                keep("birth_date",
                     iso_date(static_cast<int>(u16(at)), static_cast<int>(u8(at + 2)), static_cast<int>(u8(at + 3))));
            } else if (tag == 8 && n >= 1) {
                keep("sex", u8(at) == 1 ? "M" : u8(at) == 2 ? "F" : "");
            } else if (tag == 25 && n >= 4) {
                day_at = at;
            } else if (tag == 26 && n >= 3) {
                time_at = at;
            }
            at += n;
        }
        keep("patient_name", last.empty() || first.empty() ? last + first : last + ", " + first);
        if (day_at > 0) {
            const auto part = [&](std::int64_t place) { return place > 2 ? static_cast<int>(u8(place)) : 0; };
            const std::int64_t t = time_at;
            identity.start_ns = moment_ns(static_cast<int>(u16(day_at)), part(day_at + 2), part(day_at + 3), part(t),
                                          part(t > 0 ? t + 1 : 0), part(t > 0 ? t + 2 : 0));
        }
    }

    void leads() {
        const Section& section = require(3);
        const std::int64_t n = section.end - section.at >= 2 ? u8(section.at) : 0;
        if (n < 1 || section.at + 2 + 9 * n > section.end) {
            findings_->refuse(section.at, "leads: wanted 1 to what section 3 holds, got " + std::to_string(n));
        }
        flags_ = u8(section.at + 1);
        for (std::int64_t i = 0; i < n; ++i) {
            const std::int64_t at = section.at + 2 + 9 * i;
            const LeadPlace lead{u32(at), u32(at + 4), u8(at + 8)};
            if (lead.first < 1 || lead.n() < 1) {
                findings_->refuse(at, "lead " + std::to_string(i + 1) + ": wanted samples, got " +
                                          std::to_string(lead.first) + " to " + std::to_string(lead.last));
            }
            leads_.push_back(lead);
        }
    }

    void tables(const Section& section) {
        constexpr unsigned use_default = 19999;
        const auto require_bytes = [&](std::int64_t at, std::int64_t n) {
            if (at + n > section.end) {
                findings_->refuse(
                    at, "Huffman tables: wanted " + std::to_string(n) + " bytes more in section 2, got its end");
            }
        };
        require_bytes(section.at, 2);
        const unsigned n = u16(section.at);
        if (n == use_default) {
            tables_ = {default_table()};
            return;
        }
        std::int64_t at = section.at + 2;
        for (unsigned t = 0; t < n; ++t) {
            require_bytes(at, 2);
            const std::int64_t n_codes = u16(at);
            at += 2;
            require_bytes(at, 9 * n_codes);
            Huffman table;
            for (std::int64_t c = 0; c < n_codes; ++c, at += 9) {
                const auto prefix = static_cast<int>(u8(at)), total = static_cast<int>(u8(at + 1));
                if (prefix < 1 || prefix > 32 || total < prefix || total - prefix > 32 ||
                    !table.add(bytes_.number<std::uint32_t>(at + 5), prefix, total - prefix,
                               bytes_.number<std::int16_t>(at + 3), u8(at + 2) == 0)) {
                    findings_->refuse(at, "Huffman table " + std::to_string(t + 1) +
                                              ": wanted codes of 1 to 32 bits, none the start of another, got others");
                }
            }
            tables_.push_back(std::move(table));
        }
        if (tables_.empty()) {
            findings_->refuse(section.at, "Huffman tables: wanted one or more, got none");
        }
    }

    void complexes(const Section& section) {
        if (section.end - section.at < 6) {
            findings_->note(section.at, "section 4: wanted 6 bytes or more, got fewer");
            return;
        }
        reference_fiducial_ = u16(section.at + 2);
        const std::int64_t n = u16(section.at + 4);
        std::int64_t at = section.at + 6;
        if (at + 14 * n > section.end) {
            findings_->note(at, "section 4: wanted " + std::to_string(n) + " QRS complexes, got the section's end");
            return;
        }
        for (std::int64_t i = 0; i < n; ++i, at += 14) {
            complexes_.push_back({u16(at), u32(at + 2), u32(at + 6), u32(at + 10)});
        }
        for (std::int64_t i = 0; i < n && at + 8 <= section.end; ++i, at += 8) {
            if (u32(at) >= 1 && u32(at + 4) >= u32(at)) {
                protected_.emplace_back(u32(at), u32(at + 4));
            }
        }
        std::ranges::sort(protected_);
    }

    /// The stretches of a section's data, lead after lead.
    [[nodiscard]] std::vector<std::pair<std::int64_t, std::int64_t>> lead_data(const Section& section,
                                                                               unsigned id) const {
        const auto n = static_cast<std::int64_t>(leads_.size());
        std::int64_t at = section.at + 6 + 2 * n;
        if (at > section.end) {
            findings_->refuse(section.at, "section " + std::to_string(id) + ": wanted a size of each lead, got fewer");
        }
        std::vector<std::pair<std::int64_t, std::int64_t>> out;
        for (std::int64_t i = 0; i < n; ++i) {
            const std::int64_t bytes = u16(section.at + 6 + 2 * i);
            if (bytes > section.end - at) {
                findings_->refuse(at, "section " + std::to_string(id) + ", lead " + std::to_string(i + 1) +
                                          ": wanted " + std::to_string(bytes) + " bytes, got the section's end");
            }
            out.emplace_back(at, bytes);
            at += bytes;
        }
        return out;
    }

    /// At most n samples, as they stand coded; fewer where the data end before.
    [[nodiscard]] std::vector<std::int32_t> decode(std::int64_t at, std::int64_t bytes, std::int64_t n) const {
        std::vector<std::int32_t> out;
        if (tables_.empty()) {
            for (std::int64_t i = 0; i < std::min(n, bytes / 2); ++i) {
                out.push_back(bytes_.number<std::int16_t>(at + 2 * i));
            }
            return out;
        }
        const std::string_view data =
            std::string_view(text_).substr(static_cast<std::size_t>(at), static_cast<std::size_t>(bytes));
        std::size_t bit = 0;
        const std::size_t n_bits = 8 * data.size();
        const auto next = [&] {
            const auto byte = static_cast<unsigned char>(data[bit / 8]);
            const unsigned value = byte >> (7 - bit % 8) & 1U;
            ++bit;
            return value;
        };
        const Huffman* table = &tables_.front();
        while (static_cast<std::int64_t>(out.size()) < n) {
            std::size_t node = 0;
            while (!table->nodes[node].is_leaf && bit < n_bits) {
                const int to = table->nodes[node].next[next()];
                if (to < 0) {
                    findings_->refuse(at + static_cast<std::int64_t>(bit / 8),
                                      "wanted a code of the Huffman table, got another");
                }
                node = static_cast<std::size_t>(to);
            }
            const Huffman::Node& leaf = table->nodes[node];
            if (!leaf.is_leaf || n_bits - bit < static_cast<std::size_t>(leaf.extra_bits)) {
                break;
            }
            if (leaf.is_switch) {
                if (leaf.base < 1 || static_cast<std::size_t>(leaf.base) > tables_.size()) {
                    findings_->refuse(at + static_cast<std::int64_t>(bit / 8),
                                      "wanted a Huffman table of the file, got number " + std::to_string(leaf.base));
                }
                table = &tables_[static_cast<std::size_t>(leaf.base - 1)];
                continue;
            }
            std::int64_t value = 0;
            for (int b = 0; b < leaf.extra_bits; ++b) {
                value = value << 1 | next();
            }
            if (leaf.extra_bits > 0 && (value >> (leaf.extra_bits - 1) & 1) != 0) {
                value -= std::int64_t{1} << leaf.extra_bits;
            }
            out.push_back(static_cast<std::int32_t>(static_cast<std::uint32_t>(value + leaf.base)));
        }
        return out;
    }

    /// Amplitudes of first or second differences, in 16 bits as their encoders have them.
    static void integrate(std::vector<std::int32_t>& x, unsigned difference) {
        const auto wrap = [](std::int64_t v) {
            return static_cast<std::int32_t>(static_cast<std::int16_t>(v & 0xffff));
        };
        for (std::size_t i = 0; i < x.size(); ++i) {
            std::int64_t value = x[i];
            if (difference == 1 && i >= 1) {
                value += x[i - 1];
            } else if (difference == 2 && i >= 2) {
                value += 2 * static_cast<std::int64_t>(x[i - 1]) - x[i - 2];
            }
            x[i] = difference == 0 ? x[i] : wrap(value);
        }
    }

    /// Samples at full rate: those of the protected zones as stored, each of the others for `factor` of them, on lines
    /// between the middles of what they stand for.
    [[nodiscard]] std::vector<std::int32_t> expand(const std::vector<std::int32_t>& x, const LeadPlace& lead,
                                                   std::int64_t factor) const {
        std::vector<std::int32_t> out;
        std::size_t taken = 0;
        std::int64_t t = lead.first;
        auto zone = protected_.begin();
        while (t <= lead.last && taken < x.size()) {
            while (zone != protected_.end() && zone->second < t) {
                ++zone;
            }
            if (zone != protected_.end() && t >= zone->first) {
                out.push_back(x[taken++]);
                ++t;
                continue;
            }
            // A run outside of the zones: blocks, and the middle of each.
            const std::int64_t end = std::min(lead.last + 1, zone == protected_.end() ? lead.last + 1 : zone->first);
            const std::int64_t start = t;
            std::vector<double> middles, values;
            for (; t < end && taken < x.size(); ++taken) {
                const std::int64_t width = std::min(factor, end - t);
                middles.push_back(static_cast<double>(t) + static_cast<double>(width - 1) / 2);
                values.push_back(x[taken]);
                t += width;
            }
            std::size_t k = 0;
            for (std::int64_t s = start; s < t; ++s) {
                const auto place = static_cast<double>(s);
                while (k + 2 < middles.size() && place > middles[k + 1]) {
                    ++k;
                }
                double value = values[k];
                if (middles.size() > 1) {
                    const double part = std::clamp((place - middles[k]) / (middles[k + 1] - middles[k]), 0.0, 1.0);
                    value += part * (values[k + 1] - values[k]);
                }
                out.push_back(static_cast<std::int32_t>(std::lround(value)));
            }
        }
        return out;
    }

    static std::string lead_name(unsigned code) {
        constexpr std::pair<unsigned, const char*> names[] = {
            {1, "I"},     {2, "II"},   {3, "V1"},   {4, "V2"},   {5, "V3"},   {6, "V4"},   {7, "V5"},   {8, "V6"},
            {9, "V7"},    {10, "V2R"}, {11, "V3R"}, {12, "V4R"}, {13, "V5R"}, {14, "V6R"}, {15, "V7R"}, {16, "X"},
            {17, "Y"},    {18, "Z"},   {19, "CC5"}, {20, "CM5"}, {61, "III"}, {62, "aVR"}, {63, "aVL"}, {64, "aVF"},
            {65, "-aVR"}, {66, "V8"},  {67, "V9"},  {68, "V8R"}, {69, "V9R"}, {70, "D"},   {71, "A"},   {72, "J"}};
        const auto* const name = std::ranges::find(names, code, &std::pair<unsigned, const char*>::first);
        return name == std::end(names) ? "lead " + std::to_string(code) : name->second;
    }

    void rhythm(Recording& recording) {
        const Section& section = require(6);
        const auto data = lead_data(section, 6);
        const std::int64_t step_nv = u16(section.at), interval_us = u16(section.at + 2);
        const unsigned difference = u8(section.at + 4);
        const bool subtracted = (flags_ & 1U) != 0;
        const Section* five = find(5);
        std::int64_t full_us = interval_us;
        if (five != nullptr && five->end - five->at >= 6 && u16(five->at + 2) > 0) {
            full_us = u16(five->at + 2);
        }
        // The flag is reserved from the standard's third version on.
        const bool bimodal = u8(section.at + 5) != 0 && section.protocol < 30 && full_us < interval_us;
        if (step_nv == 0 || interval_us == 0 || difference > 2) {
            findings_->refuse(section.at, "section 6: wanted nV > 0, us > 0 and differences of order 0 to 2, got " +
                                              std::to_string(step_nv) + ", " + std::to_string(interval_us) + " and " +
                                              std::to_string(difference));
        }
        const std::int64_t factor = bimodal ? interval_us / full_us : 1;
        if (bimodal) {
            if (interval_us % full_us != 0 || factor > 16) {
                findings_->refuse(section.at + 2,
                                  "bimodal compression: wanted whole multiples of section 5's interval, got " +
                                      std::to_string(interval_us) + " and " + std::to_string(full_us) + " us");
            }
            findings_->remark("bimodal compression: support is experimental, no other reader was compared with");
        }
        const double fs = 1e6 / static_cast<double>(bimodal ? full_us : interval_us);
        std::vector<std::vector<std::int32_t>> samples;
        for (std::size_t i = 0; i < leads_.size(); ++i) {
            std::vector<std::int32_t> x = decode(data[i].first, data[i].second, leads_[i].n());
            integrate(x, difference);
            if (bimodal) {
                x = expand(x, leads_[i], factor);
            }
            if (static_cast<std::int64_t>(x.size()) != leads_[i].n()) {
                findings_->note(data[i].first, "lead " + std::to_string(i + 1) + ": wanted " +
                                                   std::to_string(leads_[i].n()) + " samples, got " +
                                                   std::to_string(x.size()));
                leads_[i].last = leads_[i].first + static_cast<std::int64_t>(x.size()) - 1;
            }
            samples.push_back(std::move(x));
        }
        std::int64_t unit_nv = step_nv;
        if (subtracted) {
            unit_nv = add_reference(samples, step_nv, bimodal ? full_us : interval_us);
        }
        make_signals(recording, samples, fs, unit_nv);
        for (const Complex& complex : complexes_) {
            if (complex.fiducial < 1) {
                continue;
            }
            Event event;
            event.onset_ns = to_ns(complex.fiducial - 1, fs);
            event.label = "QRS";
            event.aux = "type " + std::to_string(complex.type);
            event.code = static_cast<int>(complex.type);
            event.source = "SCP-ECG";
            recording.events.push_back(std::move(event));
        }
        std::ranges::stable_sort(recording.events, {}, &Event::onset_ns);
    }

    /// What was subtracted around each complex of the first type; returns the nV of a step of the sum.
    std::int64_t add_reference(std::vector<std::vector<std::int32_t>>& samples, std::int64_t step_nv,
                               std::int64_t interval_us) {
        const Section& five = require(5);
        const auto data = lead_data(five, 5);
        const std::int64_t beat_nv = u16(five.at);
        if (beat_nv == 0 || u16(five.at + 2) != interval_us || u8(five.at + 4) > 2) {
            findings_->refuse(five.at, "section 5: wanted nV > 0, " + std::to_string(interval_us) +
                                           " us and differences of order 0 to 2, got others");
        }
        const Section& four = require(4);
        const std::int64_t n = u16(four.at) * std::int64_t{1000} / interval_us;
        const std::int64_t unit = std::gcd(step_nv, beat_nv);
        for (std::size_t i = 0; i < samples.size(); ++i) {
            std::vector<std::int32_t> beat = decode(data[i].first, data[i].second, n);
            integrate(beat, u8(five.at + 4));
            std::vector<std::int64_t> sum(samples[i].begin(), samples[i].end());
            for (std::int64_t& v : sum) {
                v *= step_nv / unit;
            }
            for (const Complex& complex : complexes_) {
                if (complex.type != 0) {
                    continue;
                }
                const std::int64_t shift = complex.fiducial - reference_fiducial_;
                const std::int64_t first = std::max({complex.first, leads_[i].first, shift + 1});
                const std::int64_t last =
                    std::min({complex.last, leads_[i].last, shift + static_cast<std::int64_t>(beat.size())});
                for (std::int64_t t = first; t <= last; ++t) {
                    sum[static_cast<std::size_t>(t - leads_[i].first)] +=
                        beat[static_cast<std::size_t>(t - shift - 1)] * (beat_nv / unit);
                }
            }
            for (std::size_t k = 0; k < sum.size(); ++k) {
                samples[i][k] = static_cast<std::int32_t>(std::clamp<std::int64_t>(sum[k], INT32_MIN, INT32_MAX));
            }
        }
        return unit;
    }

    /// Leads that stand for the same time are a signal.
    void make_signals(Recording& recording, const std::vector<std::vector<std::int32_t>>& samples, double fs,
                      std::int64_t unit_nv) {
        std::vector<bool> placed(leads_.size(), false);
        for (std::size_t i = 0; i < leads_.size(); ++i) {
            if (placed[i]) {
                continue;
            }
            std::vector<std::size_t> which;
            for (std::size_t k = i; k < leads_.size(); ++k) {
                if (leads_[k].first == leads_[i].first && leads_[k].last == leads_[i].last) {
                    which.push_back(k);
                    placed[k] = true;
                }
            }
            Array<std::int32_t> digital{static_cast<Index>(which.size()), static_cast<Index>(samples[i].size())};
            std::vector<Channel> channels;
            for (const std::size_t k : which) {
                std::ranges::copy(samples[k], digital.row(static_cast<Index>(channels.size())).begin());
                Channel channel;
                channel.name = lead_name(leads_[k].code);
                channel.unit = "uV";
                channel.scaling.numerator = static_cast<double>(unit_nv);
                channel.scaling.denominator = 1000;
                channel.digital_min = -32768;
                channel.digital_max = 32767;
                for (const std::int32_t v : samples[k]) {
                    channel.digital_min = std::min(channel.digital_min, v);
                    channel.digital_max = std::max(channel.digital_max, v);
                }
                channel.physical_min = channel.scaling(channel.digital_min);
                channel.physical_max = channel.scaling(channel.digital_max);
                channels.push_back(std::move(channel));
            }
            Signal signal = make_signal(std::move(digital), fs, std::move(channels));
            signal.segments.front().t0_ns = to_ns(leads_[i].first - 1, fs);
            recording.signals.push_back(std::move(signal));
        }
    }

    HeaderBytes bytes_;
    std::string text_;
    Findings* findings_;
    std::map<unsigned, Section> sections_;
    std::vector<LeadPlace> leads_;
    unsigned flags_ = 0;
    std::int64_t reference_fiducial_ = 0;
    std::vector<Huffman> tables_;
    std::vector<Complex> complexes_;
    std::vector<std::pair<std::int64_t, std::int64_t>> protected_;
};

}  // namespace

bool looks_like_scp(std::string_view start) {
    return start.size() >= 22 && start.substr(16, 6) == "SCPECG";
}

Recording read_scp(const std::shared_ptr<const ByteSource>& source, const ReadOptions& options) {
    Findings findings(source->name(), options.strict);
    Recording recording = Parser(*source, findings).file();
    recording.warnings = findings.take();
    return recording;
}

}  // namespace biopotential::inline v0::io
