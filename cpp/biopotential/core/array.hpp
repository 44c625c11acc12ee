#pragma once

#include <Eigen/Core>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace biopotential::inline v0 {

using Index = Eigen::Index;

/// Signals going in: shape (n_channels, n_samples), time last; any strides, so that windows and transposes need no
/// copy.
using MatrixView = Eigen::Ref<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>, 0,
                              Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>>;

/// One channel going in: contiguous, shape (n_samples,).
using Samples = std::span<const double>;

/// Row-major matrix for work inside one function. It never crosses the library's boundary (see Array).
using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

namespace detail {
/// Memory that is allocated and freed inside the library, aligned for every instruction set (64 bytes), zeroed.
[[nodiscard]] std::shared_ptr<void> allocate(std::size_t bytes);
}  // namespace detail

/// An owned N-dimensional row-major array: what functions return.
///
/// Allocated and freed inside the library, because owned Eigen objects align and free differently in a consumer that
/// was compiled with other SIMD flags. Copies are shallow; clone() copies the elements.
template <class T>
class Array {
  public:
    using Shape = std::vector<Index>;

    Array() : Array(Shape{0}) {}
    explicit Array(Shape shape) : shape_(std::move(shape)) {
        for (const Index n : shape_) {
            size_ *= n;
        }
        memory_ = detail::allocate(sizeof(T) * static_cast<std::size_t>(size_));
    }
    Array(std::initializer_list<Index> shape) : Array(Shape(shape)) {}

    [[nodiscard]] Index size() const { return size_; }
    [[nodiscard]] Index ndim() const { return static_cast<Index>(shape_.size()); }
    [[nodiscard]] const Shape& shape() const { return shape_; }
    [[nodiscard]] Index shape(Index axis) const { return shape_[static_cast<std::size_t>(axis)]; }

    [[nodiscard]] T* data() { return static_cast<T*>(memory_.get()); }
    [[nodiscard]] const T* data() const { return static_cast<const T*>(memory_.get()); }
    [[nodiscard]] T* begin() { return data(); }
    [[nodiscard]] T* end() { return data() + size_; }
    [[nodiscard]] const T* begin() const { return data(); }
    [[nodiscard]] const T* end() const { return data() + size_; }

    [[nodiscard]] T& operator[](Index i) { return data()[i]; }
    [[nodiscard]] const T& operator[](Index i) const { return data()[i]; }

    /// Element at one position per axis.
    template <class... I>
    [[nodiscard]] T& operator()(I... position) {
        return data()[offset({static_cast<Index>(position)...})];
    }
    template <class... I>
    [[nodiscard]] const T& operator()(I... position) const {
        return data()[offset({static_cast<Index>(position)...})];
    }

    /// Row `i` of the array seen as (size / last axis, last axis).
    [[nodiscard]] std::span<T> row(Index i) {
        return {data() + i * shape_.back(), static_cast<std::size_t>(shape_.back())};
    }
    [[nodiscard]] std::span<const T> row(Index i) const {
        return {data() + i * shape_.back(), static_cast<std::size_t>(shape_.back())};
    }

    /// The array as (size / last axis, last axis), for Eigen.
    [[nodiscard]] auto matrix() {
        return Eigen::Map<Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(data(), rows(),
                                                                                             shape_.back());
    }
    [[nodiscard]] auto matrix() const {
        return Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(data(), rows(),
                                                                                                   shape_.back());
    }

    [[nodiscard]] Array clone() const {
        Array copy(shape_);
        for (Index i = 0; i < size_; ++i) {
            copy[i] = (*this)[i];
        }
        return copy;
    }

    /// The owner of the memory, for bindings that hand it on without a copy.
    [[nodiscard]] const std::shared_ptr<void>& owner() const { return memory_; }

  private:
    [[nodiscard]] Index rows() const { return shape_.back() == 0 ? 0 : size_ / shape_.back(); }
    [[nodiscard]] Index offset(std::initializer_list<Index> position) const {
        Index at = 0;
        std::size_t axis = 0;
        for (const Index p : position) {
            at = at * shape_[axis++] + p;
        }
        return at;
    }

    Shape shape_;
    Index size_ = 1;
    std::shared_ptr<void> memory_;
};

/// One channel or one row of a view as contiguous samples: no copy where the row already is contiguous.
class ContiguousRow {
  public:
    ContiguousRow(const MatrixView& x, Index row);
    [[nodiscard]] Samples samples() const { return samples_; }
    operator Samples() const { return samples_; }  // NOLINT(google-explicit-constructor): stands in for the row

  private:
    std::vector<double> copy_;
    Samples samples_;
};

/// A view of contiguous samples as one channel, shape (1, n_samples).
[[nodiscard]] inline MatrixView as_row(Samples x) {
    const auto n = static_cast<Index>(x.size());
    return MatrixView(Eigen::Map<const Matrix>(x.data(), 1, n));
}

/// An owned result as a view, shape (size / last axis, last axis).
[[nodiscard]] inline MatrixView view(const Array<double>& x) {
    return MatrixView(x.matrix());
}

}  // namespace biopotential::inline v0
