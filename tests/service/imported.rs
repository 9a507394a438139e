//! A town from its own files: `hinan import` makes one bundle of them, and the service runs on it.

use std::fs::write;
use std::path::{Path, PathBuf};

use hinan::clock::wall;
use hinan_town::{Level, OBIHIRO, Officer, StatusCode, TownPlan, ran};
use jiff::SignedDuration;
use serde_json::Value;
use tempfile::TempDir;

use crate::HINAN;

fn square(west: f64, east: f64) -> String {
    format!("[[[{west},42.9],[{east},42.9],[{east},42.95],[{west},42.95],[{west},42.9]]]")
}

fn features(all: &[(&str, String)]) -> String {
    let features: Vec<String> = all
        .iter()
        .map(|(properties, rings)| {
            format!(
                r#"{{"type":"Feature","properties":{properties},"geometry":{{"type":"Polygon","coordinates":{rings}}}}}"#
            )
        })
        .collect();
    format!(
        r#"{{"type":"FeatureCollection","features":[{}]}}"#,
        features.join(",")
    )
}

/// The files of a made-up town at the place of Obihiro, with the gauges of the demo town.
fn files(folder: &Path) {
    let put = |name: &str, text: &str| write(folder.join(name), text).unwrap();
    let town = concat!(env!("CARGO_MANIFEST_DIR"), "/config/obihiro/town.toml");
    std::fs::copy(town, folder.join("town.toml")).unwrap();
    put(
        "border.geojson",
        &features(&[(r#"{"name":"帯広市","code":"01207"}"#, square(143.15, 143.3))]),
    );
    put(
        "flood.geojson",
        &features(&[
            (r#"{"depth_rank":2}"#, square(143.19, 143.2)),
            (r#"{"depth_rank":4}"#, square(143.2, 143.215)),
        ]),
    );
    put(
        "inland.geojson",
        &features(&[(r#"{"浸水深":"0.3m以上1m未満"}"#, square(143.16, 143.17))]),
    );
    put("people.csv", "mesh,人口\n64433106,1000\n64433107,500\n");
    put(
        "sites.csv",
        "共通ID,施設・場所名,住所,洪水,緯度,経度\nE1,乾いた学校,西1条,1,42.925,143.25\nE2,低い学校,東1条,1,42.925,143.205\n",
    );
    put(
        "homes.csv",
        "id,名称,緯度,経度\nF1,老人ホーム,42.93,143.21\n",
    );
    put(
        "roads.osm",
        "<osm version='0.6'><node id='1' lat='42.925' lon='143.19'/><node id='2' lat='42.925' lon='143.26'/>\
         <way id='1'><nd ref='1'/><nd ref='2'/><tag k='highway' v='residential'/></way></osm>",
    );
    let layer = |kind: &str, path: &str, more: &str| {
        format!(
            "[[layer]]\nkind = \"{kind}\"\npath = \"{path}\"\n{more}\n[layer.attribution]\nwhat = \"{kind}\"\nsource = \"the test of {path}\"\nlicence = \"none\"\n\n"
        )
    };
    let jgd2011 = "crs = \"EPSG:6668\"";
    let plan = "town = \"town.toml\"\n\n".to_owned()
        + &layer("boundary", "border.geojson", "")
        + &layer("flood_max", "flood.geojson", "river = \"十勝川\"")
        + &layer("inland_flood", "inland.geojson", "")
        + &layer("population", "people.csv", "")
        + &layer("shelter_emergency", "sites.csv", jgd2011)
        + &layer("facility", "homes.csv", jgd2011)
        + &layer("road", "roads.osm", "");
    put("import.toml", &plan);
}

fn imported(folder: &Path) -> PathBuf {
    let (plan, bundle) = (folder.join("import.toml"), folder.join("town.hinan"));
    let said = ran(
        Path::new(HINAN),
        &[
            "import",
            "--plan",
            &plan.display().to_string(),
            "--out",
            &bundle.display().to_string(),
        ],
        "",
    );
    assert!(said.status.success(), "{said:?}");
    bundle
}

async fn json(officer: &Officer, path: &str) -> Value {
    let answer = officer.opens(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    serde_json::from_str(&answer.text).unwrap_or_else(|why| panic!("{path}: {why}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_runs_on_a_bundle_and_serves_all_that_is_in_it() {
    let folder = TempDir::new().unwrap();
    files(folder.path());
    let bundle = imported(folder.path());
    let mut town = TownPlan::of(HINAN)
        .with("town.dir", bundle.display().to_string())
        .with_officer("mori", "viewer")
        .opens()
        .await
        .unwrap();
    let mori = town.officer("mori").await;
    for (theme, things) in [
        ("zones", 2),
        ("districts", 1),
        ("roads", 1),
        ("shelters", 2),
        ("inland_flood", 1),
        ("population", 2),
        ("facility", 1),
    ] {
        let table = json(&mori, &format!("/plain/layers/{theme}/table.json")).await;
        assert_eq!(table["numberMatched"], things, "{theme}");
        let described = json(&mori, &format!("/plain/tiles/{theme}.json")).await;
        let zoom = described["minzoom"].as_u64().unwrap().max(15);
        let tile = tile_of(zoom, described["center"][0].as_f64().unwrap(), 42.925);
        let (status, headers, bytes) = mori
            .asks(&format!("/plain/tiles/{theme}/{tile}.mvt"), &[])
            .await;
        if theme != "districts" && theme != "shelters" && theme != "zones" && theme != "population"
        {
            assert_eq!(status, StatusCode::OK, "{theme} {tile}");
            assert_eq!(
                headers["content-type"],
                "application/vnd.mapbox-vector-tile"
            );
            assert!(!bytes.is_empty());
        }
        let coarse = tile_of(10, 143.2, 42.925);
        let (status, _, bytes) = mori
            .asks(&format!("/plain/tiles/{theme}/{coarse}.mvt"), &[])
            .await;
        let drawn_here = theme != "roads";
        assert_eq!(
            status == StatusCode::OK && !bytes.is_empty(),
            drawn_here,
            "{theme} at zoom 10"
        );
    }
    let inland = json(&mori, "/plain/layers/inland_flood/table.json").await;
    let row = &inland["rows"][0];
    assert_eq!(
        (
            row["class_ja"].as_str(),
            row["source"].as_str(),
            row["depth_rank"].as_u64()
        ),
        (Some("0.3m以上1m未満"), Some("inland.geojson"), Some(2))
    );
    let list = mori.opens("/plain/layers").await;
    assert!(
        list.text.contains("内水浸水想定区域") && list.text.contains("the test of inland.geojson")
    );

    // Above the danger level of 帯広 the zones of 0.5 m and more are concerned.
    town.receives(&[Level {
        station: OBIHIRO.to_owned(),
        at: wall() - SignedDuration::from_mins(1),
        level_m: 38.0,
    }])
    .await;
    town.thinks().await;
    let said = json(&mori, "/api/v1/extents").await;
    let of_river: Vec<&Value> = said["extents"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["gauge"] == OBIHIRO && one["river"] == "十勝川")
        .collect();
    let [one] = of_river[..] else {
        panic!("{said}");
    };
    assert_eq!(one["basis"], "assumed_from_ranks");
    assert!(
        one["assumption"].as_str().unwrap().starts_with("Assumed"),
        "{one}"
    );
    let district = &one["now"]["districts"][0];
    assert_eq!(district["name"], "帯広市", "{one}");
    assert_eq!(district["facilities"][0], "老人ホーム");
    assert_eq!(
        district["shelters"][0], "E2",
        "the one that stands in the water's way"
    );
    assert_eq!(district["zones"], serde_json::json!([1, 2]));
    assert!(
        district["people"]["high"].as_u64().unwrap() > 100,
        "{district}"
    );
    let silent = said["extents"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["river"] == "札内川");
    assert!(
        silent.unwrap()["now"].is_null(),
        "what is not heard is not said to be dry"
    );

    let page = mori.opens("/plain/").await.text;
    assert!(
        page.contains("水位から見た対象区域") && page.contains("仮定："),
        "{page}"
    );
    assert!(
        page.contains("対象が分からない水位計: "),
        "silent gauges are named"
    );
    town.closes().await;
}

/// The web map tile of a place, `z/x/y`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a tile of Japan"
)]
fn tile_of(zoom: u64, lon: f64, lat: f64) -> String {
    let side = 2_f64.powi(i32::try_from(zoom).unwrap());
    let x = (lon + 180.0) / 360.0 * side;
    let y = (1.0 - lat.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0 * side;
    format!("{zoom}/{}/{}", x as u64, y as u64)
}

/// Files of official publishers for one town, from the folder that `HINAN_SAMPLES` names.
#[test]
#[expect(clippy::print_stdout, reason = "says what it looked at")]
fn the_official_files_of_obihiro_become_a_town_that_can_be_configured() {
    let Some(samples) = std::env::var_os("HINAN_SAMPLES") else {
        println!("skipped: no samples");
        return;
    };
    let from = PathBuf::from(samples).join("gis/obihiro");
    let folder = TempDir::new().unwrap();
    let town = concat!(env!("CARGO_MANIFEST_DIR"), "/config/obihiro/town.toml");
    std::fs::copy(town, folder.path().join("town.toml")).unwrap();
    let mut arguments: Vec<String> = vec!["import".into()];
    for (kind, file) in [
        ("boundary", "municipality_n03.geojson"),
        ("neighbour", "neighbours_n03.geojson"),
        ("flood_max", "flood_depth_max_primary_25m.geojson"),
        ("shelter_emergency", "shelters_emergency_gsi.geojson"),
        ("shelter_designated", "shelters_designated_gsi.geojson"),
        ("population", "population_mesh500_census2010.geojson"),
        ("gauge", "river_gauges.geojson"),
        ("camera", "river_cctv.geojson"),
    ] {
        arguments.push("--layer".into());
        arguments.push(format!("{kind}={}", from.join(file).display()));
    }
    let bundle = folder.path().join("town.hinan").display().to_string();
    let town = folder.path().join("town.toml").display().to_string();
    arguments.extend(["--town".into(), town, "--out".into(), bundle.clone()]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let said = ran(Path::new(HINAN), &arguments, "");
    assert!(said.status.success(), "{said:?}");
    let text = String::from_utf8_lossy(&said.stdout);
    println!(
        "{}",
        text.lines()
            .filter(|line| line.contains("districts"))
            .collect::<String>()
    );
    let config = folder.path().join("config.toml");
    write(&config, format!("[town]\ndir = {bundle:?}\n")).unwrap();
    let said = ran(
        Path::new(HINAN),
        &["check-config", "--config", &config.display().to_string()],
        "",
    );
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.status.success(), "{said:?}");
    assert!(
        text.contains("避難場所120") && text.contains("浸水区域8538"),
        "{text}"
    );
}
