"""The paper's Table 8 with our columns beside it: the rows of "table8" in report.json."""

import collections
import statistics

Layer = collections.namedtuple("Layer", "channels size")
LAYERS = {"64x56x56": Layer(64, 56), "128x28x28": Layer(128, 28), "256x14x14": Layer(256, 14), "512x7x7": Layer(512, 7)}

# MAC/cycle on a Cortex-A53 (Raspberry Pi 3B, 1.2 GHz): milliseconds of Table 8; its means over the four layers.
PAPER_CORE = "cortex-a53"
PAPER = {("64x56x56", 2): 2.53, ("128x28x28", 2): 3.42, ("512x7x7", 2): 3.79, ("64x56x56", 4): 2.2}
PAPER_MEANS = {2: 3.2, 3: 3.1, 4: 2.7}
MEAN, DEPTHWISE = "geom. mean", " depthwise"


def new_row(layer, bits, core, way, mac_per_cycle):
    paper = PAPER.get((layer, bits)) if core == PAPER_CORE else None
    return {"layer": layer, "bits": bits, "core": core, "way": way, "mac_per_cycle": mac_per_cycle,
            "paper_mac_per_cycle": paper}


def key_of(row):
    return row["layer"], row["bits"], row["core"], row["way"]


def merged(preferred, others):
    """All rows, but of two for the same only the preferred one."""
    keys = {key_of(row) for row in preferred}
    return [row for row in others if key_of(row) not in keys] + preferred


def means(rows):
    """Rows of the geometric means over the layers, where all of them were measured."""
    groups = collections.defaultdict(list)
    for row in rows:
        kind = DEPTHWISE if row["layer"].endswith(DEPTHWISE) else ""
        groups[kind, row["bits"], row["core"], row["way"]].append(row["mac_per_cycle"])
    return [
        new_row(MEAN + kind, bits, core, way, statistics.geometric_mean(speeds)) |
        {"paper_mac_per_cycle": PAPER_MEANS.get(bits) if core == PAPER_CORE and not kind else None}
        for (kind, bits, core, way), speeds in groups.items() if len(speeds) == len(LAYERS)
    ]


def print_table(rows):
    """A table for each core: layers and bits downwards, ways across; layers of depthwise convolutions behind the others."""
    rows = rows + means(rows)
    ways = list(dict.fromkeys(row["way"] for row in rows))
    widths = {way: max(9, len(way)) for way in ways}
    for core in sorted({row["core"] for row in rows}):
        of_core = {(row["layer"], row["bits"], row["way"]): row for row in rows if row["core"] == core}
        print(f"\nMAC/cycle, estimated for {core}")
        print(f"{'layer':<20} bits {'paper':>6} " + " ".join(f"{way:>{widths[way]}}" for way in ways))
        for layer in [layer + kind for kind in ("", DEPTHWISE) for layer in (*LAYERS, MEAN)]:
            for bits in (4, 3, 2, 1):
                found = {way: of_core[layer, bits, way] for way in ways if (layer, bits, way) in of_core}
                if found:
                    paper = next(iter(found.values()))["paper_mac_per_cycle"]
                    cells = (f"{found[way]['mac_per_cycle']:{width}.2f}" if way in found else " " * width
                             for way, width in widths.items())
                    print(f"{layer:<20} {bits:>4} {paper or '':>6} " + " ".join(cells))
