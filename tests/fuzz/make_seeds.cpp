// Writes the seed corpus of the fuzzers into a folder: `make_seeds tests/fuzz/corpus`. Files are the same each time.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "model/network_json.h"
#include "tests/support/tiny_model.h"

namespace dsq::fuzz {
namespace {

using Damage = std::pair<const char *, std::function<void(std::string &bytes)>>;

std::string text_of(const std::filesystem::path &path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write(const std::filesystem::path &path, const std::string &text) {
    std::ofstream(path, std::ios::binary) << text;
}

// Of the same length, as the header's is in the file.
void replace(std::string &bytes, const std::string &from, const std::string &to) {
    if (const std::size_t at = bytes.find(from); at != std::string::npos) bytes.replace(at, to.size(), to);
}

const Damage damages[] = {
    {"cut_header", [](std::string &bytes) { bytes.resize(100); }},
    {"cut_data", [](std::string &bytes) { bytes.resize(bytes.size() - 5); }},
    {"long_header", [](std::string &bytes) { bytes[6] = '\x7F'; }},
    {"type", [](std::string &bytes) { replace(bytes, "F32", "I32"); }},
    {"offsets", [](std::string &bytes) { replace(bytes, "data_offsets\":[0,", "data_offsets\":[9,"); }},
    {"nan", [](std::string &bytes) { replace(bytes, bytes.substr(bytes.size() - 4), "\xFF\xFF\xFF\x7F"); }},
    {"operation", [](std::string &bytes) { replace(bytes, "batch_norm", "relu6     "); }},
    {"bits", [](std::string &bytes) { replace(bytes, "bits\\\":2", "bits\\\":9"); }},
    {"kernel", [](std::string &bytes) { replace(bytes, "kernel\\\":3", "kernel\\\":0"); }},
    {"stride", [](std::string &bytes) { replace(bytes, "stride\\\":2", "stride\\\":0"); }},
    {"inputs", [](std::string &bytes) { replace(bytes, "inputs\\\":[3]", "inputs\\\":[9]"); }},
};

Status write_seeds(const std::filesystem::path &folder) {
    const std::filesystem::path models = folder / "model", networks = folder / "network";
    std::filesystem::create_directories(models);
    std::filesystem::create_directories(networks);
    for (const std::string_view kind : tests::tiny_kinds) {
        const Model model = tests::tiny_model(kind);
        const std::filesystem::path path = models / kind;
        if (Status status = write_model(path.string(), model); !status.ok()) return status;
        write(networks / kind, network_to_json(model.network) + '\0' + "\x70\x80\x90\x85\x60");
    }
    for (const auto &[name, damage] : damages) {
        std::string bytes = text_of(models / "residual");
        damage(bytes);
        write(models / name, bytes);
    }
    return {};
}

}  // namespace
}  // namespace dsq::fuzz

int main(int argc, char **argv) {
    if (argc != 2) {
        std::fprintf(stderr, "make_seeds: expected the folder of the corpus\n");
        return 1;
    }
    const dsq::Status status = dsq::fuzz::write_seeds(argv[1]);
    if (!status.ok()) std::fprintf(stderr, "make_seeds: %s\n", status.message().c_str());
    return status.ok() ? 0 : 1;
}
