// A training that is killed, at any moment, goes on from its last checkpoint and ends as if nothing had been.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "model/model.h"
#include "tests/support/small_fashion_mnist.h"
#include "tests/support/temporary_folder.h"
#include "train/checkpoint.h"

namespace dsq::tests {
namespace {

class KilledRun : public testing::Test {
protected:
    void SetUp() override {
        make_small_fashion_mnist(folder.path("data"), 96);
        std::ofstream(folder.path("recipe.toml"))
            << "epochs = 3\nbatch_size = 16\ncheckpoint_steps = 1\n"
            << "[data]\nset = \"fashion-mnist\"\nfolder = \"" << folder.path("data") << "\"\n"
            << "[quantization.weights]\nmethod = \"dsq\"\nbits = 2\n"
            << "[quantization.activations]\nmethod = \"dsq\"\nbits = 2\n";
    }

    /// Trains into the folder `run`, killed after so many seconds (0: never). The exit status.
    int train(const std::string &run, double seconds) const {
        const std::string resume = std::filesystem::exists(checkpoint(run)) ? " --resume" : "";
        const std::string limit = seconds > 0 ? "timeout -s KILL " + std::to_string(seconds) + " " : "";
        const std::string command = limit + DSQ_PROGRAM + " train " + folder.path("recipe.toml") + resume +
                                    " --set run_folder=" + folder.path(run) + " >" + folder.path("log") + " 2>&1";
        const int status = std::system(command.c_str());
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    std::string checkpoint(const std::string &run) const {
        return folder.path(run + "/checkpoint.safetensors");
    }
    std::map<std::string, Tensor> tensors(const std::string &run) const {
        Model model;
        const Status status = read_model(folder.path(run + "/model.safetensors"), model);
        EXPECT_TRUE(status.ok()) << status.message();
        return model.tensors;
    }

    TemporaryFolder folder;
};

TEST_F(KilledRun, EndsWithTheSameBits) {
    ASSERT_EQ(train("whole", 0), 0) << file_text(folder.path("log"));
    int kills = 0;
    bool finished = false;
    for (int attempt = 0; attempt < 20 && !finished; ++attempt) {
        const int status = train("killed", 0.2 + 0.07 * attempt);
        kills += status == 137 ? 1 : 0;
        finished = status == 0;
        ASSERT_TRUE(finished || status == 137) << file_text(folder.path("log"));
        if (std::filesystem::exists(checkpoint("killed"))) {
            Checkpoint kept;
            const Status read = read_checkpoint(checkpoint("killed"), kept);
            ASSERT_TRUE(read.ok()) << read.message();
        }
    }
    EXPECT_GT(kills, 1);
    if (!finished) {
        ASSERT_EQ(train("killed", 0), 0) << file_text(folder.path("log"));
    }
    EXPECT_EQ(tensors("killed"), tensors("whole"));
}

}  // namespace
}  // namespace dsq::tests
