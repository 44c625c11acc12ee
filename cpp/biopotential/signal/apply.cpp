#include "biopotential/signal/apply.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/signal/filter.hpp"
#include "biopotential/signal/resample.hpp"

namespace biopotential::inline v0::signal {

namespace {

/// One step's parameters, read by name and type.
class Parameters {
  public:
    Parameters(const PipelineStep& step, std::initializer_list<std::string_view> known) : step_(step) {
        for (const auto& [name, value] : step.parameters) {
            if (std::find(known.begin(), known.end(), name) == known.end()) {
                throw_invalid(where(), "no other parameters than " + joined(known), name);
            }
        }
        if (step.version != 1) {
            throw_invalid(where(), "version 1", step.version);
        }
    }

    template <class T>
    [[nodiscard]] std::optional<T> optional(const std::string& name) const {
        const auto found = step_.parameters.find(name);
        if (found == step_.parameters.end()) {
            return {};
        }
        const T* value = std::get_if<T>(&found->second);
        if (value == nullptr) {
            throw_invalid(where(), name + " as " + type_name(T{}), "another type");
        }
        return *value;
    }

    [[nodiscard]] double number(const std::string& name) const {
        const std::optional<double> value = optional<double>(name);
        if (!value) {
            throw_invalid(where(), "parameter " + name, "none");
        }
        if (!std::isfinite(*value)) {
            throw_invalid(where(), name + " finite", *value);
        }
        return *value;
    }

    /// A list of numbers, or one number.
    [[nodiscard]] std::vector<double> numbers(const std::string& name) const {
        const auto found = step_.parameters.find(name);
        if (found != step_.parameters.end() && std::holds_alternative<std::vector<double>>(found->second)) {
            return std::get<std::vector<double>>(found->second);
        }
        return {number(name)};
    }

    /// The place of a text among its choices; the first one where it is absent.
    [[nodiscard]] std::size_t choice(const std::string& name, std::initializer_list<std::string_view> choices) const {
        const std::string value = optional<std::string>(name).value_or(std::string(*choices.begin()));
        const auto* const found = std::find(choices.begin(), choices.end(), value);
        if (found == choices.end()) {
            throw_invalid(where(), name + " as one of " + joined(choices), value);
        }
        return static_cast<std::size_t>(found - choices.begin());
    }

    [[nodiscard]] FilterMethod method() const {
        return choice("method", {"fir", "iir"}) == 0 ? FilterMethod::fir : FilterMethod::iir;
    }

    [[nodiscard]] FilterOptions filter() const {
        FilterOptions options;
        options.method = method();
        const double order = optional<double>("order").value_or(options.order);
        if (!(order >= 1 && order <= 50) || order != std::floor(order)) {
            throw_invalid(where(), "order as a whole number of 1 to 50", order);
        }
        options.order = static_cast<int>(order);
        options.padding = choice("padding", {"scipy", "mne"}) == 0 ? Padding::scipy : Padding::mne;
        return options;
    }

    [[nodiscard]] std::string where() const { return "apply: step " + step_.function; }

  private:
    static std::string joined(std::initializer_list<std::string_view> names) {
        std::string out;
        for (const std::string_view name : names) {
            out += (out.empty() ? "" : ", ") + std::string(name);
        }
        return out.empty() ? "none" : out;
    }
    static std::string type_name(double) { return "a number"; }
    static std::string type_name(const std::string&) { return "text"; }

    const PipelineStep& step_;
};

Array<double> standardize(const MatrixView& x) {
    require_finite("standardize", x);
    Array<double> y{x.rows(), x.cols()};
    parallel_for(x.rows(), [&](Index c) {
        const auto n = static_cast<double>(x.cols());
        double mean = 0;
        for (Index i = 0; i < x.cols(); ++i) {
            mean += x(c, i) / n;
        }
        double variance = 0;
        for (Index i = 0; i < x.cols(); ++i) {
            const double d = x(c, i) - mean;
            variance += d * d / n;
        }
        // Rounding leaves a constant channel a deviation of some units in the last place: that is no signal.
        const double sd = std::sqrt(variance);
        const double factor = sd > 1e-14 * std::abs(mean) ? 1 / sd : 0;
        for (Index i = 0; i < x.cols(); ++i) {
            y(c, i) = (x(c, i) - mean) * factor;
        }
    });
    return y;
}

template <class F>
Array<double> each_sample(const MatrixView& x, F f) {
    Array<double> y{x.rows(), x.cols()};
    for (Index c = 0; c < x.rows(); ++c) {
        for (Index i = 0; i < x.cols(); ++i) {
            y(c, i) = f(x(c, i));
        }
    }
    return y;
}

Applied run_step(const PipelineStep& step, const MatrixView& x, double fs) {
    const std::string& name = step.function;
    if (name == "bandpass" || name == "bandstop") {
        const Parameters p(step, {"low", "high", "method", "order", "padding"});
        const auto run = name == "bandpass" ? bandpass : bandstop;
        return {run(x, p.number("low"), p.number("high"), fs, p.filter()), fs};
    }
    if (name == "highpass") {
        const Parameters p(step, {"low", "method", "order", "padding"});
        return {highpass(x, p.number("low"), fs, p.filter()), fs};
    }
    if (name == "lowpass") {
        const Parameters p(step, {"high", "method", "order", "padding"});
        return {lowpass(x, p.number("high"), fs, p.filter()), fs};
    }
    if (name == "notch") {
        const Parameters p(step, {"freqs", "method", "width_hz", "transition_hz", "q"});
        NotchOptions options;
        options.method = p.method();
        options.width_hz = p.optional<double>("width_hz");
        options.transition_hz = p.optional<double>("transition_hz").value_or(options.transition_hz);
        options.q = p.optional<double>("q").value_or(options.q);
        return {notch_filter(x, p.numbers("freqs"), fs, options), fs};
    }
    if (name == "resample") {
        const Parameters p(step, {"fs"});
        const double new_fs = p.number("fs");
        return {resample_to(x, fs, new_fs), new_fs};
    }
    if (name == "detrend") {
        const Parameters p(step, {"type"});
        return {detrend(x, p.choice("type", {"linear", "constant"}) == 0 ? Detrend::linear : Detrend::constant), fs};
    }
    if (name == "standardize") {
        const Parameters p(step, {});
        return {standardize(x), fs};
    }
    if (name == "scale") {
        const Parameters p(step, {"factor", "offset"});
        const double factor = p.number("factor");
        const double offset = p.optional<double>("offset").value_or(0);
        return {each_sample(x, [=](double v) { return v * factor + offset; }), fs};
    }
    if (name == "clip") {
        const Parameters p(step, {"low", "high"});
        const double low = p.number("low");
        const double high = p.number("high");
        if (!(low <= high)) {
            throw_invalid(p.where(), "low <= high", std::to_string(low) + " and " + std::to_string(high));
        }
        return {each_sample(x, [=](double v) { return std::clamp(v, low, high); }), fs};
    }
    throw_invalid("apply",
                  "a step bandpass, bandstop, highpass, lowpass, notch, resample, detrend, standardize, scale or clip",
                  name);
}

}  // namespace

Applied apply(const Pipeline& pipeline, const MatrixView& x, double fs) {
    require_sampling_rate("apply", fs);
    require_finite("apply", x);
    Applied out{each_sample(x, [](double v) { return v; }), fs};
    for (const PipelineStep& step : pipeline.steps) {
        // A view of no samples has no rows left to tell; such a signal passes the checks of the step as it is.
        const Array<double> before = out.x;
        out = before.size() == 0 ? run_step(step, Matrix::Zero(x.rows(), 0), out.fs)
                                 : run_step(step, view(before), out.fs);
    }
    return out;
}

}  // namespace biopotential::inline v0::signal
