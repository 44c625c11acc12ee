#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "biopotential/models/package.hpp"

namespace biopotential::inline v0::models {

/// A package is data. The other two are programs: load them only from someone whose program you would run.
enum class Format { package, torchscript, aotinductor };

enum class Activation { none, softmax, sigmoid };

/// What a TorchScript or AOTInductor file does not say itself.
struct ProgramSpec {
    InputSpec input;
    Windowing windowing;
    Pipeline preprocessing;
    std::vector<std::string> classes;
    Activation activation = Activation::none;  ///< applied to the program's output
};

struct LoadOptions {
    Format format = Format::package;
    std::optional<ProgramSpec> program;  ///< required for the formats that are programs, refused for a package
};

struct Prediction {
    Array<double> probabilities;  ///< (n_windows, n_classes)
    Array<Index> starts;          ///< (n_windows,) first sample of each window, in samples of the signal that came in
};

/// A network with its preprocessing and windowing, run by LibTorch on the CPU. Cheap to copy; safe from several
/// threads.
class Model {
  public:
    /// Classify windows at a fixed step.
    ///
    /// \param x   shape (n_channels, n_samples), in the unit that the model declares
    /// \param fs  sampling rate in Hz; the preprocessing must bring it to the model's
    /// \return    no window where the signal is shorter than one
    /// \throws std::invalid_argument  a model of beats, another number of channels, NaN, a rate that stays another
    [[nodiscard]] Prediction predict(const MatrixView& x, double fs) const;

    /// Classify the beats at `r_peaks`, ascending sample positions in x.
    /// \throws std::invalid_argument  as predict(); a model of fixed windows; positions outside x
    [[nodiscard]] Prediction predict_beats(const MatrixView& x, std::span<const Index> r_peaks, double fs) const;

    [[nodiscard]] const std::vector<std::string>& classes() const;
    [[nodiscard]] const InputSpec& input() const;
    [[nodiscard]] const Windowing& windowing() const;
    [[nodiscard]] Format format() const;
    [[nodiscard]] const std::string& sha256() const;  ///< what admission was asked about
    [[nodiscard]] const std::string& card() const;    ///< model.json; empty for a program

  private:
    friend Model load(const std::filesystem::path& path, const LoadOptions& options);
    struct State;
    std::shared_ptr<const State> state_;
};

/// Load a model. Everything is checked and core's admission hook asked before a network is built.
/// \throws ParseError, IntegrityError, PolicyError, IoError, std::invalid_argument
[[nodiscard]] Model load(const std::filesystem::path& path, const LoadOptions& options = {});

/// A package's input as the network sees it: preprocessed windows (n_windows, n_channels, window_samples) and side
/// features (n_windows, n_side). What training takes, so that training and inference can't differ.
struct Inputs {
    Array<double> windows;
    Array<double> side;
    Array<Index> starts;  ///< as in Prediction
};

/// Fixed windows, as Model::predict() cuts them. \throws std::invalid_argument  as it
[[nodiscard]] Inputs window_inputs(const MatrixView& x, double fs, const InputSpec& input, const Windowing& windowing,
                                   const Pipeline& preprocessing);

/// Windows of beats, as Model::predict_beats() cuts them. \throws std::invalid_argument  as it
[[nodiscard]] Inputs beat_inputs(const MatrixView& x, std::span<const Index> r_peaks, double fs, const InputSpec& input,
                                 const Windowing& windowing, const Pipeline& preprocessing);

}  // namespace biopotential::inline v0::models
