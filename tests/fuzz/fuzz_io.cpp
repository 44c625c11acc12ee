// Mutates valid WFDB, EDF, BDF and HDF5 files and reads them: a mutated file reads, or is refused with a ParseError.
// Anything else (another exception, a crash, a read of more than 10 s) is a failure, reported with the seed that gives
// the same file again.
//
//   biopotential_fuzz_io --seconds N [--seed S]

#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <new>
#include <random>
#include <string>
#include <vector>

#include "biopotential/core/errors.hpp"
#include "biopotential/io/read.hpp"
#include "biopotential/io/wfdb.hpp"
#include "biopotential/io/write.hpp"

namespace {

namespace bp = biopotential;
namespace fs = std::filesystem;
using Random = std::mt19937_64;

constexpr std::chrono::seconds slowest{10};

std::string load(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void save(const fs::path& path, const std::string& bytes) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

bp::Recording example() {
    constexpr bp::Index n_channels = 3, n = 2500;
    bp::Array<std::int32_t> digital{n_channels, n};
    std::vector<bp::Channel> channels;
    for (bp::Index c = 0; c < n_channels; ++c) {
        for (bp::Index i = 0; i < n; ++i) {
            digital(c, i) =
                static_cast<std::int32_t>(std::lround(900 * std::sin(0.02 * static_cast<double>((c + 1) * i))));
        }
        bp::Channel channel;
        channel.name = "lead " + std::to_string(c);
        channel.unit = "mV";
        channel.scaling = {0, 1, 200};
        channel.digital_min = -2048;
        channel.digital_max = 2047;
        channel.header["format"] = "212";
        channels.push_back(channel);
    }
    bp::Recording recording;
    recording.signals.push_back(bp::make_signal(std::move(digital), 250, std::move(channels)));
    for (int k = 0; k < 20; ++k) {
        bp::Event event;
        event.onset_ns = k * 500'000'000LL;
        event.label = k % 5 == 0 ? "V" : "N";
        event.aux = k == 0 ? "(N" : "";
        recording.events.push_back(event);
    }
    recording.identity.fields["comments"] = "an example";
    recording.identity.start_ns = 1'700'000'000'000'000'000;
    return recording;
}

/// One to eight changes of the kinds that break parsers: bits, extreme numbers, digits, cut, doubled and moved
/// stretches.
std::string mutate(std::string bytes, Random& random) {
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    const std::size_t n_changes = 1 + below(8);
    for (std::size_t change = 0; change < n_changes && !bytes.empty(); ++change) {
        // Headers stand at the front and deserve half of the changes.
        const std::size_t reach = random() % 2 == 0 ? bytes.size() : std::min<std::size_t>(bytes.size(), 2048);
        const std::size_t at = below(reach);
        switch (random() % 8) {
            case 0:
                bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
                break;
            case 1:
                bytes[at] = static_cast<char>(random());
                break;
            case 2:
                bytes[at] = "0123456789-+.eE /x:()~\n"[below(23)];
                break;
            case 3: {
                constexpr std::uint64_t extremes[] = {
                    0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0xffffffff, 0x7fffffffffffffff, 0xffffffffffffffff};
                const std::uint64_t value = extremes[below(10)];
                const std::size_t width = std::min(std::size_t{1} << below(4), bytes.size() - at);
                std::memcpy(bytes.data() + at, &value, width);
                break;
            }
            case 4: {
                constexpr const char* numbers[] = {
                    "-1", "99999999", "1e308", "0", "-2147483648", "9223372036854775807", "nan", "0.0000001"};
                const std::string number = numbers[below(8)];
                bytes.replace(at, std::min(number.size(), bytes.size() - at), number);
                break;
            }
            case 5:
                bytes.resize(at);
                break;
            case 6:
                bytes.insert(at, bytes.substr(below(bytes.size()), below(64)));
                break;
            default:
                bytes.erase(at, below(64));
                break;
        }
    }
    return bytes;
}

/// Read all that the file claims, in bounded steps; a lying size would show as an allocation or an endless loop.
void use(const bp::Recording& recording) {
    constexpr bp::Index most = 4096;
    for (const bp::Signal& signal : recording.signals) {
        const bp::Index n = signal.n_samples();
        (void)signal.read(0, std::min(n, most));
        (void)signal.read(std::max<bp::Index>(0, n - most), std::min(n, most));
        if (signal.source->has_digital()) {
            (void)signal.read_digital(n / 2, std::min(n - n / 2, most));
        }
        (void)signal.duration_s();
    }
}

struct Counts {
    long files = 0, read = 0, refused = 0;
};

/// Returns false where the file made something else happen than reading or a ParseError.
bool try_read(const fs::path& path, bool strict, Counts& counts, const std::string& what) {
    const auto start = std::chrono::steady_clock::now();
    ++counts.files;
    try {
        use(bp::io::read(path, {strict, {"atr"}}));
        ++counts.read;
    } catch (const bp::ParseError&) {
        ++counts.refused;
    } catch (const bp::IoError&) {
        ++counts.refused;  // the header may name a file that is not there
    } catch (const std::exception& e) {
        std::cerr << what << ": " << e.what() << '\n';
        return false;
    }
    if (std::chrono::steady_clock::now() - start > slowest) {
        std::cerr << what << ": took longer than 10 s\n";
        return false;
    }
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    double seconds = 10;
    std::uint64_t seed = 1;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (std::strcmp(argv[i], "--seconds") == 0) {
            seconds = std::atof(argv[i + 1]);
        } else if (std::strcmp(argv[i], "--seed") == 0) {
            seed = std::strtoull(argv[i + 1], nullptr, 10);
        } else {
            std::cerr << "usage: biopotential_fuzz_io --seconds N [--seed S]\n";
            return 2;
        }
    }
    const fs::path folder = fs::temp_directory_path() / ("biopotential_fuzz_" + std::to_string(::getpid()));
    fs::create_directories(folder);
    const bp::Recording recording = example();
    const std::vector<std::string> names = {"r.edf", "r.bdf", "r.h5", "r.hea", "r.dat", "r.atr"};
    for (const char* name : {"r.edf", "r.bdf", "r.h5", "r.hea"}) {
        bp::io::write(recording, folder / name);
    }
    std::vector<std::string> originals;
    for (const std::string& name : names) {
        originals.push_back(load(folder / name));
    }

    Counts counts;
    bool good = true;
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    for (; good && std::chrono::steady_clock::now() < end; ++seed) {
        Random random(seed);
        // HDF5 costs a process a file; the others share the rest.
        constexpr std::size_t choice[] = {0, 0, 0, 1, 2, 3, 3, 3, 4, 5, 5, 5};
        const std::size_t index = choice[random() % std::size(choice)];
        const fs::path path = folder / names[index];
        save(path, mutate(originals[index], random));
        good = try_read(index >= 3 ? folder / "r.hea" : path, random() % 4 == 0, counts,
                        std::string(names[index]).append(", seed ").append(std::to_string(seed)));
        save(path, originals[index]);
    }
    fs::remove_all(folder);
    std::cout << counts.files << " files: " << counts.read << " read, " << counts.refused << " refused\n";
    // A fuzzer whose files are all refused, or none, does not reach the parsers.
    return good && counts.read > 0 && counts.refused > 0 ? 0 : 1;
}
