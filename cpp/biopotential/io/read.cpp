#include "biopotential/io/read.hpp"

#include <array>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/io/edf.hpp"
#include "biopotential/io/hdf5.hpp"
#include "biopotential/io/text_internal.hpp"
#include "biopotential/io/wfdb.hpp"

namespace biopotential::inline v0::io {

namespace {

Recording read_by_content(const std::filesystem::path& path, const ReadOptions& options) {
    std::error_code ignored;
    const auto with_header = [](std::filesystem::path p) { return p += ".hea"; };
    if (path.extension() == ".hea") {
        return read_wfdb(path, options);
    }
    // A WFDB record name, which may itself hold a dot.
    if (!std::filesystem::is_regular_file(path, ignored) &&
        std::filesystem::is_regular_file(with_header(path), ignored)) {
        return read_wfdb(with_header(path), options);
    }
    const auto source = open_file(path);
    std::array<std::byte, 256> start{};
    const std::size_t n = source->read(0, start);
    const std::string_view magic(reinterpret_cast<const char*>(start.data()), n);
    if (magic.starts_with("0       ") || magic.starts_with("\xff"
                                                           "BIOSEMI")) {
        return read_edf(source, options);
    }
    if (magic.starts_with("\x89HDF\r\n\x1a\n")) {
        return read_hdf5(path, options);
    }
    std::filesystem::path header = path;
    header.replace_extension(".hea");
    if (std::filesystem::is_regular_file(header, ignored)) {
        return read_wfdb(header, options);
    }
    throw ParseError(path.string(), 0,
                     "wanted WFDB, EDF, EDF+, BDF or the project's HDF5, got " + quote_text(magic.substr(0, 16)));
}

}  // namespace

Recording read(const std::filesystem::path& path, const ReadOptions& options) {
    const OpenedFiles opened;
    Recording recording = read_by_content(path, options);
    recording.files = opened.paths();
    return recording;
}

}  // namespace biopotential::inline v0::io
