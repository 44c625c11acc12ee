#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "biopotential/io/confine_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t architecture = 0;  // no filter
#endif

constexpr std::uint32_t other_abi = 0x40000000;  // x86-64's x32 calls: the same numbers with this bit
constexpr std::uint32_t refuse = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t writing = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY);

/// A filter: instructions of classic BPF over the number and the arguments of a system call.
class Filter {
  public:
    Filter() {
        load(offsetof(seccomp_data, arch));
        unless(BPF_JEQ, architecture, SECCOMP_RET_KILL_PROCESS);
        load_number();
        when(BPF_JGE, other_abi, SECCOMP_RET_KILL_PROCESS);
    }
    void each(std::initializer_list<long> calls, std::uint32_t verdict) {
        for (const long call : calls) {
            when(BPF_JEQ, static_cast<std::uint32_t>(call), verdict);
        }
    }
    /// Allow a call whose argument is `value` after `mask`; end the process where it is another.
    void argument(long call, unsigned which, std::uint32_t mask, std::uint32_t value) {
        jump(BPF_JEQ, static_cast<std::uint32_t>(call), 0, 5);
        load(low_half(which));
        code_.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
        jump(BPF_JEQ, value, 0, 1);
        give(SECCOMP_RET_ALLOW);
        give(SECCOMP_RET_KILL_PROCESS);
    }
    [[nodiscard]] bool install(std::uint32_t otherwise) {
        give(otherwise);
        sock_fprog program{static_cast<unsigned short>(code_.size()), code_.data()};
        return architecture != 0 && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
               ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
    }

  private:
    static std::size_t low_half(unsigned which) {
        constexpr std::size_t skip = std::endian::native == std::endian::little ? 0 : 4;
        return offsetof(seccomp_data, args) + 8 * which + skip;
    }
    void load(std::size_t offset) {
        code_.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)));
    }
    void load_number() { load(offsetof(seccomp_data, nr)); }
    void jump(unsigned condition, std::uint32_t value, std::uint8_t skip_if_so, std::uint8_t skip_if_not) {
        code_.push_back(
            BPF_JUMP(static_cast<unsigned short>(BPF_JMP | condition | BPF_K), value, skip_if_so, skip_if_not));
    }
    void give(std::uint32_t verdict) { code_.push_back(BPF_STMT(BPF_RET | BPF_K, verdict)); }
    void when(unsigned condition, std::uint32_t value, std::uint32_t verdict) {
        jump(condition, value, 0, 1);
        give(verdict);
    }
    void unless(unsigned condition, std::uint32_t value, std::uint32_t verdict) {
        jump(condition, value, 1, 0);
        give(verdict);
    }

    std::vector<sock_filter> code_;
};

}  // namespace

bool allow_only_parsing(int answer) {
    Filter filter;
    filter.each({SYS_read,           SYS_pread64,
                 SYS_readv,          SYS_preadv,
                 SYS_lseek,          SYS_close,
                 SYS_close_range,    SYS_fstat,
                 SYS_newfstatat,     SYS_statx,
                 SYS_munmap,         SYS_mremap,
                 SYS_madvise,        SYS_brk,
                 SYS_futex,          SYS_getrandom,
                 SYS_clock_gettime,  SYS_gettimeofday,
                 SYS_getpid,         SYS_gettid,
                 SYS_sched_yield,    SYS_sched_getaffinity,
                 SYS_getcwd,         SYS_faccessat,
                 SYS_readlinkat,     SYS_getrusage,
                 SYS_flock,          SYS_rt_sigaction,
                 SYS_rt_sigprocmask, SYS_rt_sigreturn,
                 SYS_sigaltstack,    SYS_prctl,
                 SYS_seccomp,        SYS_exit,
                 SYS_exit_group},
                SECCOMP_RET_ALLOW);
    filter.argument(SYS_write, 0, ~std::uint32_t{0}, static_cast<std::uint32_t>(answer));
    filter.argument(SYS_openat, 2, writing, 0);
    filter.argument(SYS_mmap, 2, PROT_EXEC, 0);
    filter.argument(SYS_mprotect, 2, PROT_EXEC, 0);
#ifdef SYS_open
    filter.argument(SYS_open, 1, writing, 0);
    filter.each({SYS_creat, SYS_fork, SYS_vfork, SYS_unlink, SYS_rename, SYS_mkdir}, SECCOMP_RET_KILL_PROCESS);
    filter.each({SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_time}, SECCOMP_RET_ALLOW);
#endif
    filter.each({SYS_socket,   SYS_socketpair, SYS_connect, SYS_bind,           SYS_sendto,    SYS_sendmsg,
                 SYS_execve,   SYS_execveat,   SYS_clone,   SYS_clone3,         SYS_ptrace,    SYS_process_vm_writev,
                 SYS_kill,     SYS_tkill,      SYS_openat2, SYS_unlinkat,       SYS_renameat2, SYS_mkdirat,
                 SYS_pwrite64, SYS_writev,     SYS_pwritev, SYS_io_uring_setup, SYS_bpf,       SYS_mount,
                 SYS_setns,    SYS_unshare},
                SECCOMP_RET_KILL_PROCESS);
    return filter.install(refuse);
}

bool forbid_opening() {
    Filter filter;
    filter.each({SYS_openat}, SECCOMP_RET_KILL_PROCESS);
#ifdef SYS_open
    filter.each({SYS_open}, SECCOMP_RET_KILL_PROCESS);
#endif
    return filter.install(SECCOMP_RET_ALLOW);
}

}  // namespace biopotential::inline v0::io
