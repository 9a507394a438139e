"""GEOS answers the questions that the index is asked, and says how long it took.

    geos.py FOLDER answers        which outlines each place is in, for the comparison
    geos.py FOLDER times SECONDS  the same questions against the clock, for the bench

FOLDER holds the outlines and places as Rust wrote them, bit for bit: coords.f64 (x, y), rings.i64 (first coordinate of
each ring, and the end), polygons.i64 (first ring of each polygon, and the end), places.f64 (x, y). The last line printed is JSON.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import shapely

folder, task = Path(sys.argv[1]), sys.argv[2]


def resident_bytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def read(name, kind):
    return np.fromfile(folder / name, dtype=kind)


def query(tree, outlines, x, y):
    """Boxes from the tree, outlines from the prepared geometries, both for all places in one call."""
    place, outline = tree.query(shapely.points(x, y))
    inside = shapely.intersects_xy(outlines[outline], x[place], y[place])
    return place[inside], outline[inside]


def query_in_tree(tree, _, x, y):
    """The tree's own predicate."""
    return tree.query(shapely.points(x, y), predicate="intersects")


def per_second(ask, count, seconds, clock=time.thread_time):
    """Runs until the time is up, at least twice, and keeps the best run, by the time this thread was on a processor."""
    best, begun = float("inf"), time.perf_counter()
    runs = 0
    while runs < 2 or time.perf_counter() - begun < seconds:
        start = clock()
        ask()
        best = min(best, clock() - start)
        runs += 1
    return count / best


coords = read("coords.f64", "<f8").reshape(-1, 2)
places = read("places.f64", "<f8").reshape(-1, 2)
x, y = np.ascontiguousarray(places[:, 0]), np.ascontiguousarray(places[:, 1])
rings, polygons = read("rings.i64", "<i8"), read("polygons.i64", "<i8")
before = resident_bytes()
start = time.perf_counter()
outlines = shapely.from_ragged_array(
    shapely.GeometryType.POLYGON, coords, (rings, polygons)
)
made_s = time.perf_counter() - start
start = time.perf_counter()
tree = shapely.STRtree(outlines)
shapely.prepare(outlines)
tree.query(shapely.points(x[:1], y[:1]))
build_s = time.perf_counter() - start
said = {
    "shapely": shapely.__version__,
    "geos": shapely.geos_version_string,
    "build_s": build_s,
    "made_s": made_s,
}

if task == "answers":
    place, outline = query(tree, outlines, x, y)
    order = np.lexsort((outline, place))
    np.stack([place[order], outline[order]], axis=1).astype("<u4").tofile(folder / "answers.u32")
    said["answers"] = len(place)
else:
    seconds = float(sys.argv[3])
    # With its first question a prepared outline builds its own index.
    corner = shapely.get_coordinates(shapely.get_point(shapely.get_exterior_ring(outlines), 0))
    shapely.intersects_xy(outlines, corner[:, 0], corner[:, 1])
    said["bytes"] = resident_bytes() - before
    said["answers"] = len(query(tree, outlines, x, y)[0])
    said["tree_then_prepared_per_s"] = per_second(lambda: query(tree, outlines, x, y), len(x), seconds)
    few = len(x) // 20
    said["tree_with_predicate_per_s"] = per_second(lambda: query_in_tree(tree, outlines, x[:few], y[:few]), few, 0)
    with ThreadPoolExecutor(2) as pool:
        halves = np.array_split(np.arange(len(x)), 2)

        def both():
            list(pool.map(lambda half: query(tree, outlines, x[half], y[half]), halves))

        said["two_threads_per_s"] = per_second(both, len(x), seconds, time.perf_counter)
    took, on_processor = [], time.thread_time_ns()
    for px, py in zip(x[:20000].tolist(), y[:20000].tolist()):
        start = time.perf_counter_ns()
        found = tree.query(shapely.Point(px, py))
        inside = found[shapely.intersects_xy(outlines[found], px, py)]
        took.append(time.perf_counter_ns() - start)
    on_processor = time.thread_time_ns() - on_processor
    took.sort()
    said["one_call_per_s"] = 1e9 * len(took) / on_processor
    said["one_call_p50_us"] = took[len(took) // 2] / 1e3
    said["one_call_p99_us"] = took[len(took) * 99 // 100] / 1e3

print(json.dumps(said))
