#include "biopotential/eeg/channels.hpp"

#include <Eigen/Geometry>
#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <map>
#include <numbers>
#include <vector>

namespace biopotential::inline v0::eeg {

namespace {

using Vector = Eigen::Vector3d;

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

std::string trimmed(std::string_view text) {
    const auto keep = [](unsigned char c) { return std::isspace(c) == 0 && c != '.'; };
    const auto first = std::find_if(text.begin(), text.end(), keep);
    const auto last = std::find_if(text.rbegin(), text.rend(), keep).base();
    return first < last ? std::string(first, last) : std::string();
}

/// `polar` degrees from the vertex, `azimuth` degrees from the nose towards the right ear.
Vector on_sphere(double polar, double azimuth) {
    const double p = polar * std::numbers::pi / 180;
    const double a = azimuth * std::numbers::pi / 180;
    return {std::sin(p) * std::sin(a), std::sin(p) * std::cos(a), std::cos(p)};
}

/// The point at `share` of the way on the great circle from a to b.
Vector between(const Vector& a, const Vector& b, double share) {
    const double angle = std::acos(std::clamp(a.dot(b), -1.0, 1.0));
    return (std::sin((1 - share) * angle) * a + std::sin(share * angle) * b) / std::sin(angle);
}

struct Site {
    std::string name;
    Vector at;
};

/// The 10-10 system: a tenth of the way between the ears, or from nasion to inion, is 18 degrees.
std::map<std::string, Site> make_sites() {
    std::map<std::string, Site> sites;
    const auto add = [&](const std::string& name, const Vector& at) { sites[lower(name)] = {name, at}; };
    const std::array<const char*, 11> midline{"Nz", "Fpz", "AFz", "Fz", "FCz", "Cz", "CPz", "Pz", "POz", "Oz", "Iz"};
    for (std::size_t i = 0; i < midline.size(); ++i) {
        const double polar = 90 - 18 * static_cast<double>(i);
        add(midline[i], on_sphere(std::abs(polar), polar >= 0 ? 0 : 180));
    }
    // The ring of 10 % above the line through nasion and ears, from the front to the back.
    struct Ring {
        const char* name;
        int number;
        double azimuth;
    };
    for (const Ring& r : {Ring{"Fp", 1, 18}, Ring{"AF", 7, 36}, Ring{"F", 7, 54}, Ring{"FT", 7, 72}, Ring{"T", 7, 90},
                          Ring{"TP", 7, 108}, Ring{"P", 7, 126}, Ring{"PO", 7, 144}, Ring{"O", 1, 162}}) {
        add(r.name + std::to_string(r.number), on_sphere(72, -r.azimuth));
        add(r.name + std::to_string(r.number + 1), on_sphere(72, r.azimuth));
    }
    for (const Ring& r : {Ring{"AF", 9, 36}, Ring{"F", 9, 54}, Ring{"FT", 9, 72}, Ring{"T", 9, 90}, Ring{"TP", 9, 108},
                          Ring{"P", 9, 126}, Ring{"PO", 9, 144}, Ring{"I", 1, 162}}) {
        add(r.name + std::to_string(r.number), on_sphere(90, -r.azimuth));
        add(r.name + std::to_string(r.number + 1), on_sphere(90, r.azimuth));
    }
    // Between the ring and the midline, in quarters.
    struct Row {
        const char* name;
        const char* ring;
    };
    for (const Row& row : {Row{"AF", "AF"}, Row{"F", "F"}, Row{"FC", "FT"}, Row{"C", "T"}, Row{"CP", "TP"},
                           Row{"P", "P"}, Row{"PO", "PO"}}) {
        const Vector middle = sites.at(lower(row.name) + "z").at;
        for (int side = 0; side < 2; ++side) {
            const Vector outer = sites.at(lower(row.ring) + std::to_string(7 + side)).at;
            for (int i = 1; i <= 3; ++i) {
                add(row.name + std::to_string(2 * i - 1 + side), between(middle, outer, 0.25 * i));
            }
        }
    }
    add("A1", on_sphere(100, -90));
    add("A2", on_sphere(100, 90));
    add("M1", on_sphere(100, -110));
    add("M2", on_sphere(100, 110));
    return sites;
}

const std::map<std::string, Site>& sites() {
    static const std::map<std::string, Site> table = make_sites();
    return table;
}

/// The electrode of that name, older names included; nullptr where there is none.
const Site* site_of(std::string_view name) {
    static const std::map<std::string, std::string> older{{"t3", "t7"}, {"t4", "t8"}, {"t5", "p7"}, {"t6", "p8"}};
    std::string key = lower(trimmed(name));
    if (const auto renamed = older.find(key); renamed != older.end()) {
        key = renamed->second;
    }
    const auto found = sites().find(key);
    return found == sites().end() ? nullptr : &found->second;
}

bool is_reference_word(std::string_view text) {
    const std::string word = lower(text);
    return word == "ref" || word == "le" || word == "re" || word == "avg" || word == "ar" || word == "car";
}

std::string without_prefix(std::string_view name) {
    std::string text = trimmed(name);
    const std::string small = lower(text);
    if (small.starts_with("eeg") && small.size() > 4 && (small[3] == ' ' || small[3] == '_' || small[3] == ':')) {
        text = trimmed(std::string_view(text).substr(4));
    }
    return text;
}

/// The electrodes of a name: one, or two of a derivation; empty where a part is none.
std::vector<const Site*> electrodes(std::string_view name) {
    const std::string text = without_prefix(name);
    const std::size_t dash = text.find('-');
    const Site* first = site_of(std::string_view(text).substr(0, dash));
    if (first == nullptr) {
        return {};
    }
    if (dash == std::string::npos || is_reference_word(trimmed(std::string_view(text).substr(dash + 1)))) {
        return {first};
    }
    const Site* second = site_of(std::string_view(text).substr(dash + 1));
    return second == nullptr ? std::vector<const Site*>{} : std::vector{first, second};
}

}  // namespace

std::string clean_channel_name(std::string_view name) {
    const std::vector<const Site*> found = electrodes(name);
    if (found.empty()) {
        return trimmed(name);
    }
    return found.size() == 1 ? found[0]->name : found[0]->name + "-" + found[1]->name;
}

ChannelKind channel_kind(std::string_view name) {
    const std::string small = lower(trimmed(name));
    const auto has = [&](const char* word) { return small.find(word) != std::string::npos; };
    if (has("eog") || small == "loc" || small == "roc" || small.starts_with("e1-") || small.starts_with("e2-")) {
        return ChannelKind::eog;
    }
    if (has("ecg") || has("ekg")) {
        return ChannelKind::ecg;
    }
    if (has("emg") || has("chin") || has("submental")) {
        return ChannelKind::emg;
    }
    return !electrodes(name).empty() || small.starts_with("eeg") ? ChannelKind::eeg : ChannelKind::other;
}

std::optional<ElectrodePosition> electrode_position(std::string_view name) {
    const std::vector<const Site*> found = electrodes(name);
    if (found.size() != 1) {
        return std::nullopt;
    }
    const Vector& at = found[0]->at;
    const double polar = std::acos(std::clamp(at.z(), -1.0, 1.0));
    const double radius = std::hypot(at.x(), at.y());
    const double scale = radius > 0 ? polar / (std::numbers::pi / 2) / radius : 0;
    return ElectrodePosition{at.x(), at.y(), at.z(), at.x() * scale, at.y() * scale};
}

}  // namespace biopotential::inline v0::eeg
