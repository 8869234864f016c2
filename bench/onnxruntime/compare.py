#!/usr/bin/env python3
"""Times a model's library beside ONNX Runtime on the same network in float32: batch 1, one thread, rounds that alternate.

Usage: compare.py MODEL.safetensors LIBRARY_FOLDER [--rounds N], after pip install -r requirements.txt and dsq compile.
The figures go into build/bench/report.json, under "onnxruntime".
"""

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from safetensors import safe_open

REPORT = Path(__file__).resolve().parents[2] / "build/bench/report.json"
EPSILON = 1e-5


def read_model(path):
    with safe_open(path, "np") as file:
        return json.loads(file.metadata()["dsq.network"]), {key: file.get_tensor(key) for key in file.keys()}


def scale_and_shift(name, tensors):
    scale = tensors[f"{name}.weight"] / np.sqrt(tensors[f"{name}.running_var"] + EPSILON)
    return scale, tensors[f"{name}.bias"] - tensors[f"{name}.running_mean"] * scale


def padding_of(layer):
    return layer.get("padding", layer.get("kernel", 1) // 2 if layer["operation"] == "conv2d" else 0)


def onnx_model(network, tensors):
    """Batch normalizations are folded into the convolutions before them."""
    layers, nodes, constants = network["layers"], [], []

    def constant(name, values, kind=np.float32):
        constants.append(numpy_helper.from_array(np.ascontiguousarray(values, kind), name))
        return name

    for i, layer in enumerate(layers[1:], 1):
        operation, name, stride = layer["operation"], layer["name"], layer.get("stride", 1)
        inputs, output = [str(j) for j in layer["inputs"]], [str(i)]
        window = {"strides": [stride] * 2, "pads": [padding_of(layer)] * 4 if "kernel" in layer else [0] * 4}
        if operation == "conv2d":
            continue
        if operation == "batch_norm":
            before = layers[layer["inputs"][0]]
            scale, shift = scale_and_shift(name, tensors)
            weights = constant(f"{name}.w", tensors[f"{before['name']}.weight"] * scale[:, None, None, None])
            stride = before.get("stride", 1)
            nodes.append(helper.make_node("Conv", [str(before["inputs"][0]), weights, constant(f"{name}.b", shift)], output,
                                          strides=[stride] * 2, pads=[padding_of(before)] * 4))
        elif operation == "relu":
            nodes.append(helper.make_node("Relu", inputs, output))
        elif operation == "add":
            nodes.append(helper.make_node("Add", inputs, output))
        elif operation == "max_pool":
            nodes.append(helper.make_node("MaxPool", inputs, output, kernel_shape=[layer["kernel"]] * 2, **window))
        elif operation == "shortcut":
            pad = layer["channels"] // 4
            starts, ends = constant(f"{name}.s", [0, 0], np.int64), constant(f"{name}.e", [1 << 30] * 2, np.int64)
            axes, steps = constant(f"{name}.a", [2, 3], np.int64), constant(f"{name}.t", [stride] * 2, np.int64)
            nodes.append(helper.make_node("Slice", [*inputs, starts, ends, axes, steps], [f"{name}.sliced"]))
            pads = constant(f"{name}.p", [0, pad, 0, 0, 0, pad, 0, 0], np.int64)
            nodes.append(helper.make_node("Pad", [f"{name}.sliced", pads], output))
        elif operation == "global_average_pool":
            nodes.append(helper.make_node("GlobalAveragePool", inputs, [f"{i}.pooled"]))
            nodes.append(helper.make_node("Flatten", [f"{i}.pooled"], output))
        elif operation == "linear":
            weights, bias = (constant(f"{name}.{kind}", tensors[f"{name}.{kind}"]) for kind in ("weight", "bias"))
            nodes.append(helper.make_node("Gemm", [*inputs, weights, bias], output, transB=1))
    image = helper.make_tensor_value_info("0", TensorProto.FLOAT, [1, *network["input"]])
    logits = helper.make_tensor_value_info(str(len(layers) - 1), TensorProto.FLOAT, [1, layers[-1]["channels"]])
    graph = helper.make_graph(nodes, network["name"], [image], [logits], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


def windows(x, kernel, stride, padding, outside):
    x = np.pad(x, [(0, 0), (padding, padding), (padding, padding)], constant_values=outside)
    return np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), (1, 2))[:, ::stride, ::stride]


def numpy_logits(network, tensors, image):
    """The same, layer by layer and nothing folded."""
    values = [image]
    for layer in network["layers"][1:]:
        x, name, stride = values[layer["inputs"][0]], layer["name"], layer.get("stride", 1)
        operation = layer["operation"]
        if operation == "conv2d":
            x = np.tensordot(tensors[f"{name}.weight"],
                             windows(x, layer.get("kernel", 1), stride, padding_of(layer), 0), ([1, 2, 3], [0, 3, 4]))
        elif operation == "batch_norm":
            scale, shift = scale_and_shift(name, tensors)
            x = x * scale[:, None, None] + shift[:, None, None]
        elif operation == "relu":
            x = np.maximum(x, 0)
        elif operation == "add":
            x = x + values[layer["inputs"][1]]
        elif operation == "max_pool":
            x = windows(x, layer["kernel"], stride, padding_of(layer), -np.inf).max((3, 4))
        elif operation == "shortcut":
            x = np.pad(x[:, ::stride, ::stride], [(layer["channels"] // 4,) * 2, (0, 0), (0, 0)])
        elif operation == "global_average_pool":
            x = x.mean((1, 2))
        elif operation == "linear":
            x = tensors[f"{name}.weight"] @ x + tensors[f"{name}.bias"]
        values.append(x)
    return values[-1]


def time_library(folder, scratch):
    header = next(folder.glob("*.h"))
    name = header.stem
    macros = [f"-D{key}={name.upper()}_{key}" for key in ("WORKSPACE_BYTES", "WORKSPACE_ALIGNMENT", "INPUT_BYTES", "OUTPUT_BYTES")]
    program = Path(scratch) / "time_library"
    source = Path(__file__).with_name("time_library.c")
    subprocess.run(["gcc", "-O2", *macros, f"-DRUN={name}_run", f'-DHEADER="{header.resolve()}"', source,
                    folder / f"lib{name}.a", "-o", program], check=True)
    process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def median_of(count):
        print(count, file=process.stdin, flush=True)
        return float(process.stdout.readline())

    return name, median_of


def time_session(session, image, count):
    times = []
    for _ in range(count):
        start = time.perf_counter()
        session.run(None, {"0": image})
        times.append((time.perf_counter() - start) * 1e6)
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("library", type=Path, help="folder that dsq compile wrote")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    network, tensors = read_model(arguments.model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = onnxruntime.InferenceSession(onnx_model(network, tensors), options, providers=["CPUExecutionProvider"])
    image = np.random.default_rng(1).standard_normal((1, *network["input"]), np.float32)
    expected = numpy_logits(network, tensors, image[0])
    difference = np.abs(session.run(None, {"0": image})[0][0] - expected).max() / max(1.0, np.abs(expected).max())
    assert difference < 1e-3, f"ONNX Runtime's logits differ from numpy's by {difference}"
    with tempfile.TemporaryDirectory() as scratch:
        name, run_library = time_library(arguments.library, scratch)
        count = max(5, int(2e5 / time_session(session, image, 5)))
        rounds = [(time_session(session, image, count), run_library(count)) for _ in range(arguments.rounds)]
    row = {"network": name,
           "ort_us": statistics.median(ort for ort, _ in rounds),
           "dsq_us": statistics.median(ours for _, ours in rounds),
           "ratio": statistics.median(ort / ours for ort, ours in rounds)}
    print(json.dumps(row))
    report = json.loads(REPORT.read_text()) if REPORT.is_file() else {}
    report["onnxruntime"] = [old for old in report.get("onnxruntime", []) if old["network"] != name] + [row]
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
