/// What a run leaves for people and programs to read: metrics.jsonl, a JSON object a line.
///
/// | kind         | fields                                                                             |
/// |--------------|------------------------------------------------------------------------------------|
/// | "run"        | recipe, command, version, commit, seed, threads, machine; again at each resume              |
/// | "step"       | epoch, step, loss, learning_rate, images_per_second                                |
/// | "quantizers" | epoch, step, quantizers: list of layer, operand, bits, l, u, alpha                 |
/// | "epoch"      | epoch, train_loss, train_accuracy, test_loss, test_accuracy, test_arithmetic, seconds, learning_rate |
///
/// test_arithmetic: "integers" where the test images ran through the graph that is deployed, else "float32".
/// Epochs and steps count from 1; step is that of the run, not of the epoch. Accuracies are from 0 to 1. A number that
/// is not finite is null.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "dsq/quantizer.h"
#include "dsq/status.h"
#include "train/events.h"
#include "train/recipe.h"

namespace dsq {

class FileDescriptor;

class MetricsFile {
public:
    MetricsFile();
    ~MetricsFile();
    MetricsFile(MetricsFile &&) noexcept;
    MetricsFile &operator=(MetricsFile &&) noexcept;
    MetricsFile(const MetricsFile &) = delete;
    MetricsFile &operator=(const MetricsFile &) = delete;

    /// Makes the file or cuts it back to its first bytes: 0 for a new run, the checkpoint's position for a resumed one.
    /// Error: invalid_file, where it cannot be written, or has not so many bytes in whole lines.
    Status open(const std::string &path, std::uint64_t keep_bytes);

    /// Adds a line; all of it, or nothing where there is an error.
    Status write(const nlohmann::ordered_json &line);

    /// Makes all lines so far survive the machine's stop.
    Status sync();

    /// Bytes so far: what a checkpoint remembers.
    std::uint64_t position() const {
        return position_;
    }

private:
    Status cut(std::uint64_t keep_bytes) const;
    Status failure(const std::string &expected) const;

    std::string path_;
    std::unique_ptr<FileDescriptor> file_;
    std::uint64_t position_ = 0;
};

nlohmann::ordered_json run_line(const Recipe &recipe, int threads);

struct StepMetrics {
    int epoch = 0;
    std::int64_t step = 0;
    double loss = 0;
    double learning_rate = 0;
    double images_per_second = 0;
};
nlohmann::ordered_json step_line(const StepMetrics &step);

struct QuantizerMetrics {
    std::string layer;
    Operand operand = Operand::weights;
    int bits = 0;
    double lower = 0;
    double upper = 0;
    double alpha = 0;
};
nlohmann::ordered_json quantizers_line(int epoch, std::int64_t step, std::span<const QuantizerMetrics> quantizers);

nlohmann::ordered_json epoch_line(const EpochSummary &epoch);

/// All lines of a file; what a killed run left of its last one is ignored. Error: invalid_file, naming file and line.
Status read_metrics(const std::string &path, std::vector<nlohmann::ordered_json> &lines);

}  // namespace dsq
