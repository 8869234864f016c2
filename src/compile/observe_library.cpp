#include "compile/observe_library.h"

#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>

#include "compile/embedded_programs.h"

namespace dsq {
namespace {

// What observe_program.cpp reads of a piece.
struct Piece {
    std::uint64_t step, place, offset, bytes;
};

// A tensor in memory, with its border.
struct Layout {
    int tensor;
    std::size_t row, image, origin;  // in elements
};

struct ClosePipe {
    void operator()(FILE *pipe) const {
        pclose(pipe);
    }
};

class Observed {
public:
    Observed(const CompiledModel &compiled, std::size_t variant, bool logits_only)
        : compiled_(compiled), notes_(compiled.notes[variant]) {
        for (std::size_t step = 0; step < notes_.kernels.size(); ++step) {
            for (const int tensor : notes_.kernels[step].writes) {
                if (!logits_only || tensor == compiled.graph.logits) add_piece(step, tensor);
            }
        }
    }

    Status run(const LibraryProgram &program,
               std::span<const std::uint8_t> images,
               int runs,
               const Observer &observer) const {
        const std::string request = program.path("request");
        if (Status status = write_request(request, images, runs); !status.ok()) return status;
        const std::string command = program.command(request);
        std::unique_ptr<FILE, ClosePipe> pipe(popen(command.c_str(), "r"));  // NOLINT(cert-env33-c)
        if (pipe == nullptr) return {ErrorCode::kernel_failed, "could not run " + command};
        std::vector<std::byte> bytes(bytes_of_run());
        for (int run = 0; run < runs; ++run) {
            if (std::fread(bytes.data(), 1, bytes.size(), pipe.get()) != bytes.size()) {
                return {ErrorCode::kernel_failed,
                        "the program ended in run " + std::to_string(run) + ": " + command + "\n" + program.errors()};
            }
            std::vector<TensorValues> tensors(compiled_.graph.tensors.size());
            if (Status status = take(bytes, tensors); !status.ok()) return status;
            if (Status status = observer(run, tensors); !status.ok()) return status;
        }
        return {};
    }

private:
    const IntegerTensor &tensor(int t) const {
        return compiled_.graph.tensors[static_cast<std::size_t>(t)];
    }
    std::size_t element_bytes(int t) const {
        return tensor(t).is_codes ? 1 : sizeof(float);
    }

    void add_piece(std::size_t step, int t) {
        const TensorPlace &place = notes_.tensors[static_cast<std::size_t>(t)];
        const Shape &shape = tensor(t).shape;
        const auto border = static_cast<std::size_t>(place.border), channels = static_cast<std::size_t>(shape.channels);
        const std::size_t row = channels * (static_cast<std::size_t>(shape.width) + 2 * border);
        const std::size_t image = row * (static_cast<std::size_t>(shape.height) + 2 * border);
        const std::size_t origin = border * (row + channels);
        layouts_.push_back({t, row, image, origin});
        pieces_.push_back({step,
                           place.place == Place::output ? std::uint64_t{1} : std::uint64_t{0},
                           place.offset - origin * element_bytes(t),
                           image * static_cast<std::size_t>(compiled_.plan.batch) * element_bytes(t)});
    }
    std::size_t bytes_of_run() const {
        std::size_t bytes = 0;
        for (const Piece &piece : pieces_) bytes += piece.bytes;
        return bytes;
    }

    Status write_request(const std::string &path, std::span<const std::uint8_t> images, int runs) const {
        std::ofstream file(path, std::ios::binary);
        const std::uint64_t sizes[] = {compiled_.facts.input_bytes,
                                       compiled_.facts.output_bytes,
                                       compiled_.facts.workspace_bytes,
                                       static_cast<std::uint64_t>(runs),
                                       pieces_.size()};
        const auto write = [&](const void *data, std::size_t bytes) {
            file.write(static_cast<const char *>(data), static_cast<std::streamsize>(bytes));
        };
        write(sizes, sizeof sizes);
        write(pieces_.data(), pieces_.size() * sizeof(Piece));
        write(images.data(), images.size());
        file.close();
        return file ? Status{} : Status{ErrorCode::invalid_file, "could not write " + path};
    }

    // Images without their borders, which must hold the padding.
    Status take(std::span<const std::byte> bytes, std::vector<TensorValues> &tensors) const {
        for (std::size_t i = 0; i < pieces_.size(); ++i) {
            const Layout &layout = layouts_[i];
            TensorValues &values = tensors[static_cast<std::size_t>(layout.tensor)];
            if (tensor(layout.tensor).is_codes) {
                std::vector<std::int8_t> all(pieces_[i].bytes);
                std::memcpy(all.data(), bytes.data(), pieces_[i].bytes);
                values.codes = without_border(layout, all);
                if (Status status = check_border(layout, all); !status.ok()) return status;
            } else {
                std::vector<float> all(pieces_[i].bytes / sizeof(float));
                std::memcpy(all.data(), bytes.data(), pieces_[i].bytes);
                values.reals = without_border(layout, all);
            }
            bytes = bytes.subspan(pieces_[i].bytes);
        }
        return {};
    }

    template <typename Element>
    std::vector<Element> without_border(const Layout &layout, const std::vector<Element> &all) const {
        const Shape &shape = tensor(layout.tensor).shape;
        const auto row = static_cast<std::ptrdiff_t>(shape.channels) * shape.width;
        std::vector<Element> values;
        for (std::size_t image = 0; image < all.size(); image += layout.image) {
            for (int y = 0; y < shape.height; ++y) {
                const auto *first = all.data() + image + layout.origin + static_cast<std::size_t>(y) * layout.row;
                values.insert(values.end(), first, first + row);
            }
        }
        return values;
    }

    Status check_border(const Layout &layout, const std::vector<std::int8_t> &all) const {
        const IntegerTensor &codes = tensor(layout.tensor);
        const auto channels = static_cast<std::size_t>(codes.shape.channels);
        const std::size_t border = (layout.row / channels - static_cast<std::size_t>(codes.shape.width)) / 2;
        for (std::size_t i = 0; i < all.size(); ++i) {
            const std::size_t y = i % layout.image / layout.row, x = i % layout.row / channels;
            const bool inside = y >= border && y < border + static_cast<std::size_t>(codes.shape.height) &&
                                x >= border && x < border + static_cast<std::size_t>(codes.shape.width);
            if (inside || all[i] == codes.padding[i % channels]) continue;
            return {ErrorCode::kernel_failed,
                    "tensor " + codes.name + ": expected " + std::to_string(codes.padding[i % channels]) +
                        " in its border, found " + std::to_string(int{all[i]})};
        }
        return {};
    }

    const CompiledModel &compiled_;
    const VariantNotes &notes_;
    std::vector<Piece> pieces_;
    std::vector<Layout> layouts_;  // of each piece
};

}  // namespace

Status observe_library(const CompiledModel &compiled,
                       std::size_t variant,
                       const std::string &folder,
                       const Observation &how,
                       std::span<const std::uint8_t> images,
                       int runs,
                       const Observer &observer) {
    LibraryProgram program(how.program, folder);
    const Status status = program.link(observe_program, compiled.plan, compiled.facts.archive);
    return status.ok() ? Observed(compiled, variant, how.logits_only).run(program, images, runs, observer) : status;
}

}  // namespace dsq
