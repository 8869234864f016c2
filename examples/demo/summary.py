#!/usr/bin/env python3
"""What ./demo.sh ends with: a table, summary.json, and a page with pictures of images and what the libraries say of them.

Reads the JSON that the commands of demo.sh left in the folder it is given.
"""

import base64
import gzip
import html
import json
import struct
import sys
import zlib
from pathlib import Path

NAMES = ("T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
A53_HERTZ = 1.2e9
PICTURES = 60


def read(folder, name):
    return json.loads((folder / f"{name}.json").read_text())


def summary_of(folder):
    trained, deployed = read(folder, "eval_2bit"), read(folder, "eval_host")
    library, host, arm = read(folder, "compile_arm"), read(folder, "verify_host"), read(folder, "verify_arm")
    compared = [variant for result in (host, arm) for variant in result["variants"] if variant["ran"]]
    return {
        "accuracy_float": read(folder, "eval_float")["accuracy"],
        "accuracy_trained": trained["accuracy"],
        "accuracy_deployed": deployed["accuracy"],
        "images": deployed["images"],
        "bytes_float": 4 * read(folder, "inspect_2bit")["weights"],
        "bytes_low_bit": library["constant_bytes"],
        "bytes_low_bit_packed": read(folder, "inspect_2bit")["bytes"],
        "host_images_per_second": read(folder, "profile_host")["images_per_second"],
        "a53_estimated_ms": read(folder, "profile_a53")["cycles"] / A53_HERTZ * 1e3,
        "codes_compared": sum(variant["codes_compared"] for variant in compared),
        "codes_differing": sum(variant["codes_differing"] for variant in compared),
    }


def lines_of(s):
    return [
        ("accuracy in float32", f"{s['accuracy_float']:.2f} %"),
        ("accuracy with 2 bits, as trained", f"{s['accuracy_trained']:.2f} %"),
        ("accuracy with 2 bits, as deployed", f"{s['accuracy_deployed']:.2f} % of {s['images']} images"),
        ("weights in float32", f"{s['bytes_float'] / 1024:.0f} KiB"),
        ("constants of the Arm library", f"{s['bytes_low_bit'] / 1024:.0f} KiB (packed to their bits: "
                                         f"{s['bytes_low_bit_packed'] / 1024:.0f} KiB)"),
        ("host library, one thread", f"{s['host_images_per_second']:.0f} images/s"),
        ("Cortex-A53 at 1.2 GHz, estimated", f"{s['a53_estimated_ms']:.1f} ms an image"),
        ("codes compared with the definition", f"{s['codes_compared']}, {s['codes_differing']} differ"),
    ]


def idx_images(path):
    """Gray images of an IDX file, as rows of bytes."""
    content = gzip.open(path).read()
    _, count, height, width = struct.unpack(">IIII", content[:16])
    size = height * width
    return height, width, [content[16 + i * size:16 + (i + 1) * size] for i in range(min(count, PICTURES))]


def idx_labels(path):
    return gzip.open(path).read()[8:8 + PICTURES]


def png(height, width, pixels):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + pixels[y * width:(y + 1) * width] for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def page_of(folder, data, lines):
    height, width, images = idx_images(data / "t10k-images-idx3-ubyte.gz")
    labels = idx_labels(data / "t10k-labels-idx1-ubyte.gz")
    host = next(v for v in read(folder, "verify_host")["variants"] if v["ran"])["classes"]
    arm = read(folder, "verify_arm")["variants"][0]["classes"]
    cells = []
    for image, label, of_host, of_arm in zip(images, labels, host, arm):
        picture = base64.b64encode(png(height, width, image)).decode()
        kind = "right" if of_host == label else "wrong"
        said = NAMES[of_host] + ("" if of_host == of_arm else f", Arm: {NAMES[of_arm]}")
        truth = "" if of_host == label else f"<br>is: {NAMES[label]}"
        cells.append(f'<figure class="{kind}"><img src="data:image/png;base64,{picture}" alt="{NAMES[label]}">'
                     f"<figcaption>{said}{truth}</figcaption></figure>")
    rows = "".join(f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>" for name, value in lines)
    style = ("body{font:15px sans-serif;margin:2em auto;max-width:60em;color:#222}th{text-align:left;font-weight:normal;"
             "padding:.2em 2em .2em 0}td{text-align:right}figure{display:inline-block;width:6.5em;margin:.4em;"
             "vertical-align:top;text-align:center;font-size:12px}img{width:84px;image-rendering:pixelated;"
             "border:2px solid #3a7}.wrong img{border-color:#c33}")
    return (f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>dsq: demo</title><style>{style}</style>'
            f"</head><body><h1>ResNet-20 with 2 bits on Fashion-MNIST</h1><table>{rows}</table>"
            f"<h2>What the libraries say of the first {len(cells)} test images</h2>{''.join(cells)}</body></html>\n")


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: summary.py FOLDER FASHION_MNIST_FOLDER")
    folder, data = Path(sys.argv[1]), Path(sys.argv[2])
    summary = summary_of(folder)
    (folder / "summary.json").write_text(json.dumps(summary, indent=1) + "\n")
    lines = lines_of(summary)
    for name, value in lines:
        print(f"{name + ':':<38} {value}")
    (folder / "page.html").write_text(page_of(folder, data, lines))
    print(f"Summary: {folder / 'summary.json'}\nPictures: {folder / 'page.html'}")


if __name__ == "__main__":
    main()
