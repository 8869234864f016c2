#include "progress.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/support/temporary_folder.h"

namespace dsq::cli {
namespace {

const Progress halfway{.epoch = 3,
                       .epochs = 40,
                       .step = 195,
                       .steps = 390,
                       .loss = 0.43211,
                       .accuracy = 0.85118,
                       .images_per_second = 1234.4,
                       .seconds_left = 754};

TEST(Progress, BarFitsTheTerminal) {
    const std::string figures = "  loss 0.4321  accuracy 85.12 %  1234 images/s  12:34 left";
    EXPECT_EQ(progress_bar(halfway, 85), "epoch 3/40 ━━━━━╌╌╌╌╌  50 %" + figures);
    EXPECT_EQ(progress_bar(halfway, 20), "epoch 3/40   50 %  l");
    EXPECT_EQ(progress_bar(halfway, 0), "");
    EXPECT_EQ(progress_bar({.steps = 0}, 300).substr(0, 10), "epoch 0/0 ");
}

TEST(Progress, LinesForALog) {
    EXPECT_EQ(progress_line(halfway),
              "epoch 3/40, step 195/390: loss 0.4321  accuracy 85.12 %  1234 images/s  12:34 left");
    EXPECT_EQ(epoch_text({.epoch = 3,
                          .epochs = 40,
                          .train_loss = 0.4321,
                          .train_accuracy = 0.85,
                          .test_loss = 0.5,
                          .test_accuracy = 0.834,
                          .seconds = 41.23}),
              "epoch 3/40: train loss 0.4321, accuracy 85.00 %; test loss 0.5000, accuracy 83.40 %; 41.2 s");
}

TEST(Progress, Durations) {
    EXPECT_EQ(duration(0), "0:00");
    EXPECT_EQ(duration(75.4), "1:15");
    EXPECT_EQ(duration(3675), "1:01:15");
    EXPECT_EQ(duration(-1), "?");
    EXPECT_EQ(duration(std::numeric_limits<double>::infinity()), "?");
}

TEST(Progress, AFileGetsNoBars) {
    const TemporaryFolder folder;
    std::FILE *file = std::fopen(folder.path("log").c_str(), "w");
    ASSERT_NE(file, nullptr);
    {
        ProgressDisplay display(file);
        display.step(halfway);  // lines come after half a minute
        display.note("resumed at epoch 3");
        display.epoch({.epoch = 1, .epochs = 1});
    }
    std::fclose(file);
    EXPECT_EQ(file_text(folder.path("log")),
              "resumed at epoch 3\n"
              "epoch 1/1: train loss 0.0000, accuracy 0.00 %; test loss 0.0000, accuracy 0.00 %; 0.0 s\n");
}

}  // namespace
}  // namespace dsq::cli
