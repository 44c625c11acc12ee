#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/typing.h>

#include <optional>
#include <string>
#include <vector>

#include "biopotential/core/errors.hpp"
#include "biopotential/trust/crypto.hpp"
#include "biopotential/trust/deidentify.hpp"
#include "biopotential/trust/merkle.hpp"
#include "biopotential/trust/pseudonym.hpp"
#include "biopotential/trust/seal.hpp"
#include "biopotential/trust/vet.hpp"
#include "biopotential/trust/vocabulary.hpp"
#include "modules.hpp"
#include "text.hpp"

namespace biopotential::python {

namespace py = pybind11;

namespace {

std::vector<std::uint8_t> bytes_of(const py::bytes& bytes) {
    const std::string_view view = bytes;
    return {view.begin(), view.end()};
}

trust::TimeOfDay time_of_day(const std::string& name) {
    if (name == "drop") {
        return trust::TimeOfDay::drop;
    }
    if (name == "hour") {
        return trust::TimeOfDay::hour;
    }
    if (name == "keep") {
        return trust::TimeOfDay::keep;
    }
    throw_invalid("deid", "time_of_day \"drop\", \"hour\" or \"keep\"", name);
}

std::optional<trust::ShiftDirection> direction(const std::optional<std::string>& name) {
    if (!name) {
        return std::nullopt;
    }
    if (*name == "back") {
        return trust::ShiftDirection::back;
    }
    if (*name == "forward") {
        return trust::ShiftDirection::forward;
    }
    throw_invalid("deid", "direction \"back\" or \"forward\"", *name);
}

void bind_keys(py::module_& m) {
    py::class_<trust::ProjectKey>(m, "ProjectKey",
                                  R"(The secret of one project: pseudonyms and date shifts follow from it.

HKDF-SHA256 (RFC 5869) gives each project its own key, so that two projects' pseudonyms of one patient can't be linked.)")
        .def(py::init([](const py::bytes& master, const std::string& project) {
                 return trust::ProjectKey(bytes_of(master), project);
             }),
             py::arg("master"), py::kw_only(), py::arg("project") = "", R"(From secret bytes.

Parameters
----------
master : bytes
    At least 32.
project : str
    Name of the project or permit.

Raises
------
ValueError
    Fewer bytes.
)")
        .def_static(
            "from_file",
            [](const std::string& path, const std::string& project) {
                return trust::ProjectKey::from_file(path, project);
            },
            py::arg("path"), py::kw_only(), py::arg("project") = "",
            R"(From a file of 32 to 4096 bytes that only its owner may read.

Raises
------
PolicyError
    Others may read it, or it is too short or too long.
OSError
    It can't be read.
)")
        .def_property_readonly("key_id", &trust::ProjectKey::key_id,
                               "Eight hexadecimal digits by which runs with the same key can be told.")
        .def("pseudonym", &trust::ProjectKey::pseudonym, py::arg("patient_id"),
             "Sixteen symbols of Crockford's base 32 and a check character (ISO 7064 MOD 37,36).")
        .def(
            "shift_days",
            [](const trust::ProjectKey& key, const std::string& patient_id, const std::string& which) {
                return key.shift_days(patient_id, *direction(which));
            },
            py::arg("patient_id"), py::kw_only(), py::arg("direction") = "back",
            "Days by which the patient's dates move: 1 to 156 whole weeks.");
    m.def(
        "new_key", [](const std::string& path) { trust::write_new_key(path); }, py::arg("path"),
        R"(Write a new master key: 32 random bytes, readable by its owner only.

Raises
------
OSError
    The file exists, or can't be written.
)");
    m.def("is_pseudonym", &trust::is_pseudonym, py::arg("text"), "Whether a pseudonym's check character is right.");
}

void bind_crypto(py::module_& m) {
    m.def(
        "hkdf_sha256",
        [](const py::bytes& key, const py::bytes& salt, const py::bytes& info, std::size_t n) {
            const auto out = trust::hkdf_sha256(bytes_of(key), bytes_of(salt), std::string(info), n);
            return py::bytes(reinterpret_cast<const char*>(out.data()), out.size());
        },
        py::arg("key"), py::arg("salt"), py::arg("info"), py::arg("n"), "HKDF with SHA-256 (RFC 5869).");
    m.def(
        "hmac_sha256",
        [](const py::bytes& key, const py::bytes& message) {
            const trust::Digest out = trust::hmac_sha256(bytes_of(key), std::string(message));
            return py::bytes(reinterpret_cast<const char*>(out.data()), out.size());
        },
        py::arg("key"), py::arg("message"), "HMAC with SHA-256 (RFC 2104).");
}

void bind_vocabulary(py::module_& m) {
    m.def(
        "admitted_text", [](const std::string& text) { return trust::admitted_text(text); }, py::arg("text"),
        R"(Free text that may leave: unchanged if the closed vocabulary holds every word, else None.

German and English words of annotations, electrodes, leads, filters and units; numbers of up to two digits, or up to
four with a unit.
)");
    m.def(
        "admitted_aux", [](const std::string& aux) { return trust::admitted_aux(aux); }, py::arg("aux"),
        "The same of a WFDB aux string: rhythms as \"(AFIB\", changes of ST and T, or text.");
    m.def("admitted_unit", &trust::admitted_unit, py::arg("unit"),
          "A physical unit in the field's spelling; empty where it is unknown.");
}

trust::DeidOptions options_of(const py::dict& given) {
    trust::DeidOptions options;
    options.patient_id = given["patient_id"].cast<std::string>();
    options.issuer = given["issuer"].cast<std::string>();
    options.pseudonyms = given["pseudonyms"].cast<std::map<std::string, std::string>>();
    options.time_of_day = time_of_day(given["time_of_day"].cast<std::string>());
    options.direction = direction(given["direction"].cast<std::optional<std::string>>());
    options.drop_date = given["drop_date"].cast<bool>();
    options.keep_annotations = given["keep_annotations"].cast<bool>();
    options.roster = given["roster"].cast<std::vector<std::string>>();
    options.suffix = given["suffix"].cast<std::string>();
    options.stem = given["stem"].cast<std::string>();
    options.annotators = given["annotators"].cast<std::vector<std::string>>();
    return options;
}

void bind_deid(py::module_& m) {
    m.def(
        "deidentify",
        [](const std::string& source, const std::string& folder, const trust::ProjectKey& key,
           const py::dict& options) {
            const trust::DeidOptions wanted = options_of(options);
            trust::DeidResult result;
            {
                const py::gil_scoped_release release;
                result = trust::deidentify(source, folder, key, wanted);
            }
            std::vector<std::string> files;
            for (const auto& file : result.files) {
                files.push_back(file.string());
            }
            return py::make_tuple(result.status, result.report_json, files);
        },
        py::arg("source"), py::arg("folder"), py::arg("key"), py::arg("options"),
        "Write a recording without its patient's identity: (status, report as JSON, files). Use "
        "biopotential.trust.deid.");
    m.def(
        "subject_of",
        [](const std::string& source, const trust::ProjectKey& key, const py::dict& options) {
            const trust::DeidOptions wanted = options_of(options);
            const py::gil_scoped_release release;
            const trust::Subject subject = trust::subject_of(source, key, wanted);
            return std::pair(subject.key, subject.start_ns);
        },
        py::arg("source"), py::arg("key"), py::arg("options"),
        "Whose a recording is (keyed) and when it starts: (key, ns since 1970-01-01 or None).");
    m.def(
        "shift_direction",
        [](std::int64_t start_ns) {
            return trust::shift_direction(start_ns) == trust::ShiftDirection::back ? "back" : "forward";
        },
        py::arg("earliest_start_ns"), "Which way the dates of a patient move whose earliest recording starts then.");
}

void bind_seal(py::module_& m) {
    m.def(
        "seal",
        [](const std::string& folder, const std::string& name, const std::string& description,
           const std::string& licence, const std::string& project, const std::string& date) {
            trust::SealResult result;
            {
                const py::gil_scoped_release release;
                result = trust::seal(folder, {name, description, licence, project, date});
            }
            return py::make_tuple(result.root_sha256, result.files, result.bytes, result.signals);
        },
        py::arg("folder"), py::arg("name"), py::arg("description"), py::arg("licence"), py::arg("project"),
        py::arg("date"), "Seal a folder in place: (root, files, bytes, signal hashes). Use biopotential.trust.seal.");
    m.def(
        "verify_seal",
        [](const std::string& folder, const std::string& root) {
            trust::Verification result;
            {
                const py::gil_scoped_release release;
                result = trust::verify_seal(folder, root);
            }
            std::vector<std::tuple<std::string, std::string, std::string, bool>> findings;
            for (const trust::Finding& finding : result.findings) {
                findings.emplace_back(finding.check, finding.path, finding.what, finding.hostile);
            }
            return py::make_tuple(findings, result.root_sha256, result.files, result.bytes);
        },
        py::arg("folder"), py::arg("root"),
        "Verify a sealed folder: (findings, root, files, bytes). Use biopotential.trust.verify.");
    m.def(
        "merkle_root",
        [](const std::vector<py::bytes>& leaves) {
            std::vector<std::string> all;
            for (const py::bytes& leaf : leaves) {
                all.emplace_back(leaf);
            }
            return trust::merkle_root(all);
        },
        py::arg("leaves"), "Merkle tree hash of RFC 6962 over the leaves, as 64 hexadecimal digits.");
}

void bind_vet(py::module_& m) {
    m.def(
        "vet",
        [](const std::string& path) {
            trust::Vetted result;
            {
                const py::gil_scoped_release release;
                result = trust::vet(path);
            }
            py::typing::List<py::typing::Tuple<py::str, std::int64_t, py::str>> members;
            for (const trust::VettedMember& member : result.members) {
                members.append(py::make_tuple(text(member.name), member.bytes, member.kind));
            }
            py::typing::List<py::str> reasons;
            for (const std::string& reason : result.reasons) {
                reasons.append(text(reason));
            }
            return py::make_tuple(std::string(1, result.model_class), result.format, result.sha256, reasons,
                                  result.operators, members);
        },
        py::arg("path"),
        "Tell what a model file can do: (class, format, SHA-256, reasons, operators, members). Use "
        "biopotential.trust.vet.");
    m.def(
        "install_admission",
        [](const std::vector<std::pair<std::string, std::string>>& models) {
            std::vector<trust::AdmittedModel> admitted;
            for (const auto& [hash, model_class] : models) {
                admitted.push_back({hash, model_class.size() == 1 ? model_class.front() : 'D'});
            }
            trust::install_admission(admitted);
        },
        py::arg("models"), "Let models.load take programs only from this list of (SHA-256, class).");
    m.def("remove_admission", &trust::remove_admission, "Let models.load take any program again.");
}

}  // namespace

void bind_trust(py::module_ m) {
    bind_keys(m);
    bind_crypto(m);
    bind_vocabulary(m);
    bind_deid(m);
    bind_seal(m);
    bind_vet(m);
}

}  // namespace biopotential::python
