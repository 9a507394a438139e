"""The peers of `against_lightgbm.rs`: plain models on the same levels, timed.

Reads north,south,bridge by the hour from standard input; writes one line per peer: name, seconds to fit all four leads,
microseconds to predict one row at all four leads, milliseconds to predict 10,000 rows at all four leads on one core (all rows
by the same models, as one table), and kilobytes of the models as they are saved, separated by tabs.
"""
import pickle
import sys
import time
import warnings

import numpy as np

warnings.filterwarnings("ignore")

LEADS = (1, 2, 3, 6)
LAGS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 18, 20, 22, 24, 25)
ONE_BY_ONE = 200
ROWS = 10_000


def features(levels):
    columns = []
    for gauge, lags in ((2, LAGS), (0, LAGS[:8]), (1, LAGS[:8])):
        level = levels[:, gauge]
        columns.append(level)
        for lag in lags:
            before = np.full_like(level, np.nan)
            before[lag:] = level[:-lag]
            columns.append(level - before)
    return np.column_stack(columns)


def timed(name, make, x, level):
    from threadpoolctl import threadpool_limits

    start = time.perf_counter()
    models = []
    for lead in LEADS:
        models += [m.fit(x[30:-lead], (level[lead:] - level[:-lead])[30:]) for m in make()]
    fit_s = time.perf_counter() - start
    start = time.perf_counter()
    for row in range(ONE_BY_ONE):
        for model in models:
            model.predict(x[row + 30 : row + 31])
    each_us = (time.perf_counter() - start) / ONE_BY_ONE * 1e6
    table = x[-ROWS:]
    for model in models:
        if hasattr(model, "n_jobs"):
            model.n_jobs = 1
    with threadpool_limits(limits=1):
        for model in models:
            model.predict(table)
        start = time.perf_counter()
        for model in models:
            model.predict(table)
        table_ms = (time.perf_counter() - start) * 1e3
    kilobytes = sum(len(pickle.dumps(model)) for model in models) / 1000
    print(f"{name}\t{fit_s}\t{each_us}\t{table_ms}\t{kilobytes}", flush=True)


def main():
    levels = np.genfromtxt(sys.stdin, delimiter=",")
    x, level = features(levels), levels[:, 2]
    import lightgbm
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import Ridge

    boosted = dict(n_estimators=400, num_leaves=31, verbose=-1, n_jobs=2)
    quantile = dict(n_estimators=200, num_leaves=31, verbose=-1, n_jobs=2, objective="quantile")
    timed("scikit-learn ridge", lambda: [Ridge(10.0)], x, level)
    timed(
        "scikit-learn HistGradientBoosting, 400 trees",
        lambda: [HistGradientBoostingRegressor(max_iter=400, early_stopping=False)],
        x,
        level,
    )
    timed("LightGBM, 400 trees", lambda: [lightgbm.LGBMRegressor(**boosted)], x, level)
    timed(
        "LightGBM, 400 trees and 5 quantiles of 200",
        lambda: [lightgbm.LGBMRegressor(**boosted)]
        + [lightgbm.LGBMRegressor(alpha=a, **quantile) for a in (0.05, 0.25, 0.5, 0.75, 0.95)],
        x,
        level,
    )


main()
