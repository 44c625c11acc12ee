// The half of the HDF5 reader that runs in a child process. After the fork the child touches neither Python nor the
// thread pool, runs no destructor of the parent's and leaves by _exit. See docs/decisions/0004-hdf5-in-a-child.md.

#include <fcntl.h>
#include <hdf5.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

#include "biopotential/core/errors.hpp"
#include "biopotential/io/confine_internal.hpp"
#include "biopotential/io/hdf5_layout_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

constexpr std::int64_t max_answer_bytes = 256 << 20;
constexpr std::int64_t max_chunk_bytes = 64 << 20;
constexpr std::int64_t max_signals = 10'000;
constexpr rlim_t child_memory_bytes = rlim_t{1} << 30;
constexpr rlim_t child_cpu_s = 20;
constexpr std::chrono::seconds child_wall{30};

// --- in the child
// -----------------------------------------------------------------------------------------------------

/// The answer on its way to the parent: numbers as they are in memory, texts with their length before them.
class Answer {
  public:
    explicit Answer(int descriptor) : descriptor_(descriptor) {}
    void put(std::int64_t value) { append(&value, sizeof value); }
    void put(std::string_view text) {
        put(static_cast<std::int64_t>(text.size()));
        append(text.data(), text.size());
    }
    void flush() {
        std::size_t done = 0;
        while (done < buffer_.size()) {
            const ssize_t n = ::write(descriptor_, buffer_.data() + done, buffer_.size() - done);
            if (n < 0 && errno == EINTR) {
                continue;
            }
            if (n <= 0) {
                ::_exit(2);
            }
            done += static_cast<std::size_t>(n);
        }
        buffer_.clear();
    }
    /// Say what is wrong with the file, and leave.
    [[noreturn]] void refuse(std::string_view what) {
        buffer_.clear();
        put(1);
        put(what);
        flush();
        ::_exit(0);
    }

  private:
    void append(const void* bytes, std::size_t n) {
        const char* start = static_cast<const char*>(bytes);
        buffer_.insert(buffer_.end(), start, start + n);
        if (static_cast<std::int64_t>(buffer_.size()) > max_answer_bytes) {
            ::_exit(2);
        }
    }
    int descriptor_;
    std::vector<char> buffer_;
};

/// Memory that the process has mapped, in bytes: what RLIMIT_AS counts from.
rlim_t mapped_bytes() {
    const int descriptor = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    std::array<char, 64> text{};
    const ssize_t n = descriptor < 0 ? -1 : ::read(descriptor, text.data(), text.size() - 1);
    ::close(descriptor);
    return n <= 0 ? 0
                  : static_cast<rlim_t>(std::strtoull(text.data(), nullptr, 10)) *
                        static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
}

void limit(int resource, rlim_t value) {
    const rlimit both{value, value};
    (void)::setrlimit(static_cast<__rlimit_resource>(resource), &both);
}

void confine(rlim_t content_bytes) {
    for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGTERM, SIGINT, SIGHUP, SIGXCPU, SIGALRM}) {
        (void)::signal(signal, SIG_DFL);  // the parent's handlers (faulthandler, a debugger's) are not the child's
    }
    sigset_t none;
    sigemptyset(&none);
    (void)::sigprocmask(SIG_SETMASK, &none, nullptr);
    const int null = ::open("/dev/null", O_RDWR);
    for (int descriptor = 0; null >= 0 && descriptor < 3; ++descriptor) {
        (void)::dup2(null, descriptor);
    }
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_CPU, child_cpu_s);
    limit(RLIMIT_AS, mapped_bytes() + child_memory_bytes + content_bytes);
    (void)::alarm(static_cast<unsigned>(child_wall.count()) + 5);  // should the parent die and leave the child alone
}

/// Close what the parent has open: files, sockets, pipes of other threads.
void close_all_but(int descriptor) {
    const auto last = std::numeric_limits<unsigned>::max();
    const auto kept = static_cast<unsigned>(descriptor);
    if ((kept > 3 && ::syscall(SYS_close_range, 3U, kept - 1, 0U) != 0) ||
        ::syscall(SYS_close_range, kept + 1, last, 0U) != 0) {
        rlimit most{};  // a kernel before 5.9
        (void)::getrlimit(RLIMIT_NOFILE, &most);
        for (int other = 3; static_cast<rlim_t>(other) < std::min<rlim_t>(most.rlim_cur, 1 << 16); ++other) {
            if (other != descriptor) {
                ::close(other);
            }
        }
    }
}

/// Where a chunk stands.
struct Place {
    haddr_t address = HADDR_UNDEF;
    std::size_t bytes = 0;
};

/// What the library reads: a file, or content that is none of its own (memory, a decrypted view).
struct Content {
    int descriptor = -1;
    std::vector<std::byte> image;
    haddr_t size = 0;
    bool being_written = false;
    std::optional<Place> asked;  ///< set: reading a chunk gives its place instead of its bytes

    herr_t read(H5FD_mem_t type, haddr_t address, std::size_t n, void* to) {
        if (address > size || n > size - address) {
            return -1;
        }
        if (asked && type == H5FD_MEM_DRAW) {
            *asked = {address, n};
            return 0;
        }
        if (descriptor < 0) {
            std::memcpy(to, image.data() + address, n);
            return 0;
        }
        for (std::size_t done = 0; done < n;) {
            const ssize_t got =
                ::pread(descriptor, static_cast<char*>(to) + done, n - done, static_cast<off_t>(address + done));
            if (got == 0 || (got < 0 && errno != EINTR)) {
                return -1;
            }
            done += got < 0 ? 0 : static_cast<std::size_t>(got);
        }
        return 0;
    }
};

Content* content = nullptr;  ///< of the one file that the child opens

/// The library's driver for it. In this library's versions both calls that ask for a chunk's place go through the whole
/// table of chunks for each of them; one that reads a chunk looks it up, and the driver sees where.
struct DriverFile {
    H5FD_t head{};
    haddr_t end = 0;
};

hid_t content_driver() {
    static H5FD_class_t driver{};
#if H5_VERSION_GE(1, 13, 2)
    driver.version = H5FD_CLASS_VERSION;
    driver.value = static_cast<H5FD_class_value_t>(H5_VFD_RESERVED + 1);
#endif
    driver.name = "content";
    driver.maxaddr = static_cast<haddr_t>(std::numeric_limits<std::int64_t>::max());
    driver.fc_degree = H5F_CLOSE_WEAK;
    driver.open = [](const char*, unsigned, hid_t, haddr_t) -> H5FD_t* { return &(new DriverFile)->head; };
    driver.close = [](H5FD_t* file) -> herr_t {
        delete reinterpret_cast<DriverFile*>(file);
        return 0;
    };
    driver.query = [](const H5FD_t*, unsigned long* flags) -> herr_t {
        *flags = H5FD_FEAT_SUPPORTS_SWMR_IO;
        return 0;
    };
    // A file that is being written says where it ended when it was made: what came since lies behind that.
    driver.get_eoa = [](const H5FD_t* file, H5FD_mem_t) {
        return std::max(reinterpret_cast<const DriverFile*>(file)->end, content->being_written ? content->size : 0);
    };
    driver.set_eoa = [](H5FD_t* file, H5FD_mem_t, haddr_t end) -> herr_t {
        reinterpret_cast<DriverFile*>(file)->end = end;
        return 0;
    };
    driver.get_eof = [](const H5FD_t*, H5FD_mem_t) { return content->size; };
    driver.read = [](H5FD_t*, H5FD_mem_t type, hid_t, haddr_t address, std::size_t n, void* to) {
        return content->read(type, address, n, to);
    };
    driver.write = [](H5FD_t*, H5FD_mem_t, hid_t, haddr_t, std::size_t, const void*) -> herr_t { return -1; };
    return H5FDregister(&driver);
}

struct Opened {
    hid_t file = -1;
    bool being_written = false;  ///< by a writer that lets others read meanwhile, or that was killed
};

Opened open_content(const ByteSource& source, const std::filesystem::path& path, int descriptor, Answer& answer) {
    static Content opened;
    content = &opened;
    opened.size = static_cast<haddr_t>(source.size());
    if (path.empty()) {
        opened.image.resize(static_cast<std::size_t>(opened.size));
        if (source.read(0, opened.image) != opened.image.size()) {
            answer.refuse("wanted the file's content, got a part");
        }
        close_all_but(descriptor);
    } else {
        close_all_but(descriptor);
        opened.descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (opened.descriptor < 0) {
            answer.refuse("wanted a file that opens twice, got one that does not");
        }
    }
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    (void)H5Pset_driver(access, content_driver(), nullptr);
    // A superblock of version 3 has a byte that says who writes; 4 stands for a writer that lets others read meanwhile.
    std::array<unsigned char, 12> start{};
    opened.being_written =
        opened.read(H5FD_MEM_SUPER, 0, start.size(), start.data()) == 0 && start[8] == 3 && (start[11] & 4) != 0;
    const unsigned how = opened.being_written ? H5F_ACC_RDONLY | H5F_ACC_SWMR_READ : H5F_ACC_RDONLY;
    return {H5Fopen("content", how, access), opened.being_written};
}

class Describer {
  public:
    Describer(Opened opened, Answer& answer)
        : file_(opened.file), being_written_(opened.being_written), answer_(&answer) {}

    void describe() {
        answer_->put(0);
        require(text_attribute("format") == "biopotential",
                "wanted the attribute format \"biopotential\", got another HDF5 file");
        answer_->put(integer_attribute("schema_version"));
        answer_->put(text_attribute("signal_sha256"));
        answer_->put(being_written_ ? 1 : 0);
        require_hard_link("signals");
        const hid_t group = H5Gopen2(file_, "signals", H5P_DEFAULT);
        H5G_info_t info;
        require(group >= 0 && H5Gget_info(group, &info) >= 0 && static_cast<std::int64_t>(info.nlinks) <= max_signals,
                "wanted a group signals of at most 10000 signals");
        const auto n_signals = static_cast<std::int64_t>(info.nlinks);
        const bool has_event_lines = H5Lexists(file_, "events", H5P_DEFAULT) > 0;
        answer_->put(has_event_lines ? 1 : 0);
        answer_->put(n_signals + 1);
        dataset("metadata");
        for (std::int64_t s = 0; s < n_signals; ++s) {
            const std::string folder = "signals/" + std::to_string(s);
            require_hard_link(folder);
            dataset(folder + "/samples");
        }
        if (has_event_lines) {
            dataset("events");
        }
    }

  private:
    void require(bool condition, std::string_view what) {
        if (!condition) {
            answer_->refuse(what);
        }
    }
    void require_hard_link(const std::string& path) {
        H5L_info_t info;
        if (H5Lget_info(file_, path.c_str(), &info, H5P_DEFAULT) < 0 || info.type != H5L_TYPE_HARD) {
            answer_->refuse("wanted " + path + " as an object of this file, got none or a link elsewhere");
        }
    }
    std::string text_attribute(const char* name) {
        const hid_t attribute = H5Aopen(file_, name, H5P_DEFAULT);
        const hid_t type = attribute < 0 ? -1 : H5Aget_type(attribute);
        if (type < 0 || H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) != 0 || H5Tget_size(type) == 0 ||
            H5Tget_size(type) > 256) {
            answer_->refuse("wanted a text attribute " + std::string(name) + " of fixed length, got none");
        }
        const hid_t space = H5Aget_space(attribute);
        require(H5Sget_simple_extent_npoints(space) == 1, "wanted attributes of one value");
        std::string text(H5Tget_size(type), '\0');
        require(H5Aread(attribute, type, text.data()) >= 0, "wanted readable attributes");
        text.resize(std::min(text.find('\0'), text.size()));
        return text;
    }
    std::int64_t integer_attribute(const char* name) {
        const hid_t attribute = H5Aopen(file_, name, H5P_DEFAULT);
        const hid_t type = attribute < 0 ? -1 : H5Aget_type(attribute);
        if (type < 0 || H5Tget_class(type) != H5T_INTEGER) {
            answer_->refuse("wanted an integer attribute " + std::string(name) + ", got none");
        }
        const hid_t space = H5Aget_space(attribute);
        std::int64_t value = 0;
        require(H5Sget_simple_extent_npoints(space) == 1 && H5Aread(attribute, H5T_NATIVE_INT64, &value) >= 0,
                "wanted attributes of one value");
        return value;
    }
    std::int64_t element_type(hid_t set, const std::string& path) {
        const hid_t type = H5Dget_type(set);
        const H5T_class_t kind = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
        const std::array<std::pair<hid_t, ElementType>, 4> known = {{{H5T_STD_I16LE, ElementType::int16},
                                                                     {H5T_STD_I32LE, ElementType::int32},
                                                                     {H5T_IEEE_F64LE, ElementType::float64},
                                                                     {H5T_STD_U8LE, ElementType::bytes}}};
        for (const auto& [id, element] : known) {
            if ((kind == H5T_INTEGER || kind == H5T_FLOAT) && H5Tequal(type, id) > 0) {
                return static_cast<std::int64_t>(element);
            }
        }
        answer_->refuse("wanted " + path + " of type int16, int32, float64 or uint8, little-endian, got another");
    }
    void dataset(const std::string& path) {
        require_hard_link(path);
        const hid_t set = H5Dopen2(file_, path.c_str(), H5P_DEFAULT);
        const hid_t plan = set < 0 ? -1 : H5Dget_create_plist(set);
        const hid_t space = set < 0 ? -1 : H5Dget_space(set);
        if (plan < 0 || space < 0 || H5Pget_layout(plan) != H5D_CHUNKED || H5Pget_external_count(plan) != 0) {
            answer_->refuse("wanted " + path + " as a chunked dataset of this file, got another layout");
        }
        std::array<hsize_t, 2> shape{1, 0}, chunk{1, 0};
        const int rank = H5Sget_simple_extent_ndims(space);
        require(rank == 1 || rank == 2, "wanted datasets of one or two dimensions");
        const auto skip = static_cast<std::size_t>(2 - rank);
        require(H5Sget_simple_extent_dims(space, shape.data() + skip, nullptr) == rank &&
                    H5Pget_chunk(plan, rank, chunk.data() + skip) == rank,
                "wanted readable shapes");
        for (const hsize_t n : {shape[0], shape[1], chunk[0], chunk[1]}) {
            require(n <= hsize_t{1} << 48, "wanted a shape that a file can hold");
        }
        hsize_t n_chunks = 0;
        require(H5Dget_num_chunks(set, space, &n_chunks) >= 0, "wanted a readable table of chunks");
        // One chunk per stretch of time: the table is as long as the shape says, or the shape lies.
        hsize_t wanted = shape[0] == 0 || chunk[1] == 0 ? 0 : (shape[1] + chunk[1] - 1) / chunk[1];
        if (being_written_ && n_chunks != wanted) {
            // A writer that was killed may have come to the one and not to the other: what both say is there.
            wanted = n_chunks = std::min(n_chunks, wanted);
            shape[1] = std::min(shape[1], n_chunks * chunk[1]);
        }
        if (n_chunks != wanted || chunk[0] != std::max<hsize_t>(shape[0], 1) || n_chunks > 4'000'000) {
            answer_->refuse("wanted " + std::to_string(wanted) + " chunks over all rows in " + path + ", got " +
                            std::to_string(n_chunks));
        }
        answer_->put(path);
        answer_->put(element_type(set, path));
        for (const hsize_t n : {shape[0], shape[1], chunk[0], chunk[1]}) {
            answer_->put(static_cast<std::int64_t>(n));
        }
        filters(plan, path);
        answer_->put(static_cast<std::int64_t>(n_chunks));
        for (hsize_t i = 0; i < n_chunks; ++i) {
            const std::array<hsize_t, 2> at{0, i * chunk[1]};
            std::uint32_t mask = 0;
            std::byte nothing{};
            content->asked.emplace();
            if (H5Dread_chunk(set, H5P_DEFAULT, at.data() + skip, &mask, &nothing) < 0 ||
                content->asked->address == HADDR_UNDEF) {
                answer_->refuse("wanted one chunk per " + std::to_string(chunk[1]) + " samples of " + path +
                                ", got others");
            }
            answer_->put(static_cast<std::int64_t>(at[0]));
            answer_->put(static_cast<std::int64_t>(at[1]));
            answer_->put(static_cast<std::int64_t>(content->asked->address));
            answer_->put(static_cast<std::int64_t>(content->asked->bytes));
            answer_->put(static_cast<std::int64_t>(mask));
        }
        content->asked.reset();
        H5Dclose(set);
    }
    void filters(hid_t plan, const std::string& path) {
        const int n = H5Pget_nfilters(plan);
        std::array<std::int64_t, 2> has{0, 0};
        for (int i = 0; i < n; ++i) {
            unsigned flags = 0;
            std::size_t n_values = 0;
            unsigned config = 0;
            const H5Z_filter_t filter =
                H5Pget_filter2(plan, static_cast<unsigned>(i), &flags, &n_values, nullptr, 0, nullptr, &config);
            if (filter == H5Z_FILTER_SHUFFLE && i == 0) {
                has[0] = 1;
            } else if (filter == H5Z_FILTER_DEFLATE && i == n - 1) {
                has[1] = 1;
            } else {
                answer_->refuse("wanted " + path + " with the filters shuffle and gzip, got another");
            }
        }
        require(n <= 2, "wanted at most two filters");
        answer_->put(has[0]);
        answer_->put(has[1]);
    }

    hid_t file_;
    bool being_written_;
    Answer* answer_;
};

[[noreturn]] void run_child(const ByteSource& source, const std::filesystem::path& file_path, int descriptor) {
    confine(file_path.empty() ? static_cast<rlim_t>(source.size()) : 0);
    Answer answer(descriptor);
    try {
        // The limits stand where the kernel offers no filter; then there are only these.
        (void)allow_only_parsing(descriptor);
        (void)H5open();
        (void)H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
        const Opened opened = open_content(source, file_path, descriptor, answer);
        (void)forbid_opening();
        if (opened.file < 0) {
            answer.refuse("wanted an HDF5 file that the library opens, got one that it refuses");
        }
        Describer(opened, answer).describe();
        answer.flush();
    } catch (...) {
        ::_exit(3);
    }
    ::_exit(0);
}

// --- in the parent
// ----------------------------------------------------------------------------------------------------

class Child {
  public:
    Child(const ByteSource& source, const std::filesystem::path& path) : name_(source.name()) {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
            throw IoError(errno, name_, "[read] cannot make a pipe");
        }
        {
            const std::lock_guard lock(hdf5_mutex());
            process_ = ::fork();
        }
        if (process_ == 0) {
            ::close(ends[0]);
            run_child(source, path, ends[1]);
        }
        const int code = errno;
        ::close(ends[1]);
        descriptor_ = ends[0];
        if (process_ < 0) {
            ::close(descriptor_);
            throw IoError(code, name_, "[read] cannot start a process");
        }
    }
    ~Child() {
        ::close(descriptor_);
        if (process_ > 0) {
            ::kill(process_, SIGKILL);
            (void)wait();
        }
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    /// Everything that the child writes until it ends.
    std::vector<char> answer() {
        const auto deadline = std::chrono::steady_clock::now() + child_wall;
        std::vector<char> out;
        std::array<char, 1 << 16> block{};
        while (true) {
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now())
                    .count();
            pollfd waiting{descriptor_, POLLIN, 0};
            const int ready = left <= 0 ? 0 : ::poll(&waiting, 1, static_cast<int>(left));
            if (ready < 0 && errno == EINTR) {
                continue;
            }
            if (ready <= 0) {
                throw ParseError(name_, std::nullopt,
                                 "wanted an HDF5 file that is read within " + std::to_string(child_wall.count()) +
                                     " s, got one that is not");
            }
            const ssize_t n = ::read(descriptor_, block.data(), block.size());
            if (n < 0 && errno == EINTR) {
                continue;
            }
            if (n <= 0) {
                break;
            }
            out.insert(out.end(), block.begin(), block.begin() + n);
            if (static_cast<std::int64_t>(out.size()) > max_answer_bytes) {
                throw ParseError(name_, std::nullopt,
                                 "wanted an HDF5 file of ordinary structure, got one whose description has no end");
            }
        }
        const int status = wait();
        if (WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) != 0)) {
            const std::string how = WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                                                        : "status " + std::to_string(WEXITSTATUS(status));
            throw ParseError(name_, std::nullopt,
                             "wanted an HDF5 file, got one on which the HDF5 library died (" + how + ")");
        }
        return out;
    }

  private:
    int wait() {
        int status = 0;
        while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
        }
        process_ = -1;
        return status;
    }
    std::string name_;
    pid_t process_ = -1;
    int descriptor_ = -1;
};

/// The child's answer, not trusted: whatever took the child over could have written it.
class AnswerReader {
  public:
    AnswerReader(const std::string& name, const std::vector<char>& bytes) : name_(&name), bytes_(&bytes) {}

    [[noreturn]] void refuse(const std::string& what) const { throw ParseError(*name_, std::nullopt, what); }
    std::int64_t integer(std::int64_t low, std::int64_t high) {
        std::int64_t value = 0;
        if (bytes_->size() - at_ < sizeof value) {
            refuse("wanted a whole description of the HDF5 file, got a part");
        }
        std::memcpy(&value, bytes_->data() + at_, sizeof value);
        at_ += sizeof value;
        if (value < low || value > high) {
            refuse("wanted a number from " + std::to_string(low) + " to " + std::to_string(high) +
                   " in the structure of the HDF5 file, got " + std::to_string(value));
        }
        return value;
    }
    std::string text() {
        const auto n = static_cast<std::size_t>(integer(0, 4096));
        if (bytes_->size() - at_ < n) {
            refuse("wanted a whole description of the HDF5 file, got a part");
        }
        std::string out(bytes_->data() + at_, n);
        at_ += n;
        return out;
    }

  private:
    const std::string* name_;
    const std::vector<char>* bytes_;
    std::size_t at_ = 0;
};

DatasetPlace read_dataset(AnswerReader& reader, std::int64_t file_bytes) {
    constexpr std::int64_t most = std::int64_t{1} << 48;
    DatasetPlace set;
    set.name = reader.text();
    set.type = static_cast<ElementType>(reader.integer(0, 3));
    set.rows = reader.integer(0, 1'000'000);
    set.columns = reader.integer(0, most);
    set.chunk_rows = reader.integer(1, 1'000'000);
    set.chunk_columns = reader.integer(1, max_chunk_bytes);
    set.shuffle = reader.integer(0, 1) == 1;
    set.deflate = reader.integer(0, 1) == 1;
    const std::int64_t chunk_bytes = set.chunk_rows * set.chunk_columns * element_bytes(set.type);
    const std::int64_t n_chunks = set.rows == 0 ? 0 : (set.columns + set.chunk_columns - 1) / set.chunk_columns;
    if (set.chunk_rows != std::max<std::int64_t>(set.rows, 1) || chunk_bytes > max_chunk_bytes ||
        reader.integer(0, most) != n_chunks || n_chunks > file_bytes) {
        reader.refuse("wanted chunks over all rows of " + set.name + ", 64 MiB each at most, got others");
    }
    set.chunks.resize(static_cast<std::size_t>(n_chunks));
    for (ChunkPlace& chunk : set.chunks) {
        chunk.row = reader.integer(0, 0);
        chunk.column = reader.integer(0, set.columns);
        chunk.address = reader.integer(0, file_bytes);
        chunk.bytes = reader.integer(1, file_bytes - chunk.address);
        chunk.skipped_filters = static_cast<std::uint32_t>(reader.integer(0, 3));
        // Deflate makes at most 1,032 bytes of one; without it the chunk is as large as it says.
        const bool packed = set.deflate && (chunk.skipped_filters >> (set.shuffle ? 1 : 0) & 1) == 0;
        if (packed ? chunk_bytes / 1100 > chunk.bytes : chunk_bytes != chunk.bytes) {
            reader.refuse("wanted chunks of " + std::to_string(chunk_bytes) + " bytes in " + set.name +
                          ", got one that cannot hold them");
        }
    }
    std::ranges::sort(set.chunks, {}, &ChunkPlace::column);
    for (std::size_t i = 0; i < set.chunks.size(); ++i) {
        if (set.chunks[i].column != static_cast<std::int64_t>(i) * set.chunk_columns) {
            reader.refuse("wanted one chunk per " + std::to_string(set.chunk_columns) + " samples of " + set.name +
                          ", got others");
        }
    }
    return set;
}

/// Chunks that share bytes would make a small file claim any size.
void require_disjoint(const FileLayout& layout, const AnswerReader& reader) {
    std::vector<std::pair<std::int64_t, std::int64_t>> stretches;
    for (const DatasetPlace& set : layout.datasets) {
        for (const ChunkPlace& chunk : set.chunks) {
            stretches.emplace_back(chunk.address, chunk.address + chunk.bytes);
        }
    }
    std::ranges::sort(stretches);
    for (std::size_t i = 1; i < stretches.size(); ++i) {
        if (stretches[i].first < stretches[i - 1].second) {
            reader.refuse("wanted chunks that share no bytes, got two at byte " + std::to_string(stretches[i].first));
        }
    }
}

}  // namespace

std::mutex& hdf5_mutex() {
    static std::mutex mutex;
    return mutex;
}

FileLayout describe_hdf5(const ByteSource& source, const std::filesystem::path& path) {
    const std::vector<char> answer = Child(source, path).answer();
    AnswerReader reader(source.name(), answer);
    if (reader.integer(0, 1) == 1) {
        reader.refuse(reader.text());
    }
    FileLayout layout;
    layout.schema_version = reader.integer(0, std::numeric_limits<std::int32_t>::max());
    layout.signal_sha256 = reader.text();
    layout.being_written = reader.integer(0, 1) == 1;
    layout.has_event_lines = reader.integer(0, 1) == 1;
    const std::int64_t n = reader.integer(1, max_signals + 1) + (layout.has_event_lines ? 1 : 0);
    for (std::int64_t i = 0; i < n; ++i) {
        layout.datasets.push_back(read_dataset(reader, source.size()));
    }
    require_disjoint(layout, reader);
    return layout;
}

}  // namespace biopotential::inline v0::io
