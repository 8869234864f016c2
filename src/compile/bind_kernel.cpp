#include "compile/bind_kernel.h"

#include <algorithm>
#include <cstring>
#include <sstream>

#include "compile/kernel_module.h"

namespace dsq {
namespace {

using namespace Halide::Internal;
using Halide::Expr;

constexpr const char *scratch_name = "dsq.scratch";  // bytes from the first task's scratch memory to this one's

Expr caller(const std::string &argument) {
    return Variable::make(Halide::type_of<void *>(), entry_argument(argument));
}

Expr moved(const Expr &base, const Expr &bytes) {
    if (is_const_zero(bytes)) return base;
    return reinterpret(Halide::type_of<void *>(), reinterpret(Halide::UInt(64), base) + bytes);
}

Expr bytes_of(std::size_t count) {
    return make_const(Halide::UInt(64), count);
}

// How far what this task sees lies behind what the first one does.
Expr bytes_before_task(std::size_t stride) {
    if (stride == 0) return bytes_of(0);
    return cast(Halide::UInt(64), Variable::make(Halide::Int(32), entry_argument("task"))) * bytes_of(stride);
}

// What a function asks of its buffers and scalars becomes constants and pointers.
class ReplacePorts : public IRMutator {
public:
    explicit ReplacePorts(const KernelBinding &binding) : binding_(binding) {
    }

protected:
    using IRMutator::visit;

    Expr visit(const Variable *variable) override {
        const auto scalar = binding_.scalars.find(variable->name);
        return scalar != binding_.scalars.end() ? scalar->second : Expr(variable);
    }

    Expr visit(const Call *call) override {
        const BufferPlan *buffer = buffer_of(call);
        if (!buffer) return IRMutator::visit(call);
        const auto is = [&](const char *name) { return call->name == name; };
        const auto dimension = [&] {
            const auto index = as_const_int(call->args[1]);
            return buffer->dimensions.at(static_cast<std::size_t>(index.value_or(-1)));
        };
        if (is(Call::buffer_get_min)) return dimension().min;
        if (is(Call::buffer_get_extent)) return dimension().extent;
        if (is(Call::buffer_get_stride)) return dimension().stride;
        if (is(Call::buffer_get_max)) return dimension().min + dimension().extent - 1;
        if (is(Call::buffer_get_dimensions)) return static_cast<int>(buffer->dimensions.size());
        if (is(Call::buffer_is_bounds_query)) return const_false();
        if (is(Call::buffer_get_device_dirty) || is(Call::buffer_get_host_dirty)) return const_false();
        if (is(Call::buffer_get_host)) return host(call, *buffer);
        return IRMutator::visit(call);
    }

private:
    // The buffer that a call of Halide's accessors is about.
    const BufferPlan *buffer_of(const Call *call) {
        if (call->args.empty()) return nullptr;
        const auto *variable = call->args[0].as<Variable>();
        const std::string suffix = ".buffer";
        if (!variable || !variable->name.ends_with(suffix)) return nullptr;
        const auto found = binding_.buffers.find(variable->name.substr(0, variable->name.size() - suffix.size()));
        return found != binding_.buffers.end() ? found->second : nullptr;
    }

    static Expr host(const Call *call, const BufferPlan &buffer) {
        const Expr bytes = simplify(bytes_of(buffer.offset) + bytes_before_task(buffer.task_stride));
        switch (buffer.place) {
            case Place::constants:  // the buffer that the module has under this name
                return moved(call, bytes_before_task(buffer.task_stride));
            case Place::workspace:
                return moved(caller("workspace"), bytes);
            case Place::input:
                return moved(caller("input"), bytes);
            case Place::output:
                return moved(caller("output"), bytes);
        }
        return call;
    }

    const KernelBinding &binding_;
};

// The checks that the plan's numbers have decided. The others ask for pointers that are not null: the library's entry
// points do.
class SettleChecks : public IRMutator {
public:
    std::string failed;  // the first, as Halide would report it

protected:
    using IRMutator::visit;

    Stmt visit(const AssertStmt *check) override {
        if (is_const_zero(check->condition) && failed.empty()) {
            std::ostringstream stream;
            stream << check->message;
            failed = stream.str();
        }
        return Evaluate::make(0);
    }
};

// What would be allocated on the heap gets a place in the workspace, the same for results that do not live at once, and
// another for each task.
class PlaceResults : public IRMutator {
public:
    PlaceResults(std::size_t offset, int tasks) : offset_(offset), end_(offset), tasks_(tasks) {
    }

    std::size_t end() const {
        return end_;
    }
    std::string failed;  // the first result whose size is not constant

protected:
    using IRMutator::visit;

    Stmt visit(const Allocate *result) override {
        const std::int64_t elements = result->constant_allocation_size();
        const std::int64_t bytes = (elements + result->padding) * result->type.bytes();
        if (result->memory_type == Halide::MemoryType::Register ||
            (elements > 0 && result->memory_type != Halide::MemoryType::Heap && can_allocation_fit_on_stack(bytes))) {
            return IRMutator::visit(result);
        }
        if (elements <= 0 || result->new_expr.defined()) {
            if (failed.empty()) failed = result->name;
            return result->body;
        }
        const std::size_t place = offset_;
        offset_ +=
            (static_cast<std::size_t>(bytes) + workspace_alignment - 1) / workspace_alignment * workspace_alignment;
        end_ = std::max(end_, offset_);
        placed_.push(result->name);
        const Stmt body = mutate(result->body);
        placed_.pop(result->name);
        offset_ = place;
        Expr before = bytes_of(place);
        if (tasks_ > 1) before += Variable::make(Halide::UInt(64), scratch_name);
        return LetStmt::make(result->name, moved(caller("workspace"), before), body);
    }

    Stmt visit(const Free *free) override {
        return placed_.contains(free->name) ? Evaluate::make(0) : Stmt(free);
    }

private:
    std::size_t offset_, end_;
    int tasks_;
    Scope<void> placed_;
};

}  // namespace

std::string entry_argument(const std::string &name) {
    return "dsq." + name;
}

Status bind_kernel(const KernelBinding &binding, Stmt &body, std::size_t &scratch_bytes) {
    body = simplify(ReplacePorts(binding).mutate(body));
    SettleChecks checks;
    body = checks.mutate(body);
    if (!checks.failed.empty()) {
        return {ErrorCode::invalid_argument, "the plan does not pass a check of the generated code: " + checks.failed};
    }
    PlaceResults results(binding.scratch_offset, binding.tasks);
    body = results.mutate(body);
    const std::size_t of_task = results.end() - binding.scratch_offset;
    body = simplify(substitute(scratch_name, bytes_before_task(of_task), body));
    if (!results.failed.empty()) {
        return {ErrorCode::invalid_argument,
                "the size of the intermediate result '" + results.failed + "' is not constant"};
    }
    scratch_bytes = of_task * static_cast<std::size_t>(binding.tasks);
    return {};
}

Halide::Buffer<> embedded_constants(const std::string &name, const BufferPlan &buffer) {
    // Its shape is in the code: here it is a row of bytes.
    Halide::Buffer<std::uint8_t> bytes(static_cast<int>(buffer.bytes.size()), name);
    std::memcpy(bytes.data(), buffer.bytes.data(), buffer.bytes.size());
    return bytes;
}

}  // namespace dsq
