//! GET /plain/tiles/{theme}.json and /plain/tiles/{theme}/{z}/{x}/{y}.mvt: the town's map for a browser.
//!
//! Nothing is asked of any other server. Officers see them, like the situation page.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hinan_gis::tile::{Atlas, PackedTile, Packing, TileId, ZOOM_MAX};

use super::problem::Problem;
use super::refusal::Refusal;
use super::router::Doors;
use super::who::SignedIn;
use crate::app::App;

const VECTOR_TILE: &str = "application/vnd.mapbox-vector-tile";
/// A town's map changes when the service starts with another town; a tag is asked for again after five minutes.
const CACHING: &str = "private, max-age=300";
/// How many things a tile left out because a limit was reached. Absent where nothing was.
const LEFT_OUT: HeaderName = HeaderName::from_static("x-hinan-left-out");

/// Description of a theme's tiles (TileJSON 3.0.0).
pub(super) async fn description(
    State(doors): State<Doors>,
    who: Result<SignedIn, Refusal>,
    Path(file): Path<String>,
) -> Result<Response, Problem> {
    who?;
    let key = file.strip_suffix(".json").ok_or_else(|| {
        Problem::unknown("アドレスは 主題.json です", "The address is THEME.json.")
    })?;
    let app = doors.app;
    let atlas = ready(&app).await?;
    let sheet = atlas.sheet(key).ok_or_else(|| no_theme(atlas, key))?;
    let credits: Vec<&str> = app
        .town()
        .attribution
        .iter()
        .map(|a| a.source.as_str())
        .collect();
    let tiles = format!("/plain/tiles/{key}/{{z}}/{{x}}/{{y}}.mvt");
    let body = sheet.tile_json(&tiles, &credits.join(" / "));
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, CACHING),
    ];
    Ok((headers, body.to_string()).into_response())
}

/// One tile: 200 with its bytes, 204 where nothing lies, 304 for who has it already.
pub(super) async fn tile(
    State(doors): State<Doors>,
    who: Result<SignedIn, Refusal>,
    Path((key, zoom, column, row)): Path<(String, String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    who?;
    let id = tile_id(&zoom, &column, &row)?;
    let packing = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .map_or(Packing::Plain, Packing::accepted);
    let app = doors.app;
    let tile = tokio::task::spawn_blocking(move || {
        let atlas = app.maps.atlas(&app.reference);
        let sheet = atlas.sheet(&key).ok_or_else(|| no_theme(atlas, &key))?;
        let make = || PackedTile::of(&sheet.tile(id), packing);
        let made = app.maps.shelf().get(sheet.theme().key, id, packing, make);
        made.map_err(|why| Problem::failed(&why))
    })
    .await
    .map_err(|why| Problem::failed(&why))??;
    Ok(answer(&tile, &headers))
}

/// The atlas, drawn by now: the first who asks waits on a thread of its own.
pub(super) async fn ready(app: &Arc<App>) -> Result<&Atlas, Problem> {
    let drawing = Arc::clone(app);
    tokio::task::spawn_blocking(move || {
        drawing.maps.atlas(&drawing.reference);
    })
    .await
    .map_err(|why| Problem::failed(&why))?;
    Ok(app.maps.atlas(&app.reference))
}

/// The themes there are, for who asked for another.
pub(super) fn no_theme(atlas: &Atlas, asked: &str) -> Problem {
    let keys: Vec<&str> = atlas
        .sheets()
        .iter()
        .map(|sheet| sheet.theme().key)
        .collect();
    let asked: String = asked.chars().take(40).collect();
    Problem::unknown(
        format!("主題「{asked}」はありません。あるのは: {}", keys.join(", ")),
        format!(
            "There is no theme '{asked}'. There are: {}",
            keys.join(", ")
        ),
    )
}

fn tile_id(zoom: &str, column: &str, row: &str) -> Result<TileId, Problem> {
    let accepted = || {
        Problem::bad(
            format!(
                "タイルの番号は z/x/y.mvt、z は0から{ZOOM_MAX}、x と y は0から2のz乗-1までの整数です"
            ),
            format!(
                "A tile is z/x/y.mvt with whole numbers: z from 0 to {ZOOM_MAX}, x and y from 0 to 2^z - 1."
            ),
        )
    };
    let digits = |text: &str| {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse::<u32>().ok()).flatten()
    };
    let row = row.strip_suffix(".mvt").and_then(digits);
    let zoom = digits(zoom).and_then(|zoom| u8::try_from(zoom).ok());
    let (Some(zoom), Some(column), Some(row)) = (zoom, digits(column), row) else {
        return Err(accepted());
    };
    TileId::new(zoom, column, row).ok_or_else(accepted)
}

fn answer(tile: &PackedTile, asked: &HeaderMap) -> Response {
    let mut headers = HeaderMap::new();
    let mut say = |name: HeaderName, value: &str| {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    };
    say(header::ETAG, &tile.tag);
    say(header::CACHE_CONTROL, CACHING);
    say(header::VARY, "Accept-Encoding");
    if tile.left_out > 0 {
        metrics::counter!("hinan_tile_things_left_out_total").increment(tile.left_out as u64);
        say(LEFT_OUT, &tile.left_out.to_string());
    }
    let known = asked
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|one| one.trim().trim_start_matches("W/") == tile.tag || one.trim() == "*");
    if known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    if tile.bytes.is_empty() {
        return (StatusCode::NO_CONTENT, headers).into_response();
    }
    if let Some(word) = tile.packing.word() {
        say(header::CONTENT_ENCODING, word);
    }
    say(header::CONTENT_TYPE, VECTOR_TILE);
    (headers, tile.bytes.clone()).into_response()
}

#[cfg(test)]
mod tests {
    use super::tile_id;

    #[test]
    fn only_whole_numbers_of_a_tile_that_exists_are_accepted() {
        assert!(tile_id("12", "3637", "1612.mvt").is_ok());
        for (zoom, column, row) in [
            ("12", "3637", "1612"),
            ("12", "3637", "1612.png"),
            ("17", "0", "0.mvt"),
            ("1", "2", "0.mvt"),
            ("-1", "0", "0.mvt"),
            ("+1", "0", "0.mvt"),
            ("1e1", "0", "0.mvt"),
            ("", "", ".mvt"),
            ("300", "0", "0.mvt"),
            ("16", "99999999999999999999", "0.mvt"),
            ("１", "0", "0.mvt"),
        ] {
            assert!(tile_id(zoom, column, row).is_err(), "{zoom}/{column}/{row}");
        }
    }
}
