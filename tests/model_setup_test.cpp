#include "train/model_setup.h"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace dsq::tests {
namespace {

Recipe cifar_recipe() {
    Recipe recipe;
    recipe.data.mean = {0.485F, 0.456F, 0.406F};
    recipe.data.deviation = {0.229F, 0.224F, 0.225F};
    return recipe;
}

Model create(const Recipe &recipe) {
    Model model;
    const Status status = create_model(recipe, {3, 32, 32}, 10, model);
    EXPECT_TRUE(status.ok()) << status.message();
    return model;
}

// Another start from the same file, as a recipe makes it.
Model restart(const Model &model, Recipe recipe) {
    const dsq::TemporaryFolder folder;
    recipe.network.start = folder.path("start.safetensors");
    EXPECT_TRUE(write_model(recipe.network.start, model).ok());
    return create(recipe);
}

TEST(CreateModel, KeepsTheNormalizationOfItsStart) {
    Recipe recipe = cifar_recipe();
    const Model start = create(recipe);
    recipe.data.mean = {0.0F, 0.1F, 0.2F};
    const Model model = restart(start, recipe);
    EXPECT_EQ(model.network.mean, start.network.mean);
    EXPECT_EQ(model.network.deviation, start.network.deviation);
    EXPECT_EQ(model.tensors, start.tensors);
}

TEST(CreateModel, AbsorbsTheNormalizationOnce) {
    Recipe recipe = cifar_recipe();
    const Model start = create(recipe);
    recipe.quantization.first_and_last = "8bit";
    const Model pixels = restart(start, recipe);
    EXPECT_EQ(pixels.network.mean, (std::vector<float>{0, 0, 0}));
    EXPECT_NE(pixels.tensors.at("conv1.weight"), start.tensors.at("conv1.weight"));
    EXPECT_EQ(restart(pixels, recipe).tensors, pixels.tensors);
}

}  // namespace
}  // namespace dsq::tests
