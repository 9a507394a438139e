//! The map for officers: tiles, the same things as data and tables, and what is said to bad questions.

use hinan_town::{Resident, StatusCode, Town, TownPlan};

use crate::HINAN;

async fn town() -> Town {
    TownPlan::of(HINAN)
        .with_officer("mori", "viewer")
        .opens()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn officers_see_tiles_data_and_tables_of_every_layer_and_nobody_else_does() {
    let mut town = town().await;
    let mori = town.officer("mori").await;
    let list = mori.opens("/plain/layers").await;
    assert_eq!(list.status, StatusCode::OK);
    let stranger: Resident = town.resident();
    for theme in [
        "zones",
        "districts",
        "boundary",
        "rivers",
        "shelters",
        "gauges",
    ] {
        let table = mori.opens(&format!("/plain/layers/{theme}")).await;
        assert_eq!(table.status, StatusCode::OK, "{theme}");
        assert!(
            list.text.contains(&format!("/plain/layers/{theme}")),
            "{theme}"
        );
        let data = mori
            .opens(&format!("/plain/layers/{theme}/features.geojson?limit=3"))
            .await;
        let data: serde_json::Value = serde_json::from_str(&data.text).unwrap();
        let rows = mori
            .opens(&format!("/plain/layers/{theme}/table.json?limit=3"))
            .await;
        let rows: serde_json::Value = serde_json::from_str(&rows.text).unwrap();
        assert_eq!(data["numberMatched"], rows["numberMatched"], "{theme}");
        for (feature, row) in data["features"]
            .as_array()
            .unwrap()
            .iter()
            .zip(rows["rows"].as_array().unwrap())
        {
            for (key, value) in feature["properties"].as_object().unwrap() {
                assert_eq!(&row[key], value, "{theme} {key}");
            }
        }
        let csv = mori
            .opens(&format!("/plain/layers/{theme}/table.csv?limit=3"))
            .await;
        assert_eq!(
            csv.text.lines().count(),
            1 + data["features"].as_array().unwrap().len(),
            "{theme}"
        );
        let description = mori.opens(&format!("/plain/tiles/{theme}.json")).await;
        let description: serde_json::Value = serde_json::from_str(&description.text).unwrap();
        assert_eq!(
            description["tiles"][0],
            format!("/plain/tiles/{theme}/{{z}}/{{x}}/{{y}}.mvt")
        );
        // Obihiro at zoom 10.
        let path = format!("/plain/tiles/{theme}/10/919/376.mvt");
        assert_eq!(mori.opens(&path).await.status, StatusCode::OK, "{theme}");
        assert_eq!(stranger.gets(&path).await.status, StatusCode::UNAUTHORIZED);
        let path = format!("/plain/layers/{theme}/table.csv");
        assert_eq!(stranger.gets(&path).await.status, StatusCode::UNAUTHORIZED);
    }
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_question_gets_a_sentence_and_an_empty_place_an_empty_answer() {
    let mut town = town().await;
    let mori = town.officer("mori").await;
    for (path, status, words) in [
        (
            "/plain/tiles/zones/17/0/0.mvt",
            StatusCode::BAD_REQUEST,
            "z from 0 to 16",
        ),
        (
            "/plain/tiles/zones/3/8/0.mvt",
            StatusCode::BAD_REQUEST,
            "2^z - 1",
        ),
        (
            "/plain/tiles/zones/a/0/0.mvt",
            StatusCode::BAD_REQUEST,
            "whole numbers",
        ),
        (
            "/plain/tiles/zones/3/0/0.png",
            StatusCode::BAD_REQUEST,
            "z/x/y.mvt",
        ),
        (
            "/plain/tiles/moon/3/0/0.mvt",
            StatusCode::NOT_FOUND,
            "There are: zones",
        ),
        (
            "/plain/layers/zones/features.geojson?bbox=1,2,3",
            StatusCode::BAD_REQUEST,
            "west,south,east,north",
        ),
        (
            "/plain/layers/zones/features.geojson?limit=0",
            StatusCode::BAD_REQUEST,
            "1 to 1000",
        ),
        (
            "/plain/layers/zones/features.geojson?limit=abc",
            StatusCode::BAD_REQUEST,
            "whole numbers",
        ),
        (
            "/plain/layers/zones/features.geojson?after=-1",
            StatusCode::BAD_REQUEST,
            "whole numbers",
        ),
        (
            "/plain/layers/zones/table.json?x=1",
            StatusCode::BAD_REQUEST,
            "bbox, after and limit",
        ),
        (
            "/plain/layers/zones/table.xls",
            StatusCode::NOT_FOUND,
            "table.csv",
        ),
    ] {
        let answer = mori.opens(path).await;
        assert_eq!(answer.status, status, "{path}");
        let problem: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
        assert!(
            problem["detail"].as_str().unwrap().contains(words),
            "{path}: {problem}"
        );
        assert_eq!(problem["status"], status.as_u16());
    }
    let sea = mori.opens("/plain/tiles/zones/10/0/0.mvt").await;
    assert_eq!(
        (sea.status, sea.text.as_str()),
        (StatusCode::NO_CONTENT, "")
    );
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_data_follow_one_another_to_the_end() {
    let mut town = town().await;
    let mori = town.officer("mori").await;
    let mut path =
        "/plain/layers/zones/features.geojson?bbox=143.18,42.91,143.21,42.93&limit=50".to_owned();
    let mut numbers = Vec::new();
    let matched = loop {
        let page = mori.opens(&path).await;
        let page: serde_json::Value = serde_json::from_str(&page.text).unwrap();
        for feature in page["features"].as_array().unwrap() {
            numbers.push(feature["id"].as_u64().unwrap());
        }
        match page["next"].as_str() {
            Some(next) => path = next.to_owned(),
            None => break page["numberMatched"].as_u64().unwrap(),
        }
    };
    assert!(matched > 50, "there is more than one page");
    assert_eq!(numbers.len() as u64, matched);
    assert!(numbers.is_sorted_by(|a, b| a < b));
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tile_is_packed_as_the_browser_accepts_and_not_sent_twice() {
    let mut town = town().await;
    let mori = town.officer("mori").await;
    let path = "/plain/tiles/zones/12/3677/1506.mvt";
    let mut sizes = Vec::new();
    for accepted in ["identity", "gzip", "gzip, br"] {
        let (status, said, bytes) = mori.asks(path, &[("accept-encoding", accepted)]).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(said["content-type"], "application/vnd.mapbox-vector-tile");
        assert_eq!(said["vary"], "Accept-Encoding");
        assert_eq!(said["cache-control"], "private, max-age=300");
        let packing = match accepted {
            "identity" => None,
            "gzip" => Some("gzip"),
            _ => Some("br"),
        };
        assert_eq!(said.get("content-encoding").map(String::as_str), packing);
        sizes.push(bytes.len());
        let known = [
            ("accept-encoding", accepted),
            ("if-none-match", &said["etag"]),
        ];
        let (status, again, bytes) = mori.asks(path, &known).await;
        assert_eq!((status, bytes.len()), (StatusCode::NOT_MODIFIED, 0));
        assert_eq!(again["etag"], said["etag"]);
    }
    assert!(
        sizes[0] > sizes[1] && sizes[1] > 0 && sizes[2] > 0,
        "{sizes:?}"
    );
    town.closes().await;
}
