#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace biopotential::inline v0::eeg {

enum class ChannelKind { eeg, eog, ecg, emg, other };

/// A channel's name as the 10-10 system writes it: "EEG Fpz-Cz" -> "Fpz-Cz", "Fc5." -> "FC5", "FP1-REF" -> "Fp1",
/// "T3" -> "T7" (T4, T5, T6 likewise). A name that is not an electrode's comes back trimmed, otherwise as it was.
[[nodiscard]] std::string clean_channel_name(std::string_view name);

/// What a channel measures, by its name: EEG where every electrode of it is in the 10-10 system.
[[nodiscard]] ChannelKind channel_kind(std::string_view name);

struct ElectrodePosition {
    double x = 0, y = 0, z = 0;       ///< unit sphere: x to the right ear, y to the nose, z up
    double plane_x = 0, plane_y = 0;  ///< azimuthal equidistant projection from above; 1 is the line nasion-ear-inion
};

/// Where an electrode of the 10-10 system sits on a spherical head (Oostenveld & Praamstra 2001, Clin Neurophysiol
/// 112:713); the name in any of the ways that clean_channel_name knows. Nothing where it is none.
[[nodiscard]] std::optional<ElectrodePosition> electrode_position(std::string_view name);

}  // namespace biopotential::inline v0::eeg
