#include "biopotential/models/model.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/hash.hpp"
#include "biopotential/core/hooks.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/models/runner_internal.hpp"
#include "biopotential/models/windows.hpp"
#include "biopotential/signal/apply.hpp"

namespace biopotential::inline v0::models {

struct Model::State {
    Format format = Format::package;
    ProgramSpec spec;  // of a package: from its declaration
    std::string sha256, card;
    Index batch = 1;
    std::unique_ptr<detail::Runner> runner;

    [[nodiscard]] Prediction run(const char* function, const Array<double>& windows, const Array<double>& side,
                                 Array<Index> starts) const;
};

namespace {

constexpr Index batch_elements = Index{1} << 24;  // of the largest activation: 64 MiB
constexpr Index max_batch = 256;
constexpr std::int64_t max_program = std::int64_t{1} << 31;

void check_input(const char* function, const MatrixView& x, double fs, const InputSpec& input) {
    require_sampling_rate(function, fs);
    if (x.rows() != input.n_channels) {
        throw_invalid(function, "x with the model's " + std::to_string(input.n_channels) + " channels",
                      std::to_string(x.rows()));
    }
    require_finite(function, x);
}

struct Prepared {
    Array<double> x;
    double per_sample = 1;  ///< samples coming in per sample of the model
};

Prepared prepare(const char* function, const MatrixView& x, double fs, const InputSpec& input,
                 const Pipeline& preprocessing) {
    check_input(function, x, fs, input);
    signal::Applied applied = signal::apply(preprocessing, x, fs);
    if (!(std::abs(applied.fs - input.fs) <= 1e-9 * input.fs)) {
        throw_invalid(function, "a signal at the model's " + std::to_string(input.fs) + " Hz after preprocessing",
                      applied.fs);
    }
    return {std::move(applied.x), fs / input.fs};
}

/// Rhythm and shape, columns in the declared order.
Array<double> side_features(const Array<double>& windows, std::span<const Index> r_peaks, double fs,
                            const InputSpec& input, const Windowing& windowing) {
    std::vector<std::string> rhythm, shape;
    for (const std::string& name : input.side_features) {
        (is_shape_feature(name) ? shape : rhythm).push_back(name);
    }
    const Array<double> of_rhythm = rr_side_features(r_peaks, fs, rhythm);
    Array<double> of_shape;
    if (!shape.empty()) {
        const std::vector<std::string> ratios{"pre_ratio", "post_ratio"};
        of_shape = shape_side_features(windows, windowing.before_samples, input.fs,
                                       rr_side_features(r_peaks, fs, ratios), shape);
    }
    const auto n = static_cast<Index>(r_peaks.size());
    Array<double> out({n, static_cast<Index>(input.side_features.size())});
    Index next_rhythm = 0, next_shape = 0;
    for (Index j = 0; j < out.shape(1); ++j) {
        const bool is_shape = is_shape_feature(input.side_features[static_cast<std::size_t>(j)]);
        const Array<double>& source = is_shape ? of_shape : of_rhythm;
        const Index column = is_shape ? next_shape++ : next_rhythm++;
        for (Index i = 0; i < n; ++i) {
            out(i, j) = source(i, column);
        }
    }
    return out;
}

at::Tensor to_batch(const Array<double>& a, Index first, Index n) {
    std::vector<std::int64_t> shape(a.shape().begin(), a.shape().end());
    const Index each = shape[0] == 0 ? 0 : a.size() / shape[0];
    shape[0] = n;
    at::Tensor out = at::empty(shape, at::kFloat);
    std::transform(a.begin() + first * each, a.begin() + (first + n) * each, out.data_ptr<float>(),
                   [](double v) { return static_cast<float>(v); });
    return out;
}

}  // namespace

Prediction Model::State::run(const char* function, const Array<double>& windows, const Array<double>& side,
                             Array<Index> starts) const {
    const Index n = windows.shape(0);
    const auto n_classes = static_cast<Index>(spec.classes.size());
    Prediction out{Array<double>({n, n_classes}), std::move(starts)};
    if (at::get_num_threads() != num_threads()) {
        at::set_num_threads(num_threads());
    }
    const c10::InferenceMode inference;
    for (Index first = 0; first < n; first += batch) {
        const Index count = std::min(batch, n - first);
        at::Tensor y;
        try {
            y = runner->run(to_batch(windows, first, count), to_batch(side, first, count));
        } catch (const c10::Error& error) {
            throw_invalid(function, "a network that takes windows of that shape", detail::first_line(error));
        }
        if (y.dim() != 2 || y.size(0) != count || y.size(1) != n_classes) {
            throw_invalid(function,
                          "(windows, classes) = (" + std::to_string(count) + ", " + std::to_string(n_classes) +
                              ") out of the network",
                          c10::str(y.sizes()));
        }
        if (spec.activation != Activation::none) {
            y = spec.activation == Activation::softmax ? at::softmax(y, -1) : at::sigmoid(y);
        }
        y = y.to(at::kCPU, at::kDouble).contiguous();
        std::copy_n(y.data_ptr<double>(), count * n_classes, out.probabilities.data() + first * n_classes);
    }
    for (const double p : out.probabilities) {
        if (!std::isfinite(p)) {
            throw_invalid(function, "finite values out of the network", p);
        }
    }
    return out;
}

Inputs beat_inputs(const MatrixView& x, std::span<const Index> r_peaks, double fs, const InputSpec& input,
                   const Windowing& windowing, const Pipeline& preprocessing) {
    constexpr const char* function = "models.predict_beats";
    if (windowing.kind != Windowing::beats) {
        throw_invalid(function, "a model of beats", "one of fixed windows: use predict()");
    }
    check_input(function, x, fs, input);
    require_positions(function, r_peaks, x.cols());
    const auto n = static_cast<Index>(r_peaks.size());
    const auto n_side = static_cast<Index>(input.side_features.size());
    if (n == 0) {
        return {Array<double>({0, input.n_channels, input.window_samples}), Array<double>({0, n_side}),
                Array<Index>({0})};
    }
    const Prepared prepared = prepare(function, x, fs, input, preprocessing);
    std::vector<Index> starts;
    Inputs out{{}, {}, Array<Index>({n})};
    for (const Index r : r_peaks) {
        const auto centre = static_cast<Index>(std::llround(static_cast<double>(r) / prepared.per_sample));
        out.starts[static_cast<Index>(starts.size())] =
            r - static_cast<Index>(std::llround(static_cast<double>(windowing.before_samples) * prepared.per_sample));
        starts.push_back(centre - windowing.before_samples);
    }
    out.windows = cut_windows(view(prepared.x), starts, input.window_samples);
    out.side = side_features(out.windows, r_peaks, fs, input, windowing);
    return out;
}

Inputs window_inputs(const MatrixView& x, double fs, const InputSpec& input, const Windowing& windowing,
                     const Pipeline& preprocessing) {
    constexpr const char* function = "models.predict";
    if (windowing.kind != Windowing::fixed) {
        throw_invalid(function, "a model of fixed windows", "one of beats: use predict_beats()");
    }
    check_input(function, x, fs, input);
    if (x.cols() == 0) {
        return {Array<double>({0, input.n_channels, input.window_samples}), Array<double>({0, 0}), Array<Index>({0})};
    }
    const Prepared prepared = prepare(function, x, fs, input, preprocessing);
    const Index length = prepared.x.shape(1);
    std::vector<Index> starts;
    for (Index at = 0; at + input.window_samples <= length; at += windowing.step_samples) {
        starts.push_back(at);
    }
    const auto n = static_cast<Index>(starts.size());
    Array<Index> incoming({n});
    for (Index i = 0; i < n; ++i) {
        incoming[i] = static_cast<Index>(
            std::llround(static_cast<double>(starts[static_cast<std::size_t>(i)]) * prepared.per_sample));
    }
    return {cut_windows(view(prepared.x), starts, input.window_samples), Array<double>({n, 0}), std::move(incoming)};
}

Prediction Model::predict(const MatrixView& x, double fs) const {
    Inputs inputs = window_inputs(x, fs, state_->spec.input, state_->spec.windowing, state_->spec.preprocessing);
    return state_->run("models.predict", inputs.windows, inputs.side, std::move(inputs.starts));
}

Prediction Model::predict_beats(const MatrixView& x, std::span<const Index> r_peaks, double fs) const {
    Inputs inputs = beat_inputs(x, r_peaks, fs, state_->spec.input, state_->spec.windowing, state_->spec.preprocessing);
    return state_->run("models.predict_beats", inputs.windows, inputs.side, std::move(inputs.starts));
}

const std::vector<std::string>& Model::classes() const {
    return state_->spec.classes;
}
const InputSpec& Model::input() const {
    return state_->spec.input;
}
const Windowing& Model::windowing() const {
    return state_->spec.windowing;
}
Format Model::format() const {
    return state_->format;
}
const std::string& Model::sha256() const {
    return state_->sha256;
}
const std::string& Model::card() const {
    return state_->card;
}

Model load(const std::filesystem::path& path, const LoadOptions& options) {
    constexpr const char* function = "models.load";
    auto state = std::make_shared<Model::State>();
    state->format = options.format;
    if (options.format == Format::package) {
        if (options.program) {
            throw_invalid(function, "no input description beside a package, which has its own", "one");
        }
        const Package package = read_package(path);
        require_admission({path.string(), "package", package.sha256});
        const Declaration& d = package.declaration;
        state->spec = {d.input, d.windowing, d.preprocessing, d.classes, Activation::none};
        state->sha256 = package.sha256;
        state->card = d.card;
        state->batch = std::clamp<Index>(batch_elements / std::max<Index>(1, d.plan.n_activations), 1, max_batch);
        state->runner = detail::make_declared(package);
    } else {
        if (!options.program || options.program->classes.empty() || options.program->input.n_channels < 1 ||
            options.program->input.window_samples < 1 ||
            (options.program->windowing.kind == Windowing::fixed && options.program->windowing.step_samples < 1)) {
            throw_invalid(function, "channels, fs, window, step and classes of a program, which does not say them",
                          "none or less than 1");
        }
        require_sampling_rate(function, options.program->input.fs);
        const auto source = open_file(path);
        if (source->size() > max_program) {
            throw ParseError(source->name(), std::nullopt,
                             "wanted at most 2 GiB, got " + std::to_string(source->size()));
        }
        const std::vector<std::byte> bytes = source->read_exactly(0, static_cast<std::size_t>(source->size()));
        state->sha256 = biopotential::sha256(bytes);
        state->spec = *options.program;
        state->batch = max_batch;
        const bool script = options.format == Format::torchscript;
        require_admission({path.string(), script ? "torchscript" : "aotinductor", state->sha256});
        state->runner =
            script ? detail::make_torchscript(bytes, source->name()) : detail::make_aotinductor(bytes, source->name());
    }
    Model model;
    model.state_ = std::move(state);
    return model;
}

}  // namespace biopotential::inline v0::models
