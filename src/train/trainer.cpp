#include "train/trainer.h"

#include <chrono>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "data/batches.h"
#include "data/data_set.h"
#include "execute/executor.h"
#include "train/checkpoint.h"
#include "train/evaluate.h"
#include "train/learning_rate.h"
#include "train/metrics.h"
#include "train/model_setup.h"
#include "train/optimizer_groups.h"

namespace dsq {
namespace {

constexpr int steps_per_line = 50;             // of "step" lines
constexpr int steps_per_quantizer_line = 100;  // of "quantizers" lines

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

class Trainer {
public:
    Trainer(const Recipe &recipe, bool resume, int threads, const TrainEvents &events)
        : recipe_(recipe),
          resume_(resume),
          threads_(threads),
          events_(events),
          folder_(recipe.run_folder),
          stages_(stages(recipe)) {
    }

    Status run(TrainResult &result) {
        Status status = open();
        while (status.ok() && position_.epoch < recipe_.epochs && !result.stopped) {
            status = run_epoch(result.last, result.stopped);
        }
        result.best_test_accuracy = position_.best_accuracy;
        result.best_epoch = position_.best_epoch;
        result.model = path("model.safetensors");
        return status;
    }

private:
    std::string path(const char *file) const {
        return (folder_ / file).string();
    }
    void note(const std::string &text) const {
        if (events_.note) events_.note(text);
    }

    Status open() {
        std::error_code error;
        std::filesystem::create_directories(folder_, error);
        if (error) {
            return {ErrorCode::invalid_file, folder_.string() + ": could not make the folder: " + error.message()};
        }
        Status status = open_data_set(recipe_.data.folder, Split::train, train_set_);
        if (status.ok()) status = open_data_set(recipe_.data.folder, Split::test, test_set_);
        if (status.ok()) status = resume_ ? restore() : begin();
        if (status.ok()) status = metrics_.open(path("metrics.jsonl"), position_.metrics_bytes);
        if (status.ok()) status = metrics_.write(run_line(recipe_, threads_));
        return status.ok() && !resume_ ? save() : status;
    }

    Status begin() {
        if (std::filesystem::exists(path("checkpoint.safetensors"))) {
            return {ErrorCode::invalid_argument,
                    path("checkpoint.safetensors") +
                        ": there is a run already: resume it, remove it, or name another run_folder"};
        }
        Model model;
        const Shape image{train_set_.channels, train_set_.width, train_set_.height};
        Status status = create_model(recipe_, image, train_set_.classes, model);
        if (!status.ok()) return status;
        final_network_ = model.network;
        model.network = network_of(stages_.front(), final_network_);
        status = open_executor(model);
        if (status.ok()) optimizer_ = std::make_unique<OptimizerGroups>(recipe_, executor_.parameters());
        return status.ok() ? calibrate() : status;
    }

    Status restore() {
        Checkpoint checkpoint;
        const std::string file = path("checkpoint.safetensors");
        Status status = read_checkpoint(file, checkpoint);
        if (status.ok()) status = check_recipe(file, checkpoint.recipe);
        Model fresh;
        const Shape image{train_set_.channels, train_set_.width, train_set_.height};
        Recipe plain = recipe_;
        plain.network.start.clear();
        if (status.ok()) status = create_model(plain, image, train_set_.classes, fresh);
        if (!status.ok()) return status;
        final_network_ = std::move(fresh.network);
        status = open_executor(checkpoint.model);
        if (!status.ok()) return status;
        optimizer_ = std::make_unique<OptimizerGroups>(recipe_, executor_.parameters());
        status = optimizer_->restore(file, checkpoint.optimizer);
        position_ = checkpoint.position;
        note("resumed at " + position_text());
        return status;
    }

    std::string position_text() const {
        return "epoch " + std::to_string(position_.epoch + 1) + ", batch " + std::to_string(position_.batch + 1);
    }

    // A run goes on as it began, or it would not be what its recipe says. A key that is younger than the checkpoint had
    // its default.
    Status check_recipe(const std::string &file, const std::string &text) const {
        using Json = nlohmann::json;
        const Json stored = Json::parse(text, nullptr, false);
        if (!stored.is_object()) return {ErrorCode::invalid_file, file + ": recipe: expected a JSON object"};
        const Json was = stored.flatten();
        const Json defaults = Json::parse(to_json(Recipe()).dump()).flatten();
        const Json now = Json::parse(to_json(recipe_).dump()).flatten();
        for (const auto &[key, value] : now.items()) {
            if (key == "/run_folder" || key == "/checkpoint_steps") continue;
            const Json expected = was.value(key, defaults.value(key, Json()));
            if (expected != value) return other_recipe(file, key, expected.dump(), value.dump());
        }
        return {};
    }

    static Status other_recipe(const std::string &file,
                               const std::string &key,
                               const std::string &expected,
                               const std::string &found) {
        return {ErrorCode::invalid_argument,
                file + ": recipe key " + key + ": expected " + expected + " as when the run began, found " + found};
    }

    Status open_executor(const Model &model) {
        if (Status status = executor_.open(model, recipe_.batch_size); !status.ok()) return status;
        if (Status status = check_fits(model.network, test_set_); !status.ok()) return status;
        return batches_.open(train_set_,
                             {.batch_size = recipe_.batch_size,
                              .drop_last = true,
                              .shuffle = true,
                              .seed = recipe_.seed,
                              .padding = recipe_.data.padding,
                              .flip = recipe_.data.flip,
                              .mean = model.network.mean,
                              .deviation = model.network.deviation});
    }

    // Start values of the quantizers that have none, from the first batch of the next epoch.
    Status calibrate() {
        Status status = batches_.start(position_.epoch);
        Batch batch;
        if (status.ok() && !batches_.next(batch)) {
            return {ErrorCode::invalid_argument,
                    "batch_size = " + std::to_string(recipe_.batch_size) + ": expected at most the " +
                        std::to_string(train_set_.count) + " images of " + train_set_.name};
        }
        return status.ok() ? executor_.forward(batch.values, batch.count, Mode::calibrate) : status;
    }

    Status run_epoch(EpochSummary &summary, bool &stopped) {
        if (Status status = enter_stage(); !status.ok()) return status;
        if (Status status = batches_.start(position_.epoch, position_.batch); !status.ok()) return status;
        begin_ = Clock::now();
        seconds_before_ = position_.seconds;
        first_batch_ = position_.batch;
        Batch batch;
        while (position_.batch < steps_per_epoch() && batches_.next(batch)) {
            if (Status status = run_step(batch); !status.ok()) return status;
            if (events_.stop && events_.stop()) {
                stopped = true;
                return save();
            }
        }
        return finish_epoch(summary);
    }

    // The first step of a stage sets its bits; bounds and alpha stay as they are.
    Status enter_stage() {
        for (const Stage &stage : stages_) {
            if (stage.first_epoch != position_.epoch || position_.epoch == 0 || position_.batch != 0) continue;
            Model model = executor_.model();
            model.network = network_of(stage, final_network_);
            const std::map<std::string, Tensor> moments = optimizer_->state();
            if (Status status = open_executor(model); !status.ok()) return status;
            optimizer_ = std::make_unique<OptimizerGroups>(recipe_, executor_.parameters());
            if (Status status = optimizer_->restore(folder_.string(), moments); !status.ok()) return status;
            note("epoch " + std::to_string(position_.epoch + 1) + ": " +
                 (stage.bits == 0 ? "the recipe's bits" : std::to_string(stage.bits) + " bits"));
        }
        return {};
    }

    Status run_step(const Batch &batch) {
        BatchLoss loss;
        Status status = executor_.forward(batch.values, batch.count, Mode::train);
        if (status.ok()) status = executor_.loss(batch.labels, recipe_.label_smoothing, loss);
        if (status.ok() && !std::isfinite(loss.loss)) return non_finite("the loss", executor_.first_non_finite_layer());
        if (status.ok()) status = executor_.backward();
        if (!status.ok()) return status;
        if (const std::string name = executor_.parameters().first_non_finite_gradient(); !name.empty()) {
            return non_finite("a gradient", name);
        }
        status = optimizer_->step(position_.step, steps_per_epoch(), executor_.parameters());
        if (!status.ok()) return status;
        ++position_.batch;
        ++position_.step;
        position_.loss_sum += loss.loss * batch.count;
        position_.correct += loss.correct;
        position_.images += batch.count;
        position_.seconds = seconds_before_ + seconds_since(begin_);
        return report_step(loss.loss);
    }

    Status non_finite(const std::string &what, const std::string &first) const {
        return {ErrorCode::non_finite,
                position_text() + ": " + what +
                    " is not finite; the first tensor that is not: " + (first.empty() ? "none" : first) +
                    "; the last checkpoint stays: " + path("checkpoint.safetensors")};
    }

    int steps_per_epoch() const {
        const int all = batches_.batches_per_epoch();
        return recipe_.steps_per_epoch > 0 ? std::min(recipe_.steps_per_epoch, all) : all;
    }

    double images_per_second() const {
        const double images = double(position_.batch - first_batch_) * recipe_.batch_size;
        return images / std::max(seconds_since(begin_), 1e-9);
    }

    Status report_step(double loss) {
        const int epoch = position_.epoch + 1;
        if (events_.step) {
            const int steps = steps_per_epoch();
            const double left =
                (double(recipe_.epochs - position_.epoch) * steps - position_.batch) * recipe_.batch_size;
            const auto images = static_cast<double>(position_.images);
            events_.step({.epoch = epoch,
                          .epochs = recipe_.epochs,
                          .step = position_.batch,
                          .steps = steps,
                          .loss = position_.loss_sum / images,
                          .accuracy = static_cast<double>(position_.correct) / images,
                          .images_per_second = images_per_second(),
                          .seconds_left = left / images_per_second()});
        }
        Status status;
        if (position_.step % steps_per_line == 0) {
            const float rate = learning_rate(recipe_.optimizer, position_.step - 1, steps_per_epoch(), recipe_.epochs);
            status = metrics_.write(step_line({.epoch = epoch,
                                               .step = position_.step,
                                               .loss = loss,
                                               .learning_rate = rate,
                                               .images_per_second = images_per_second()}));
        }
        if (status.ok() && position_.step % steps_per_quantizer_line == 0) status = write_quantizers();
        const bool is_due = recipe_.checkpoint_steps > 0 && position_.step % recipe_.checkpoint_steps == 0;
        return status.ok() && is_due ? save() : status;
    }

    Status write_quantizers() {
        std::vector<QuantizerMetrics> all;
        for (const Layer &layer : executor_.parameters().network().layers) {
            for (const Quantizer *quantizer : {&layer.weight_quantizer, &layer.input_quantizer}) {
                if (!is_quantized(*quantizer)) continue;
                all.push_back({layer.name,
                               quantizer->operand,
                               quantizer->bits,
                               quantizer->lower,
                               quantizer->upper,
                               quantizer->alpha});
            }
        }
        if (all.empty()) return {};
        return metrics_.write(quantizers_line(position_.epoch + 1, position_.step, all));
    }

    Status finish_epoch(EpochSummary &summary) {
        Evaluation test;
        Status status = evaluate(executor_, test_set_, recipe_.batch_size, test);
        if (!status.ok()) return status;
        const auto images = static_cast<double>(std::max<std::int64_t>(position_.images, 1));
        summary = {
            .epoch = position_.epoch + 1,
            .epochs = recipe_.epochs,
            .train_loss = position_.loss_sum / images,
            .train_accuracy = static_cast<double>(position_.correct) / images,
            .test_loss = test.loss,
            .test_accuracy = test.accuracy(),
            .test_of_integers = test.of_integers,
            .seconds = position_.seconds,
            .learning_rate = learning_rate(recipe_.optimizer, position_.step - 1, steps_per_epoch(), recipe_.epochs)};
        status = metrics_.write(epoch_line(summary));
        if (status.ok()) status = write_quantizers();
        if (!status.ok()) return status;
        if (test.accuracy() > position_.best_accuracy) {
            position_.best_accuracy = test.accuracy();
            position_.best_epoch = summary.epoch;
            status = write_model(path("best.safetensors"), executor_.model());
        }
        position_ = {.epoch = position_.epoch + 1,
                     .step = position_.step,
                     .best_accuracy = position_.best_accuracy,
                     .best_epoch = position_.best_epoch};
        if (status.ok()) status = save();
        if (status.ok()) status = write_model(path("model.safetensors"), executor_.model());
        if (status.ok() && events_.epoch) events_.epoch(summary);
        return status;
    }

    Status save() {
        if (const std::string name = executor_.parameters().first_non_finite_value(); !name.empty()) {
            return non_finite("a parameter", name);
        }
        if (Status status = metrics_.sync(); !status.ok()) return status;
        position_.metrics_bytes = metrics_.position();
        return write_checkpoint(path("checkpoint.safetensors"),
                                {executor_.model(), optimizer_->state(), position_, to_json(recipe_).dump()});
    }

    const Recipe &recipe_;
    const bool resume_;
    const int threads_;
    const TrainEvents &events_;
    const std::filesystem::path folder_;
    const std::vector<Stage> stages_;
    DataSet train_set_, test_set_;
    Network final_network_;
    Executor executor_;
    std::unique_ptr<OptimizerGroups> optimizer_;
    Batches batches_;
    MetricsFile metrics_;
    RunPosition position_;
    Clock::time_point begin_;
    double seconds_before_ = 0;
    int first_batch_ = 0;
};

}  // namespace

Status train(const Recipe &recipe, bool resume, int threads, const TrainEvents &events, TrainResult &result) {
    result = {};
    return Trainer(recipe, resume, threads, events).run(result);
}

}  // namespace dsq
