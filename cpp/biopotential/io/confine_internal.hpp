#pragma once

namespace biopotential::inline v0::io {

// What a child process that parses a stranger's file may still ask of the kernel (Linux seccomp). Each call lasts until
// the process ends and can only be added to. Both return false where the kernel offers no such filter.

/// Read, seek, ask for memory, open for reading, write to `answer`, end. An attempt at anything that could reach
/// another process, the network or the file system for writing ends the process by SIGSYS; whatever else is refused
/// with EPERM.
[[nodiscard]] bool allow_only_parsing(int answer);

/// From now on no file is opened either.
[[nodiscard]] bool forbid_opening();

}  // namespace biopotential::inline v0::io
