#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace biopotential::inline v0::trust {

struct SealOptions {
    std::string name;         ///< of the data set, for bag-info.txt and RO-Crate; empty: "Sealed recordings"
    std::string description;  ///< empty: what a seal is
    std::string licence;      ///< URL or text; empty: "not stated"
    std::string project;      ///< name of the project or permit
    std::string date;         ///< YYYY-MM-DD; empty: today
};

struct SealResult {
    std::string root_sha256;  ///< RFC 6962 root over all files and signal hashes: keep it elsewhere
    std::int64_t files = 0, bytes = 0;
    std::map<std::string, std::string> signals;  ///< signal hash by path of the recording
};

/// Seal a folder in place as a BagIt bag (RFC 8493) with RO-Crate metadata.
///
/// The content moves to data/. Beside it stand bagit.txt, bag-info.txt, manifests with SHA-256 and SHA-512 of every
/// file, biopotential-seal.json with the signal hash of every recording and the root hash, and tag manifests;
/// data/ro-crate-metadata.json describes the files (RO-Crate 1.2). Nothing is fetched.
/// \throws PolicyError  links, devices, names that differ only in case or normal form or that other systems don't take,
///                      a folder that is sealed or described already
/// \throws IoError, std::invalid_argument
SealResult seal(const std::filesystem::path& folder, const SealOptions& options = {});

struct Finding {
    std::string check;  ///< "structure", "manifest", "file", "signal", "root"
    std::string path;   ///< in the folder
    std::string what;
    bool hostile = false;  ///< content that no tool writes by itself: links, paths that lead out, twins
};

struct Verification {
    std::vector<Finding> findings;  ///< empty: all as it was sealed
    std::string root_sha256;        ///< as the content has it now
    std::int64_t files = 0, bytes = 0;
    [[nodiscard]] bool ok() const { return findings.empty(); }
};

/// Verify a sealed folder, or another BagIt bag with SHA-256 or SHA-512 manifests: every file is there and unchanged,
/// and no other is; signal hashes and root are right.
///
/// Who can write all files can write a new seal: only the root hash, kept elsewhere, shows that.
/// \param root_sha256  the root that the folder had when it was sealed; empty: not compared
/// \throws ParseError  no bag; IoError
[[nodiscard]] Verification verify_seal(const std::filesystem::path& folder, const std::string& root_sha256 = {});

}  // namespace biopotential::inline v0::trust
