#include "biopotential/io/matlab.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/io/bytes_internal.hpp"
#include "biopotential/io/raw_internal.hpp"
#include "biopotential/io/text_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

constexpr std::size_t max_unpacked = std::size_t{2} << 30;

/// A numeric matrix and where it stands: (rows, columns), column after column.
struct MatrixPlace {
    std::string name;
    std::shared_ptr<const ByteSource> source;
    RawType type = RawType::float64;
    bool big_endian = false;
    std::int64_t at = 0;
    Index rows = 0, columns = 0;
};

template <class T>
T number_at(const ByteSource& source, std::int64_t at, bool big_endian) {
    return load_number<T>(source.read_exactly(at, sizeof(T)).data(), big_endian);
}

void require_data(const MatrixPlace& place) {
    const std::int64_t bytes = raw_bytes(place.type);
    if (place.rows < 0 || place.columns < 0 || place.rows > (std::int64_t{1} << 31) ||
        place.columns > (std::int64_t{1} << 31) || place.at > place.source->size() ||
        (place.rows > 0 && place.columns > (place.source->size() - place.at) / bytes / place.rows)) {
        throw ParseError(place.source->name(), place.at,
                         "wanted the " + std::to_string(place.rows) + " x " + std::to_string(place.columns) +
                             " numbers of " + quote_text(place.name) + ", got the end of the file");
    }
}

std::vector<MatrixPlace> find_matrices_4(const std::shared_ptr<const ByteSource>& source) {
    std::vector<MatrixPlace> out;
    std::int64_t at = 0;
    while (at < source->size()) {
        constexpr std::int64_t head = 20;
        bool big_endian = false;
        std::uint32_t type = number_at<std::uint32_t>(*source, at, false);
        if (type > 4052) {
            big_endian = true;
            type = number_at<std::uint32_t>(*source, at, true);
        }
        // Thousands: byte order; hundreds: 0; tens: kind of number; ones: 0 numeric, 1 text, 2 sparse.
        const std::uint32_t order = type / 1000, kind = type / 10 % 10, matrix = type % 10;
        constexpr RawType types[] = {RawType::float64, RawType::float32, RawType::int32,
                                     RawType::int16,   RawType::uint16,  RawType::uint8};
        if (type > 4052 || order > 1 || type / 100 % 10 != 0 || kind > 5 || matrix > 2 || (order == 1) != big_endian) {
            throw ParseError(source->name(), at,
                             "wanted a matrix of MATLAB 4 in IEEE numbers, got type " + std::to_string(type));
        }
        const auto field = [&](int i) { return number_at<std::uint32_t>(*source, at + 4 * i, big_endian); };
        MatrixPlace place;
        place.source = source;
        place.big_endian = big_endian;
        place.type = types[kind];
        place.rows = field(1);
        place.columns = field(2);
        const std::uint32_t imaginary = field(3), name_length = field(4);
        if (name_length == 0 || name_length > 4096 || imaginary > 1) {
            throw ParseError(source->name(), at + 12,
                             "wanted a variable's name of 1 to 4096 bytes, got " + std::to_string(name_length));
        }
        const auto name = source->read_exactly(at + head, name_length);
        place.name = trim({reinterpret_cast<const char*>(name.data()), name.size()});
        place.at = at + head + name_length;
        require_data(place);
        at = place.at + place.rows * place.columns * raw_bytes(place.type) * (1 + imaginary);
        if (matrix == 0 && imaginary == 0) {
            out.push_back(std::move(place));
        }
    }
    return out;
}

/// A variable of MATLAB 5 that is stored compressed.
std::shared_ptr<const ByteSource> unpack(const ByteSource& source, std::int64_t at, std::uint32_t length) {
    const auto packed = source.read_exactly(at, length);
    z_stream stream{};
    if (::inflateInit(&stream) != Z_OK) {
        throw std::bad_alloc();
    }
    std::vector<std::byte> out;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    int state = Z_OK;
    while (state == Z_OK && out.size() < max_unpacked) {
        const std::size_t before = out.size();
        out.resize(before + std::max<std::size_t>(std::size_t{1} << 16, before));
        stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
        stream.avail_out = static_cast<uInt>(std::min<std::size_t>(out.size() - before, 1 << 30));
        const uInt wanted = stream.avail_out;
        state = ::inflate(&stream, Z_NO_FLUSH);
        out.resize(before + wanted - stream.avail_out);
        if (state == Z_BUF_ERROR || (state == Z_OK && out.size() == before)) {
            break;
        }
    }
    ::inflateEnd(&stream);
    if (state != Z_STREAM_END) {
        throw ParseError(source.name(), at, "wanted a compressed variable of at most 2 GiB, got other bytes");
    }
    return from_memory(std::move(out), source.name());
}

/// A tag of MATLAB 5: type, length and where the data stand; `next` is the element behind it.
struct Tag {
    std::uint32_t type = 0, length = 0;
    std::int64_t data = 0, next = 0;
};

Tag tag_at(const ByteSource& source, std::int64_t at, bool big_endian) {
    Tag tag;
    const auto first = number_at<std::uint32_t>(source, at, big_endian);
    if (first >> 16 != 0) {
        tag = {first & 0xffff, first >> 16, at + 4, at + 8};  // up to four bytes stand in the tag itself
    } else {
        tag.type = first;
        tag.length = number_at<std::uint32_t>(source, at + 4, big_endian);
        tag.data = at + 8;
        tag.next = tag.data + (tag.type == 15 ? tag.length : (static_cast<std::int64_t>(tag.length) + 7) / 8 * 8);
    }
    if (tag.length > source.size() - std::min(tag.data, source.size())) {
        throw ParseError(source.name(), at,
                         "wanted an element of " + std::to_string(tag.length) + " bytes, got the end of the file");
    }
    return tag;
}

void take_matrix_5(const std::shared_ptr<const ByteSource>& source, const Tag& matrix, bool big_endian,
                   std::vector<MatrixPlace>& out) {
    const Tag flags = tag_at(*source, matrix.data, big_endian);
    if (flags.length < 8) {
        throw ParseError(source->name(), matrix.data, "wanted an array's flags of 8 bytes, got fewer");
    }
    const auto flag_bits = number_at<std::uint32_t>(*source, flags.data, big_endian);
    const std::uint32_t kind = flag_bits & 0xff;
    const bool is_complex = (flag_bits >> 11 & 1) != 0;
    if (kind < 6 || kind > 13 || is_complex) {
        return;  // cells, structures, texts, sparse matrices
    }
    const Tag shape = tag_at(*source, flags.next, big_endian);
    if (shape.length != 8) {
        return;  // not two dimensions
    }
    MatrixPlace place;
    place.source = source;
    place.big_endian = big_endian;
    place.rows = number_at<std::uint32_t>(*source, shape.data, big_endian);
    place.columns = number_at<std::uint32_t>(*source, shape.data + 4, big_endian);
    const Tag name = tag_at(*source, shape.next, big_endian);
    const auto name_bytes = source->read_exactly(name.data, std::min<std::uint32_t>(name.length, 4096));
    place.name = trim({reinterpret_cast<const char*>(name_bytes.data()), name_bytes.size()});
    const Tag data = tag_at(*source, name.next, big_endian);
    // Numbers stand in the smallest type that holds them all.
    constexpr std::pair<std::uint32_t, RawType> types[] = {
        {1, RawType::int8},  {2, RawType::uint8},   {3, RawType::int16},  {4, RawType::uint16},
        {5, RawType::int32}, {7, RawType::float32}, {9, RawType::float64}};
    const auto* const type = std::ranges::find(types, data.type, &std::pair<std::uint32_t, RawType>::first);
    if (type == std::end(types)) {
        return;
    }
    place.type = type->second;
    place.at = data.data;
    require_data(place);
    if (place.rows * place.columns * raw_bytes(place.type) > data.length) {
        throw ParseError(source->name(), data.data, "wanted as many numbers as the matrix has, got fewer");
    }
    out.push_back(std::move(place));
}

std::vector<MatrixPlace> find_matrices_5(const std::shared_ptr<const ByteSource>& source) {
    const auto marker = source->read_exactly(124, 4);
    const bool big_endian = marker[2] == std::byte{'M'};
    if (!big_endian && marker[2] != std::byte{'I'}) {
        throw ParseError(source->name(), 126, "wanted MI or IM for the byte order, got others");
    }
    std::vector<MatrixPlace> out;
    for (std::int64_t at = 128; at + 8 <= source->size();) {
        const Tag tag = tag_at(*source, at, big_endian);
        if (tag.type == 15) {
            const auto unpacked = unpack(*source, tag.data, tag.length);
            const Tag inner = tag_at(*unpacked, 0, big_endian);
            if (inner.type == 14) {
                take_matrix_5(unpacked, inner, big_endian, out);
            }
        } else if (tag.type == 14) {
            take_matrix_5(source, tag, big_endian, out);
        }
        at = tag.next;
    }
    return out;
}

const MatrixPlace& choose(const ByteSource& source, const std::vector<MatrixPlace>& matrices,
                          const std::string& variable) {
    std::string names;
    for (const MatrixPlace& place : matrices) {
        names += (names.empty() ? "" : ", ") + place.name;
        if (place.name == (variable.empty() ? "val" : variable)) {
            return place;
        }
    }
    if (variable.empty() && matrices.size() == 1) {
        return matrices.front();
    }
    throw ParseError(source.name(), std::nullopt,
                     variable.empty() ? "wanted one numeric matrix or one named val, got: " + names
                                      : "wanted a numeric matrix " + quote_text(variable) + ", got: " + names);
}

}  // namespace

Recording read_matlab(const std::shared_ptr<const ByteSource>& source, const MatlabOptions& options) {
    require_sampling_rate("read_matlab", options.fs);
    if (options.gain == 0 || !std::isfinite(options.gain)) {
        throw_invalid("read_matlab", "a gain other than 0", options.gain);
    }
    std::array<std::byte, 16> start{};
    const std::size_t n = source->read(0, start);
    const std::string_view magic(reinterpret_cast<const char*>(start.data()), n);
    if (magic.starts_with("MATLAB 7.3")) {
        throw ParseError(source->name(), 0, "wanted a MATLAB 4 or 5 file, got MATLAB 7.3, which is HDF5");
    }
    const auto matrices = magic.starts_with("MATLAB 5.0") ? find_matrices_5(source) : find_matrices_4(source);
    const MatrixPlace& place = choose(*source, matrices, options.variable);
    RawLayout layout;
    layout.type = place.type;
    layout.big_endian = place.big_endian;
    layout.offset = place.at;
    // Column after column: channels as rows are multiplexed, channels as columns stand one after the other.
    layout.multiplexed = place.columns >= place.rows;
    layout.n_channels = std::min(place.rows, place.columns);
    layout.n_samples = std::max(place.rows, place.columns);
    if (layout.n_channels > 100'000) {
        throw ParseError(source->name(), place.at, "wanted at most 100000 channels, got more");
    }
    if (!options.channels.empty() && static_cast<Index>(options.channels.size()) != layout.n_channels) {
        throw_invalid("read_matlab", std::to_string(layout.n_channels) + " channel names",
                      std::to_string(options.channels.size()));
    }
    std::vector<Channel> channels;
    for (Index c = 0; c < layout.n_channels; ++c) {
        Channel channel;
        channel.name = options.channels.empty() ? std::to_string(c + 1) : options.channels[static_cast<std::size_t>(c)];
        channel.unit = options.unit;
        channel.scaling.denominator = options.gain;
        channels.push_back(std::move(channel));
    }
    Signal signal;
    signal.fs = options.fs;
    signal.segments = {{0, 0, layout.n_samples}};
    signal.source = make_raw_source(place.source, layout, channels);
    signal.channels = std::move(channels);
    Recording recording;
    recording.format = "MATLAB";
    recording.signals.push_back(std::move(signal));
    return recording;
}

}  // namespace biopotential::inline v0::io
