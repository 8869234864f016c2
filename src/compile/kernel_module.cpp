#include "compile/kernel_module.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "compile/bind_kernel.h"
#include "compile/program_check.h"

namespace dsq {
namespace {

using Halide::Internal::AbstractGenerator;
using Halide::Internal::ArgInfoDirection;

Status error(const std::string &message) {
    return {ErrorCode::invalid_argument, message};
}

Halide::Type halide_type(ElementType type) {
    switch (type) {
        case ElementType::f32:
            return Halide::Float(32);
        case ElementType::f64:
            return Halide::Float(64);
        case ElementType::f16:
            return Halide::Float(16);
        case ElementType::bf16:
            return Halide::BFloat(16);
        case ElementType::i8:
            return Halide::Int(8);
        case ElementType::u8:
            return Halide::UInt(8);
        case ElementType::i16:
            return Halide::Int(16);
        case ElementType::u16:
            return Halide::UInt(16);
        case ElementType::i32:
            return Halide::Int(32);
        case ElementType::u32:
            return Halide::UInt(32);
        case ElementType::i64:
            return Halide::Int(64);
        case ElementType::u64:
            return Halide::UInt(64);
        case ElementType::boolean:
            return Halide::Bool();
    }
    return {};
}

std::string text(const Halide::Type &type) {
    std::ostringstream stream;
    stream << type;
    return stream.str();
}

// The generator may have set it for its own schedule; then both must agree.
Status constrain(const Halide::Expr &set, const char *what, int dimension, int planned) {
    const auto value = set.defined() ? Halide::Internal::as_const_int(set) : std::nullopt;
    if (value && *value != planned) {
        return error("dimension " + std::to_string(dimension) + " has " + what + " " + std::to_string(planned) +
                     ", and the generator takes " + std::to_string(*value));
    }
    return {};
}

Status constrain_buffer(Halide::Parameter parameter, const BufferPlan &plan) {
    if (parameter.type() != halide_type(plan.type)) {
        return error("its elements are " + text(halide_type(plan.type)) + ", and the generator takes " +
                     text(parameter.type()));
    }
    if (parameter.dimensions() != static_cast<int>(plan.dimensions.size())) {
        return error("it has " + std::to_string(plan.dimensions.size()) + " dimensions, and the generator takes " +
                     std::to_string(parameter.dimensions()));
    }
    for (int index = 0; index < parameter.dimensions(); ++index) {
        const BufferDimension &dimension = plan.dimensions[static_cast<std::size_t>(index)];
        for (const Status &status : {
                 constrain(parameter.min_constraint(index), "min", index, dimension.min),
                 constrain(parameter.extent_constraint(index), "extent", index, dimension.extent),
                 constrain(parameter.stride_constraint(index), "stride", index, dimension.stride),
             }) {
            if (!status.ok()) return status;
        }
        parameter.set_min_constraint(index, dimension.min);
        parameter.set_extent_constraint(index, dimension.extent);
        parameter.set_stride_constraint(index, dimension.stride);
    }
    return {};
}

// Of the generator's ports, by their names, what the plan says of them.
class Ports {
public:
    Ports(AbstractGenerator &generator, const KernelPlan &plan) : generator_(generator), plan_(plan) {
    }

    Status bind() {
        for (const AbstractGenerator::ArgInfo &port : generator_.arginfos()) {
            const bool is_input = port.dir == ArgInfoDirection::Input;
            const std::size_t count =
                is_input ? generator_.input_parameter(port.name).size() : generator_.output_func(port.name).size();
            if (count != 1 || port.types.size() != 1) return error("'" + port.name + "' is an array or a tuple");
            const Halide::Parameter parameter = is_input
                                                    ? generator_.input_parameter(port.name)[0]
                                                    : generator_.output_func(port.name)[0].output_buffer().parameter();
            Status status =
                parameter.is_buffer() ? bind_buffer(port.name, parameter) : bind_scalar(port.name, parameter);
            if (!status.ok()) return error("'" + port.name + "': " + status.message());
            names_.insert(port.name);
            if (!is_input) outputs_.push_back(port.name);
            if (is_input)
                arguments.emplace_back(
                    parameter.name(),
                    parameter.is_buffer() ? Halide::Argument::InputBuffer : Halide::Argument::InputScalar,
                    parameter.type(),
                    parameter.dimensions(),
                    Halide::ArgumentEstimates{});
        }
        for (const auto &[name, buffer] : plan_.buffers) {
            if (!names_.contains(name)) return error("the generator has no buffer '" + name + "'");
        }
        for (const auto &[name, scalar] : plan_.scalars) {
            if (!names_.contains(name)) return error("the generator has no scalar '" + name + "'");
        }
        return check_outputs();
    }

    KernelBinding binding;
    std::vector<Halide::Argument> arguments;

private:
    Status bind_buffer(const std::string &name, const Halide::Parameter &parameter) {
        const auto found = plan_.buffers.find(name);
        if (found == plan_.buffers.end()) return error("no such buffer in the plan");
        binding.buffers[parameter.name()] = &found->second;
        return constrain_buffer(parameter, found->second);
    }

    Status bind_scalar(const std::string &name, const Halide::Parameter &parameter) {
        const auto found = plan_.scalars.find(name);
        if (found == plan_.scalars.end()) return error("no such scalar in the plan");
        const bool is_float = std::holds_alternative<float>(found->second);
        if (is_float != parameter.type().is_float()) {
            return error("the generator takes a scalar of type " + text(parameter.type()));
        }
        binding.scalars[parameter.name()] =
            is_float ? Halide::Internal::make_const(parameter.type(), std::get<float>(found->second))
                     : Halide::Internal::make_const(parameter.type(), std::get<std::int32_t>(found->second));
        return {};
    }

    // The code is made as if they overlapped nothing.
    Status check_outputs() const {
        for (const std::string &output : outputs_) {
            const BufferPlan &written = plan_.buffers.at(output);
            if (written.place != Place::workspace && written.place != Place::output) {
                return error("'" + output + "' lies where nothing can be written");
            }
            if (!tasks_are_apart(written)) return error("'" + output + "': two tasks write the same of it");
            for (const auto &[name, buffer] : plan_.buffers) {
                if (name != output && buffer.place == written.place &&
                    buffer.offset < written.offset + byte_span(written, plan_.tasks) &&
                    written.offset < buffer.offset + byte_span(buffer, plan_.tasks)) {
                    std::string message = "'" + output;
                    message += "', which it writes, overlaps '";
                    message += name;
                    message += "'";
                    return error(message);
                }
            }
        }
        return {};
    }

    // Tasks count as one more dimension: each begins behind all that is nearer.
    bool tasks_are_apart(const BufferPlan &written) const {
        if (plan_.tasks == 1) return true;
        const auto task_stride = static_cast<int>(written.task_stride / element_size(written.type));
        std::vector<BufferDimension> dimensions{{0, plan_.tasks, task_stride}};
        for (const BufferDimension &dimension : written.dimensions) {
            if (dimension.extent > 1) dimensions.push_back(dimension);
        }
        std::ranges::sort(dimensions, {}, &BufferDimension::stride);
        std::int64_t end = 1;
        for (const BufferDimension &dimension : dimensions) {
            if (dimension.stride < end) return false;
            end = std::int64_t{dimension.stride} * dimension.extent;
        }
        return true;
    }

    AbstractGenerator &generator_;
    const KernelPlan &plan_;
    std::set<std::string> names_;
    std::vector<std::string> outputs_;
};

}  // namespace

std::vector<Halide::Internal::LoweredArgument> entry_arguments() {
    std::vector<Halide::Internal::LoweredArgument> arguments;
    for (const char *name : {"input", "output", "workspace"}) {
        arguments.emplace_back(
            entry_argument(name), Halide::Argument::InputScalar, Halide::Handle(), 0, Halide::ArgumentEstimates{});
    }
    return arguments;
}

Halide::Internal::LoweredArgument number_argument(const std::string &name) {
    return {entry_argument(name), Halide::Argument::InputScalar, Halide::Int(32), 0, Halide::ArgumentEstimates{}};
}

std::size_t scratch_offset(std::size_t tensor_bytes) {
    return (tensor_bytes + workspace_alignment - 1) / workspace_alignment * workspace_alignment;
}

Status make_kernel_module(const KernelPlan &kernel,
                          const Halide::Target &target,
                          const std::string &symbol,
                          std::size_t tensor_bytes,
                          Halide::Module &module,
                          std::size_t &scratch_bytes) {
    // Its checks stay in until the plan's numbers are in the code, where all of them come out as true or false.
    const Halide::Target checked =
        target.with_feature(Halide::Target::NoBoundsQuery).with_feature(Halide::Target::NoRuntime);
    const auto generator =
        Halide::Internal::GeneratorRegistry::create(kernel.generator, Halide::GeneratorContext(checked));
    if (!generator) return error("there is no generator '" + kernel.generator + "'");
    for (const auto &[name, value] : kernel.parameters) generator->set_generatorparam_value(name, value);

    Halide::Pipeline pipeline = generator->build_pipeline();
    Ports ports(*generator, kernel);
    if (Status status = ports.bind(); !status.ok()) return status;
    const Halide::Module lowered = pipeline.compile_to_module(ports.arguments, symbol, checked);

    ports.binding.scratch_offset = scratch_offset(tensor_bytes);
    ports.binding.tasks = kernel.tasks;
    if (lowered.functions().size() != 1 || !lowered.submodules().empty()) {
        return error("its schedule has parallel loops: a library has no threads");
    }
    Halide::Internal::Stmt body = lowered.functions()[0].body;
    if (Status status = bind_kernel(ports.binding, body, scratch_bytes); !status.ok()) return status;

    module = Halide::Module(symbol, checked.with_feature(Halide::Target::NoAsserts));
    module.set_any_strict_float(lowered.any_strict_float());
    for (const Halide::Buffer<> &buffer : lowered.buffers()) module.append(buffer);
    for (const auto &[name, buffer] : ports.binding.buffers) {
        if (buffer->place == Place::constants) module.append(embedded_constants(name, *buffer));
    }
    std::vector<Halide::Internal::LoweredArgument> arguments = entry_arguments();
    if (kernel.tasks > 1) arguments.insert(arguments.begin(), number_argument("task"));
    module.append(Halide::Internal::LoweredFunc(symbol, arguments, body, Halide::LinkageType::External));
    return {};
}

}  // namespace dsq
