// libFuzzer's target: the bytes of a model file.
#include <algorithm>
#include <cstring>

#include "tests/fuzz/check_model.h"

using namespace dsq;

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t *data, std::size_t size, std::size_t most);

namespace {

constexpr std::size_t length_size = sizeof(std::uint64_t);

// The length of the header as the file says; size if that cannot be.
std::size_t header_length(const std::uint8_t *data, std::size_t size) {
    std::uint64_t length = size;
    if (size >= length_size) std::memcpy(&length, data, length_size);
    return static_cast<std::size_t>(std::min<std::uint64_t>(length, size));
}

}  // namespace

// Half of the mutations change the header alone and keep its length field right: others hardly ever get behind it.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t *data, std::size_t size, std::size_t most, unsigned seed) {
    const std::size_t length = header_length(data, size);
    if (seed % 2 == 0 || length + length_size > size || size >= most) return LLVMFuzzerMutate(data, size, most);
    std::vector<std::uint8_t> header(data + length_size, data + length_size + length);
    const std::vector<std::uint8_t> tensors(data + length_size + length, data + size);
    header.resize(most - length_size - tensors.size());
    const std::uint64_t changed = LLVMFuzzerMutate(header.data(), length, header.size());
    std::memcpy(data, &changed, length_size);
    std::uint8_t *end = std::copy_n(header.begin(), changed, data + length_size);
    end = std::copy(tensors.begin(), tensors.end(), end);
    return static_cast<std::size_t>(end - data);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    TensorFile file;
    Model model;
    Status status = parse_safetensors("file", std::as_bytes(std::span(data, size)), file);
    if (status.ok()) status = model_from_file("file", std::move(file), model);
    if (status.ok()) fuzz::check_model(model);
    return 0;
}
