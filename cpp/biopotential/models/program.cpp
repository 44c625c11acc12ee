#include <torch/csrc/inductor/aoti_package/model_package_loader.h>
#include <torch/script.h>

#include <filesystem>
#include <mutex>
#include <sstream>

#include "biopotential/core/errors.hpp"
#include "biopotential/core/files.hpp"
#include "biopotential/models/runner_internal.hpp"

namespace biopotential::inline v0::models::detail {

namespace {

class TorchScript final : public Runner {
  public:
    TorchScript(const std::vector<std::byte>& bytes, const std::string& name) {
        try {
            std::istringstream stream(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
            module_ = torch::jit::load(stream, at::kCPU);
            module_.eval();
        } catch (const std::exception& error) {
            throw ParseError(name, std::nullopt, "wanted a TorchScript file, got: " + first_line(error));
        }
    }

    [[nodiscard]] at::Tensor run(const at::Tensor& windows, const at::Tensor& side) const override {
        std::vector<c10::IValue> inputs{windows};
        if (side.size(1) > 0) {
            inputs.emplace_back(side);
        }
        const c10::IValue out = module_.get_method("forward")(std::move(inputs));
        if (!out.isTensor()) {
            throw_invalid("models.predict", "a tensor out of the TorchScript module", out.tagKind());
        }
        return out.toTensor();
    }

  private:
    torch::jit::Module module_;
};

class AotInductor final : public Runner {
  public:
    AotInductor(const std::vector<std::byte>& bytes, const std::string& name) {
        // The loader wants a path. A copy of the admitted bytes in a folder of our own can't be exchanged.
        const TemporaryFolder folder("models.load");
        const std::filesystem::path copy = folder.path() / "model.pt2";
        write_new_file("models.load", copy, bytes, true);
        try {
            loader_ = std::make_unique<torch::inductor::AOTIModelPackageLoader>(copy.string());
        } catch (const std::exception& error) {
            throw ParseError(name, std::nullopt, "wanted an AOTInductor package, got: " + first_line(error));
        }
    }

    [[nodiscard]] at::Tensor run(const at::Tensor& windows, const at::Tensor& side) const override {
        std::vector<at::Tensor> inputs{windows};
        if (side.size(1) > 0) {
            inputs.push_back(side);
        }
        const std::lock_guard lock(mutex_);
        std::vector<at::Tensor> out = loader_->run(inputs);
        if (out.size() != 1) {
            throw_invalid("models.predict", "one tensor out of the AOTInductor package", std::to_string(out.size()));
        }
        return out.front();
    }

  private:
    mutable std::mutex mutex_;
    std::unique_ptr<torch::inductor::AOTIModelPackageLoader> loader_;
};

}  // namespace

std::unique_ptr<Runner> make_torchscript(const std::vector<std::byte>& bytes, const std::string& name) {
    return std::make_unique<TorchScript>(bytes, name);
}

std::unique_ptr<Runner> make_aotinductor(const std::vector<std::byte>& bytes, const std::string& name) {
    return std::make_unique<AotInductor>(bytes, name);
}

std::string first_line(const std::exception& error) {
    const std::string text = error.what();
    return text.substr(0, std::min<std::size_t>(text.find('\n'), 300));
}

}  // namespace biopotential::inline v0::models::detail
