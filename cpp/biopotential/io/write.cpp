#include "biopotential/io/write.hpp"

#include "biopotential/core/errors.hpp"
#include "biopotential/io/brainvision.hpp"
#include "biopotential/io/edf.hpp"
#include "biopotential/io/hdf5.hpp"
#include "biopotential/io/wfdb.hpp"

namespace biopotential::inline v0::io {

void write(const Recording& recording, const std::filesystem::path& path) {
    const std::string suffix = path.extension().string();
    if (suffix == ".hea") {
        write_wfdb(recording, path);
    } else if (suffix == ".edf" || suffix == ".bdf") {
        write_edf(recording, path);
    } else if (suffix == ".h5" || suffix == ".hdf5") {
        write_hdf5(recording, path);
    } else if (suffix == ".vhdr") {
        write_brainvision(recording, path);
    } else {
        throw_invalid("write", "a path that ends in .hea, .edf, .bdf, .vhdr, .h5 or .hdf5", path.string());
    }
}

}  // namespace biopotential::inline v0::io
