#!/usr/bin/env python3
"""What tune_training.py makes of times."""

import json
import unittest

from tune_training import best_tile, table_of, times_of

LINES = """\
conv2d avx512 c64_s1_k0_t32_w1 6 8 resnet20_stage3 1000
conv2d avx512 c64_s1_k0_t32_w1 8 8 resnet20_stage3 1100
conv2d avx512 c64_s1_k0_t32_w1 6 8 other 2000
conv2d avx512 c64_s1_k0_t32_w1 8 8 other 2200
conv2d avx2 c64_s1_k0_t32_w1 4 4 resnet20_stage3 3000
""".splitlines()


class TuneTraining(unittest.TestCase):
    def test_takes_the_fastest_tile(self):
        self.assertEqual(best_tile({6: {"a": 90.0}, 8: {"a": 100.0}}, 8)[0], 6)

    def test_keeps_a_tile_that_another_hardly_beats(self):
        self.assertEqual(best_tile({6: {"a": 99.0}, 8: {"a": 100.0}}, 8)[0], 8)

    def test_a_tile_serves_all_layers_of_its_kernel(self):
        self.assertEqual(best_tile({6: {"a": 50.0, "b": 120.0}, 14: {"a": 10.0}}, 6)[0], 6)

    def test_a_kernel_has_a_line_of_the_table(self):
        table = json.loads(table_of("avx512", *times_of(LINES)))
        self.assertEqual((table["version"], table["instruction_set"]), (1, "avx512"))
        kernel, = table["kernels"]
        self.assertEqual((kernel["operation"], kernel["kernel"], kernel["tile"]), ("conv2d", "c64_s1_k0_t32_w1", 6))
        self.assertEqual(kernel["cost"], 1414)


if __name__ == "__main__":
    unittest.main()
