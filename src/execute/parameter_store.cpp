#include "execute/parameter_store.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "dsq/bounds.h"
#include "execute/weight_layout.h"

namespace dsq {
namespace {

ParameterGroup group_of(Role role) {
    switch (role) {
        case Role::weight:
            return ParameterGroup::weights;
        case Role::bias:
        case Role::gamma:
        case Role::beta:
            return ParameterGroup::scales_and_biases;
        case Role::weight_quantizer:
        case Role::input_quantizer:
            return ParameterGroup::quantizers;
        default:
            return ParameterGroup::statistics;
    }
}

Role role_of(Operand operand) {
    return operand == Operand::weights ? Role::weight_quantizer : Role::input_quantizer;
}

bool is_quantizer(Role role) {
    return group_of(role) == ParameterGroup::quantizers;
}

void write_state(const Quantizer &quantizer, std::span<float> values) {
    values[0] = quantizer.lower;
    values[1] = quantizer.upper;
    values[2] = quantizer.alpha;
}

void read_state(std::span<const float> values, Quantizer &quantizer) {
    quantizer.lower = values[0];
    quantizer.upper = values[1];
    quantizer.alpha = values[2];
}

}  // namespace

Status ParameterStore::open(const Model &model) {
    network_ = model.network;
    if (Status status = infer_shapes(network_, shapes_); !status.ok()) return status;
    arrange();
    for (Entry &entry : entries_) {
        const auto found = model.tensors.find(entry.tensor.name);
        if (found == model.tensors.end() && is_quantizer(entry.tensor.role)) {
            entry.ready = false;
            write_state(quantizer_of(entry), values(entry.tensor.layer, entry.tensor.role));
        } else if (Status status = take(entry, found == model.tensors.end() ? nullptr : &found->second); !status.ok()) {
            return status;
        }
    }
    return {};
}

// Gives each parameter its place: group by group, in the order of the layers.
void ParameterStore::arrange() {
    std::vector<ParameterTensor> list = parameter_tensors(network_, shapes_);
    std::stable_sort(list.begin(), list.end(), [](const ParameterTensor &a, const ParameterTensor &b) {
        return group_of(a.role) < group_of(b.role);
    });
    entries_.clear();
    index_.clear();
    std::fill(std::begin(group_begin_), std::end(group_begin_), 0);
    std::size_t offset = 0;
    for (ParameterTensor &tensor : list) {
        const std::size_t size = tensor.size();
        const auto group = static_cast<std::size_t>(group_of(tensor.role));
        index_[{tensor.layer, tensor.role}] = entries_.size();
        entries_.push_back({std::move(tensor), offset});
        offset += size;
        std::fill(group_begin_ + group + 1, std::end(group_begin_), offset);
    }
    values_.assign(offset, 0.0F);
    gradients_.assign(offset, 0.0F);
}

Status ParameterStore::take(const Entry &entry, const Tensor *tensor) {
    const ParameterTensor &expected = entry.tensor;
    const std::span<float> target = values(expected.layer, expected.role);
    const auto source = tensor == nullptr ? std::nullopt : tensor->as<float>();
    if (!source || source->size() != target.size()) {
        return {ErrorCode::invalid_argument,
                "tensor " + expected.name + ": expected " + std::to_string(target.size()) + " float32 numbers, found " +
                    (source ? std::to_string(source->size()) : "none")};
    }
    if (expected.role == Role::weight) {
        const Layer &layer = network_.layers[static_cast<std::size_t>(expected.layer)];
        to_kernel_layout(layer, input_shape(layer), output_channels(expected), *source, target);
        return {};
    }
    std::copy(source->begin(), source->end(), target.begin());
    if (is_quantizer(expected.role)) read_state(target, quantizer_of(entry));
    return {};
}

const Shape &ParameterStore::input_shape(const Layer &layer) const {
    return shapes_[static_cast<std::size_t>(layer.inputs[0])];
}

int ParameterStore::output_channels(const ParameterTensor &tensor) const {
    return shapes_[static_cast<std::size_t>(tensor.layer)].channels;
}

Quantizer &ParameterStore::quantizer_of(const Entry &entry) {
    Layer &layer = network_.layers[static_cast<std::size_t>(entry.tensor.layer)];
    return entry.tensor.role == Role::weight_quantizer ? layer.weight_quantizer : layer.input_quantizer;
}

std::map<std::string, Tensor> ParameterStore::tensors() const {
    std::map<std::string, Tensor> tensors;
    std::vector<float> file;
    for (const Entry &entry : entries_) {
        const ParameterTensor &tensor = entry.tensor;
        std::span<const float> source(values_.data() + entry.offset, tensor.size());
        if (tensor.role == Role::weight) {
            const Layer &layer = network_.layers[static_cast<std::size_t>(tensor.layer)];
            file.resize(source.size());
            to_file_layout(layer, input_shape(layer), output_channels(tensor), source, file);
            source = file;
        }
        if (entry.ready) tensors[tensor.name] = make_tensor(tensor.shape, source);
    }
    return tensors;
}

const ParameterStore::Entry &ParameterStore::entry(int layer, Role role) const {
    return entries_[index_.at({layer, role})];
}

std::span<float> ParameterStore::values(int layer, Role role) {
    const Entry &found = entry(layer, role);
    return std::span(values_).subspan(found.offset, found.tensor.size());
}

std::span<float> ParameterStore::gradients(int layer, Role role) {
    const Entry &found = entry(layer, role);
    return std::span(gradients_).subspan(found.offset, found.tensor.size());
}

std::span<float> ParameterStore::group(std::vector<float> &numbers, ParameterGroup group) {
    const auto g = static_cast<std::size_t>(group);
    return std::span(numbers).subspan(group_begin_[g], group_begin_[g + 1] - group_begin_[g]);
}

std::span<float> ParameterStore::values(ParameterGroup group) {
    return this->group(values_, group);
}

std::span<float> ParameterStore::gradients(ParameterGroup group) {
    return this->group(gradients_, group);
}

const Quantizer &ParameterStore::quantizer(int layer, Operand operand) const {
    const Layer &found = network_.layers[static_cast<std::size_t>(layer)];
    return operand == Operand::weights ? found.weight_quantizer : found.input_quantizer;
}

bool ParameterStore::is_ready(int layer, Operand operand) const {
    return entry(layer, role_of(operand)).ready;
}

void ParameterStore::set_quantizer(int layer, const Quantizer &quantizer) {
    Entry &entry = entries_[index_.at({layer, role_of(quantizer.operand)})];
    quantizer_of(entry) = quantizer;
    write_state(quantizer, values(layer, entry.tensor.role));
    entry.ready = true;
}

Status ParameterStore::project_quantizers() {
    for (Entry &entry : entries_) {
        if (!is_quantizer(entry.tensor.role)) continue;
        Quantizer moved = quantizer_of(entry);
        read_state({values_.data() + entry.offset, 3}, moved);
        if (Status status = project(moved); !status.ok()) {
            return {status.code(), "tensor " + entry.tensor.name + ": " + status.message()};
        }
        quantizer_of(entry) = moved;
        write_state(moved, {values_.data() + entry.offset, 3});
    }
    return {};
}

std::string ParameterStore::first_non_finite(const std::vector<float> &numbers) const {
    for (const Entry &entry : entries_) {
        const auto begin = numbers.begin() + static_cast<std::ptrdiff_t>(entry.offset);
        const auto end = begin + static_cast<std::ptrdiff_t>(entry.tensor.size());
        if (!std::all_of(begin, end, [](float number) { return std::isfinite(number); })) return entry.tensor.name;
    }
    return {};
}

std::string ParameterStore::first_non_finite_value() const {
    return first_non_finite(values_);
}

std::string ParameterStore::first_non_finite_gradient() const {
    return first_non_finite(gradients_);
}

}  // namespace dsq
