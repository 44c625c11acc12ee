#include "biopotential/core/version.hpp"

namespace biopotential::inline v0 {

std::string version() {
    return BIOPOTENTIAL_VERSION;
}

}  // namespace biopotential::inline v0
