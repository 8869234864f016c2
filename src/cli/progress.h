/// How a run tells where it is: a bar that is drawn again and again on a terminal, lines now and then elsewhere.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>

#include "train/events.h"

namespace dsq::cli {

class ProgressDisplay {
public:
    explicit ProgressDisplay(std::FILE *out);
    ~ProgressDisplay() {
        clear();
    }
    ProgressDisplay(const ProgressDisplay &) = delete;
    ProgressDisplay &operator=(const ProgressDisplay &) = delete;

    void step(const Progress &progress);
    void epoch(const EpochSummary &epoch);
    void note(const std::string &text);
    /// Takes the bar away.
    void clear();

private:
    void line(const std::string &text);

    std::FILE *out_;
    bool terminal_;
    bool drawn_ = false;
    std::chrono::steady_clock::time_point next_;  ///< no bar or line before
};

/// "epoch 3/40 ━━━━━━━━━━╌╌╌╌╌  62 %  loss 0.4321  accuracy 85.12 %  1234 images/s  12:34 left", at most `width` wide.
std::string progress_bar(const Progress &progress, int width);
/// The same without a bar, for a log.
std::string progress_line(const Progress &progress);
/// "epoch 3/40: train loss 0.4321, accuracy 85.12 %; test loss 0.5012, accuracy 83.40 %; 41.2 s"
std::string epoch_text(const EpochSummary &epoch);
/// 75 as "1:15", 3675 as "1:01:15".
std::string duration(double seconds);

}  // namespace dsq::cli
