#include "train/metrics.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>
#include <thread>

#include "commit.h"
#include "model/file_descriptor.h"
#include "train/text_file.h"

namespace dsq {
namespace {

using Json = nlohmann::ordered_json;

std::string processor_name() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    }
    return "unknown processor";
}

/// How this program was started, with spaces between the arguments.
std::string command_line() {
    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    std::string command, argument;
    while (std::getline(file, argument, '\0')) command += (command.empty() ? "" : " ") + argument;
    return command;
}

/// Whether the file's first bytes are whole lines.
bool has_whole_lines(int file, std::uint64_t bytes) {
    struct stat facts {};
    if (fstat(file, &facts) != 0 || static_cast<std::uint64_t>(facts.st_size) < bytes) return false;
    char last = '\n';
    return bytes == 0 || (pread(file, &last, 1, static_cast<off_t>(bytes) - 1) == 1 && last == '\n');
}

bool write_all(int file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(file, text.data(), text.size());
        if (written < 0 && errno != EINTR) return false;
        text.remove_prefix(static_cast<std::size_t>(written < 0 ? 0 : written));
    }
    return true;
}

}  // namespace

MetricsFile::MetricsFile() = default;
MetricsFile::~MetricsFile() = default;
MetricsFile::MetricsFile(MetricsFile &&) noexcept = default;
MetricsFile &MetricsFile::operator=(MetricsFile &&) noexcept = default;

Status MetricsFile::failure(const std::string &expected) const {
    return {ErrorCode::invalid_file,
            path_ + ": expected " + expected + ", found: " + std::generic_category().message(errno)};
}

Status MetricsFile::open(const std::string &path, std::uint64_t keep_bytes) {
    constexpr mode_t all_that_umask_leaves = 0666;
    path_ = path;
    file_ = std::make_unique<FileDescriptor>(
        ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, all_that_umask_leaves));
    position_ = keep_bytes;
    Status status = cut(keep_bytes);
    if (!status.ok()) file_.reset();
    return status;
}

Status MetricsFile::cut(std::uint64_t keep_bytes) const {
    if (!file_->is_open()) return failure("a file that can be written");
    if (!has_whole_lines(file_->number, keep_bytes)) {
        return {ErrorCode::invalid_file,
                path_ + ": expected whole lines up to byte " + std::to_string(keep_bytes) +
                    ", where the checkpoint was written, found another file"};
    }
    if (ftruncate(file_->number, static_cast<off_t>(keep_bytes)) != 0) return failure("a file that can be cut");
    return {};
}

Status MetricsFile::write(const nlohmann::ordered_json &line) {
    if (!file_) return {ErrorCode::invalid_argument, "MetricsFile::write: expected an open file"};
    const std::string text = line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    if (write_all(file_->number, text)) {
        position_ += text.size();
        return {};
    }
    Status status = failure("to write " + std::to_string(text.size()) + " bytes");
    if (ftruncate(file_->number, static_cast<off_t>(position_)) != 0) return failure("to take back half a line");
    return status;
}

Status MetricsFile::sync() {
    if (!file_) return {ErrorCode::invalid_argument, "MetricsFile::sync: expected an open file"};
    return fsync(file_->number) == 0 ? Status() : failure("to sync what was written");
}

nlohmann::ordered_json run_line(const Recipe &recipe, int threads) {
    return {{"kind", "run"},
            {"recipe", to_json(recipe)},
            {"command", command_line()},
            {"version", DSQ_VERSION},
            {"commit", DSQ_COMMIT},
            {"seed", recipe.seed},
            {"threads", threads},
            {"machine", processor_name() + ", " + std::to_string(std::thread::hardware_concurrency()) + " threads"}};
}

nlohmann::ordered_json step_line(const StepMetrics &step) {
    return {{"kind", "step"},
            {"epoch", step.epoch},
            {"step", step.step},
            {"loss", step.loss},
            {"learning_rate", step.learning_rate},
            {"images_per_second", step.images_per_second}};
}

nlohmann::ordered_json quantizers_line(int epoch, std::int64_t step, std::span<const QuantizerMetrics> quantizers) {
    Json list = Json::array();
    for (const QuantizerMetrics &quantizer : quantizers) {
        list.push_back({{"layer", quantizer.layer},
                        {"operand", quantizer.operand == Operand::weights ? "weights" : "activations"},
                        {"bits", quantizer.bits},
                        {"l", quantizer.lower},
                        {"u", quantizer.upper},
                        {"alpha", quantizer.alpha}});
    }
    return {{"kind", "quantizers"}, {"epoch", epoch}, {"step", step}, {"quantizers", std::move(list)}};
}

nlohmann::ordered_json epoch_line(const EpochSummary &epoch) {
    return {{"kind", "epoch"},
            {"epoch", epoch.epoch},
            {"train_loss", epoch.train_loss},
            {"train_accuracy", epoch.train_accuracy},
            {"test_loss", epoch.test_loss},
            {"test_accuracy", epoch.test_accuracy},
            {"test_arithmetic", epoch.test_of_integers ? "integers" : "float32"},
            {"seconds", epoch.seconds},
            {"learning_rate", epoch.learning_rate}};
}

Status read_metrics(const std::string &path, std::vector<nlohmann::ordered_json> &lines) {
    std::string text;
    if (Status status = read_text_file(path, "the metrics of a run", text); !status.ok()) return status;
    std::vector<Json> read;
    for (std::size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
        Json line = Json::parse(text.begin() + static_cast<std::ptrdiff_t>(begin),
                                text.begin() + static_cast<std::ptrdiff_t>(end),
                                nullptr,
                                false);
        if (!line.is_object() || !line.contains("kind")) {
            return {ErrorCode::invalid_file,
                    path + ":" + std::to_string(read.size() + 1) + ": expected a JSON object with a kind"};
        }
        read.push_back(std::move(line));
    }
    lines = std::move(read);
    return {};
}

}  // namespace dsq
