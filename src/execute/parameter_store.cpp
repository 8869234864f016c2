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

Quantizer &quantizer_of(Layer &layer, Operand operand) {
    return operand == Operand::weights ? layer.weight_quantizer : layer.input_quantizer;
}

void write_state(const Quantizer &quantizer, std::span<float> values) {
    values[0] = quantizer.lower;
    values[1] = quantizer.upper;
    values[2] = quantizer.alpha;
}

}  // namespace

Status ParameterStore::open(const Model &model) {
    network_ = model.network;
    if (Status status = infer_shapes(network_, shapes_); !status.ok()) return status;
    entries_.clear();
    index_.clear();
    std::vector<ParameterTensor> list = parameter_tensors(network_, shapes_);
    std::stable_sort(list.begin(), list.end(), [](const ParameterTensor &a, const ParameterTensor &b) {
        return group_of(a.role) < group_of(b.role);
    });
    std::size_t offset = 0;
    for (ParameterTensor &tensor : list) {
        const std::size_t size = tensor.size();
        index_[{tensor.layer, tensor.role}] = entries_.size();
        entries_.push_back({std::move(tensor), offset, true});
        offset += size;
        for (int g = static_cast<int>(group_of(entries_.back().tensor.role)) + 1; g <= parameter_groups; ++g) {
            group_begin_[g] = offset;
        }
    }
    values_.assign(offset, 0.0F);
    gradients_.assign(offset, 0.0F);
    for (Entry &entry : entries_) {
        const ParameterTensor &tensor = entry.tensor;
        const std::span<float> target = values(tensor.layer, tensor.role);
        Layer &layer = network_.layers[static_cast<std::size_t>(tensor.layer)];
        const auto found = model.tensors.find(tensor.name);
        if (found == model.tensors.end() && group_of(tensor.role) == ParameterGroup::quantizers) {
            entry.ready = false;
            const bool of_weights = tensor.role == Role::weight_quantizer;
            write_state(quantizer_of(layer, of_weights ? Operand::weights : Operand::activations), target);
            continue;
        }
        const auto source = found == model.tensors.end() ? std::nullopt : found->second.as<float>();
        if (!source || source->size() != target.size()) {
            return {ErrorCode::invalid_argument,
                    "tensor " + tensor.name + ": expected " + std::to_string(target.size()) +
                        " float32 numbers, found " + (source ? std::to_string(source->size()) : "none")};
        }
        if (tensor.role == Role::weight) {
            to_kernel_layout(layer,
                             shapes_[static_cast<std::size_t>(layer.inputs[0])],
                             shapes_[static_cast<std::size_t>(tensor.layer)].channels,
                             *source,
                             target);
        } else {
            std::copy(source->begin(), source->end(), target.begin());
        }
        if (group_of(tensor.role) == ParameterGroup::quantizers) {
            const bool of_weights = tensor.role == Role::weight_quantizer;
            Quantizer &quantizer = quantizer_of(layer, of_weights ? Operand::weights : Operand::activations);
            quantizer.lower = target[0];
            quantizer.upper = target[1];
            quantizer.alpha = target[2];
        }
    }
    return {};
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
            to_file_layout(layer,
                           shapes_[static_cast<std::size_t>(layer.inputs[0])],
                           shapes_[static_cast<std::size_t>(tensor.layer)].channels,
                           source,
                           file);
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
    const Role role = role_of(quantizer.operand);
    quantizer_of(network_.layers[static_cast<std::size_t>(layer)], quantizer.operand) = quantizer;
    write_state(quantizer, values(layer, role));
    entries_[index_.at({layer, role})].ready = true;
}

Status ParameterStore::project_quantizers() {
    for (const Entry &entry : entries_) {
        if (group_of(entry.tensor.role) != ParameterGroup::quantizers) continue;
        const int layer = entry.tensor.layer;
        const bool of_weights = entry.tensor.role == Role::weight_quantizer;
        Quantizer moved = quantizer(layer, of_weights ? Operand::weights : Operand::activations);
        const std::span<const float> state(values_.data() + entry.offset, 3);
        moved.lower = state[0];
        moved.upper = state[1];
        moved.alpha = state[2];
        if (Status status = project(moved); !status.ok()) {
            return {status.code(), "tensor " + entry.tensor.name + ": " + status.message()};
        }
        set_quantizer(layer, moved);
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
