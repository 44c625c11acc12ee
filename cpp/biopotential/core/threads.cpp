#include "biopotential/core/threads.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "biopotential/core/errors.hpp"

namespace biopotential::inline v0 {

namespace {

/// One parallel_for: iterations are handed out by an atomic counter.
struct Job {
    Job(Index n, const std::function<void(Index)>& task) : n(n), task(&task) {}

    void work() noexcept {
        for (Index i = next.fetch_add(1); i < n; i = next.fetch_add(1)) {
            try {
                (*task)(i);
            } catch (...) {
                const std::lock_guard lock(mutex);
                if (!error) {
                    error = std::current_exception();
                }
                next.store(n);
            }
        }
    }

    const Index n;
    const std::function<void(Index)>* task;
    std::atomic<Index> next{0};
    std::mutex mutex;
    std::exception_ptr error;
};

thread_local bool inside_pool = false;

class Pool {
  public:
    explicit Pool(int n_workers) {
        workers_.reserve(static_cast<std::size_t>(n_workers));
        for (int i = 0; i < n_workers; ++i) {
            workers_.emplace_back([this] { loop(); });
        }
    }
    ~Pool() {
        {
            const std::lock_guard lock(mutex_);
            stop_ = true;
        }
        wake_.notify_all();
        for (std::thread& worker : workers_) {
            worker.join();
        }
    }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    void run(Job& job) {
        const std::lock_guard one_at_a_time(run_mutex_);
        {
            const std::lock_guard lock(mutex_);
            job_ = &job;
            ++generation_;
            busy_ = static_cast<int>(workers_.size());
        }
        wake_.notify_all();
        inside_pool = true;
        job.work();
        inside_pool = false;
        std::unique_lock lock(mutex_);
        done_.wait(lock, [this] { return busy_ == 0; });
        job_ = nullptr;
    }

  private:
    void loop() {
        inside_pool = true;
        std::uint64_t seen = 0;
        std::unique_lock lock(mutex_);
        while (true) {
            wake_.wait(lock, [&] { return stop_ || generation_ != seen; });
            if (stop_) {
                return;
            }
            seen = generation_;
            Job* job = job_;
            lock.unlock();
            job->work();
            lock.lock();
            if (--busy_ == 0) {
                done_.notify_one();
            }
        }
    }

    std::mutex run_mutex_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable done_;
    Job* job_ = nullptr;
    std::uint64_t generation_ = 0;
    int busy_ = 0;
    bool stop_ = false;
    std::vector<std::thread> workers_;
};

struct Settings {
    std::mutex mutex;
    int n_threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    std::shared_ptr<Pool> pool;
};

Settings* settings_pointer = nullptr;

Settings& settings() {
    // Never destroyed: a pool that joins its threads while the process exits can deadlock in a shared library.
    static std::once_flag once;
    std::call_once(once, [] {
        settings_pointer = new Settings;
        // The child of a fork has none of the parent's threads: leave the old pool behind, untouched, and start anew.
        ::pthread_atfork([] { settings_pointer->mutex.lock(); }, [] { settings_pointer->mutex.unlock(); },
                         [] {
                             const int n = settings_pointer->n_threads;
                             settings_pointer = new Settings;
                             settings_pointer->n_threads = n;
                             inside_pool = false;
                         });
    });
    return *settings_pointer;
}

std::shared_ptr<Pool> shared_pool() {
    Settings& s = settings();
    const std::lock_guard lock(s.mutex);
    if (s.n_threads > 1 && !s.pool) {
        s.pool = std::make_shared<Pool>(s.n_threads - 1);
    }
    return s.pool;
}

}  // namespace

void set_num_threads(int n) {
    if (n < 1) {
        throw_invalid("set_num_threads", "n >= 1", n);
    }
    Settings& s = settings();
    std::shared_ptr<Pool> old;
    const std::lock_guard lock(s.mutex);
    s.n_threads = n;
    old.swap(s.pool);
}

int num_threads() {
    Settings& s = settings();
    const std::lock_guard lock(s.mutex);
    return s.n_threads;
}

void parallel_for(Index n, const std::function<void(Index)>& task) {
    Job job(n, task);
    const std::shared_ptr<Pool> pool = n > 1 && !inside_pool ? shared_pool() : nullptr;
    if (pool) {
        pool->run(job);
    } else {
        job.work();
    }
    if (job.error) {
        std::rethrow_exception(job.error);
    }
}

void parallel_for_ranges(Index n, Index grain, const std::function<void(Index, Index)>& task) {
    const Index parts = std::clamp<Index>(n / std::max<Index>(grain, 1), 1, 4 * static_cast<Index>(num_threads()));
    parallel_for(parts, [&](Index part) { task(n * part / parts, n * (part + 1) / parts); });
}

}  // namespace biopotential::inline v0
