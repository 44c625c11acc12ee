#include "biopotential/io/hdf5_stream.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <limits>
#include <string>

#include "biopotential/core/errors.hpp"
#include "biopotential/io/read.hpp"
#include "files.hpp"

namespace biopotential {
namespace {

using test::Folder;

Array<double> block(Index first, Index n) {
    Array<double> x{2, n};
    for (Index i = 0; i < n; ++i) {
        x(0, i) = static_cast<double>((first + i) % 2000) - 1000;
        x(1, i) = first + i == 7 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>((first + i) % 977);
    }
    return x;
}

const std::vector<io::Hdf5StreamChannel> channels = {{"a", "uV", -1000, 1000}, {"b", "uV", -1000, 1000}};

TEST(Hdf5Writer, WhatIsFlushedIsThereBeforeTheEnd) {
    const Folder folder;
    io::Hdf5Writer writer(folder / "a.h5", 250, channels, {0, 5});
    writer.append(view(block(0, 300)));
    Event event;
    event.label = "x";
    event.onset_ns = 12;
    writer.annotate(event);
    writer.flush();
    writer.append(view(block(300, 700)));
    const Recording part = io::read(folder / "a.h5");
    EXPECT_EQ(part.signal().n_samples(), 300);
    EXPECT_EQ(part.events.at(0).onset_ns, 12);
    EXPECT_EQ(part.warnings.size(), 1U);
    EXPECT_THROW((void)io::read(folder / "a.h5", {true, {}}), ParseError);
    writer.close();
    EXPECT_THROW(writer.append(view(block(0, 1))), std::invalid_argument);
    const Recording whole = io::read(folder / "a.h5", {true, {}});
    EXPECT_TRUE(whole.warnings.empty());
    EXPECT_EQ(whole.identity.start_ns, 5);
    const Array<double> x = whole.signal().read(0, 1000), y = block(0, 1000);
    EXPECT_TRUE(std::equal(x.begin(), x.end(), y.begin(),
                           [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }));
}

TEST(Hdf5Writer, AKilledWriterLeavesWhatItFlushed) {
    const Folder folder;
    for (const Index kept : {1, 5000, 100'000}) {
        const auto path = folder / (std::to_string(kept) + ".h5");
        const pid_t child = ::fork();
        if (child == 0) {
            io::Hdf5Writer writer(path, 250, channels);
            writer.append(view(block(0, kept)));
            writer.flush();
            writer.append(view(block(kept, 1000)));
            (void)::kill(::getpid(), SIGKILL);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status));
        const Recording r = io::read(path);
        const Index n = r.signal().n_samples();
        ASSERT_GE(n, kept);
        const Array<double> x = r.signal().read(0, n), y = block(0, n);
        for (Index i = 0; i < x.size(); ++i) {
            ASSERT_TRUE(std::abs(x[i] - y[i]) < 0.02 || std::isnan(y[i])) << i;
        }
    }
}

TEST(Hdf5Writer, WhatIsNoRecordingIsRefused) {
    const Folder folder;
    EXPECT_THROW(io::Hdf5Writer(folder / "a.h5", 250, {}), std::invalid_argument);
    EXPECT_THROW(io::Hdf5Writer(folder / "a.h5", 0, channels), std::invalid_argument);
    EXPECT_THROW(io::Hdf5Writer(folder / "a.h5", 250, channels, {12, {}}), std::invalid_argument);
    EXPECT_THROW(io::Hdf5Writer(folder / "a.h5", 250, {{"a", "uV", 1, 1}}), std::invalid_argument);
    EXPECT_THROW(io::Hdf5Writer(folder / "none/a.h5", 250, channels), IoError);
    EXPECT_EQ(folder.n_files(), 0U);
    test::save(folder / "a.h5", "x");
    EXPECT_THROW(io::Hdf5Writer(folder / "a.h5", 250, channels), IoError);
    EXPECT_EQ(test::load(folder / "a.h5"), "x");
}

}  // namespace
}  // namespace biopotential
