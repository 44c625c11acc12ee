#include <array>
#include <cstdint>
#include <optional>

#include "biopotential/trust/pickle_internal.hpp"

namespace biopotential::inline v0::trust {

namespace {

/// How an opcode's argument is told: bytes, lines, or a length in front.
struct Argument {
    int bytes = -1;
    int lines = 0;
    int length_bytes = 0;
};

std::optional<Argument> argument_of(unsigned char op) {
    constexpr std::string_view none = "(.012NRabd}elo]st)uQ\x81\x85\x86\x87\x88\x89\x8f\x90\x91\x92\x93\x94\x97\x98";
    constexpr std::string_view line = "FILSVPgp", two_lines = "ci";
    constexpr std::string_view one = "Khq\x80", two = "M", four = "Jjr", eight = "G\x95";
    constexpr std::string_view short_text = "UC\x8a\x8c", text = "TXB\x8b", long_text = "\x8d\x8e\x96";
    const auto in = [&](std::string_view set) { return set.find(static_cast<char>(op)) != std::string_view::npos; };
    if (in(none)) {
        return Argument{0, 0, 0};
    }
    if (in(line) || in(two_lines)) {
        return Argument{-1, in(line) ? 1 : 2, 0};
    }
    for (const auto& [set, n] : {std::pair{one, 1}, std::pair{two, 2}, std::pair{four, 4}, std::pair{eight, 8}}) {
        if (in(set)) {
            return Argument{n, 0, 0};
        }
    }
    for (const auto& [set, n] : {std::pair{short_text, 1}, std::pair{text, 4}, std::pair{long_text, 8}}) {
        if (in(set)) {
            return Argument{-1, 0, n};
        }
    }
    return std::nullopt;  // the extension registry among them
}

}  // namespace

PickleGlobals pickle_globals(std::string_view bytes) {
    PickleGlobals out;
    std::array<std::optional<std::string>, 2> last;  // the strings that were pushed last, newest first
    const auto push = [&](std::optional<std::string> value) {
        last[1] = std::move(last[0]);
        last[0] = std::move(value);
    };
    for (std::size_t at = 0; at < bytes.size();) {
        const auto op = static_cast<unsigned char>(bytes[at++]);
        const auto argument = argument_of(op);
        if (!argument) {
            return out;
        }
        std::string_view value;
        if (argument->lines > 0) {
            std::size_t end = at;
            for (int i = 0; i < argument->lines; ++i) {
                end = bytes.find('\n', i == 0 ? at : end + 1);
                if (end == std::string_view::npos) {
                    return out;
                }
            }
            value = bytes.substr(at, end - at);
            at = end + 1;
        } else {
            std::uint64_t n = argument->bytes < 0 ? 0 : static_cast<std::uint64_t>(argument->bytes);
            if (argument->length_bytes > 0) {
                const auto width = static_cast<std::size_t>(argument->length_bytes);
                if (bytes.size() - at < width) {
                    return out;
                }
                for (std::size_t i = 0; i < width; ++i) {
                    n |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
                }
                at += width;
            }
            if (n > bytes.size() - at) {
                return out;
            }
            value = bytes.substr(at, static_cast<std::size_t>(n));
            at += static_cast<std::size_t>(n);
        }
        if (op == '.') {
            out.valid = at == bytes.size();
            return out;
        }
        if (op == 'c' || op == 'i') {
            std::string name(value);
            name[name.find('\n')] = ' ';
            out.names.push_back(std::move(name));
            push(std::nullopt);
        } else if (op == 0x93) {  // STACK_GLOBAL
            out.names.push_back(last[1].value_or("?") + " " + last[0].value_or("?"));
            push(std::nullopt);
        } else if (op == 'X' || op == 0x8c || op == 0x8d || op == 'U' || op == 'T' || op == 'S' || op == 'V') {
            push(std::string(value));
        } else if (op != 0x94 && op != 'q' && op != 'r' && op != 'p' && op != 0x95) {  // memo and frames push nothing
            push(std::nullopt);
        }
    }
    return out;
}

bool is_tensor_global(std::string_view name) {
    if (name.starts_with("__torch__")) {
        return true;
    }
    constexpr std::array<std::string_view, 27> known = {"collections OrderedDict",
                                                        "torch._utils _rebuild_tensor_v2",
                                                        "torch._utils _rebuild_parameter",
                                                        "torch Size",
                                                        "torch device",
                                                        "torch FloatStorage",
                                                        "torch DoubleStorage",
                                                        "torch HalfStorage",
                                                        "torch BFloat16Storage",
                                                        "torch LongStorage",
                                                        "torch IntStorage",
                                                        "torch ShortStorage",
                                                        "torch CharStorage",
                                                        "torch ByteStorage",
                                                        "torch BoolStorage",
                                                        "torch.jit._pickle build_intlist",
                                                        "torch.jit._pickle build_tensorlist",
                                                        "torch.jit._pickle build_doublelist",
                                                        "torch.jit._pickle build_boollist",
                                                        "torch.jit._pickle build_tensor_from_id",
                                                        "torch.jit._pickle restore_type_tag",
                                                        "torch float32",
                                                        "torch float64",
                                                        "torch float16",
                                                        "torch int64",
                                                        "torch int32",
                                                        "torch bool"};
    for (const std::string_view item : known) {
        if (item == name) {
            return true;
        }
    }
    return false;
}

}  // namespace biopotential::inline v0::trust
