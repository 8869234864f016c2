#include "data/batches.h"

#include <array>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>

#include "data/batch_maker.h"

namespace dsq {
namespace {

Status invalid(const std::string &name, int value, const std::string &expected) {
    return {ErrorCode::invalid_argument, name + " = " + std::to_string(value) + ": expected " + expected};
}

}  // namespace

/// Buffers in a ring: the caller's, and two that are ready or in the making.
class Batches::Pipeline {
public:
    Pipeline(const DataSet &data_set, const BatchOptions &options)
        : maker_(data_set, options), end_(maker_.batches_per_epoch()), made_(end_), taken_(end_) {
        for (BatchBuffers &buffers : ring_) {
            maker_.allocate(buffers);
        }
        thread_ = std::thread([this] { make_batches(); });
    }

    ~Pipeline() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }

    Pipeline(const Pipeline &) = delete;
    Pipeline &operator=(const Pipeline &) = delete;

    int batches_per_epoch() const {
        return end_;
    }

    void start(int epoch, int first_batch) {
        {
            const std::lock_guard lock(mutex_);
            epoch_ = epoch;
            made_ = taken_ = first_batch;
            ++starts_;
        }
        changed_.notify_all();
    }

    bool next(Batch &batch) {
        std::unique_lock lock(mutex_);
        if (taken_ == end_) {
            return false;
        }
        changed_.wait(lock, [this] { return made_ > taken_; });
        batch = buffers(taken_++).batch;
        lock.unlock();
        changed_.notify_all();
        return true;
    }

private:
    static constexpr int queue_size = 2;

    BatchBuffers &buffers(int index) {
        return ring_[static_cast<std::size_t>(index) % ring_.size()];
    }

    void make_batches() {
        std::unique_lock lock(mutex_);
        while (true) {
            changed_.wait(lock, [this] { return stopping_ || (made_ < end_ && made_ < taken_ + queue_size); });
            if (stopping_) {
                return;
            }
            const int epoch = epoch_, index = made_;
            const std::uint64_t starts = starts_;
            lock.unlock();
            maker_.make(epoch, index, buffers(index));
            lock.lock();
            // A start meanwhile has made this batch useless.
            if (starts == starts_) {
                ++made_;
                changed_.notify_all();
            }
        }
    }

    BatchMaker maker_;  // the thread's own, once it runs
    const int end_;
    std::array<BatchBuffers, queue_size + 1> ring_;

    std::mutex mutex_;  // guards all below but the thread
    std::condition_variable changed_;
    int epoch_ = 0;
    int made_;   // the first batch that is not made yet
    int taken_;  // the first that the caller has not asked for
    std::uint64_t starts_ = 0;
    bool stopping_ = false;
    std::thread thread_;
};

Batches::Batches() = default;
Batches::~Batches() = default;
Batches::Batches(Batches &&) noexcept = default;
Batches &Batches::operator=(Batches &&) noexcept = default;

Status Batches::open(const DataSet &data_set, const BatchOptions &options) {
    if (Status status = validate(data_set); !status.ok()) {
        return status;
    }
    if (Status status = validate(options, data_set); !status.ok()) {
        return status;
    }
    try {
        pipeline_ = std::make_unique<Pipeline>(data_set, options);
    } catch (const std::system_error &error) {
        return {ErrorCode::kernel_failed, std::string("batches: expected to start a thread, found: ") + error.what()};
    }
    return {};
}

int Batches::batches_per_epoch() const {
    return pipeline_ ? pipeline_->batches_per_epoch() : 0;
}

Status Batches::start(int epoch, int first_batch) {
    if (!pipeline_) {
        return {ErrorCode::invalid_argument, "batches: expected to be open, found that they are not"};
    }
    if (epoch < 0) {
        return invalid("epoch", epoch, "0 or more");
    }
    const int end = pipeline_->batches_per_epoch();
    if (first_batch < 0 || first_batch > end) {
        return invalid("first_batch", first_batch, "0 to " + std::to_string(end));
    }
    pipeline_->start(epoch, first_batch);
    return {};
}

bool Batches::next(Batch &batch) {
    return pipeline_ && pipeline_->next(batch);
}

}  // namespace dsq
