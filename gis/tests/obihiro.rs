//! The demo town as it is committed: what its data promise, and the index against a plain loop on all of it.
#![allow(clippy::unwrap_used)]

use std::io::Read as _;
use std::sync::LazyLock;

use geo::{Area, BooleanOps, Intersects, Point};
use hinan_gis::{DepthRank, Hazard, HazardZone, MapFile, Shelter, Town};

static OBIHIRO: LazyLock<Town> =
    LazyLock::new(|| Town::load(&read_text("town.toml"), &read("map.json.gz")).unwrap());

fn read(name: &str) -> Vec<u8> {
    std::fs::read(format!(
        "{}/../config/obihiro/{name}",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap()
}

fn read_text(name: &str) -> String {
    String::from_utf8(read(name)).unwrap()
}

/// A small generator of our own, so that the places are the same in every run.
struct Places(u64);

impl Places {
    /// From 0 up to 1.
    fn share(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 32).unwrap()) / 4_294_967_296.0
    }

    fn below(&mut self, n: usize) -> usize {
        let n32 = u64::try_from(n).unwrap();
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % n32).unwrap()
    }
}

/// Every zone asked, no box, no tree.
fn rank_by_plain_loop(zones: &[HazardZone], place: Point<f64>) -> Vec<u8> {
    let mut ranks: Vec<u8> = zones
        .iter()
        .filter(|zone| zone.shape.intersects(&place))
        .map(|zone| zone.rank.get())
        .collect();
    ranks.sort_unstable();
    ranks
}

fn ranks_by_index(place: Point<f64>) -> Vec<u8> {
    let mut ranks: Vec<u8> = OBIHIRO
        .zones()
        .zones_at(place)
        .map(|zone| zone.rank.get())
        .collect();
    ranks.sort_unstable();
    ranks
}

#[test]
fn the_index_answers_like_a_plain_loop_over_every_zone() {
    let zones: Vec<HazardZone> = OBIHIRO
        .zones()
        .iter()
        .map(|zone| zone.to_hazard_zone())
        .collect();
    let mut places = Places(2016);
    let mut inside = 0;
    for n in 0..900 {
        let zone = &zones[places.below(zones.len())];
        let ring = &zone.shape.exterior().0;
        let at = places.below(ring.len() - 1);
        let (from, to) = (ring[at], ring[at + 1]);
        let place = match n % 3 {
            0 => Point::from(from),
            1 => {
                let along = if (from.x - to.x).abs() < (from.y - to.y).abs() {
                    0.0
                } else {
                    places.share()
                };
                Point::new(
                    from.x + (to.x - from.x) * along,
                    from.y + (to.y - from.y) * (1.0 - along),
                )
            }
            _ => Point::new(
                143.05 + 0.25 * places.share(),
                42.75 + 0.25 * places.share(),
            ),
        };
        let expected = rank_by_plain_loop(&zones, place);
        inside += usize::from(!expected.is_empty());
        assert_eq!(ranks_by_index(place), expected, "{place:?}");
        let deepest = expected.last().and_then(|rank| DepthRank::new(*rank));
        assert_eq!(OBIHIRO.zones().rank_at(place), deepest);
    }
    assert!(inside > 500, "only {inside} places tried the exact test");
}

#[test]
fn every_corner_of_a_zone_is_inside_it() {
    for zone in OBIHIRO.zones().iter().step_by(7) {
        for corner in zone.shape().exterior().coords().take(5) {
            assert!(OBIHIRO.zones().rank_at((*corner).into()) >= Some(zone.rank));
        }
    }
}

#[test]
fn the_zones_are_all_there() {
    let count = |rank: u8| {
        OBIHIRO
            .zones()
            .iter()
            .filter(|zone| zone.rank.get() == rank)
            .count()
    };
    assert_eq!(OBIHIRO.zones().len(), 8_538);
    assert_eq!((1..=5).map(count).sum::<usize>(), 8_538);
    assert_eq!(count(6), 0);
}

fn approved_for_flood() -> impl Iterator<Item = &'static Shelter> {
    OBIHIRO
        .shelters
        .iter()
        .filter(|shelter| shelter.approved_for.contains(&Hazard::Flood))
}

#[test]
fn shelters_count_as_their_source_says() {
    let approved = |hazard| {
        OBIHIRO
            .shelters
            .iter()
            .filter(|s| s.approved_for.contains(&hazard))
            .count()
    };
    assert_eq!(OBIHIRO.shelters.len(), 120);
    assert_eq!(Hazard::ALL.map(approved), [57, 3, 0, 105, 0, 54, 0, 0]);
    let at_rank = |rank: u8| {
        approved_for_flood()
            .filter(|s| s.depth_rank == DepthRank::new(rank))
            .count()
    };
    assert_eq!([0, 1, 2, 3, 4].map(at_rank), [30, 5, 21, 1, 0]);
}

#[test]
fn a_shelter_across_the_border_is_kept_and_marked() {
    let outside: Vec<&str> = OBIHIRO
        .shelters
        .iter()
        .filter(|s| !s.in_town)
        .map(|s| s.name.as_str())
        .collect();
    assert_eq!(outside.len(), 2, "{outside:?}");
    assert!(
        outside
            .iter()
            .all(|name| name.starts_with("帯広の森体育館")),
        "{outside:?}"
    );
}

#[test]
fn no_shelter_offered_in_a_flood_is_unapproved_or_in_a_zone() {
    let mut offered = 0;
    for district in &OBIHIRO.districts {
        for (shelter, distance_m) in
            OBIHIRO.nearest_usable_shelters(district.label, Hazard::Flood, 200)
        {
            assert!(
                shelter.approved_for.contains(&Hazard::Flood),
                "{}",
                shelter.name
            );
            assert_eq!(shelter.depth_rank, None, "{}", shelter.name);
            assert!((0.0..80_000.0).contains(&distance_m));
            offered += 1;
        }
    }
    assert_eq!(offered, 30 * OBIHIRO.districts.len());
}

/// In 2016 people were sent to this gymnasium. It stands in the flood zone; its building is designated for floods only on
/// condition that people go upstairs, its car park is not designated for them at all.
#[test]
fn the_gymnasium_of_2016_is_never_offered_in_a_flood() {
    let sites: Vec<&Shelter> = OBIHIRO
        .shelters
        .iter()
        .filter(|s| s.name.starts_with("総合体育館"))
        .collect();
    assert_eq!(sites.len(), 2);
    for site in sites {
        assert!(site.depth_rank.is_some());
        assert!(!site.usable_for(Hazard::Flood, OBIHIRO.shelter_rule));
        let near = OBIHIRO.nearest_usable_shelters(site.at, Hazard::Flood, 120);
        assert!(near.iter().all(|(offered, _)| offered.id != site.id));
    }
}

#[test]
fn the_nearest_shelters_come_first_and_no_more_than_asked() {
    let at = OBIHIRO.district("aikoku").unwrap().label;
    let near = OBIHIRO.nearest_usable_shelters(at, Hazard::Flood, 3);
    assert_eq!(near.len(), 3);
    assert!(near.windows(2).all(|pair| pair[0].1 <= pair[1].1));
    assert!(
        OBIHIRO
            .nearest_usable_shelters(at, Hazard::Tsunami, 3)
            .is_empty()
    );
}

#[test]
fn the_districts_hold_all_people_of_the_city_once() {
    let people: u32 = OBIHIRO
        .districts
        .iter()
        .map(|district| district.people)
        .sum();
    assert_eq!(people, 168_152);
    assert!((30..=60).contains(&OBIHIRO.districts.len()));
    assert!(
        OBIHIRO
            .districts
            .iter()
            .all(|district| district.approximate)
    );
}

/// The city's own share of people by depth was counted independently, from the areas of census cells.
#[test]
fn people_by_depth_agree_with_the_independent_count() {
    let by_rank = |rank: usize| {
        OBIHIRO
            .districts
            .iter()
            .map(|d| d.people_by_rank[rank])
            .sum::<u32>()
    };
    for (rank, independent) in [(1, 22_100.0), (2, 69_200.0), (3, 5_100.0), (4, 440.0)] {
        let counted = f64::from(by_rank(rank));
        assert!(
            (counted - independent).abs() <= independent * 0.03 + 20.0,
            "rank {rank}: {counted}"
        );
    }
    assert_eq!(by_rank(5) + by_rank(6), 0);
}

#[test]
fn the_districts_cover_the_city_without_overlap() {
    let city = OBIHIRO.outline.unsigned_area();
    let covered: f64 = OBIHIRO
        .districts
        .iter()
        .map(|district| district.outline.unsigned_area())
        .sum();
    assert!((covered / city - 1.0).abs() < 1e-4, "{covered} of {city}");
    for (n, a) in OBIHIRO.districts.iter().enumerate() {
        for b in OBIHIRO.districts.iter().skip(n + 1) {
            let shared = if a.outline.intersects(&b.outline) {
                a.outline.intersection(&b.outline).unsigned_area()
            } else {
                0.0
            };
            assert!(shared < city * 1e-5, "{} and {}", a.name, b.name);
        }
    }
}

#[test]
fn the_tokachi_and_the_satsunai_decide_for_districts_of_their_own() {
    let names = |gauge: &str| -> Vec<&str> {
        OBIHIRO
            .districts_of_gauge(gauge)
            .iter()
            .map(|district| district.id.as_str())
            .collect()
    };
    let (tokachi, satsunai) = (names("301081281107050"), names("301081281107230"));
    assert!(tokachi.contains(&"nishi-07-10-kita") && !satsunai.contains(&"nishi-07-10-kita"));
    assert!(satsunai.contains(&"inada") && !tokachi.contains(&"inada"));
    assert!(
        names("301081281107090").is_empty(),
        "大津 decides for nobody here"
    );
    assert!(names("no such gauge").is_empty());
}

#[test]
fn each_gauge_stands_where_its_source_says() {
    let inside: Vec<&str> = OBIHIRO
        .gauges
        .iter()
        .filter(|gauge| gauge.in_town)
        .map(|gauge| gauge.name.as_str())
        .collect();
    assert_eq!(OBIHIRO.gauges.len(), 31);
    assert_eq!(
        inside,
        ["帯広", "東3条", "第二大川橋", "南帯橋", "戸蔦橋", "中島橋"]
    );
    let levelled = OBIHIRO
        .gauges
        .iter()
        .filter(|gauge| gauge.levels.known().next().is_some())
        .count();
    assert_eq!(
        levelled, 8,
        "nine gauges have official levels, one of them is not in the series"
    );
}

#[test]
fn a_level_that_no_source_states_is_absent() {
    let nantai = OBIHIRO.gauge("301081281107230").unwrap();
    assert_eq!(nantai.name, "南帯橋");
    assert_eq!(
        (nantai.levels.evacuation_judgement_m, nantai.levels.danger_m),
        (None, None)
    );
    assert_eq!(nantai.levels.caution_m, Some(77.4));
    assert_eq!(
        OBIHIRO
            .gauge("301081281107170")
            .unwrap()
            .levels
            .known()
            .count(),
        0
    );
}

/// Following the lists upwards never comes back to where it began.
#[test]
fn no_gauge_is_above_itself() {
    for gauge in &OBIHIRO.gauges {
        let mut above = gauge.upstream.clone();
        for _ in 0..OBIHIRO.gauges.len() {
            assert!(!above.contains(&gauge.id), "{}", gauge.name);
            above = above
                .iter()
                .flat_map(|id| OBIHIRO.gauge(id).unwrap().upstream.clone())
                .collect();
            above.sort_unstable();
            above.dedup();
        }
    }
}

#[test]
fn the_level_files_hold_each_gauge_and_only_levels() {
    use std::io::Read;
    for (name, rows) in [("levels-2016-08.csv.gz", 671), ("typhoon10.csv.gz", 130)] {
        let mut text = String::new();
        flate2::read::GzDecoder::new(read(name).as_slice())
            .read_to_string(&mut text)
            .unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header = reader.headers().unwrap().clone();
        assert_eq!(&header[0], "time");
        let ids: Vec<&str> = header
            .iter()
            .skip(1)
            .map(|column| column.strip_prefix("level_m_").unwrap())
            .collect();
        let gauges: Vec<&str> = OBIHIRO
            .gauges
            .iter()
            .map(|gauge| gauge.id.as_str())
            .collect();
        assert_eq!(ids, gauges);
        assert_eq!(reader.records().map(Result::unwrap).count(), rows);
    }
}

#[test]
fn the_timeline_is_told_in_both_languages() {
    let text = read_text("timeline.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    assert_eq!(
        header.iter().collect::<Vec<_>>(),
        [
            "time_jst",
            "municipality",
            "kind",
            "what_ja",
            "what_en",
            "where",
            "persons",
            "source_ref"
        ]
    );
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert!(rows.len() > 10);
    for row in &rows {
        assert!(
            !row[3].is_empty() && !row[4].is_empty() && !row[7].is_empty(),
            "{row:?}"
        );
        assert!(
            row[6].is_empty() || row[6].parse::<u32>().is_ok(),
            "{row:?}"
        );
    }
    assert!(
        rows.windows(2).all(|pair| pair[0][0] <= pair[1][0]),
        "in the order of time"
    );
}

#[test]
fn the_drawing_is_small_the_same_each_time_and_within_its_frame() {
    let sketch = OBIHIRO.sketch(100.0);
    assert_eq!(sketch, OBIHIRO.sketch(100.0));
    let areas = sketch.districts.iter().flat_map(|district| &district.rings);
    let depths = sketch.depth.iter().flat_map(|depth| &depth.rings);
    let mut written = 0;
    for [x, y] in areas.chain(depths).chain(&sketch.outline).flatten() {
        assert!((0..=sketch.width_m).contains(x) && (0..=sketch.height_m).contains(y));
        written += format!("{x} {y} ").len();
    }
    assert!(
        written < 110_000,
        "{written} bytes of outlines leave too little of 150 kB"
    );
    assert!(
        sketch.districts.len() > 40 && sketch.depth.len() >= 4,
        "{} {}",
        sketch.districts.len(),
        sketch.depth.len()
    );
    assert!(
        sketch
            .gauges
            .iter()
            .any(|pin| pin.id == "301081281107050" && pin.ready)
    );
    assert!(sketch.rivers.iter().any(|line| line.river == "札内川"));
    assert!(sketch.shelters.iter().filter(|pin| pin.ready).count() > 20);
}

#[test]
fn a_tolerance_that_makes_no_sense_still_gives_a_bounded_drawing() {
    for tolerance_m in [f64::NAN, -1.0, 0.0, f64::INFINITY] {
        let sketch = OBIHIRO.sketch(tolerance_m);
        assert!(sketch.cell_m >= 20 && sketch.width_m / sketch.cell_m <= 1_100);
    }
}

#[test]
fn packing_the_map_again_gives_the_committed_text() {
    // How well the text is compressed is the library's choice and changes with it; what stands in it does not.
    let text = |packed: &[u8]| {
        let mut text = String::new();
        flate2::read::GzDecoder::new(packed)
            .read_to_string(&mut text)
            .unwrap();
        text
    };
    let packed = read("map.json.gz");
    let again = MapFile::unpack(&packed).unwrap().pack().unwrap();
    assert!(text(&again) == text(&packed), "the text is another");
}

#[test]
fn everything_that_is_embedded_stays_small() {
    let names = [
        "town.toml",
        "map.json.gz",
        "levels-2016-08.csv.gz",
        "typhoon10.csv.gz",
        "timeline.csv",
    ];
    let bytes: usize = names.iter().map(|name| read(name).len()).sum();
    assert!(bytes < 2_000_000, "{bytes}");
}
