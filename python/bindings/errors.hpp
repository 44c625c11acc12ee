#pragma once

namespace biopotential::python {

/// C++ exceptions to Python's: ParseError, PolicyError, IntegrityError (biopotential.errors), IoError to OSError.
void register_errors();

}  // namespace biopotential::python
