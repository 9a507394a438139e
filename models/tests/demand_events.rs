//! The demand models on every real count of shelters at hand, each event left out in turn. The counts are read where
//! HINAN_SAMPLES names them.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use hinan_models::demand::{
    CountSeries, DemandCard, EventSeries, FixedRate, SeriesFigures, SeriesKind, leave_one_event_out,
};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// People of the census of 2020, in whole thousands: for the fixed rate only.
const PEOPLE: [(&str, f64); 3] = [
    ("七尾市", 50_000.0),
    ("八代市", 123_000.0),
    ("宇城市", 57_000.0),
];

fn samples() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("HINAN_SAMPLES")?);
    Some(folder).filter(|folder| folder.join("evacuation").is_dir())
}

fn rows(file: &Path) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_path(file)
        .unwrap()
        .deserialize()
        .map(|row| row.unwrap())
        .collect()
}

fn people(town: &str) -> f64 {
    PEOPLE.iter().find(|(name, _)| *name == town).unwrap().1
}

/// Series by name from (name, moment, count); of two counts of one moment the larger.
fn series(counts: impl IntoIterator<Item = (String, Timestamp, u32)>) -> Vec<CountSeries> {
    let mut all: BTreeMap<String, BTreeMap<Timestamp, u32>> = BTreeMap::new();
    for (name, at, persons) in counts {
        let there = all.entry(name).or_default().entry(at).or_default();
        *there = persons.max(*there);
    }
    let one = |(name, counts): (String, BTreeMap<_, _>)| {
        CountSeries::new(name, counts.into_iter().collect())
    };
    all.into_iter().map(|all| one(all).unwrap()).collect()
}

fn fixed(series: &[CountSeries], share: impl Fn(&str) -> Option<f64>) -> Vec<Option<FixedRate>> {
    let one = |name| {
        share(name).map(|people| FixedRate {
            at_1_percent: 0.01 * people,
        })
    };
    series.iter().map(|series| one(series.name())).collect()
}

fn nanao(folder: &Path) -> Vec<EventSeries> {
    let folder = folder.join("evacuation/nanao-shelters-2024");
    let capacity: BTreeMap<String, f64> = rows(&folder.join("shelters.csv"))
        .into_iter()
        .filter_map(|row| Some((row["name"].clone(), row["indoor_capacity"].parse().ok()?)))
        .collect();
    let all: f64 = capacity.values().sum();
    let shelters = series(rows(&folder.join("occupancy.csv")).into_iter().map(|row| {
        (
            row["name"].clone(),
            row["time"].parse().unwrap(),
            row["persons"].parse().unwrap(),
        )
    }));
    let of_town = |column: &'static str| {
        let rows = rows(&folder.join("city_total.csv"));
        series(rows.into_iter().map(move |row| {
            (
                "七尾市".to_owned(),
                row["time"].parse().unwrap(),
                row[column].parse().unwrap(),
            )
        }))
    };
    let event = |kind, series: Vec<CountSeries>, fixed, places| EventSeries {
        event: "七尾市 2024".into(),
        kind,
        series,
        fixed,
        places,
    };
    let by_capacity = fixed(&shelters, |name| {
        capacity.get(name).map(|own| people("七尾市") * own / all)
    });
    let places = shelters
        .iter()
        .map(|one| capacity.get(one.name()).copied())
        .collect();
    let (town, open) = (of_town("persons_total"), of_town("open_shelters"));
    let of_people = fixed(&town, |town| Some(people(town)));
    vec![
        event(SeriesKind::Shelter, shelters, by_capacity, places),
        event(SeriesKind::Town, town, of_people, Vec::new()),
        event(SeriesKind::OpenShelters, open, vec![None], Vec::new()),
    ]
}

fn kumamoto(folder: &Path) -> Vec<EventSeries> {
    let folder = folder.join("gis/kumamoto-shelters-2026");
    let capacity: BTreeMap<String, (String, f64)> = rows(&folder.join("shelters.csv"))
        .into_iter()
        .filter_map(|row| {
            let own = row["capacity_persons"].parse().ok()?;
            Some((
                row["shelter_id"].clone(),
                (row["municipality"].clone(), own),
            ))
        })
        .collect();
    let at = |row: &BTreeMap<String, String>| {
        row["source_observed_at_jst"].parse::<Timestamp>().unwrap()
    };
    let counts = rows(&folder.join("evacuee_counts.csv"));
    let persons = |row: &BTreeMap<String, String>| row["evacuee_count"].parse::<u32>().unwrap();
    let shelters = series(
        counts
            .iter()
            .map(|row| (row["shelter_id"].clone(), at(row), persons(row))),
    );
    let mut totals: BTreeMap<(String, Timestamp), u32> = BTreeMap::new();
    for row in &counts {
        *totals
            .entry((row["municipality"].clone(), at(row)))
            .or_default() += persons(row);
    }
    let towns = series(
        totals
            .into_iter()
            .map(|((town, at), persons)| (town, at, persons)),
    );
    let mut open: BTreeMap<String, u32> = BTreeMap::new();
    for row in rows(&folder.join("open_status_daily.csv")) {
        *open.entry(row["snapshot_date_jst"].clone()).or_default() += 1;
    }
    let open = series(open.into_iter().map(|(day, shelters)| {
        (
            "熊本県".to_owned(),
            format!("{day}T23:54:00+09:00").parse().unwrap(),
            shelters,
        )
    }));
    let by_capacity = fixed(&shelters, |shelter| {
        let (town, own) = capacity.get(shelter)?;
        let all: f64 = capacity
            .values()
            .filter(|(other, _)| other == town)
            .map(|(_, own)| own)
            .sum();
        let people = PEOPLE.iter().find(|(name, _)| name == town)?.1;
        Some(people * own / all)
    });
    let places = shelters
        .iter()
        .map(|one| Some(capacity.get(one.name())?.1))
        .collect();
    let of_people = fixed(&towns, |town| Some(people(town)));
    let event = |kind, series: Vec<CountSeries>, fixed, places| EventSeries {
        event: "熊本県 2026".into(),
        kind,
        series,
        fixed,
        places,
    };
    vec![
        event(SeriesKind::Shelter, shelters, by_capacity, places),
        event(SeriesKind::Town, towns, of_people, Vec::new()),
        event(SeriesKind::OpenShelters, open, vec![None], Vec::new()),
    ]
}

#[test]
fn every_real_series_is_met_by_a_model_that_never_saw_its_event() {
    let Some(folder) = samples() else {
        println!("skipped: no samples");
        return;
    };
    let events: Vec<EventSeries> = nanao(&folder)
        .into_iter()
        .chain(kumamoto(&folder))
        .collect();
    for event in &events {
        let counts: usize = event.series.iter().map(|one| one.counts().len()).sum();
        println!(
            "{} {:?}: {} series, {counts} counts",
            event.event,
            event.kind,
            event.series.len()
        );
    }
    let figures = leave_one_event_out(&events, &[1, 3, 7]).unwrap();
    print(&figures);
    for one in &figures {
        if let Some((ours, fixed)) = one.beside_fixed {
            assert!(
                fixed.iter().all(|fixed| ours < *fixed),
                "a fixed rate did better: {one:?}"
            );
        }
    }
    assert_eq!(
        figures
            .iter()
            .filter(|one| one.event.starts_with("七尾市"))
            .count(),
        9
    );
    let card = DemandCard::of_published(figures).unwrap();
    print_rates(&card);
}

fn print(figures: &[SeriesFigures]) {
    println!(
        "| event left out | what | days | forecasts | log-RMSE | persistence | (ours where there is one) fixed 1 / 3 / 5 % | 90 % holds | within × 2 | AUC of 80 %: ours / as full now |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for f in figures {
        let fixed = f.beside_fixed.map_or_else(
            || "–".to_owned(),
            |(ours, [a, b, c])| format!("({ours:.2}) {a:.2} / {b:.2} / {c:.2}"),
        );
        let auc = f.auc_80_percent.map_or_else(
            || "–".to_owned(),
            |[ours, now]| format!("{ours:.3} / {now:.3}"),
        );
        println!(
            "| {} | {:?} | {} | {} | {:.3} | {:.3} | {fixed} | {:.2} | {:.2} | {auc} |",
            f.event,
            f.kind,
            f.days,
            f.forecasts,
            f.log_rmse,
            f.log_rmse_persistence,
            f.coverage90,
            f.within_factor_2
        );
    }
}

fn print_rates(card: &DemandCard) {
    println!(
        "{} rates of {} storms; weights in logits {:.2?}",
        card.rates, card.storms, card.weights
    );
    println!(
        "| rates | n | log-RMSE | prior alone | fixed 1 / 3 / 5 % | storm before (n): its error / ours | 90 % holds | within × 2 |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for f in &card.on_rates {
        let fixed: Vec<String> = f
            .log_rmse_fixed
            .iter()
            .map(|(_, error)| format!("{error:.2}"))
            .collect();
        println!(
            "| {:?} | {} | {:.2} | {:.2} | {} | ({}) {:.2} / {:.2} | {:.2} | {:.2} |",
            f.measure,
            f.rates,
            f.log_rmse,
            f.log_rmse_prior,
            fixed.join(" / "),
            f.rates_with_storm_before,
            f.log_rmse_storm_before,
            f.log_rmse_where_storm_before,
            f.coverage90,
            f.within_factor_2
        );
    }
}
