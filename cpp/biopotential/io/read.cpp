#include "biopotential/io/read.hpp"

#include <array>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/io/biosig_internal.hpp"
#include "biopotential/io/brainvision.hpp"
#include "biopotential/io/dicom.hpp"
#include "biopotential/io/edf.hpp"
#include "biopotential/io/gdf.hpp"
#include "biopotential/io/hdf5.hpp"
#include "biopotential/io/ishne.hpp"
#include "biopotential/io/mfer.hpp"
#include "biopotential/io/scp.hpp"
#include "biopotential/io/text_internal.hpp"
#include "biopotential/io/wfdb.hpp"
#include "biopotential/io/xdf.hpp"
#include "biopotential/io/xml_ecg.hpp"

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
    if (magic.starts_with("Brain") && magic.substr(0, 80).find("Vision") != std::string_view::npos &&
        path.extension() != ".vmrk") {
        return read_brainvision(path, options);
    }
    if (magic.starts_with("GDF ")) {
        return read_gdf(source, options);
    }
    if (magic.starts_with("ISHNE1.0") || magic.starts_with("ANN  1.0")) {
        return read_ishne(path, options);
    }
    if (looks_like_scp(magic)) {
        return read_scp(source, options);
    }
    if (looks_like_mfer(magic)) {
        return read_mfer(source, options);
    }
    if (magic.starts_with("XDF:")) {
        return read_xdf(source, options);
    }
    if (magic.substr(std::min<std::size_t>(magic.size(), 128)).starts_with("DICM")) {
        return read_dicom(source, options);
    }
    if (looks_like_xml(magic)) {
        return read_xml_ecg(source, options);
    }
    // Data that say nothing of themselves stand beside their header.
    const std::filesystem::path suffix = path.extension();
    for (const char* other : {".hea", ".vhdr"}) {
        std::filesystem::path header = path;
        header.replace_extension(other);
        const bool is_brainvision = header.extension() == ".vhdr";
        const bool may_belong = !is_brainvision || suffix == ".eeg" || suffix == ".vmrk" || suffix == ".dat" ||
                                suffix == ".avg" || suffix == ".seg";
        if (may_belong && std::filesystem::is_regular_file(header, ignored)) {
            return is_brainvision ? read_brainvision(header, options) : read_wfdb(header, options);
        }
    }
#ifdef BIOPOTENTIAL_WITH_BIOSIG
    if (auto recording = read_through_biosig(path)) {
        return *std::move(recording);
    }
#endif
    if (magic.starts_with("MATLAB 5.0") || suffix == ".mat") {
        throw ParseError(path.string(), 0,
                         std::string(unknown_format) +
                             ", got a MATLAB file, which states no rate: read_matlab takes the rate as an argument");
    }
    if (suffix == ".csv" || suffix == ".tsv" || suffix == ".txt") {
        throw ParseError(path.string(), 0,
                         std::string(unknown_format) +
                             ", got a table of text, whose layout nothing declares: read_csv takes it as arguments");
    }
    throw ParseError(path.string(), 0, std::string(unknown_format) + ", got " + quote_text(magic.substr(0, 16)));
}

}  // namespace

Recording read(const std::filesystem::path& path, const ReadOptions& options) {
    const OpenedFiles opened;
    Recording recording = read_by_content(path, options);
    recording.files = opened.paths();
    return recording;
}

}  // namespace biopotential::inline v0::io
