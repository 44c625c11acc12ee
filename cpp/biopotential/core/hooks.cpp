#include "biopotential/core/hooks.hpp"

#include <memory>
#include <mutex>
#include <utility>

namespace biopotential::inline v0 {

namespace {

// A reader takes its own reference, so that a hook may be replaced while another thread still runs the old one.
template <class Hook>
class Slot {
  public:
    void set(Hook hook) {
        const std::lock_guard lock(mutex_);
        hook_ = hook ? std::make_shared<const Hook>(std::move(hook)) : nullptr;
    }
    [[nodiscard]] std::shared_ptr<const Hook> get() {
        const std::lock_guard lock(mutex_);
        return hook_;
    }

  private:
    std::mutex mutex_;
    std::shared_ptr<const Hook> hook_;
};

Slot<AccessHook>& access_slot() {
    static Slot<AccessHook> slot;
    return slot;
}

Slot<Admission>& admission_slot() {
    static Slot<Admission> slot;
    return slot;
}

}  // namespace

void set_access_hook(AccessHook hook) {
    access_slot().set(std::move(hook));
}

void notify_access(const Access& access) {
    if (const auto hook = access_slot().get()) {
        (*hook)(access);
    }
}

void set_admission_hook(Admission hook) {
    admission_slot().set(std::move(hook));
}

void require_admission(const ModelIdentity& model) {
    if (const auto hook = admission_slot().get()) {
        (*hook)(model);
    }
}

}  // namespace biopotential::inline v0
