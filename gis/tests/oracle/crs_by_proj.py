"""Positions in every coordinate system that Hinan reads, computed by PROJ.

    python crs_by_proj.py table   prints the table that tests/crs/proj.csv holds
    python crs_by_proj.py         reads `epsg lon lat` lines and prints `east north` for each, for the test that runs it

Needs pyproj. Only the projection is asked for, on the system's own ellipsoid; the step between datums is no part of it.
"""

import sys

import pyproj

PLANE = range(1, 20)
ORIGINS = {  # degrees of latitude and longitude, from the announcement of the ministry
    1: (33, 129.5), 2: (33, 131), 3: (36, 132 + 10 / 60), 4: (33, 133.5), 5: (36, 134 + 20 / 60), 6: (36, 136),
    7: (36, 137 + 10 / 60), 8: (36, 138.5), 9: (36, 139 + 50 / 60), 10: (40, 140 + 50 / 60), 11: (44, 140.25),
    12: (44, 142.25), 13: (44, 144.25), 14: (26, 142), 15: (26, 127.5), 16: (26, 124), 17: (26, 131), 18: (20, 136),
    19: (26, 154),
}


def projected(epsg, lon, lat):
    crs = pyproj.CRS.from_epsg(epsg)
    to_plane = pyproj.Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True)
    return to_plane.transform(lon, lat)


def systems():
    for zone in PLANE:
        for epsg in (6668 + zone, 2442 + zone):
            lat, lon = ORIGINS[zone]
            yield epsg, lat, lon
    for first in (6688, 3097, 32651):
        for n in range(5):
            yield first + n, 35.0, 123.0 + 6 * n


def table():
    print("epsg,lon,lat,east_m,north_m")
    for epsg, lat, lon in systems():
        for dlon, dlat in ((0.0, 0.0), (0.71, 0.83), (-1.37, 1.9), (1.1, -1.6), (-0.05, -0.01)):
            x, y = round(lon + dlon, 9), round(lat + dlat, 9)
            east, north = projected(epsg, x, y)
            print(f"{epsg},{x},{y},{east:.6f},{north:.6f}")


def answer():
    for line in sys.stdin:
        epsg, lon, lat = line.split()
        east, north = projected(int(epsg), float(lon), float(lat))
        print(f"{east:.9f} {north:.9f}")


if __name__ == "__main__":
    table() if sys.argv[1:] == ["table"] else answer()
