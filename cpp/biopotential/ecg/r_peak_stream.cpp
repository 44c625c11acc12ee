#include "biopotential/ecg/r_peak_stream.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "biopotential/core/errors.hpp"
#include "biopotential/ecg/fiducial_internal.hpp"
#include "biopotential/ecg/preprocess_internal.hpp"

namespace biopotential::inline v0::ecg {

using detail::Candidate;
using detail::to_samples;

namespace {

constexpr double work_hz = 100.0;
constexpr double chunk_s = 2.0;
constexpr std::size_t chunks_around = 5;
/// Energy whose median reaches this share of its maxima has no peaks: mains, or nothing.
constexpr double flat_share = 0.75;
/// ... and with this share it is noise, unless its maxima are as even as those of a fast
/// rhythm.
constexpr double noise_share = 0.47;
constexpr double steady_maxima = 0.8;
constexpr double longest_fast_s = 0.35;
/// A maximum is the highest of so much on either side.
constexpr double apart_s = 0.12;
/// What less than this share of the sharpness has, so soon after a beat, is its T wave.
constexpr double t_wave_share = 0.45;
constexpr double t_wave_s = 0.36;
constexpr double sharpness_half_s = 0.06;
constexpr std::size_t beats_known = 8;
constexpr std::size_t candidates_known = 32;
constexpr double shortest_rr_s = 0.25;
constexpr double longest_rr_s = 2.0;
constexpr double adapt_noise = 0.125;
/// Without a beat for so long, levels are learnt anew from it.
constexpr double relearn_s = 8.0;
/// Lost for so long, nothing of what was before is used but the levels.
constexpr double restart_s = 1.0;
constexpr double locate_before_s = 0.12;
constexpr double locate_after_s = 0.09;
constexpr double peaks_apart_s = 0.16;
/// The baseline: a two-sided exponential of this constant, as far as it is not lower than a hundredth.
constexpr double baseline_s = 0.053;
constexpr double baseline_half_s = 0.25;
constexpr std::size_t leans_known = 12;
constexpr double lean_around = 0.4;
constexpr double lean_up = 0.1;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::size_t z(Index i) {
    return static_cast<std::size_t>(i);
}

/// The last values of a track, by their position in it.
class Ring {
  public:
    explicit Ring(Index least) : values_(std::bit_ceil(z(least)), 0.0) {}
    double& operator[](Index i) { return values_[z(i) & (values_.size() - 1)]; }
    double operator[](Index i) const { return values_[z(i) & (values_.size() - 1)]; }
    void fill(double v) { std::fill(values_.begin(), values_.end(), v); }

  private:
    std::vector<double> values_;
};

/// The last n values, and their median.
template <std::size_t n>
class Recent {
  public:
    void push(double v) { values_[count_++ % n] = v; }
    void clear() { count_ = 0; }
    [[nodiscard]] bool empty() const { return count_ == 0; }
    [[nodiscard]] double median() const {
        std::array<double, n> sorted{};
        const std::size_t known = std::min(count_, n);
        for (std::size_t k = 0; k < known; ++k) {
            std::size_t at = k;
            for (; at > 0 && sorted[at - 1] > values_[k]; --at) {
                sorted[at] = sorted[at - 1];
            }
            sorted[at] = values_[k];
        }
        return 0.5 * (sorted[(known - 1) / 2] + sorted[known / 2]);
    }

  private:
    std::array<double, n> values_{};
    std::size_t count_ = 0;
};

}  // namespace

class RPeakStream::State {
  public:
    State(double fs, const RPeakStreamOptions& options)
        : fs_(fs),
          options_(options),
          step_(std::max<Index>(1, static_cast<Index>(fs / work_hz))),
          work_fs_(fs / static_cast<double>(step_)),
          taps_(detail::band_taps(options.low_hz, options.high_hz, work_fs_)),
          half_(static_cast<Index>(taps_.size() / 2)),
          width_(to_samples(options.energy_window_s, work_fs_) / 2),
          smooth_(to_samples(0.4 * options.energy_window_s, work_fs_) / 2),
          apart_(to_samples(apart_s, work_fs_)),
          behind_(half_ + width_ + smooth_ + apart_),
          raw_(to_samples(options.search_back * longest_rr_s + chunk_s + 2, fs)),
          low_(to_samples(options.search_back * longest_rr_s + chunk_s + 2, work_fs_)),
          square_(2 * width_ + 2),
          mean_(2 * smooth_ + 2),
          energy_(2 * apart_ + 2) {
        // A constant gives exactly nothing.
        double sum = 0;
        for (const double v : taps_) {
            sum += v;
        }
        for (double& v : taps_) {
            v -= sum / static_cast<double>(taps_.size());
        }
        chunk_.reserve(z(to_samples(chunk_s, work_fs_)));
        const Index baseline_half = to_samples(baseline_half_s, work_fs_);
        for (Index i = -baseline_half; i <= baseline_half; ++i) {
            kernel_.push_back(std::exp(-std::abs(static_cast<double>(i)) / (baseline_s * work_fs_)));
        }
        // What one beat is located in: all its samples and those around that smoothing asks for.
        around_.reserve(z(to_samples(locate_before_s, fs) + to_samples(locate_after_s, fs) + 4 * margin()));
        gaps_.reserve(around_.capacity() / 2 + 1);
        baseline_.values.reserve(around_.capacity() / z(step_) + 4);
        baseline_.step = step_;
        reset();
    }

    void reset() {
        now_ = 0;
        lost_ = to_samples(restart_s, fs_);  // the first sample starts
        block_ = 0;
        beat_level_ = 0;
        noise_level_ = 0;
        learnt_ = false;
        silent_ = false;
        amplitude_ = 0;
        beat_heights_.clear();
        tops_.clear();
        middles_.clear();
        steady_.clear();
        leans_.clear();
        rr_.clear();
        queue_size_ = 0;
        last_beat_ = -1;
        last_peak_ = std::numeric_limits<Index>::min() / 2;
        chunk_.clear();
    }

    void push(Samples block) {
        for (const double v : block) {
            sample(v);
        }
    }

    void skip(Index n) {
        while (n > 0 && lost_ < to_samples(restart_s, fs_)) {
            sample(nan);
            --n;
        }
        // Beyond, only time goes on.
        now_ += n;
    }

    void finish() {
        // What is waited for comes while nothing does.
        skip(to_samples(latency_s(), fs_));
        if (!learnt_ && !chunk_.empty()) {
            judge();
        }
        reset();
    }

    void collect_in(std::span<Index> out) {
        out_ = out;
        found_ = 0;
    }
    [[nodiscard]] Index found() const { return static_cast<Index>(found_); }
    [[nodiscard]] Index now() const { return now_; }
    [[nodiscard]] double fs() const { return fs_; }
    [[nodiscard]] Index most_peaks(Index n) const {
        // Those of its samples and those that were still waited for.
        return static_cast<Index>(static_cast<double>(n) / (peaks_apart_s * fs_) + late_s() / peaks_apart_s) + 2;
    }
    [[nodiscard]] double latency_s() const { return static_cast<double>(behind_ + 2) / work_fs_ + locate_before_s; }
    [[nodiscard]] double late_s() const { return latency_s() + std::max(chunk_s, options_.search_back * longest_rr_s); }

  private:
    [[nodiscard]] Index margin() const { return to_samples(0.004, fs_) + 2; }

    void sample(double v) {
        const bool good = std::isfinite(v);
        if (good && lost_ >= to_samples(restart_s, fs_)) {
            restart(v);
        }
        if (!good) {
            if (lost_ >= to_samples(restart_s, fs_)) {
                ++now_;
                return;
            }
            ++lost_;
        } else {
            lost_ = 0;
            held_ = v;
        }
        raw_[now_] = good ? v : nan;
        block_ += held_;
        ++now_;
        if (now_ % step_ == 0) {
            advance(now_ / step_ - 1, block_ / static_cast<double>(step_));
            block_ = 0;
        }
    }

    /// As if the first sample had always been there.
    void restart(double v) {
        low_.fill(v);
        raw_.fill(nan);
        square_.fill(0);
        mean_.fill(0);
        energy_.fill(0);
        block_ = v * static_cast<double>(now_ % step_);
        queue_size_ = 0;
        last_beat_ = -1;
        first_ = now_ / step_;
        rr_.clear();
        chunk_.clear();
    }

    void advance(Index k, double low) {
        low_[k] = low;
        double band = 0;
        for (Index i = 0; i < static_cast<Index>(taps_.size()); ++i) {
            band += taps_[z(i)] * low_[k - i];
        }
        amplitude_ = std::max(amplitude_, std::abs(low));
        const Index in_band = k - half_;
        square_[in_band] = band * band;
        const Index in_mean = in_band - width_;
        double sum = 0;
        for (Index i = in_mean - width_; i <= in_band; ++i) {
            sum += square_[i];
        }
        mean_[in_mean] = sum / static_cast<double>(2 * width_ + 1);
        const Index in_energy = in_mean - smooth_;
        sum = 0;
        for (Index i = in_energy - smooth_; i <= in_mean; ++i) {
            sum += mean_[i];
        }
        energy_[in_energy] = std::sqrt(sum / static_cast<double>(2 * smooth_ + 1));
        if (in_energy >= first_) {
            measure(energy_[in_energy]);
        }
        const Index middle = in_energy - apart_;
        if (learnt_ && last_beat_ >= 0) {
            search_back(middle);
        }
        if (middle >= first_ && is_maximum(middle)) {
            const Candidate c{middle, energy_[middle], sharpness(middle)};
            if (learnt_) {
                decide(c);
            } else {
                remember(c);
            }
        }
    }

    [[nodiscard]] bool is_maximum(Index at) const {
        const double v = energy_[at];
        // Rounding of the filter is no signal.
        if (!(v > 1e-9 * amplitude_)) {
            return false;
        }
        for (Index i = 1; i <= apart_; ++i) {
            if (energy_[at - i] >= v || energy_[at + i] > v) {
                return false;
            }
        }
        return true;
    }

    [[nodiscard]] double sharpness(Index at) const {
        const Index half = to_samples(sharpness_half_s, work_fs_);
        double top = 0;
        for (Index i = at - half; i <= at + half; ++i) {
            top = std::max(top, std::abs(low_[i - 1] - 2 * low_[i] + low_[i + 1]));
        }
        return top;
    }

    void measure(double energy) {
        chunk_.push_back(energy);
        if (chunk_.size() == z(to_samples(chunk_s, work_fs_))) {
            judge();
        }
    }

    /// Every two seconds: what is typical of the last ten, and whether it is more than noise.
    void judge() {
        const double top = *std::max_element(chunk_.begin(), chunk_.end());
        double lowest_top = top;
        const auto block = static_cast<std::ptrdiff_t>(to_samples(longest_fast_s, work_fs_));
        for (auto at = chunk_.begin(); chunk_.end() - at >= block; at += block) {
            lowest_top = std::min(lowest_top, *std::max_element(at, at + block));
        }
        const auto half = chunk_.begin() + static_cast<std::ptrdiff_t>(chunk_.size() / 2);
        std::nth_element(chunk_.begin(), half, chunk_.end());
        tops_.push(top);
        middles_.push(*half);
        steady_.push(top > 0 ? lowest_top / top : 0.0);
        chunk_.clear();
        const double share = tops_.median() > 0 ? middles_.median() / tops_.median() : 1.0;
        silent_ = share >= flat_share || (share >= noise_share && !(steady_.median() >= steady_maxima));
        const Index since = now_ / step_ - (last_beat_ >= 0 ? last_beat_ : first_);
        const bool lost = learnt_ && static_cast<double>(since) > relearn_s * work_fs_;
        if ((!learnt_ || lost) && tops_.median() > 0) {
            beat_heights_.clear();
            beat_level_ = tops_.median();
            noise_level_ = middles_.median();
            learnt_ = true;
            // What came long ago is not reported any more.
            const std::size_t n = lost ? 0 : queue_size_;
            queue_size_ = 0;
            for (std::size_t k = 0; k < n; ++k) {
                // decide() may remember a candidate, in a place that has been read.
                decide(Candidate(queue_[k]));
            }
        }
    }

    void remember(const Candidate& c) {
        if (queue_size_ == queue_.size()) {
            std::move(queue_.begin() + 1, queue_.end(), queue_.begin());
            --queue_size_;
        }
        queue_[queue_size_++] = c;
    }

    [[nodiscard]] double since_s(Index at) const { return static_cast<double>(at - last_beat_) / work_fs_; }
    [[nodiscard]] double threshold() const {
        return noise_level_ + options_.threshold * std::max(0.0, beat_level_ - noise_level_);
    }
    [[nodiscard]] double rr_s() const {
        return rr_.empty() ? 1.0 : std::clamp(rr_.median(), shortest_rr_s, longest_rr_s);
    }
    [[nodiscard]] bool is_overdue(Index at) const {
        return last_beat_ >= 0 && since_s(at) > options_.search_back * rr_s();
    }
    [[nodiscard]] bool is_t_wave(const Candidate& c) const {
        return last_beat_ >= 0 && since_s(c.at) < t_wave_s && c.sharpness < t_wave_share * last_sharpness_;
    }

    /// When the next beat is overdue, the highest candidate since the last one.
    void search_back(Index now) {
        if (!is_overdue(now) || queue_size_ == 0) {
            return;
        }
        const Candidate* best = nullptr;
        for (std::size_t k = 0; k < queue_size_; ++k) {
            const Candidate& c = queue_[k];
            if (c.height > 0.5 * threshold() && !is_t_wave(c) && since_s(c.at) >= options_.refractory_s &&
                (best == nullptr || c.height > best->height)) {
                best = &c;
            }
        }
        if (best != nullptr) {
            accept(Candidate(*best));
        }
        queue_size_ = 0;
    }

    void decide(const Candidate& c) {
        const double least = is_overdue(c.at) ? 0.5 * threshold() : threshold();
        const bool early = last_beat_ >= 0 && since_s(c.at) < options_.refractory_s;
        if (!silent_ && c.height > least && !early && !is_t_wave(c)) {
            accept(c);
            return;
        }
        noise_level_ += adapt_noise * (std::min(c.height, beat_level_) - noise_level_);
        if (!silent_ && !early) {
            remember(c);
        }
    }

    void accept(const Candidate& c) {
        beat_heights_.push(c.height);
        // The first beats are added to what was learnt.
        beat_level_ += (beat_heights_.median() - beat_level_) * 0.5;
        if (last_beat_ >= 0) {
            rr_.push(since_s(c.at));
        }
        last_beat_ = c.at;
        last_sharpness_ = c.sharpness;
        queue_size_ = 0;
        locate(c.at);
    }

    /// The baseline at a step, a line between them.
    [[nodiscard]] double baseline(Index at) const {
        const auto half = static_cast<Index>(kernel_.size() / 2);
        double sum = 0;
        double total = 0;
        for (Index i = -half; i <= half && at + i < now_ / step_; ++i) {
            sum += kernel_[z(i + half)] * low_[at + i];
            total += kernel_[z(i + half)];
        }
        return sum / total;
    }

    void locate(Index step) {
        const Index middle = step * step_ + step_ / 2;
        const Index first = middle - to_samples(locate_before_s, fs_);
        const Index last = std::min(now_, middle + to_samples(locate_after_s, fs_) + 1);
        // From a whole step on.
        const Index from = (first - margin()) / step_ * step_;
        const Index to = std::min(now_, last + margin());
        around_.clear();
        gaps_.clear();
        for (Index i = from; i < to; ++i) {
            const double v = i >= 0 ? raw_[i] : nan;
            around_.push_back(v);
            const Index at = i - from;
            if (!std::isfinite(v)) {
                if (!gaps_.empty() && gaps_.back().last == at) {
                    ++gaps_.back().last;
                } else {
                    gaps_.push_back({at, at + 1});
                }
            }
        }
        if (middle < from || middle >= to || detail::inside(gaps_, middle - from)) {
            return;
        }
        baseline_.values.clear();
        for (Index k = from / step_; k * step_ < to; ++k) {
            baseline_.values.push_back(baseline(k));
        }
        const detail::Deflections d =
            detail::deflections(around_, baseline_, gaps_, fs_, std::max<Index>(0, first - from), last - from);
        if (d.high < 0) {
            return;
        }
        const double own = std::log(std::max(d.up, 1e-12) / std::max(-d.down, 1e-12));
        leans_.push(std::clamp(own, -1.0, 1.0));
        double lean = own + lean_up;
        if (std::abs(lean) < lean_around) {
            lean += lean_around * std::clamp(leans_.median(), -0.5, 0.5) / 0.5;
        }
        const Index peak = from + (lean >= 0 ? d.high : d.low);
        if (peak - last_peak_ >= to_samples(peaks_apart_s, fs_) && found_ < out_.size()) {
            last_peak_ = peak;
            out_[found_++] = peak;
        }
    }

    double fs_;
    RPeakStreamOptions options_;
    Index step_;
    double work_fs_;
    std::vector<double> taps_;
    Index half_, width_, smooth_, apart_;
    Index behind_;  // steps from a maximum to its decision
    Ring raw_;      // samples, NaN where lost
    Ring low_, square_, mean_, energy_;
    std::vector<double> kernel_;

    Index now_ = 0;
    Index lost_ = 0;   // samples in a row, up to restart_s
    Index first_ = 0;  // step of the last restart
    double held_ = 0;
    double block_ = 0;
    double amplitude_ = 0;

    std::vector<double> chunk_;
    Recent<chunks_around> tops_, middles_, steady_;
    Recent<beats_known> beat_heights_, rr_;
    Recent<leans_known> leans_;
    std::array<Candidate, candidates_known> queue_{};
    std::size_t queue_size_ = 0;
    double beat_level_ = 0;
    double noise_level_ = 0;
    bool learnt_ = false;
    bool silent_ = false;
    Index last_beat_ = -1;  // step
    double last_sharpness_ = 0;
    Index last_peak_ = 0;  // sample

    std::vector<double> around_;
    std::vector<detail::Stretch> gaps_;
    detail::Baseline baseline_;

    std::span<Index> out_;
    std::size_t found_ = 0;
};

RPeakStream::RPeakStream(double fs, const RPeakStreamOptions& options) {
    detail::require_rate("RPeakStream", fs);
    state_ = std::make_unique<State>(fs, options);
}
RPeakStream::RPeakStream(const RPeakStream& other) : state_(std::make_unique<State>(*other.state_)) {}
RPeakStream::RPeakStream(RPeakStream&& other) noexcept = default;
RPeakStream& RPeakStream::operator=(const RPeakStream& other) {
    if (this != &other) {
        state_ = std::make_unique<State>(*other.state_);
    }
    return *this;
}
RPeakStream& RPeakStream::operator=(RPeakStream&& other) noexcept = default;
RPeakStream::~RPeakStream() = default;

namespace {

void require_room(const char* function, std::span<Index> out, Index most) {
    if (static_cast<Index>(out.size()) < most) {
        throw_invalid(function, "room for " + std::to_string(most) + " peaks", std::to_string(out.size()));
    }
}

}  // namespace

Index RPeakStream::push(Samples block, std::span<Index> out) {
    require_room("RPeakStream.push", out, most_peaks(static_cast<Index>(block.size())));
    state_->collect_in(out);
    state_->push(block);
    return state_->found();
}

Index RPeakStream::skip(Index n, std::span<Index> out) {
    if (n < 0) {
        throw_invalid("RPeakStream.skip", "a number of lost samples >= 0", std::to_string(n));
    }
    require_room("RPeakStream.skip", out, most_peaks(0));
    state_->collect_in(out);
    state_->skip(n);
    return state_->found();
}

Index RPeakStream::finish(std::span<Index> out) {
    require_room("RPeakStream.finish", out, most_peaks(0));
    state_->collect_in(out);
    state_->finish();
    return state_->found();
}

std::vector<Index> RPeakStream::push(Samples block) {
    std::vector<Index> out(z(most_peaks(static_cast<Index>(block.size()))));
    out.resize(z(push(block, out)));
    return out;
}

std::vector<Index> RPeakStream::skip(Index n) {
    std::vector<Index> out(z(most_peaks(0)));
    out.resize(z(skip(n, out)));
    return out;
}

std::vector<Index> RPeakStream::finish() {
    std::vector<Index> out(z(most_peaks(0)));
    out.resize(z(finish(out)));
    return out;
}

void RPeakStream::reset() {
    state_->reset();
}
Index RPeakStream::most_peaks(Index n_samples) const {
    return state_->most_peaks(n_samples);
}
Index RPeakStream::n_samples() const {
    return state_->now();
}
double RPeakStream::fs() const {
    return state_->fs();
}
double RPeakStream::latency_s() const {
    return state_->latency_s();
}
double RPeakStream::late_s() const {
    return state_->late_s();
}

std::vector<Index> find_r_peaks_causal(Samples ecg, double fs, const RPeakStreamOptions& options) {
    detail::require_rate("find_r_peaks_causal", fs);
    RPeakStream stream(fs, options);
    std::vector<Index> out = stream.push(ecg);
    const std::vector<Index> rest = stream.finish();
    out.insert(out.end(), rest.begin(), rest.end());
    return out;
}

}  // namespace biopotential::inline v0::ecg
