// The float ResNets of akamaster/pytorch_resnet_cifar10 have the accuracy that PyTorch measures.
#include <gtest/gtest.h>

#include <filesystem>

#include "model/built_in.h"
#include "train/evaluate.h"

namespace dsq::tests {
namespace {

struct Pretrained {
    const char *network;
    const char *file;
    double accuracy;  // in percent
};

class Imported : public testing::TestWithParam<Pretrained> {};

TEST_P(Imported, HasTheAccuracyThatPyTorchMeasures) {
    const std::string weights = DSQ_SHARED_DIR "/data/weights/cifar10-resnet/" + std::string(GetParam().file);
    if (!std::filesystem::exists(weights)) GTEST_SKIP() << "this machine has no " << weights;
    DataSet images;
    Status status = open_data_set(DSQ_CIFAR10_DIR, Split::test, images);
    if (!status.ok()) GTEST_SKIP() << "this machine has no CIFAR-10: " << status.message();
    Model model;
    status = built_in_network(GetParam().network, {3, 32, 32}, 10, model.network);
    ASSERT_TRUE(status.ok()) << status.message();
    model.network.mean = {0.485F, 0.456F, 0.406F};
    model.network.deviation = {0.229F, 0.224F, 0.225F};
    status = import_parameters(weights, model.network, model.tensors);
    ASSERT_TRUE(status.ok()) << status.message();
    Evaluation evaluation;
    status = evaluate(model, images, 250, evaluation);
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(evaluation.images, 10000);
    EXPECT_NEAR(100.0 * evaluation.accuracy(), GetParam().accuracy, 0.02);
}

INSTANTIATE_TEST_SUITE_P(OnCifar10,
                         Imported,
                         testing::Values(Pretrained{"resnet20", "resnet20-12fca82f.safetensors", 91.73},
                                         Pretrained{"resnet32", "resnet32-d509ac18.safetensors", 92.63},
                                         Pretrained{"resnet44", "resnet44-014dd654.safetensors", 93.10},
                                         Pretrained{"resnet56", "resnet56-4bfd9763.safetensors", 93.39}),
                         [](const auto &instance) { return std::string(instance.param.network); });

}  // namespace
}  // namespace dsq::tests
