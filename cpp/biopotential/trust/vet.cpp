#include "biopotential/trust/vet.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/hash.hpp"
#include "biopotential/trust/pickle_internal.hpp"
#include "biopotential/trust/zip_internal.hpp"

namespace biopotential::inline v0::trust {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t largest_text = 64 << 20;

/// Operators of TorchScript code that compute and do nothing else. Those that reach files, devices, other programs or
/// memory by address are not here, nor is what is not known.
constexpr std::string_view admitted_operators =
    "abs absolute acos add _convolution addcdiv addcmul addmm alias all amax amin any arange argmax argmin argsort "
    "as_tensor asin "
    "atan "
    "atan2 avg_pool1d avg_pool2d adaptive_avg_pool1d adaptive_avg_pool2d adaptive_max_pool1d baddbmm batch_norm "
    "bitwise_and "
    "bitwise_not bitwise_or bmm broadcast_to bucketize cat ceil celu chunk clamp clamp_min clamp_max clone complex "
    "concat "
    "conj constant_pad_nd contiguous conv1d conv2d conv3d conv_transpose1d conv_transpose2d convolution cos cosh cross "
    "cumprod "
    "cumsum detach diag diff dim div dot dropout einsum elu embedding empty empty_like eq erf erfc exp expand "
    "expand_as expm1 "
    "eye feature_dropout fft_fft fft_ifft fft_irfft fft_rfft fill fill_ flatten flip floor floor_divide fmod frac full "
    "full_like "
    "gather ge gelu glu group_norm gru gt hardsigmoid hardswish hardtanh hardtanh_ hann_window hstack imag index "
    "index_add "
    "index_fill index_put index_put_ index_select instance_norm isfinite isinf isnan istft item layer_norm le "
    "leaky_relu "
    "leaky_relu_ lerp lift_fresh linalg_norm linear linspace log log10 log1p log2 log_softmax logaddexp logical_and "
    "logical_not "
    "logical_or logical_xor logsigmoid logspace logsumexp lstm lt masked_fill masked_fill_ masked_select matmul max "
    "maximum "
    "max_pool1d max_pool2d mean median meshgrid min minimum mish mm movedim mul multinomial mv narrow ne neg new_empty "
    "new_full "
    "new_ones new_zeros nonzero norm numel one_hot ones ones_like pad permute pixel_shuffle pow prelu prod quantile "
    "rand rand_like "
    "randint randn randn_like randperm real reciprocal reflection_pad1d relu relu6 relu_ remainder repeat "
    "repeat_interleave "
    "replication_pad1d reshape rnn_relu rnn_tanh roll round rsqrt rsub scalar_tensor scatter scatter_add select selu "
    "sgn sigmoid "
    "sigmoid_ sign silu silu_ sin sinh size slice softmax softplus sort split split_with_sizes sqrt square squeeze "
    "squeeze_ stack "
    "std std_mean stft sub sum t take tan tanh tanh_ tensor tensor_split threshold tile to topk trace transpose tril "
    "triu true_divide "
    "type_as unbind unfold unflatten unsqueeze unsqueeze_ upsample_linear1d upsample_nearest1d var var_mean view "
    "view_as_complex "
    "view_as_real vstack warn where zeros zeros_like zero_ add_ sub_ mul_ div_ scaled_dot_product_attention "
    "multi_head_attention_forward format append extend insert pop list keys values items len device dtype layout "
    "is_grad_enabled "
    "NumToTensor RaiseException unchecked_cast Uninitialized data is_floating_point is_complex get_device "
    "jit annotate ScalarImplicit IntImplicit FloatImplicit Int Float Bool __is__ __isnot__ __not__ __contains__ "
    "__getitem__";

const std::set<std::string, std::less<>>& operators() {
    static const auto names = [] {
        std::set<std::string, std::less<>> out;
        std::string_view rest = admitted_operators;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find(' '), rest.size());
            out.emplace(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
        return out;
    }();
    return names;
}

std::string head_of(const ByteSource& source, std::size_t n) {
    std::string out(n, '\0');
    out.resize(source.read(0, std::as_writable_bytes(std::span(out))));
    return out;
}

bool is_native(std::string_view head) {
    constexpr std::array<std::string_view, 9> magics = {
        "\x7f"
        "ELF",
        "MZ",
        "\xfe\xed\xfa\xce",
        "\xfe\xed\xfa\xcf",
        "\xce\xfa\xed\xfe",
        "\xcf\xfa\xed\xfe",
        "\xca\xfe\xba\xbe",
        "!<arch>\n",
        "MTLB"};
    return std::ranges::any_of(magics, [&](std::string_view magic) { return head.starts_with(magic); });
}

bool is_archive(std::string_view head) {
    constexpr std::array<std::string_view, 6> magics = {"PK\x03\x04",
                                                        "PK\x05\x06",
                                                        "\x1f\x8b",
                                                        "BZh",
                                                        "\xfd"
                                                        "7zXZ",
                                                        "7z\xbc\xaf"};
    return std::ranges::any_of(magics, [&](std::string_view magic) { return head.starts_with(magic); }) ||
           (head.size() > 262 && head.substr(257, 5) == "ustar");
}

bool is_pickle(std::string_view head) {
    return head.size() > 2 && head[0] == '\x80' && static_cast<unsigned char>(head[1]) <= 5;
}

/// JSON without a key twice and at most 32 levels deep; none where it is another text.
std::optional<json> strict_json(std::string_view text) {
    std::vector<std::set<std::string>> keys;
    bool twice = false;
    try {
        json all = json::parse(text, [&](int depth, json::parse_event_t event, json& value) {
            if (depth > 32) {
                throw std::domain_error("depth");
            }
            if (event == json::parse_event_t::object_start) {
                keys.emplace_back();
            } else if (event == json::parse_event_t::object_end) {
                keys.pop_back();
            } else if (event == json::parse_event_t::key) {
                twice = !keys.back().insert(value.get<std::string>()).second || twice;
            }
            return true;
        });
        return twice ? std::nullopt : std::optional(std::move(all));
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

/// Why bytes are no safetensors file; empty where they are one, header and tensors covering it exactly.
std::string safetensors_problem(const ByteSource& source) {
    const std::string head = head_of(source, 8);
    if (head.size() < 8) {
        return "too short";
    }
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        n |= static_cast<std::uint64_t>(static_cast<unsigned char>(head[i])) << (8 * i);
    }
    constexpr std::uint64_t largest_header = 100'000'000;
    if (n > largest_header || n + 8 > static_cast<std::uint64_t>(source.size())) {
        return "a header longer than the file";
    }
    std::string text(static_cast<std::size_t>(n), '\0');
    text.resize(source.read(8, std::as_writable_bytes(std::span(text))));
    const auto header = strict_json(text);
    if (!header || !header->is_object()) {
        return "a header that is no JSON object";
    }
    static const std::map<std::string, std::uint64_t> bits = {
        {"F64", 64}, {"F32", 32}, {"F16", 16}, {"BF16", 16}, {"I64", 64}, {"I32", 32},    {"I16", 16},   {"I8", 8},
        {"U8", 8},   {"U16", 16}, {"U32", 32}, {"U64", 64},  {"BOOL", 8}, {"F8_E4M3", 8}, {"F8_E5M2", 8}};
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
    for (const auto& [name, tensor] : header->items()) {
        if (name == "__metadata__") {
            if (!tensor.is_object() || !std::ranges::all_of(tensor, [](const json& v) { return v.is_string(); })) {
                return "metadata that are no texts";
            }
            continue;
        }
        try {
            std::uint64_t elements = 1;
            for (const json& size : tensor.at("shape")) {
                const auto side = size.get<std::uint64_t>();
                if (!size.is_number_unsigned() ||
                    (side != 0 && elements > std::numeric_limits<std::uint64_t>::max() / 64 / side)) {
                    return "a shape that can't be";
                }
                elements *= side;
            }
            const json& offsets = tensor.at("data_offsets");
            const auto from = offsets.at(0).get<std::uint64_t>(), to = offsets.at(1).get<std::uint64_t>();
            if (tensor.size() != 3 || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
                !offsets[1].is_number_unsigned() || to < from ||
                (to - from) * 8 != elements * bits.at(tensor.at("dtype").get<std::string>())) {
                return "a tensor whose shape, type and bytes disagree";
            }
            ranges.emplace_back(from, to);
        } catch (const std::exception&) {
            return "a tensor without type, shape and offsets";
        }
    }
    std::ranges::sort(ranges);
    std::uint64_t at = 0;
    for (const auto& [from, to] : ranges) {
        if (from != at) {
            return "tensors that overlap or leave a gap";
        }
        at = to;
    }
    return at == static_cast<std::uint64_t>(source.size()) - 8 - n ? "" : "bytes behind the tensors";
}

/// Why bytes are no .npy array of numbers; empty where they are one.
std::string npy_problem(std::string_view head, std::int64_t size) {
    if (!head.starts_with("\x93NUMPY") || head.size() < 12) {
        return "no .npy array";
    }
    const bool wide = head[6] != '\x01';
    std::size_t n = static_cast<unsigned char>(head[8]) | static_cast<std::size_t>(static_cast<unsigned char>(head[9]))
                                                              << 8;
    if (wide) {
        n |= static_cast<std::size_t>(static_cast<unsigned char>(head[10])) << 16 |
             static_cast<std::size_t>(static_cast<unsigned char>(head[11])) << 24;
    }
    const std::size_t at = wide ? 12 : 10;
    if (n > head.size() - at) {
        return "a header longer than the array";
    }
    const std::string_view text = head.substr(at, n);
    // {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
    const std::size_t descr = text.find("'descr': '");
    if (descr == std::string_view::npos) {
        return "a type that is no plain number";
    }
    const std::string_view type =
        text.substr(descr + 10, std::min(text.find('\'', descr + 10), text.size()) - descr - 10);
    constexpr std::string_view orders = "<>|=", kinds = "?biufcSU";
    if (type.size() < 3 || orders.find(type[0]) == std::string_view::npos ||
        kinds.find(type[1]) == std::string_view::npos ||
        type.find_first_not_of("0123456789", 2) != std::string_view::npos || type.size() > 8) {
        return "a type that is no plain number";
    }
    std::int64_t expected = type[1] == 'U' ? 4 : 1;
    expected *= std::stoll(std::string(type.substr(2)));
    const std::size_t shape = text.find("'shape': (");
    if (shape == std::string_view::npos) {
        return "no shape";
    }
    for (std::size_t i = shape + 10; i < text.size() && text[i] != ')';) {
        if (text[i] < '0' || text[i] > '9') {
            ++i;
            continue;
        }
        std::int64_t side = 0;
        while (i < text.size() && text[i] >= '0' && text[i] <= '9' && side < (std::int64_t{1} << 40)) {
            side = side * 10 + (text[i++] - '0');
        }
        if (side != 0 && expected > (std::int64_t{1} << 50) / side) {
            return "a shape that can't be";
        }
        expected *= side;
    }
    return expected == size - static_cast<std::int64_t>(at + n) ? "" : "another number of bytes than its shape";
}

/// Names that code calls: the last part of torch.x and ops.space.x, bare names as they are.
void collect_calls(std::string_view code, std::set<std::string>& out) {
    const auto is_name = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
    for (std::size_t at = 0; at < code.size();) {
        if (code[at] == '"' || code[at] == '\'') {  // a text, which calls nothing
            const char quote = code[at++];
            while (at < code.size() && code[at] != quote) {
                at += code[at] == '\\' ? 2 : 1;
            }
            ++at;
            continue;
        }
        if (code[at] == '#') {
            at = std::min(code.find('\n', at), code.size());
            continue;
        }
        if (!is_name(code[at])) {
            ++at;
            continue;
        }
        const std::size_t from = at;
        while (at < code.size() && (is_name(code[at]) || code[at] == '.')) {
            ++at;
        }
        const std::string_view name = code.substr(from, at - from);
        // Any mention of an operator counts, whether it is called here or handed on; of other names only calls.
        if (name.starts_with("torch.") || name.starts_with("ops.")) {
            out.emplace(name);
        } else if (at < code.size() && code[at] == '(' && name.find('.') == std::string_view::npos &&
                   (from == 0 || code[from - 1] != '.')) {
            constexpr std::array<std::string_view, 30> language = {
                "annotate",      "bool",    "int",     "float",     "str",  "len",   "range",      "min",
                "max",           "abs",     "round",   "list",      "dict", "tuple", "isinstance", "unchecked_cast",
                "uninitialized", "if",      "while",   "for",       "in",   "and",   "or",         "not",
                "return",        "getattr", "hasattr", "enumerate", "zip",  "raise"};
            const std::size_t line = code.rfind('\n', from) == std::string_view::npos ? 0 : code.rfind('\n', from) + 1;
            const bool defined = code.substr(line, from - line).find("def ") != std::string_view::npos ||
                                 code.substr(line, from - line).find("class ") != std::string_view::npos;
            // The serialiser's own names for what it has named before with all of its path: "_25".
            const bool alias =
                name.size() > 1 && name[0] == '_' && name.find_first_not_of("0123456789", 1) == std::string_view::npos;
            if (!defined && !alias && std::ranges::find(language, name) == language.end()) {
                out.emplace(name);
            }
        }
    }
}

bool is_admitted_call(std::string_view name) {
    constexpr std::array<std::string_view, 3> spaces = {"ops.aten.", "ops.prim.", "torch."};
    for (const std::string_view space : spaces) {
        if (name.starts_with(space)) {
            std::string_view op = name.substr(space.size());
            return op.find('.') == std::string_view::npos && operators().contains(op);
        }
    }
    return false;
}

/// Constants and types that code names: torch.float32 and the like are no operators.
bool is_type_name(std::string_view name) {
    constexpr std::array<std::string_view, 20> types = {
        "torch.float32", "torch.float64", "torch.float16",  "torch.int64",     "torch.int32",
        "torch.int16",   "torch.int8",    "torch.uint8",    "torch.bool",      "torch.device",
        "torch.dtype",   "torch.strided", "torch.Tensor",   "torch.float",     "torch.long",
        "torch.int",     "torch.layout",  "torch.bfloat16", "torch.complex64", "torch.complex128"};
    return std::ranges::find(types, name) != types.end() || name.starts_with("torch.nn.modules.") ||
           name.starts_with("torch.nn.Module");
}

class Vetter {
  public:
    explicit Vetter(const fs::path& path) : path_(path) {}

    Vetted run() {
        if (fs::is_directory(path_)) {
            folder();
        } else {
            const auto source = open_file(path_);
            out_.sha256 = sha256(*source);
            file(*source);
        }
        std::ranges::sort(out_.operators);
        return std::move(out_);
    }

  private:
    void become(char model_class, const std::string& format, const std::string& why = {}) {
        out_.model_class = model_class;
        out_.format = format;
        if (!why.empty()) {
            out_.reasons.push_back(why);
        }
    }
    void refuse(const std::string& format, const std::string& why) { become('D', format, why); }

    /// A model package: a declaration and its weights, and nothing else.
    void folder() {
        std::set<std::string> names;
        for (const auto& entry : fs::directory_iterator(path_)) {
            const std::string name = entry.path().filename().string();
            names.insert(name);
            const bool regular = fs::is_regular_file(entry.symlink_status());
            out_.members.push_back(
                {name, regular ? static_cast<std::int64_t>(entry.file_size()) : 0, regular ? "file" : "no file"});
            if (!regular) {
                return refuse("folder", "holds links or folders");
            }
        }
        std::ranges::sort(out_.members, {}, &VettedMember::name);
        if (names != std::set<std::string>{"model.json", "weights.safetensors"}) {
            return refuse("folder", "holds something else than model.json and weights.safetensors");
        }
        const auto declaration = open_file(path_ / "model.json");
        out_.sha256 = sha256(*declaration);
        if (declaration->size() > (1 << 20)) {
            return refuse("folder", "model.json is larger than 1 MiB");
        }
        const auto declared = strict_json(declaration->read_text());
        const auto weights = open_file(path_ / "weights.safetensors");
        if (!declared || !declared->is_object() || !declared->contains("members") ||
            !(*declared)["members"].is_object() ||
            (*declared)["members"].value("weights.safetensors", json()) != sha256(*weights)) {
            return refuse("folder", "model.json is no declaration of these weights");
        }
        if (const std::string problem = safetensors_problem(*weights); !problem.empty()) {
            return refuse("folder", "weights.safetensors: " + problem);
        }
        become('A', "package");
    }

    void file(const ByteSource& source) {
        const std::string head = head_of(source, 1 << 16);
        if (is_native(head)) {
            return become('C', "native code", "a program or library of the machine");
        }
        if (head.starts_with("PK\x03\x04")) {
            return archive(source);
        }
        if (ends_as_zip(source)) {
            return refuse("unknown", "an archive behind something else");
        }
        if (is_archive(head)) {
            return refuse("archive", "a packed file");
        }
        if (head.starts_with("\x93NUMPY")) {
            const std::string problem = npy_problem(head, source.size());
            return problem.empty() ? become('A', "npy") : refuse("npy", problem);
        }
        if (is_pickle(head)) {
            return refuse("pickle", "loading it may run anything");
        }
        if (head.starts_with("\x89HDF\r\n\x1a\n")) {
            return refuse("HDF5", "Keras models may hold code");
        }
        if (head.size() > 8 && head[8] == '{') {
            const std::string problem = safetensors_problem(source);
            return problem.empty() ? become('A', "safetensors") : refuse("safetensors", problem);
        }
        const PickleGlobals old =
            source.size() <= (1 << 20) ? pickle_globals(head_of(source, 1 << 20)) : PickleGlobals{};
        if (old.valid) {
            return refuse("pickle", "loading it may run anything");
        }
        if (head.size() >= 8 && source.size() < 1024 &&
            safetensors_problem(source) == "a header longer than the file" && head[7] != 0) {
            return refuse("safetensors", "a header longer than the file");
        }
        refuse("unknown", "no format that is known");
    }

    std::string kind_of(const std::string& head) const {
        if (is_native(head)) {
            return "native code";
        }
        if (is_archive(head)) {
            return "archive";
        }
        if (head.starts_with("\x93NUMPY")) {
            return "array";
        }
        return is_pickle(head) ? "pickle" : "data";
    }

    void archive(const ByteSource& source) {
        const Zip zip = read_zip(source);
        if (!zip.problem.empty()) {
            return refuse("archive", zip.problem);
        }
        bool native = false, torch_data = false, has_code = false, pt2 = false, aoti = false,
             all_arrays = !zip.members.empty();
        std::vector<const ZipMember*> nested;
        for (const ZipMember& member : zip.members) {
            const ZipContent content = read_member(source, member, 4096);
            if (!content.problem.empty()) {
                return refuse("archive", content.problem);
            }
            const std::string kind = kind_of(content.bytes);
            out_.members.push_back({member.name, member.unpacked, kind});
            const std::string& name = member.name;
            // The first folder is the archive's own name.
            const std::string inner = name.substr(std::min(name.find('/') + 1, name.size()));
            native = native || kind == "native code";
            aoti = aoti || inner.starts_with("data/aotinductor/");
            torch_data = torch_data || inner == "data.pkl";
            has_code = has_code || inner.starts_with("code/");
            pt2 = pt2 || inner == "archive_format";
            all_arrays = all_arrays && kind == "array" && name.ends_with(".npy");
            if (kind == "archive") {
                nested.push_back(&member);
            }
        }
        if (native) {
            return become('C', pt2 || aoti ? "pt2" : "archive", "holds a library of the machine");
        }
        if (aoti) {
            return become('C', "pt2", "holds code to be compiled for the machine");
        }
        if (pt2) {
            return exported(source, zip, nested);
        }
        if (!nested.empty()) {
            return refuse("archive", "an archive within the archive");
        }
        if (torch_data && has_code) {
            return torchscript(source, zip);
        }
        if (torch_data) {
            return refuse("torch pickle", "loading it may run anything; safetensors hold the same weights");
        }
        if (all_arrays) {
            return arrays(source, zip);
        }
        refuse("archive", "an archive of no format that is known");
    }

    void arrays(const ByteSource& source, const Zip& zip) {
        for (const ZipMember& member : zip.members) {
            const ZipContent content = read_member(source, member, 1 << 16);
            const std::string problem =
                content.problem.empty() ? npy_problem(content.bytes, member.unpacked) : content.problem;
            if (!problem.empty()) {
                return refuse("npz", member.name + ": " + problem);
            }
        }
        become('A', "npz");
    }

    /// Why a pickle is more than tensors and containers; empty where it is no more.
    std::string pickle_problem(const ByteSource& source, const ZipMember& member) {
        if (member.unpacked > static_cast<std::int64_t>(largest_text)) {
            return "a pickle of more than 64 MiB";
        }
        const ZipContent content = read_member(source, member, largest_text);
        if (!content.problem.empty()) {
            return content.problem;
        }
        const PickleGlobals globals = pickle_globals(content.bytes);
        if (!globals.valid) {
            return "a pickle that is broken or goes on behind its end";
        }
        for (const std::string& name : globals.names) {
            if (!is_tensor_global(name)) {
                return "a pickle that imports " + name;
            }
        }
        return {};
    }

    void torchscript(const ByteSource& source, const Zip& zip) {
        std::set<std::string> calls;
        for (const ZipMember& member : zip.members) {
            const std::string inner = member.name.substr(std::min(member.name.find('/') + 1, member.name.size()));
            const bool pickle = inner == "data.pkl" || inner == "constants.pkl" || inner == "traced_inputs.pkl" ||
                                inner.ends_with(".debug_pkl");
            if (pickle) {
                if (const std::string problem = pickle_problem(source, member); !problem.empty()) {
                    return refuse("TorchScript", inner + ": " + problem);
                }
            } else if (inner.starts_with("code/") && inner.ends_with(".py")) {
                const ZipContent content = read_member(source, member, largest_text);
                if (!content.problem.empty() || member.unpacked > static_cast<std::int64_t>(largest_text)) {
                    return refuse("TorchScript", "code that can't be read");
                }
                collect_calls(content.bytes, calls);
            } else if (!is_known_member(inner)) {
                return refuse("TorchScript", "a member of no known kind: " + inner);
            }
        }
        std::string refused;
        for (const std::string& call : calls) {
            if (is_type_name(call)) {
                continue;
            }
            if (is_admitted_call(call)) {
                out_.operators.push_back(call);
            } else {
                refused += (refused.empty() ? "" : ", ") + call;
            }
        }
        if (!refused.empty()) {
            return refuse("TorchScript", "calls operators that are not on the list: " + refused);
        }
        become('B', "TorchScript", "code that an interpreter runs");
    }

    static bool is_known_member(std::string_view inner) {
        constexpr std::array<std::string_view, 9> known = {
            "version",        "byteorder",       ".data/serialization_id", ".format_version", ".storage_alignment",
            "archive_format", "archive_version", "mobile_ivalues.pkl",     ".data/version"};
        if (std::ranges::find(known, inner) != known.end()) {
            return inner != "mobile_ivalues.pkl";
        }
        for (const std::string_view folder : {"data/", "constants/", "traced_inputs/"}) {
            if (inner.starts_with(folder) && inner.size() > folder.size() &&
                inner.find_first_not_of("0123456789", folder.size()) == std::string_view::npos) {
                return true;
            }
        }
        return false;
    }

    /// An exported program without native code: a graph in JSON, weights as bytes or as torch archives of tensors.
    void exported(const ByteSource& source, const Zip& zip, const std::vector<const ZipMember*>& nested) {
        for (const ZipMember* const member : nested) {
            if (member->unpacked > (std::int64_t{1} << 30)) {
                return refuse("pt2", "an archive of more than 1 GiB within the archive");
            }
            const ZipContent content = read_member(source, *member, std::size_t{1} << 30);
            if (!content.problem.empty()) {
                return refuse("pt2", content.problem);
            }
            const auto bytes = std::as_bytes(std::span(content.bytes));
            const auto inner_source = from_memory({bytes.begin(), bytes.end()});
            const Zip inner = read_zip(*inner_source);
            if (!inner.problem.empty()) {
                return refuse("pt2", member->name + ": " + inner.problem);
            }
            for (const ZipMember& part : inner.members) {
                const std::string name = part.name.substr(std::min(part.name.find('/') + 1, part.name.size()));
                const std::string problem = name == "data.pkl"      ? pickle_problem(*inner_source, part)
                                            : is_known_member(name) ? ""
                                                                    : "a member of no known kind";
                if (!problem.empty()) {
                    return refuse("pt2", member->name + ": " + problem);
                }
            }
        }
        for (const ZipMember& member : zip.members) {
            const ZipContent content = read_member(source, member, 16);
            if (is_pickle(content.bytes)) {
                if (const std::string problem = pickle_problem(source, member); !problem.empty()) {
                    return refuse("pt2", member.name + ": " + problem);
                }
            }
        }
        become('B', "pt2", "a program that an interpreter runs");
    }

    fs::path path_;
    Vetted out_;
};

}  // namespace

Vetted vet(const fs::path& model) {
    return Vetter(model).run();
}

void install_admission(const std::vector<AdmittedModel>& admitted) {
    std::set<std::string> hashes;
    for (const AdmittedModel& model : admitted) {
        if (model.sha256.size() != 64 || model.sha256.find_first_not_of("0123456789abcdef") != std::string::npos) {
            throw_invalid("install_admission", "SHA-256 as 64 lowercase hexadecimal digits", model.sha256);
        }
        if (model.model_class != 'B' && model.model_class != 'C') {
            throw_invalid("install_admission", "programs of class B or C", std::string(1, model.model_class));
        }
        hashes.insert(model.sha256);
    }
    set_admission_hook([hashes = std::move(hashes)](const ModelIdentity& model) {
        if (model.format != "package" && !hashes.contains(model.sha256)) {
            throw PolicyError(
                "[models.load] wanted a program that is on the list of admitted models, got one that is not");
        }
    });
}

void remove_admission() {
    set_admission_hook({});
}

}  // namespace biopotential::inline v0::trust
