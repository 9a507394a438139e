"""The peers of `against_lightgbm.rs`: plain models on the same levels, timed.

Reads north,south,bridge by the hour from the file it is given; writes one line per peer: name, seconds to fit all four leads,
microseconds to predict one row at all four leads, milliseconds to predict 10,000 rows at all four leads on one core (all rows
by the same models, as one table), and kilobytes of the models as they are saved, separated by tabs. Every model is fitted once;
predicting is repeated and the shortest time counts.
"""
import pickle
import sys
import time
import warnings

import numpy as np

warnings.filterwarnings("ignore")

LEADS = (1, 2, 3, 6)
LAGS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 18, 20, 22, 24, 25)
ONE_BY_ONE = 50
ROWS = 10_000
TIMES = 3


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


def shortest(work):
    times = []
    for _ in range(TIMES):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def timed(make, x, level):
    """Seconds to fit, seconds for one row, seconds for a table of rows, bytes."""
    from threadpoolctl import threadpool_limits

    start = time.perf_counter()
    models = []
    for lead in LEADS:
        models += [m.fit(x[30:-lead], (level[lead:] - level[:-lead])[30:]) for m in make()]
    fit_s = time.perf_counter() - start

    def one_by_one():
        for row in range(ONE_BY_ONE):
            for model in models:
                model.predict(x[row + 30 : row + 31])

    each_s = shortest(one_by_one) / ONE_BY_ONE
    table = x[-ROWS:]
    for model in models:
        if hasattr(model, "n_jobs"):
            model.n_jobs = 1
    with threadpool_limits(limits=1):
        table_s = shortest(lambda: [model.predict(table) for model in models])
    return np.array([fit_s, each_s, table_s, sum(len(pickle.dumps(model)) for model in models)])


def say(name, figures):
    fit_s, each_s, table_s, size = figures
    print(f"{name}\t{fit_s}\t{each_s * 1e6}\t{table_s * 1e3}\t{size / 1e3}", flush=True)


def main():
    levels = np.genfromtxt(sys.argv[1], delimiter=",")
    x, level = features(levels), levels[:, 2]
    import lightgbm
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import Ridge

    boosted = dict(n_estimators=400, num_leaves=31, verbose=-1, n_jobs=2)
    quantile = dict(n_estimators=200, num_leaves=31, verbose=-1, n_jobs=2, objective="quantile")
    say("scikit-learn ridge", timed(lambda: [Ridge(10.0)], x, level))
    histogram = dict(max_iter=400, early_stopping=False)
    say(
        "scikit-learn HistGradientBoosting, 400 trees",
        timed(lambda: [HistGradientBoostingRegressor(**histogram)], x, level),
    )
    mean = timed(lambda: [lightgbm.LGBMRegressor(**boosted)], x, level)
    say("LightGBM, 400 trees", mean)
    quantiles = timed(
        lambda: [lightgbm.LGBMRegressor(alpha=a, **quantile) for a in (0.05, 0.25, 0.5, 0.75, 0.95)],
        x,
        level,
    )
    # The same models of the mean, not fitted a second time.
    say("LightGBM, 400 trees and 5 quantiles of 200", mean + quantiles)


main()
