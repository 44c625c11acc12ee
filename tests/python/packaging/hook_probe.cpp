// Installs hooks through the shared core, for test_shared_core.py: one counts files that are read, one refuses models.

#include <atomic>

#include "biopotential/core/errors.hpp"
#include "biopotential/core/hooks.hpp"
#include "biopotential/core/threads.hpp"

namespace bp = biopotential;

namespace {

std::atomic<int> n_reads = 0;

}  // namespace

extern "C" {

__attribute__((visibility("default"))) void probe_install() {
    n_reads = 0;
    bp::set_access_hook([](const bp::Access&) { ++n_reads; });
    bp::set_admission_hook([](const bp::ModelIdentity& model) { throw bp::PolicyError("refused: " + model.format); });
}

__attribute__((visibility("default"))) void probe_remove() {
    bp::set_access_hook({});
    bp::set_admission_hook({});
}

__attribute__((visibility("default"))) int probe_reads() {
    return n_reads;
}

__attribute__((visibility("default"))) int probe_threads() {
    return bp::num_threads();
}
}
