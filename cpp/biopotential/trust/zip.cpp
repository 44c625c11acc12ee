#include <zlib.h>

#include <algorithm>
#include <optional>
#include <set>
#include <span>

#include "biopotential/trust/zip_internal.hpp"

namespace biopotential::inline v0::trust {

namespace {

constexpr std::int64_t end_bytes = 22, longest_comment = 65535;

std::string bytes_at(const ByteSource& source, std::int64_t at, std::int64_t n) {
    if (at < 0 || n < 0 || at > source.size() || n > source.size() - at) {
        return {};
    }
    std::string out(static_cast<std::size_t>(n), '\0');
    const std::size_t got = source.read(at, std::as_writable_bytes(std::span(out)));
    out.resize(got);
    return out;
}

std::uint64_t number(std::string_view bytes, std::size_t at, std::size_t n) {
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < n; ++i) {
        out |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
    }
    return out;
}

struct End {
    std::int64_t at = 0, entries = 0, size = 0, offset = 0;
    bool has_comment = false;
};

std::optional<End> find_end(const ByteSource& source) {
    const std::int64_t from = std::max<std::int64_t>(0, source.size() - end_bytes - longest_comment);
    const std::string tail = bytes_at(source, from, source.size() - from);
    for (std::size_t at = tail.rfind("PK\x05\x06"); at != std::string::npos;
         at = at == 0 ? std::string::npos : tail.rfind("PK\x05\x06", at - 1)) {
        if (tail.size() - at >= 22 && tail.size() - at == 22 + number(tail, at + 20, 2)) {
            return End{from + static_cast<std::int64_t>(at), static_cast<std::int64_t>(number(tail, at + 10, 2)),
                       static_cast<std::int64_t>(number(tail, at + 12, 4)),
                       static_cast<std::int64_t>(number(tail, at + 16, 4)), number(tail, at + 20, 2) != 0};
        }
    }
    return std::nullopt;
}

/// Sizes and offset from the extra field where the 32-bit ones are full (APPNOTE 4.5.3).
bool read_zip64(std::string_view extra, std::span<std::uint64_t* const> wanted) {
    for (std::size_t at = 0; at + 4 <= extra.size();) {
        const std::size_t id = number(extra, at, 2), n = number(extra, at + 2, 2);
        if (n > extra.size() - at - 4) {
            return false;
        }
        if (id == 1) {
            std::size_t place = at + 4;
            for (std::uint64_t* const value : wanted) {
                if (place + 8 > at + 4 + n) {
                    return false;
                }
                *value = number(extra, place, 8);
                place += 8;
            }
            return true;
        }
        at += 4 + n;
    }
    return wanted.empty();
}

bool is_plain_name(const std::string& name) {
    if (name.empty() || name.size() > 1000 || name.front() == '/' || name.find('\\') != std::string::npos ||
        name.find(':') != std::string::npos) {
        return false;
    }
    for (std::size_t at = 0; at <= name.size();) {
        const std::size_t end = std::min(name.find('/', at), name.size());
        const std::string_view part(name.data() + at, end - at);
        if (part == ".." || part == "." || (part.empty() && end != name.size())) {
            return false;
        }
        at = end + 1;
    }
    return std::ranges::all_of(name, [](char c) { return static_cast<unsigned char>(c) >= ' '; });
}

}  // namespace

bool ends_as_zip(const ByteSource& source) {
    return find_end(source).has_value();
}

Zip read_zip(const ByteSource& source) {
    Zip out;
    const auto refuse = [&](const std::string& why) {
        out.problem = why;
        return out;
    };
    auto end = find_end(source);
    if (!end) {
        return refuse("an archive without an end record at its end");
    }
    if (end->has_comment) {
        return refuse("an archive with a comment");
    }
    std::int64_t directory_end = end->at;
    if (const std::string locator = bytes_at(source, end->at - 20, 20); locator.starts_with("PK\x06\x07")) {
        const auto at = static_cast<std::int64_t>(number(locator, 8, 8));
        const std::string record = bytes_at(source, at, 56);
        if (record.size() != 56 || !record.starts_with("PK\x06\x06") || at + 56 != end->at - 20) {
            return refuse("an archive whose 64-bit end record is elsewhere");
        }
        end->entries = static_cast<std::int64_t>(number(record, 32, 8));
        end->size = static_cast<std::int64_t>(number(record, 40, 8));
        end->offset = static_cast<std::int64_t>(number(record, 48, 8));
        directory_end = at;
    }
    constexpr std::int64_t largest_directory = 64 << 20;
    if (end->offset < 0 || end->size < 0 || end->size > largest_directory || end->offset + end->size != directory_end) {
        return refuse("an archive whose directory is not where its end record says");
    }
    const std::string directory = bytes_at(source, end->offset, end->size);
    std::set<std::string> names;
    std::size_t at = 0;
    std::int64_t next = 0, total = 0;
    struct Entry {
        ZipMember member;
        std::int64_t local = 0;
        unsigned flags = 0;
    };
    std::vector<Entry> entries;
    while (at < directory.size()) {
        if (directory.size() - at < 46 || directory.compare(at, 4, "PK\x01\x02") != 0) {
            return refuse("an archive whose directory holds something else");
        }
        const std::size_t name_bytes = number(directory, at + 28, 2), extra_bytes = number(directory, at + 30, 2),
                          comment_bytes = number(directory, at + 32, 2);
        if (46 + name_bytes + extra_bytes + comment_bytes > directory.size() - at || comment_bytes != 0) {
            return refuse("an archive whose directory does not fit");
        }
        Entry entry;
        entry.flags = static_cast<unsigned>(number(directory, at + 8, 2));
        entry.member.method = static_cast<int>(number(directory, at + 10, 2));
        entry.member.crc = static_cast<std::uint32_t>(number(directory, at + 16, 4));
        std::uint64_t packed = number(directory, at + 20, 4), unpacked = number(directory, at + 24, 4),
                      local = number(directory, at + 42, 4);
        std::vector<std::uint64_t*> wanted;
        for (std::uint64_t* const value : {&unpacked, &packed, &local}) {
            if (*value == 0xffffffffU) {
                wanted.push_back(value);
            }
        }
        entry.member.name = directory.substr(at + 46, name_bytes);
        if (!read_zip64(std::string_view(directory).substr(at + 46 + name_bytes, extra_bytes), wanted) ||
            packed > static_cast<std::uint64_t>(source.size()) || local > static_cast<std::uint64_t>(source.size()) ||
            unpacked > (std::uint64_t{20} << 30)) {
            return refuse("an archive with sizes that can't be");
        }
        entry.member.packed = static_cast<std::int64_t>(packed);
        entry.member.unpacked = static_cast<std::int64_t>(unpacked);
        entry.local = static_cast<std::int64_t>(local);
        at += 46 + name_bytes + extra_bytes;
        if ((entry.flags & 0x2041U) != 0) {
            return refuse("an encrypted archive");
        }
        if (!is_plain_name(entry.member.name)) {
            return refuse("an archive with a name that leads elsewhere");
        }
        if (!names.insert(entry.member.name).second) {
            return refuse("an archive with two members of one name");
        }
        const ZipMember& member = entry.member;
        if ((member.method != 0 && member.method != 8) || (member.method == 0 && member.packed != member.unpacked)) {
            return refuse("an archive with another method than stored and deflate");
        }
        if (member.unpacked > 200 * std::max<std::int64_t>(member.packed, 1000)) {
            return refuse("an archive that unpacks to more than 200 times its size");
        }
        total += member.unpacked;
        if (total > (std::int64_t{20} << 30) || entries.size() >= 100'000) {
            return refuse("an archive of more than 20 GiB or 100000 members");
        }
        entries.push_back(std::move(entry));
    }
    if (static_cast<std::int64_t>(entries.size()) != end->entries) {
        return refuse("an archive with another number of members than it says");
    }
    std::ranges::stable_sort(entries, {}, &Entry::local);
    for (Entry& entry : entries) {
        const std::string local = bytes_at(source, entry.local, 30);
        if (entry.local != next || local.size() != 30 || !local.starts_with("PK\x03\x04")) {
            return refuse("an archive with bytes that belong to no member");
        }
        const auto name_bytes = static_cast<std::int64_t>(number(local, 26, 2)),
                   extra_bytes = static_cast<std::int64_t>(number(local, 28, 2));
        if (bytes_at(source, entry.local + 30, name_bytes) != entry.member.name) {
            return refuse("an archive whose directory and members have different names");
        }
        const auto flags = static_cast<unsigned>(number(local, 6, 2));
        const bool descriptor = (flags & 8U) != 0;
        std::uint64_t packed = number(local, 18, 4), unpacked = number(local, 22, 4);
        const std::string extra = bytes_at(source, entry.local + 30 + name_bytes, extra_bytes);
        std::vector<std::uint64_t*> wanted;
        for (std::uint64_t* const value : {&unpacked, &packed}) {
            if (*value == 0xffffffffU) {
                wanted.push_back(value);
            }
        }
        const bool sizes_known = read_zip64(extra, wanted);
        const bool says_nothing = descriptor && packed == 0 && unpacked == 0 && number(local, 14, 4) == 0;
        const bool says_same = packed == static_cast<std::uint64_t>(entry.member.packed) &&
                               unpacked == static_cast<std::uint64_t>(entry.member.unpacked) &&
                               (descriptor || number(local, 14, 4) == entry.member.crc);
        if (static_cast<int>(number(local, 8, 2)) != entry.member.method || (flags & 0x2041U) != 0 ||
            descriptor != ((entry.flags & 8U) != 0) || !(says_nothing || (sizes_known && says_same))) {
            return refuse("an archive whose directory and members disagree");
        }
        entry.member.data_at = entry.local + 30 + name_bytes + extra_bytes;
        next = entry.member.data_at + entry.member.packed;
        if (descriptor) {
            const std::string after = bytes_at(source, next, std::min<std::int64_t>(24, source.size() - next));
            const std::size_t signature = after.starts_with("PK\x07\x08") ? 4 : 0;
            bool fits = false;
            for (const std::size_t width : {std::size_t{8}, std::size_t{4}}) {
                if (!fits && after.size() >= signature + 4 + 2 * width &&
                    number(after, signature, 4) == entry.member.crc &&
                    number(after, signature + 4, width) == static_cast<std::uint64_t>(entry.member.packed) &&
                    number(after, signature + 4 + width, width) == static_cast<std::uint64_t>(entry.member.unpacked)) {
                    fits = true;
                    next += static_cast<std::int64_t>(signature + 4 + 2 * width);
                }
            }
            if (!fits) {
                return refuse("an archive whose directory and members disagree");
            }
        }
        out.members.push_back(entry.member);
    }
    if (next != end->offset) {
        return refuse("an archive with bytes that belong to no member");
    }
    return out;
}

ZipContent read_member(const ByteSource& source, const ZipMember& member, std::size_t limit) {
    ZipContent out;
    const auto wanted =
        static_cast<std::size_t>(std::min<std::int64_t>(member.unpacked, static_cast<std::int64_t>(limit)));
    uLong crc = crc32(0, nullptr, 0);
    std::int64_t n_unpacked = 0;
    const bool whole = wanted == static_cast<std::size_t>(member.unpacked);
    const auto take = [&](const char* data, std::size_t n) {
        out.bytes.append(data, std::min(n, wanted - out.bytes.size()));
        crc = crc32(crc, reinterpret_cast<const Bytef*>(data), static_cast<uInt>(n));
        n_unpacked += static_cast<std::int64_t>(n);
    };
    constexpr std::int64_t block = 1 << 18;
    if (member.method == 0) {
        for (std::int64_t at = 0; at < member.packed && out.bytes.size() < wanted; at += block) {
            const std::string part = bytes_at(source, member.data_at + at, std::min(block, member.packed - at));
            take(part.data(), part.size());
        }
    } else {
        z_stream stream{};
        if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) {
            out.problem = "no memory to unpack";
            return out;
        }
        std::string unpacked(static_cast<std::size_t>(block), '\0');
        int state = Z_OK;
        for (std::int64_t at = 0; at < member.packed && state == Z_OK && (whole || out.bytes.size() < wanted);
             at += block) {
            std::string part = bytes_at(source, member.data_at + at, std::min(block, member.packed - at));
            stream.next_in = reinterpret_cast<Bytef*>(part.data());
            stream.avail_in = static_cast<uInt>(part.size());
            do {
                stream.next_out = reinterpret_cast<Bytef*>(unpacked.data());
                stream.avail_out = static_cast<uInt>(unpacked.size());
                state = inflate(&stream, Z_NO_FLUSH);
                take(unpacked.data(), unpacked.size() - stream.avail_out);
                if (n_unpacked > member.unpacked) {
                    state = Z_DATA_ERROR;
                }
            } while (state == Z_OK && stream.avail_out == 0);
            if (state == Z_BUF_ERROR) {
                state = Z_OK;
            }
        }
        inflateEnd(&stream);
        if (state != Z_OK && state != Z_STREAM_END) {
            out.problem = "a member that can't be unpacked to the size that the archive says";
        } else if (whole && member.unpacked > 0 && state != Z_STREAM_END) {
            out.problem = "a member that ends early";
        }
    }
    if (out.problem.empty() && whole && (n_unpacked != member.unpacked || crc != member.crc)) {
        out.problem = "a member with another CRC or size than the archive says";
    }
    return out;
}

}  // namespace biopotential::inline v0::trust
