#include "biopotential/io/hdf5.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/io/read.hpp"
#include "files.hpp"

namespace biopotential {
namespace {

using test::Folder;
using test::load;
using test::save;

Recording example(Index n) {
    Recording r;
    Array<std::int32_t> digital{2, n};
    for (Index i = 0; i < n; ++i) {
        digital(0, i) = static_cast<std::int32_t>(i * 7919 % 4001 - 2000);
        digital(1, i) = static_cast<std::int32_t>(i * 104729 % 200001 - 100000);
    }
    Channel first, second;
    first.name = "one";
    first.unit = "mV";
    first.scaling = {3, 1, 200};
    second.name = "two \xe9";  // Latin-1
    second.scaling = {0.25, 0.1, 1};
    r.signals.push_back(make_signal(std::move(digital), 250, {first, second}));
    r.signals.back().segments = {{0, 0, n / 2}, {n * 8'000'000, n / 2, n - n / 2}};
    Array<double> physical{1, n};
    for (Index i = 0; i < n; ++i) {
        physical[i] = i == 3 ? std::numeric_limits<double>::quiet_NaN() : std::sin(static_cast<double>(i));
    }
    r.signals.push_back(make_signal(std::move(physical), 62.5, {"three"}, "uV"));
    Event event;
    event.onset_ns = 12;
    event.label = "x";
    event.channels = {2};
    r.events.push_back(event);
    r.identity.start_ns = 5;
    return r;
}

TEST(Hdf5, HoldsAllOfARecording) {
    const Folder folder;
    for (const Index n : {Index{0}, Index{1}, Index{1000}, Index{400'000}}) {
        Recording r = example(std::max<Index>(n, 4));
        if (n < 4) {
            r = example(4);
            for (Signal& signal : r.signals) {
                signal.segments = {{0, 0, n}};
            }
        }
        io::write_hdf5(r, folder / "a.h5");
        const Recording back = io::read(folder / "a.h5", {true, {}});
        ASSERT_EQ(back.signals.size(), 2U);
        EXPECT_EQ(back.signals[0].segments.back().t0_ns, r.signals[0].segments.back().t0_ns);
        EXPECT_EQ(back.signals[1].fs, 62.5);
        const Array<double> x = back.signals[0].read(0, n), y = r.signals[0].read(0, n);
        EXPECT_TRUE(std::equal(x.begin(), x.end(), y.begin(), y.end())) << n;
        EXPECT_EQ(back.signals[0].channels[1].name, "two \xc3\xa9");
        EXPECT_EQ(back.events.at(0).channels, std::vector<int>{2});
        EXPECT_EQ(back.identity.start_ns, 5);
        EXPECT_EQ(folder.n_files(), 1U);
    }
}

TEST(Hdf5, TheSameRecordingGivesTheSameBytes) {
    const Folder folder;
    io::write_hdf5(example(5000), folder / "a.h5");
    io::write_hdf5(example(5000), folder / "b.h5");
    EXPECT_EQ(load(folder / "a.h5"), load(folder / "b.h5"));
}

TEST(Hdf5, ReadsContentThatIsNoFile) {
    const Folder folder;
    io::write_hdf5(example(5000), folder / "a.h5");
    const std::string bytes = load(folder / "a.h5");
    std::vector<std::byte> memory(bytes.size());
    std::transform(bytes.begin(), bytes.end(), memory.begin(), [](char c) { return static_cast<std::byte>(c); });
    EXPECT_EQ(io::read_hdf5(from_memory(std::move(memory))).signals[0].n_samples(), 5000);
}

TEST(Hdf5, ManyThreadsReadAtOnce) {
    const Folder folder;
    io::write_hdf5(example(300'000), folder / "a.h5");
    const Recording r = io::read(folder / "a.h5");
    const Array<std::int32_t> whole = r.signals[0].read_digital(0, 300'000);
    parallel_for(64, [&](Index i) {
        const Array<std::int32_t> part = io::read(folder / "a.h5").signals[0].read_digital(i * 4000, 4000);
        EXPECT_TRUE(std::equal(part.row(0).begin(), part.row(0).end(), whole.row(0).begin() + i * 4000));
        const Array<std::int32_t> shared = r.signals[0].read_digital(i * 4000, 4000);
        EXPECT_TRUE(std::equal(shared.row(1).begin(), shared.row(1).end(), whole.row(1).begin() + i * 4000));
    });
}

TEST(Hdf5, BrokenFilesAreParseErrors) {
    const Folder folder;
    io::write_hdf5(example(5000), folder / "a.h5");
    const std::string bytes = load(folder / "a.h5");
    for (std::size_t n : {8UL, 9UL, 64UL, 96UL, 512UL, 2048UL, bytes.size() / 2, bytes.size() - 1}) {
        save(folder / "b.h5", bytes.substr(0, n));
        EXPECT_THROW((void)io::read(folder / "b.h5"), ParseError) << n;
    }
    std::string changed = bytes;
    changed[bytes.find("schema_version")] = 'S';
    save(folder / "b.h5", changed);
    EXPECT_THROW((void)io::read(folder / "b.h5"), ParseError);
}

/// Content that does something in the child when it is read, as an attacker's code would.
class Attack final : public ByteSource {
  public:
    Attack(std::string bytes, std::function<void()> act) : bytes_(std::move(bytes)), act_(std::move(act)) {}
    [[nodiscard]] std::int64_t size() const override { return static_cast<std::int64_t>(bytes_.size()); }
    [[nodiscard]] const std::string& name() const override { return name_; }
    std::size_t read(std::int64_t offset, std::span<std::byte> out) const override {
        if (::getpid() != parent_) {
            act_();
        }
        const std::size_t n = std::min(out.size(), bytes_.size() - static_cast<std::size_t>(offset));
        std::memcpy(out.data(), bytes_.data() + offset, n);
        return n;
    }

  private:
    std::string bytes_;
    std::function<void()> act_;
    std::string name_ = "<attack>";
    pid_t parent_ = ::getpid();
};

std::string outcome(const std::string& bytes, std::function<void()> act) {
    try {
        (void)io::read_hdf5(std::make_shared<Attack>(bytes, std::move(act)));
    } catch (const ParseError& error) {
        return error.what();
    }
    return "read";
}

TEST(Hdf5, TheChildReachesNothing) {
    const Folder folder;
    io::write_hdf5(example(100), folder / "a.h5");
    const std::string bytes = load(folder / "a.h5");
    const std::string out = (folder / "stolen").string(), in = (folder / "a.h5").string();
    EXPECT_EQ(outcome(bytes, [] {}), "read");
    EXPECT_EQ(outcome(bytes, [&] { (void)::open(in.c_str(), O_RDONLY | O_CLOEXEC); }), "read");
    const std::string killed = "(signal " + std::to_string(SIGSYS) + ")";
    EXPECT_THAT(outcome(bytes, [] { (void)::socket(AF_INET, SOCK_STREAM, 0); }), testing::HasSubstr(killed));
    EXPECT_THAT(outcome(bytes, [] { (void)::socket(AF_UNIX, SOCK_STREAM, 0); }), testing::HasSubstr(killed));
    EXPECT_THAT(outcome(bytes, [&] { (void)::open(out.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600); }),
                testing::HasSubstr(killed));
    EXPECT_THAT(outcome(bytes, [&] { (void)::open(in.c_str(), O_RDWR | O_CLOEXEC); }), testing::HasSubstr(killed));
    EXPECT_THAT(outcome(bytes, [] { (void)::execl("/bin/true", "true", nullptr); }), testing::HasSubstr(killed));
    EXPECT_THAT(outcome(bytes, [] { (void)::fork(); }), testing::HasSubstr(killed));
    EXPECT_THAT(outcome(bytes, [&] { (void)::unlink(in.c_str()); }), testing::HasSubstr(killed));
    EXPECT_THAT(outcome(bytes, [] { (void)::kill(::getppid(), SIGTERM); }), testing::HasSubstr(killed));
    EXPECT_THAT(outcome(bytes, [] { (void)::write(2, "x", 1); }), testing::HasSubstr(killed));
    EXPECT_THAT(outcome(bytes,
                        [] {
                            (void)::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                                         -1, 0);
                        }),
                testing::HasSubstr(killed));
    // What is not known is refused, and the child goes on.
    EXPECT_EQ(outcome(bytes, [] { (void)::chroot("/"); }), "read");
    EXPECT_FALSE(std::filesystem::exists(out));
    EXPECT_TRUE(std::filesystem::exists(in));
}

TEST(Hdf5, NothingIsLeftWhereTheFolderIsMissing) {
    const Folder folder;
    EXPECT_THROW(io::write_hdf5(example(10), folder / "none/a.h5"), IoError);
    EXPECT_EQ(folder.n_files(), 0U);
}

}  // namespace
}  // namespace biopotential
