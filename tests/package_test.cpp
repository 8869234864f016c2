// What a user of the package does: installs it, and builds apps against it for this machine and for Arm.
#include <gtest/gtest.h>
#include <png.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include "tests/support/run_command.h"
#include "tests/support/settled_model.h"
#include "tests/support/temporary_folder.h"

namespace dsq::tests {
namespace {

namespace fs = std::filesystem;

struct Machine {
    const char *name;
    std::string toolchain;  // of the package
    std::string emulator;   // how a program is run
    std::string nm;
};

const Machine host{"host", "", "", "nm"};
const Machine arm{
    "arm", "arm-64-linux", "qemu-aarch64 -cpu cortex-a53 -L /usr/aarch64-linux-gnu ", "aarch64-linux-gnu-nm"};

constexpr int height = 28, width = 28, classes = 10;

// The first block of ResNet-20 and its classifier: compiled in seconds.
Model small_model() {
    constexpr std::size_t channels = 16;
    Model model = settled_model({.image = {1, width, height}});
    std::vector<Layer> &layers = model.network.layers;
    const auto last = std::ranges::find(layers, "layer1.0.relu2", &Layer::name);
    layers.erase(last + 1, layers.end() - 2);
    const auto end = static_cast<int>(layers.size());
    layers[layers.size() - 2].inputs = {end - 3};
    layers[layers.size() - 1].inputs = {end - 2};
    std::erase_if(model.tensors, [](const auto &tensor) {
        return tensor.first.starts_with("layer") && !tensor.first.starts_with("layer1.0.");
    });
    Tensor &weight = model.tensors.at("linear.weight");
    const auto *values = reinterpret_cast<const float *>(weight.bytes.data());
    weight = make_tensor<float>({classes, channels}, std::vector<float>(values, values + classes * channels));
    return model;
}

// With one space wherever CMake breaks a line.
std::string unfolded(const std::string &text) {
    std::istringstream words(text);
    std::string line;
    for (std::string word; words >> word;) line += (line.empty() ? "" : " ") + word;
    return line;
}

class Package : public testing::Test {
protected:
    static void SetUpTestSuite() {
        folder = new TemporaryFolder;
        expect_success(DSQ_CMAKE " --install '" DSQ_BUILD_DIR "' --prefix '" + folder->path("first") + "'");
        fs::rename(folder->path("first"), prefix());  // a package may be moved
    }
    static void TearDownTestSuite() {
        delete folder;
    }

    static std::string prefix() {
        return folder->path("prefix");
    }

    static std::string expect_success(const std::string &command) {
        const auto [text, code] = run(command);
        EXPECT_EQ(code, 0) << command << "\n" << text;
        return text;
    }

    // Builds a project of this repository in a folder, which is returned.
    static std::string build(const std::string &project, const Machine &machine, const std::string &options = "") {
        std::string build_folder = folder->path(fs::path(project).filename().string() + "_" + machine.name);
        const std::string toolchain =
            machine.toolchain.empty() ? ""
                                      : " --toolchain " + prefix() + "/lib/dsq/targets/" + machine.toolchain + ".cmake";
        expect_success(DSQ_CMAKE " -G Ninja -DCMAKE_MAKE_PROGRAM='" DSQ_NINJA "' -S '" DSQ_SOURCE_DIR "/" + project +
                       "' -B " + build_folder + " -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH=" + prefix() +
                       toolchain + options);
        expect_success(DSQ_CMAKE " --build " + build_folder);
        return build_folder;
    }

    static TemporaryFolder *folder;
};

TemporaryFolder *Package::folder = nullptr;

TEST_F(Package, NeedsNothingOfTheBuild) {
    EXPECT_NE(expect_success("env -i " + prefix() + "/bin/dsq --help").find("compile"), std::string::npos);
    const std::string halide = prefix() + "/lib/dsq/halide/lib64/libHalide.so";
    for (const std::string program :
         {"bin/dsq", "lib/dsq/generators/quantize.generator", "lib/dsq/halide/bin/gengen"}) {
        const std::string libraries = expect_success("env -i /usr/bin/ldd " + prefix() + "/" + program);
        const std::size_t begin = libraries.find("libHalide.so => ");
        ASSERT_NE(begin, std::string::npos) << libraries;
        const std::string found = libraries.substr(begin + 16, libraries.find(" (", begin) - begin - 16);
        EXPECT_TRUE(fs::equivalent(found, halide)) << program << " loads " << found;
    }
    const auto [places, code] = run("grep -rIlF -e '" DSQ_SOURCE_DIR "' -e '" DSQ_BUILD_DIR "' " + prefix());
    EXPECT_EQ(places, "");
}

class Classify : public Package {
protected:
    void SetUp() override {
        images_ = folder->path("images");
        model_ = folder->path("model.safetensors");
        if (fs::exists(model_)) return;  // of the test before, whose builds serve this one
        expect_success("gunzip -c /usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz > " + images_);
        const Status status = write_model(model_, small_model());
        ASSERT_TRUE(status.ok()) << status.message();
    }

    std::string build_for(const Machine &machine) const {
        return build("examples/classify", machine, " -DMODEL=" + model_);
    }

    // The same pixels in another format.
    std::string first_image() const {
        constexpr std::size_t header = 16;
        return file_text(images_).substr(header, std::size_t{height} * width);
    }
    std::string as_pgm() const {
        return folder->write("image.pgm", "P5\n# a comment\n28 28\n255\n" + first_image());
    }
    std::string as_png() const {
        png_image png{};
        png.version = PNG_IMAGE_VERSION;
        png.width = width;
        png.height = height;
        png.format = PNG_FORMAT_GRAY;
        const std::string pixels = first_image();
        EXPECT_NE(png_image_write_to_file(&png, folder->path("image.png").c_str(), 0, pixels.data(), 0, nullptr), 0);
        return folder->path("image.png");
    }

    std::string images_, model_;
};

TEST_F(Classify, TellsTheSameOnBothMachines) {
    const std::string here = build_for(host) + "/classify ", there = arm.emulator + build_for(arm) + "/classify ";
    const std::string numbered = images_ + " ", image_here = here + numbered, image_there = there + numbered;
    std::set<std::string> answers;
    for (const std::string index : {"0", "1", "2", "3", "4", "9999"}) {
        const std::string answer = expect_success(image_here + index);
        EXPECT_TRUE(answer.starts_with("class ")) << answer;
        EXPECT_EQ(expect_success(image_there + index), answer);
        answers.insert(answer);
    }
    EXPECT_EQ(answers.size(), 6) << "as if the image did not matter";

    const std::string first = expect_success(here + images_);
    EXPECT_EQ(expect_success(here + as_png()), first);
    EXPECT_EQ(expect_success(here + as_pgm()), first);
    EXPECT_EQ(expect_success(there + as_pgm()), first);

    const auto [text, code] = run(here + folder->write("cifar10.bin", std::string(3073, '\1')));
    EXPECT_NE(code, 0);
    EXPECT_NE(
        text.find("cifar10.bin: expected an image of 28 x 28 x 1 (height, width, channels), for which the model was "
                  "trained, found 32 x 32 x 3"),
        std::string::npos)
        << text;
}

TEST_F(Classify, ArmLibraryNeedsTheCLibraryAlone) {
    const std::string library = build_for(arm) + "/classifier.model/libclassifier.a";
    std::istringstream words(expect_success(arm.nm + " -u " + library + " | grep ' U '"));
    for (std::string kind, symbol; words >> kind >> symbol;) {
        EXPECT_TRUE(symbol == "memcpy" || symbol == "memset" || symbol.starts_with("classifier")) << symbol;
    }
}

TEST_F(Classify, CompilesTheModelAgainWhenItChanges) {
    const std::string again = DSQ_CMAKE " --build " + build_for(arm) + " -- -n";
    EXPECT_EQ(expect_success(again).find("Compiling"), std::string::npos);
    fs::last_write_time(model_, fs::file_time_type::clock::now());
    EXPECT_NE(expect_success(again).find("Compiling " + model_ + " for arm-64-linux"), std::string::npos);
}

TEST_F(Package, HasKernels) {
    const std::string expected = "0:-1.00 1:-0.33 2:0.33 2:0.33 3:1.00 ";
    for (const Machine &machine : {host, arm}) {
        const std::string app = build("tests/support/quantize_app", machine) + "/quantize_app";
        EXPECT_EQ(expect_success(machine.emulator + app), expected) << machine.name;
    }
}

// A call that is wrong, and what is said of it.
using Mistake = std::pair<std::string, std::string>;

TEST_F(Package, SaysWhatIsWrongWithACall) {
    const std::string model = " MODEL " + folder->write("some.safetensors", "");
    const std::vector<Mistake> mistakes = {
        {"dsq_add_model(a)", "dsq_add_model(a): MODEL: expected a value, found none"},
        {"dsq_add_model(a-b" + model + ")", "dsq_add_model: name: expected a C identifier, found 'a-b'"},
        {"dsq_add_model(a MODEL /no/such)",
         "dsq_add_model(a): MODEL: expected a file of dsq train, found none at '/no/such'"},
        {"dsq_add_model(a" + model + " TARGET vax)",
         "dsq_add_model(a): TARGET: expected one of arm-64-linux, arm-64-linux-dotprod, x86-64-linux; found 'vax'"},
        {"dsq_add_model(a" + model + " TARGET arm-64-linux CORE z80)",
         "dsq_add_model(a): CORE: expected one of cortex-a53, cortex-a72; found 'z80'"},
        {"dsq_add_model(a" + model + " BATCH many)",
         "dsq_add_model(a): BATCH: expected a number of images from 1, found 'many'"},
        {"dsq_add_model(a" + model + " PARALLEL 0)",
         "dsq_add_model(a): PARALLEL: expected a number of tasks from 1, found '0'"},
        {"dsq_add_model(a" + model + " TUNED /no/such)",
         "dsq_add_model(a): TUNED: expected a table of dsq tune, found none at '/no/such'"},
        {"dsq_add_model(a" + model + " TARGET)", "dsq_add_model(a): TARGET: expected a value, found none"},
        {"dsq_add_model(a" + model + " FAST)",
         "dsq_add_model(a): arguments: expected MODEL and, if wanted, TARGET, CORE, BATCH, PARALLEL, TUNED, FLOAT_INPUT; "
         "found 'FAST'"},
        {"set(CMAKE_SYSTEM_PROCESSOR mips)\ndsq_add_model(a" + model + ")",
         "dsq_add_model(a): TARGET: expected one of arm-64-linux, arm-64-linux-dotprod, x86-64-linux; found none, and "
         "none "
         "is for CMAKE_SYSTEM_PROCESSOR 'mips'"},
        {"dsq_add_kernel(a)", "dsq_add_kernel(a): GENERATOR: expected a value, found none"},
        {"dsq_add_kernel(a GENERATOR quantise)",
         "dsq_add_kernel(a): GENERATOR: expected one of quantize; found 'quantise'"},
        {"dsq_add_kernel(a GENERATOR quantize PARAMS result)",
         "dsq_add_kernel(a): PARAMS: expected key=value, found 'result'"},
    };
    for (const auto &[call, message] : mistakes) {
        std::string script =
            "cmake_minimum_required(VERSION 3.28...3.31)\nset(CMAKE_SYSTEM_PROCESSOR x86_64)\n"
            "set_property(GLOBAL PROPERTY DSQ_GENERATORS quantize)\n";
        for (const char *module : {"Arguments", "TargetFacts", "Model", "Kernel"}) {
            script += "include(" + prefix() + "/lib/dsq/cmake/Dsq" + module + ".cmake)\n";
        }
        const auto [text, code] = run(DSQ_CMAKE " -P " + folder->write("call.cmake", script + call + "\n"));
        EXPECT_NE(code, 0) << call;
        EXPECT_NE(unfolded(text).find(message), std::string::npos) << call << "\n" << text;
    }
}

}  // namespace
}  // namespace dsq::tests
