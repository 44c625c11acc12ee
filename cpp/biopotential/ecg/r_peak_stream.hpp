#pragma once

#include <memory>
#include <span>
#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::ecg {

/// How RPeakStream looks for beats.
struct RPeakStreamOptions {
    double low_hz = 6.0;  ///< band in which QRS energy is measured
    double high_hz = 22.0;
    double energy_window_s = 0.12;  ///< width of the moving energy, about one QRS
    double threshold = 0.35;        ///< from the height of what lies between beats to that of the last eight beats
    double refractory_s = 0.20;
    double search_back = 1.5;  ///< a gap of this many median RR intervals is searched with half the threshold
};

/// R peaks of one lead while its samples come in: a causal method of its own beside find_r_peaks, which looks ahead.
///
/// It measures energy in the QRS band as find_r_peaks does, takes maxima above a threshold between the running heights
/// of beats and of what lies between, refuses T waves by their bluntness, searches long gaps back, and puts beats on
/// the same fiducial. The peaks don't depend on the sizes of the blocks, to the last bit; find_r_peaks_causal gives the
/// same from a whole signal. Nothing is reported where for ten seconds there is noise only. Not a number means lost.
///
/// A beat is reported no later than latency_s() after it; one in the first two seconds, from which levels are learnt,
/// or one that searching back finds, no later than late_s(). Nothing is allocated or locked after construction but by
/// the push that returns a vector. Copying a stream copies its state.
class RPeakStream {
  public:
    /// \throws std::invalid_argument  fs not finite or below 50
    explicit RPeakStream(double fs, const RPeakStreamOptions& options = {});
    RPeakStream(const RPeakStream& other);
    RPeakStream(RPeakStream&& other) noexcept;
    RPeakStream& operator=(const RPeakStream& other);
    RPeakStream& operator=(RPeakStream&& other) noexcept;
    ~RPeakStream();

    /// The next samples, any amplitude unit.
    /// \param out  at least most_peaks(block.size()); its first elements are written
    /// \return     how many: positions in samples since the start, lost ones counted, ascending over all pushes
    /// \throws std::invalid_argument  out is too small; the state is as it was
    Index push(Samples block, std::span<Index> out);
    [[nodiscard]] std::vector<Index> push(Samples block);

    /// n samples were lost: as pushing NaN, but at a cost that doesn't grow with n.
    Index skip(Index n, std::span<Index> out);
    [[nodiscard]] std::vector<Index> skip(Index n);

    /// There will be no more samples: the peaks that were still waited for. The stream is then as new.
    Index finish(std::span<Index> out);
    [[nodiscard]] std::vector<Index> finish();

    /// As new.
    void reset();

    [[nodiscard]] Index most_peaks(Index n_samples) const;
    [[nodiscard]] Index n_samples() const;  ///< so far, lost ones counted
    [[nodiscard]] double fs() const;
    [[nodiscard]] double latency_s() const;
    [[nodiscard]] double late_s() const;

  private:
    class State;
    std::unique_ptr<State> state_;
};

/// What RPeakStream gives for the whole of one lead.
///
/// \param ecg    shape (n_samples,), any amplitude unit; NaN counts as lost
/// \param fs     sampling rate in Hz, at least 50
/// \return       ascending sample indices; empty if none
/// \throws std::invalid_argument  fs not finite or below 50
[[nodiscard]] std::vector<Index> find_r_peaks_causal(Samples ecg, double fs, const RPeakStreamOptions& options = {});

}  // namespace biopotential::inline v0::ecg
