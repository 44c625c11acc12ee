#include "biopotential/eeg/channels.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace biopotential {
namespace {

TEST(Channels, NamesAreWrittenAsTheTenTenSystemDoes) {
    const std::pair<const char*, const char*> names[] = {{"EEG Fpz-Cz", "Fpz-Cz"},
                                                         {"Fp1.", "Fp1"},
                                                         {" Fc5. ", "FC5"},
                                                         {"FP1-REF", "Fp1"},
                                                         {"T3", "T7"},
                                                         {"t6", "P8"},
                                                         {"eeg_CZ", "Cz"},
                                                         {"EEG T4-Avg", "T8"},
                                                         {"SpO2", "SpO2"},
                                                         {"", ""},
                                                         {"..", ""},
                                                         {"Cz-nose", "Cz-nose"}};
    for (const auto& [raw, clean] : names) {
        EXPECT_EQ(eeg::clean_channel_name(raw), clean) << raw;
    }
}

TEST(Channels, KindsFollowNames) {
    using enum eeg::ChannelKind;
    const std::pair<const char*, eeg::ChannelKind> names[] = {{"EEG Fpz-Cz", eeg::ChannelKind::eeg},
                                                              {"O2", eeg::ChannelKind::eeg},
                                                              {"EOG horizontal", eog},
                                                              {"LOC", eog},
                                                              {"ECG II", ecg},
                                                              {"Chin1-Chin2", emg},
                                                              {"Resp", other},
                                                              {"", other}};
    for (const auto& [name, kind] : names) {
        EXPECT_EQ(eeg::channel_kind(name), kind) << name;
    }
}

TEST(Channels, PositionsAreOnTheSphereAndSymmetric) {
    const auto cz = eeg::electrode_position("Cz");
    ASSERT_TRUE(cz);
    EXPECT_NEAR(cz->z, 1, 1e-15);
    const auto t7 = eeg::electrode_position("T3");
    ASSERT_TRUE(t7);
    EXPECT_NEAR(t7->x, -std::sin(72 * std::numbers::pi / 180), 1e-12);
    EXPECT_NEAR(t7->y, 0, 1e-12);
    EXPECT_NEAR(t7->plane_x, -0.8, 1e-12);
    const char* names[] = {"Fp1", "F7", "F3", "C3", "P7", "O1", "FC5", "PO3", "AF7", "CP1"};
    const char* mirrored[] = {"Fp2", "F8", "F4", "C4", "P8", "O2", "FC6", "PO4", "AF8", "CP2"};
    for (int i = 0; i < 10; ++i) {
        const auto left = eeg::electrode_position(names[i]);
        const auto right = eeg::electrode_position(mirrored[i]);
        ASSERT_TRUE(left && right) << names[i];
        EXPECT_NEAR(left->x, -right->x, 1e-12) << names[i];
        EXPECT_NEAR(left->y, right->y, 1e-12) << names[i];
        EXPECT_NEAR(left->z, right->z, 1e-12) << names[i];
        EXPECT_NEAR(left->x * left->x + left->y * left->y + left->z * left->z, 1, 1e-12) << names[i];
        EXPECT_LT(left->x, 0) << names[i];
    }
    EXPECT_FALSE(eeg::electrode_position("Fpz-Cz")) << "a derivation has no place";
    EXPECT_FALSE(eeg::electrode_position("nose"));
    EXPECT_FALSE(eeg::electrode_position(""));
}

}  // namespace
}  // namespace biopotential
