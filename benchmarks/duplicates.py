"""Time to find probable duplicates among mentions of spots: ``python -m benchmarks.duplicates``.

Every mention has a code of its own, eight mentions of a spot on average. Growth is told as the ratio of the
time to that of the row before, beside the ratio of mentions.
"""

import time

import numpy as np

from pse.records.duplicates import likely_same_spots
from tests.records.spot_corpus import mentions, pair_quality


def main() -> None:
    print("| mentions | seconds | mentions, ratio | seconds, ratio | pairs | precision | recall |")
    print("|---|---|---|---|---|---|---|")
    before = None
    for number in (12_500, 25_000, 50_000, 100_000):
        frame, truth = mentions(number, each=8, municipalities=38, rng=np.random.default_rng(number))
        start = time.perf_counter()
        pairs = likely_same_spots(frame)
        taken = time.perf_counter() - start
        precision, recall = pair_quality(pairs, frame["spot_id"], truth)
        ratios = "| | " if before is None else f"| {number / before[0]:.1f} | {taken / before[1]:.1f} "
        print(f"| {number:,} | {taken:.1f} {ratios}| {len(pairs):,} | {precision:.3f} | {recall:.3f} |")
        before = (number, taken)


if __name__ == "__main__":
    main()
