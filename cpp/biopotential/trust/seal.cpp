#include "biopotential/trust/seal.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>
#include <ranges>
#include <set>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/files.hpp"
#include "biopotential/core/recording.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/core/version.hpp"
#include "biopotential/io/read.hpp"
#include "biopotential/trust/crypto.hpp"
#include "biopotential/trust/merkle.hpp"
#include "biopotential/trust/text_internal.hpp"

namespace biopotential::inline v0::trust {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* seal_name = "biopotential-seal.json";
constexpr const char* crate_name = "ro-crate-metadata.json";
constexpr const char* bag_declaration = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
constexpr std::size_t most_files = 1'000'000;

/// Why a path within a folder must not be in a seal; empty where it may.
std::string refused_name(const std::string& path) {
    if (path.empty() || path.front() == '/' || path.find('\\') != std::string::npos) {
        return "an absolute path or a backslash";
    }
    for (std::size_t at = 0; at <= path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        const std::string part = path.substr(at, end - at);
        if (part.empty() || part == "." || part == "..") {
            return "a path that leads elsewhere";
        }
        if (part.size() > 255 || part.back() == ' ' || part.back() == '.') {
            return "a name that other systems do not take";
        }
        std::string stem = part.substr(0, part.find('.'));
        std::ranges::transform(stem, stem.begin(),
                               [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
        constexpr std::array<std::string_view, 4> devices = {"CON", "PRN", "AUX", "NUL"};
        const bool port = stem.size() == 4 && (stem.starts_with("COM") || stem.starts_with("LPT")) && stem[3] >= '1' &&
                          stem[3] <= '9';
        if (port || std::ranges::find(devices, stem) != devices.end() ||
            part.find_first_of(":*?\"<>|") != std::string::npos) {
            return "a name that other systems do not take";
        }
        at = end + 1;
    }
    const bool control =
        std::ranges::any_of(path, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
    if (control || encode_utf8(decode_text(path)) != path) {
        return "control characters or text that is no UTF-8";
    }
    return {};
}

/// What two names share that a file system without case or with another normal form takes for one.
std::string twin_key(const std::string& path) {
    std::u32string out;
    for (const char32_t c : compose(decode_text(path))) {
        out += lower(c);
    }
    return encode_utf8(out);
}

struct Listing {
    std::vector<std::string> files;  ///< relative, sorted by bytes
    std::vector<Finding> findings;
};

/// All regular files below a folder; what else is there, and names that must not be, as findings.
Listing list_files(const fs::path& folder) {
    Listing out;
    std::map<std::string, std::string> twins;
    for (fs::recursive_directory_iterator at(folder, fs::directory_options::none), end; at != end; ++at) {
        const std::string path = at->path().lexically_relative(folder).generic_string();
        const fs::file_status status = at->symlink_status();
        const auto hostile = [&](const std::string& what) { out.findings.push_back({"structure", path, what, true}); };
        if (fs::is_directory(status)) {
            if (at.depth() > 64) {
                hostile("more than 64 folders deep");
                at.disable_recursion_pending();
            }
            continue;
        }
        if (!fs::is_regular_file(status)) {
            hostile(fs::is_symlink(status) ? "a link" : "neither a file nor a folder");
            continue;
        }
        if (const std::string why = refused_name(path); !why.empty()) {
            hostile(why);
        }
        if (const auto [twin, fresh] = twins.emplace(twin_key(path), path); !fresh) {
            hostile("differs from " + twin->second + " only in case or normal form");
        }
        out.files.push_back(path);
        if (out.files.size() > most_files) {
            throw PolicyError("[seal] wanted at most 1000000 files, got more");
        }
    }
    std::ranges::sort(out.files);
    return out;
}

/// RFC 8493, 2.1.3: CR, LF and % are percent-encoded.
std::string encoded_path(const std::string& path) {
    std::string out;
    for (const char c : path) {
        if (c == '%') {
            out += "%25";
        } else if (c == '\n') {
            out += "%0A";
        } else if (c == '\r') {
            out += "%0D";
        } else {
            out += c;
        }
    }
    return out;
}

std::string decoded_path(const std::string& path) {
    std::string out;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const std::string code = path.substr(i, 3);
        const char c = code == "%25"                    ? '%'
                       : code == "%0A" || code == "%0a" ? '\n'
                       : code == "%0D" || code == "%0d" ? '\r'
                                                        : '\0';
        out += c == '\0' ? path[i] : c;
        i += c == '\0' ? 0 : 2;
    }
    return out;
}

using Hashes = std::map<std::string, FileHashes>;

/// Both hashes of files below a folder, several files at a time.
Hashes hash_files(const fs::path& folder, const std::vector<std::string>& files) {
    std::vector<FileHashes> all(files.size());
    parallel_for(static_cast<Index>(files.size()), [&](Index i) {
        const auto at = static_cast<std::size_t>(i);
        all[at] = hash_file(folder / files[at]);
    });
    Hashes out;
    for (std::size_t i = 0; i < files.size(); ++i) {
        out.emplace(files[i], std::move(all[i]));
    }
    return out;
}

std::string manifest_text(const Hashes& hashes, std::string FileHashes::* which, const std::string& prefix) {
    std::string out;
    for (const auto& [path, hash] : hashes) {
        out += hash.*which + "  " + prefix + encoded_path(path) + "\n";
    }
    return out;
}

bool is_recording(const std::string& path) {
    constexpr std::array<std::string_view, 6> suffixes = {".edf", ".bdf", ".hea", ".h5", ".hdf5", ".vhdr"};
    const std::string suffix = fs::path(path).extension().string();
    return std::ranges::find(suffixes, suffix) != suffixes.end();
}

/// Signal hash of a recording; empty where the file is none that can be read.
std::string signal_of(const fs::path& path) {
    try {
        return signal_sha256(io::read(path));
    } catch (const ParseError&) {
        return {};
    } catch (const IoError&) {
        return {};  // a file that the header names is missing
    }
}

std::map<std::string, std::string> signals_of(const fs::path& folder, const std::vector<std::string>& files) {
    std::map<std::string, std::string> out;
    for (const std::string& file : files) {
        if (is_recording(file)) {
            if (std::string hash = signal_of(folder / file); !hash.empty()) {
                out.emplace(file, std::move(hash));
            }
        }
    }
    return out;
}

/// Root over "file PATH NUL SHA-512" and "signal PATH NUL hash", each sorted by path.
std::string root_of(const Hashes& hashes, const std::map<std::string, std::string>& signals) {
    std::vector<std::string> leaves;
    const auto add = [&](std::string_view kind, const std::string& path, const std::string& hash) {
        leaves.push_back(std::string(kind).append(1, ' ').append(path).append(1, '\0').append(hash));
    };
    for (const auto& [path, hash] : hashes) {
        add("file", path, hash.sha512);
    }
    for (const auto& [path, hash] : signals) {
        add("signal", path, hash);
    }
    return merkle_root(leaves);
}

std::string today() {
    const char* const epoch = std::getenv("SOURCE_DATE_EPOCH");
    const std::time_t now =
        epoch != nullptr ? static_cast<std::time_t>(std::strtoll(epoch, nullptr, 10)) : std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    char buffer[16];
    return {buffer, std::strftime(buffer, sizeof buffer, "%Y-%m-%d", &parts)};
}

std::string one_line(std::string text) {
    std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
    return text;
}

std::string media_type(const std::string& path) {
    static const std::map<std::string, std::string> types = {
        {".json", "application/json"},   {".csv", "text/csv"},     {".html", "text/html"},
        {".txt", "text/plain"},          {".hea", "text/plain"},   {".h5", "application/x-hdf5"},
        {".hdf5", "application/x-hdf5"}, {".md", "text/markdown"}, {".png", "image/png"},
        {".yaml", "application/yaml"}};
    const auto found = types.find(fs::path(path).extension().string());
    return found == types.end() ? "application/octet-stream" : found->second;
}

std::string url_path(const std::string& path) {
    std::string out;
    for (const char c : path) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                           c == '.' || c == '_' || c == '~' || c == '/';
        if (plain) {
            out += c;
        } else {
            char buffer[8];
            out.append(buffer, static_cast<std::size_t>(
                                   std::snprintf(buffer, sizeof buffer, "%%%02X", static_cast<unsigned char>(c))));
        }
    }
    return out;
}

/// RO-Crate 1.2 with the fields that the Five Safes profile adds to the root: who runs the project.
std::string crate_text(const Hashes& hashes, const std::map<std::string, std::string>& signals,
                       const SealOptions& options, const std::string& date) {
    json parts = json::array(), graph = json::array();
    for (const auto& [path, hash] : hashes) {
        parts.push_back({{"@id", url_path(path)}});
    }
    const std::string name = options.name.empty() ? "Sealed recordings" : options.name;
    json root = {{"@id", "./"},
                 {"@type", "Dataset"},
                 {"name", name},
                 {"description", options.description.empty()
                                     ? "Recordings with SHA-256 of every file and the signal hash of every recording."
                                     : options.description},
                 {"datePublished", date},
                 {"license", options.licence.empty() ? "not stated" : options.licence},
                 {"hasPart", std::move(parts)}};
    if (!options.project.empty()) {
        root["sourceOrganization"] = {{"@id", "#project"}};
        graph.push_back({{"@id", "#project"}, {"@type", "Project"}, {"name", options.project}});
    }
    root["mentions"] = {{"@id", "#seal"}};
    graph.push_back({{"@id", crate_name},
                     {"@type", "CreativeWork"},
                     {"conformsTo", {{"@id", "https://w3id.org/ro/crate/1.2"}}},
                     {"about", {{"@id", "./"}}}});
    graph.push_back(std::move(root));
    graph.push_back({{"@id", "#seal"},
                     {"@type", "CreateAction"},
                     {"name", "seal"},
                     {"endTime", date},
                     {"instrument", {{"@id", "#biopotential"}}},
                     {"result", {{"@id", "./"}}}});
    graph.push_back(
        {{"@id", "#biopotential"}, {"@type", "SoftwareApplication"}, {"name", "biopotential"}, {"version", version()}});
    for (const auto& [path, hash] : hashes) {
        json file = {{"@id", url_path(path)},
                     {"@type", "File"},
                     {"name", fs::path(path).filename().string()},
                     {"contentSize", std::to_string(hash.size)},
                     {"encodingFormat", media_type(path)},
                     {"sha256", hash.sha256}};
        if (const auto signal = signals.find(path); signal != signals.end()) {
            file["identifier"] = "signal-sha256:" + signal->second;
        }
        graph.push_back(std::move(file));
    }
    return json{{"@context", "https://w3id.org/ro/crate/1.2/context"}, {"@graph", std::move(graph)}}.dump(1) + "\n";
}

/// A name-based UUID (RFC 9562, version 8) from the root hash: the same content has the same.
std::string uuid_of(const std::string& root) {
    std::string digits = root.substr(0, 32);
    digits[12] = '8';
    digits[16] = "89ab"[static_cast<std::size_t>(std::stoi(digits.substr(16, 1), nullptr, 16)) % 4];
    return digits.substr(0, 8) + "-" + digits.substr(8, 4) + "-" + digits.substr(12, 4) + "-" + digits.substr(16, 4) +
           "-" + digits.substr(20, 12);
}

void rename_or_throw(const fs::path& from, const fs::path& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) {
        throw IoError(errno, to.string(), "wanted to move a file");
    }
}

struct Line {
    std::string hash, path;
};

/// Lines of a manifest; empty where one is none.
std::optional<std::vector<Line>> parse_manifest(const std::string& text, std::size_t digits) {
    std::vector<Line> out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        if (end == std::string::npos) {
            return std::nullopt;
        }
        const std::string line = text.substr(at, end - at);
        at = end + 1;
        // Tools put one or two blanks between hash and path, and an asterisk before the path of a binary file.
        const std::size_t start = line.find_first_not_of(" \t", digits);
        if (line.size() < digits + 2 || line.find_first_not_of("0123456789abcdef") != digits ||
            start == std::string::npos || start == digits) {
            return std::nullopt;
        }
        const std::size_t path_at = line[start] == '*' ? start + 1 : start;
        out.push_back({line.substr(0, digits), decoded_path(line.substr(path_at))});
    }
    return out;
}

class Verifier {
  public:
    explicit Verifier(const fs::path& folder) : folder_(folder) {}

    Verification run(const std::string& expected_root) {
        require_bag();
        Listing listing = list_files(folder_);
        result_.findings = std::move(listing.findings);
        const std::set<std::string> present(listing.files.begin(), listing.files.end());
        hashes_ = hash_files(folder_, listing.files);
        check_manifests("tagmanifest", present, false);
        check_manifests("manifest", present, true);
        Hashes payload;
        for (const auto& [path, hash] : hashes_) {
            if (path.starts_with("data/")) {
                payload.emplace(path.substr(5), hash);
                ++result_.files;
                result_.bytes += hash.size;
            }
        }
        if (present.contains(seal_name)) {
            check_seal(payload);
        } else {
            std::vector<std::string> files;
            for (const auto& [path, hash] : payload) {
                files.push_back(path);
            }
            result_.root_sha256 = root_of(payload, signals_of(folder_ / "data", files));
        }
        if (!expected_root.empty() && expected_root != result_.root_sha256) {
            find("root", seal_name, "the content has another root hash than the one given");
        }
        return std::move(result_);
    }

  private:
    void find(const std::string& check, const std::string& path, const std::string& what, bool hostile = false) {
        result_.findings.push_back({check, path, what, hostile});
    }

    void require_bag() {
        const fs::path declaration = folder_ / "bagit.txt";
        if (!fs::is_directory(folder_)) {
            throw IoError(fs::exists(folder_) ? ENOTDIR : ENOENT, folder_.string(), "wanted a sealed folder");
        }
        if (!fs::is_directory(fs::symlink_status(folder_ / "data"))) {
            throw ParseError(folder_.string(), std::nullopt,
                             "wanted a sealed folder with bagit.txt and data, got none");
        }
        if (!fs::is_regular_file(fs::symlink_status(declaration)) ||
            !open_file(declaration)->read_text(1 << 16).starts_with("BagIt-Version: ")) {
            find("structure", "bagit.txt", "missing or changed");
        }
    }

    void check_manifests(const std::string& kind, const std::set<std::string>& present, bool payload) {
        int n = 0;
        struct Algorithm {
            const char* name;
            std::size_t digits;
            std::string FileHashes::* hash;
        };
        for (const Algorithm& algorithm :
             {Algorithm{"sha256", 64, &FileHashes::sha256}, Algorithm{"sha512", 128, &FileHashes::sha512}}) {
            const std::string name = kind + "-" + algorithm.name + ".txt";
            if (!present.contains(name)) {
                continue;
            }
            ++n;
            const auto lines = parse_manifest(open_file(folder_ / name)->read_text(1 << 30), algorithm.digits);
            if (!lines) {
                find("manifest", name, "wanted lines of a hash, two blanks and a path, got others");
                continue;
            }
            std::set<std::string> listed;
            for (const Line& line : *lines) {
                if (!refused_name(line.path).empty()) {
                    find("manifest", name, "names a path that leads elsewhere", true);
                    continue;
                }
                if (!listed.insert(line.path).second) {
                    find("manifest", name, "names a file twice: " + line.path);
                }
                if (payload != line.path.starts_with("data/")) {
                    find("manifest", name, "names a file that belongs to another manifest: " + line.path);
                    continue;
                }
                const auto found = hashes_.find(line.path);
                if (found == hashes_.end()) {
                    find("file", line.path, "missing");
                } else if (found->second.*algorithm.hash != line.hash) {
                    find("file", line.path, std::string("changed (") + algorithm.name + ")");
                }
            }
            for (const std::string& path : present) {
                const bool concerned = payload ? path.starts_with("data/")
                                               : !path.starts_with("data/") && !path.starts_with("tagmanifest-");
                if (concerned && !listed.contains(path)) {
                    find("file", path, "not in " + name);
                }
            }
        }
        if (n == 0 && (payload || present.contains(seal_name))) {
            find("structure", kind + "-sha512.txt", "missing");
        }
        // Our own seal has both of each: one that is gone was removed.
        if (n == 1 && present.contains(seal_name)) {
            find("structure", kind + "-sha256.txt and " + kind + "-sha512.txt", "one is missing");
        }
        // What no manifest of ours covers: other tag manifests.
        for (const std::string& path : present) {
            if (kind == "tagmanifest" && path.starts_with("tagmanifest-") && path != "tagmanifest-sha256.txt" &&
                path != "tagmanifest-sha512.txt" && present.contains(seal_name)) {
                find("file", path, "not part of the seal");
            }
        }
    }

    void check_seal(const Hashes& payload) {
        std::map<std::string, std::string> sealed;
        std::string root;
        try {
            const json all = json::parse(open_file(folder_ / seal_name)->read_text(1 << 28));
            if (all.at("schema") != "biopotential-seal/1") {
                throw std::domain_error("schema");
            }
            root = all.at("root_sha256").get<std::string>();
            sealed = all.at("signals").get<std::map<std::string, std::string>>();
        } catch (const std::exception&) {
            find("structure", seal_name, "wanted a seal of schema 1, got another content");
            return;
        }
        std::map<std::string, std::string> signals;
        for (const auto& [path, hash] : sealed) {
            if (!refused_name(path).empty() || !payload.contains(path)) {
                find("signal", path, "a recording that is missing");
                continue;
            }
            std::string now;
            try {
                now = signal_of(folder_ / "data" / path);
            } catch (const std::exception&) {
                now.clear();
            }
            if (now != hash) {
                find("signal", "data/" + path, now.empty() ? "can't be read" : "other samples, rate or channels");
            }
            signals.emplace(path, now);
        }
        result_.root_sha256 = root_of(payload, signals);
        if (result_.root_sha256 != root) {
            find("root", seal_name, "the content has another root hash");
        }
    }

    fs::path folder_;
    Hashes hashes_;
    Verification result_;
};

}  // namespace

SealResult seal(const fs::path& folder, const SealOptions& options) {
    if (!fs::is_directory(folder)) {
        throw IoError(fs::exists(folder) ? ENOTDIR : ENOENT, folder.string(), "wanted a folder to seal");
    }
    if (!options.date.empty() && (options.date.size() != 10 || options.date[4] != '-' || options.date[7] != '-')) {
        throw_invalid("seal", "a date as YYYY-MM-DD", options.date);
    }
    for (const char* const name : {"bagit.txt", seal_name, crate_name}) {
        if (fs::exists(fs::symlink_status(folder / name))) {
            throw PolicyError(std::string("[seal] wanted a folder that is not sealed yet, got one with ") + name);
        }
    }
    const Listing listing = list_files(folder);
    if (!listing.findings.empty()) {
        const Finding& first = listing.findings.front();
        throw PolicyError("[seal] wanted files whose names every system takes, got " + first.what + ": " + first.path);
    }
    for (const std::string& path : listing.files) {
        if (path.find('%') != std::string::npos) {
            throw PolicyError("[seal] wanted file names without %, which tools write to a manifest in two ways, got " +
                              path);
        }
    }
    if (listing.files.empty()) {
        throw_invalid("seal", "a folder with files", "an empty one");
    }
    SealResult result;
    Hashes hashes = hash_files(folder, listing.files);
    result.signals = signals_of(folder, listing.files);
    const std::string date = options.date.empty() ? today() : options.date;

    std::string staging_name = (folder / ".seal-XXXXXX").string();
    if (::mkdtemp(staging_name.data()) == nullptr) {
        throw IoError(errno, folder.string(), "wanted a folder to write into");
    }
    const fs::path staging = staging_name;
    std::vector<std::pair<fs::path, fs::path>> moved;
    const auto move = [&](const fs::path& from, const fs::path& to) {
        rename_or_throw(from, to);
        moved.emplace_back(from, to);
    };
    try {
        write_new_file("seal", staging / crate_name, crate_text(hashes, result.signals, options, date));
        hashes.emplace(crate_name, hash_file(staging / crate_name));
        for (const auto& [path, hash] : hashes) {
            ++result.files;
            result.bytes += hash.size;
        }
        result.root_sha256 = root_of(hashes, result.signals);
        const std::string name = options.name.empty() ? "Sealed recordings" : one_line(options.name);
        std::map<std::string, std::string> tags;
        tags["bagit.txt"] = bag_declaration;
        tags["bag-info.txt"] =
            "Bag-Software-Agent: biopotential " + std::string(version()) + "\nBagging-Date: " + date +
            "\nExternal-Description: " + name + "\nExternal-Identifier: urn:uuid:" + uuid_of(result.root_sha256) +
            "\nPayload-Oxum: " + std::to_string(result.bytes) + "." + std::to_string(result.files) + "\n";
        tags["manifest-sha256.txt"] = manifest_text(hashes, &FileHashes::sha256, "data/");
        tags["manifest-sha512.txt"] = manifest_text(hashes, &FileHashes::sha512, "data/");
        tags[seal_name] =
            json{{"schema", "biopotential-seal/1"}, {"root_sha256", result.root_sha256}, {"signals", result.signals}}
                .dump(1) +
            "\n";
        Hashes tag_hashes;
        for (const auto& [tag, text] : tags) {
            write_new_file("seal", staging / tag, text);
            tag_hashes.emplace(tag, hash_file(staging / tag));
        }
        for (const auto& [tag, which] : {std::pair{"tagmanifest-sha256.txt", &FileHashes::sha256},
                                         std::pair{"tagmanifest-sha512.txt", &FileHashes::sha512}}) {
            tags[tag] = manifest_text(tag_hashes, which, "");
            write_new_file("seal", staging / tag, tags[tag]);
        }
        // All is computed and on disk: what follows only gives names.
        const fs::path payload = staging / "data";
        fs::create_directory(payload);
        std::vector<fs::path> entries;
        for (const auto& entry : fs::directory_iterator(folder)) {
            if (entry.path() != staging) {
                entries.push_back(entry.path());
            }
        }
        for (const fs::path& entry : entries) {
            move(entry, payload / entry.filename());
        }
        move(staging / crate_name, payload / crate_name);
        move(payload, folder / "data");
        for (const auto& [tag, text] : tags) {
            move(staging / tag, folder / tag);
        }
        fs::remove(staging);
    } catch (...) {
        std::error_code ignored;
        for (const auto& [from, to] : std::views::reverse(moved)) {
            fs::rename(to, from, ignored);
        }
        // What is left there is ours: the content is back in its place.
        for (const auto& entry : fs::directory_iterator(staging, ignored)) {
            if (entry.is_regular_file() || entry.path().filename() == "data") {
                fs::remove(entry.path(), ignored);
            }
        }
        fs::remove(staging, ignored);
        throw;
    }
    return result;
}

Verification verify_seal(const fs::path& folder, const std::string& root_sha256) {
    return Verifier(folder).run(root_sha256);
}

}  // namespace biopotential::inline v0::trust
