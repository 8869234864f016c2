#include "tune/tune.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "compile/plan_program.h"
#include "compile/profile_library.h"
#include "tune/estimate_library.h"
#include "tune/search_space.h"
#include "tune/trial_log.h"

namespace dsq {
namespace {

// A trial that is to be made: of this layer, for this variant of the target.
struct Task {
    const TuningLayer *layer;
    std::size_t variant;
    Trial trial;
};

ProgramOptions program_options(const TuningOptions &options, std::size_t variant) {
    ProgramOptions program{.name = "layer", .target = options.target, .core = options.cores.front()};
    program.target.variants = {options.target.variants[variant]};
    return program;
}

struct Planned {
    ProgramPlan plan;
    KernelNote note;  // of the convolution
};

Status plan_layer(const TuningLayer &layer, const ProgramOptions &program, Planned &planned) {
    std::vector<VariantNotes> notes;
    Status status = plan_program(layer.graph, program, planned.plan, notes);
    if (status.ok()) planned.note = notes.front().kernels.back();
    return status;
}

// What the compiler takes by itself: without any table.
Status plan_default(const TuningLayer &layer, ProgramOptions program, Planned &planned) {
    program.core.clear();
    return plan_layer(layer, program, planned);
}

bool is_estimated(const TuningOptions &options) {
    return options.runner.empty() && !options.target.runner.empty();
}

class Search {
public:
    Search(const TuningOptions &options, TrialLog &log) : options_(options), log_(log) {
    }

    // Of all layers that are not alike.
    Status prepare(const std::vector<TuningLayer> &layers) {
        std::set<LayerKey> seen;
        for (const TuningLayer &layer : layers) {
            for (std::size_t variant = 0; variant < options_.target.variants.size(); ++variant) {
                const TargetVariant &of_target = options_.target.variants[variant];
                if (!is_estimated(options_) && options_.runner.empty() && !runs_here(options_.target, of_target)) {
                    continue;
                }
                Planned planned;
                const Status status = plan_default(layer, program_options(options_, variant), planned);
                if (!status.ok()) return {status.code(), "layer " + layer.name + ": " + status.message()};
                if (!seen.insert(*planned.note.layer).second) continue;
                add_tasks(layer, variant, planned.note);
            }
        }
        return {};
    }

    Status run() {
        std::vector<std::jthread> workers;
        for (int thread = 1; thread < options_.threads; ++thread) {
            workers.emplace_back([this, thread] { work(thread); });
        }
        work(0);
        workers.clear();
        return status_;
    }

    std::vector<Trial> trials() const {
        std::vector<Trial> made;
        for (const Task &task : tasks_) {
            if (is_made(task.trial)) made.push_back(task.trial);
        }
        return made;
    }

private:
    void add_tasks(const TuningLayer &layer, std::size_t variant, const KernelNote &note) {
        const InstructionSet instruction_set = options_.target.variants[variant].instruction_set;
        const auto add = [&](const WayChoice &choice, bool is_default) {
            tasks_.push_back({&layer, variant, {layer.name, *note.layer, choice, is_default, note.macs, {}, {}}});
        };
        add(*note.choice, true);
        int count = 0;
        for (const WayChoice &choice : search_space(instruction_set, *note.layer)) {
            if (choice == *note.choice) continue;
            if (options_.budget > 0 && ++count > options_.budget) break;
            add(choice, false);
        }
    }

    void work(int thread) {
        const std::string folder = options_.folder + "/" + std::to_string(thread);
        std::error_code ignored;  // what is built there says so
        std::filesystem::create_directories(folder, ignored);
        for (std::size_t index = next_++; index < tasks_.size(); index = next_++) {
            if (failed_ || (options_.stop && options_.stop())) return;
            Task &task = tasks_[index];
            const bool was_tried = log_.find(task.trial);
            const bool is_to_keep = !was_tried && attempt(task, folder);
            if (!is_made(task.trial)) return;
            const std::scoped_lock lock(mutex_);
            if (const Status status = is_to_keep ? log_.add(task.trial) : Status{}; !status.ok()) {
                status_ = status;
                failed_ = true;
            }
            tell(task.trial);
        }
    }

    static bool is_made(const Trial &trial) {
        return !trial.costs.empty() || !trial.error.empty();
    }

    // Whether what came out is the same another time: also that there is no such library, but not that a device, or a
    // tool that the same interrupt has ended, gave no answer.
    bool attempt(Task &task, const std::string &folder) {
        ProgramOptions program = program_options(options_, task.variant);
        program.way = task.trial.choice;
        Planned planned;
        LibraryFacts facts;
        Status status = plan_layer(*task.layer, program, planned);
        if (status.ok()) status = build_library(planned.plan, folder, 1, facts);
        const bool is_built = status.ok();
        if (is_built) status = measure(planned.plan, facts, program.target, folder, task.trial.costs);
        const bool is_stopped = is_built && options_.stop && options_.stop();
        if (!status.ok() && !is_stopped) task.trial.error = status.message();
        return status.ok() || !is_built;
    }

    Status measure(const ProgramPlan &plan,
                   const LibraryFacts &facts,
                   const CompileTarget &target,
                   const std::string &folder,
                   std::vector<double> &costs) {
        if (is_estimated(options_)) {
            std::vector<LibraryCycles> cycles;
            Status status = estimate_library(plan, facts, target, options_.cores, folder, cycles);
            for (const LibraryCycles &of_core : cycles) costs.push_back(std::round(of_core.run));
            return status;
        }
        constexpr int rounds = 400;
        LibraryTimes times;
        const std::scoped_lock lock(timing_);
        const ProgramRunner how{target.linker, {}, options_.runner};
        Status status = profile_library(plan, facts, how, folder, rounds, times);
        if (status.ok()) costs.push_back(std::round(times.run));
        return status;
    }

    void tell(const Trial &trial) {
        ++done_;
        double &best = best_[trial.key];
        if (!trial.costs.empty() && (best == 0 || trial.costs.front() < best)) best = trial.costs.front();
        if (options_.progress) options_.progress({done_, tasks_.size(), &trial, best});
    }

    const TuningOptions &options_;
    TrialLog &log_;
    std::vector<Task> tasks_;
    std::atomic<std::size_t> next_ = 0;
    std::atomic<bool> failed_ = false;
    std::mutex mutex_, timing_;
    std::size_t done_ = 0;
    std::map<LayerKey, double> best_;
    Status status_;
};

}  // namespace

std::string unit_of(const TuningOptions &options) {
    return is_estimated(options) ? "cycles" : "ns";
}

Status tune(const std::vector<TuningLayer> &layers, const TuningOptions &options, std::vector<Trial> &trials) {
    TrialLog log;
    Status status = log.open(options);
    Search search(options, log);
    if (status.ok()) status = search.prepare(layers);
    if (status.ok()) status = search.run();
    trials = search.trials();
    return status;
}

TunedTable table_of(const std::vector<Trial> &trials, const TuningOptions &options, std::size_t core) {
    std::map<LayerKey, TunedLayer> layers;
    for (const Trial &trial : trials) {
        if (trial.costs.empty()) continue;
        TunedLayer &layer = layers[trial.key];
        layer.key = trial.key;
        const double cost = trial.costs[core];
        if (trial.is_default) layer.default_cost = cost;
        const auto same = std::find_if(layer.ways.begin(), layer.ways.end(), [&](const TunedWay &way) {
            return way.choice.way == trial.choice.way;
        });
        if (same == layer.ways.end()) {
            layer.ways.push_back({trial.choice, cost});
        } else if (cost < same->cost) {
            *same = {trial.choice, cost};
        }
    }
    TunedTable table{options.cores[core], unit_of(options), {}};
    for (auto &[key, layer] : layers) {
        std::stable_sort(
            layer.ways.begin(), layer.ways.end(), [](const TunedWay &a, const TunedWay &b) { return a.cost < b.cost; });
        table.layers.push_back(std::move(layer));
    }
    return table;
}

}  // namespace dsq
