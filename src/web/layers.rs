//! GET /plain/layers and /plain/layers/{theme}: the map as tables, for people who do not see maps.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Response};
use hinan_dashboard::page;
use hinan_dashboard::view::{LayerCell, LayerHead, LayerLink, LayerView, LayersView};
use hinan_gis::tile::{Sheet, Value};

use super::features::Asked;
use super::frame;
use super::refusal::Refusal;
use super::router::Doors;
use super::tiles::ready;
use super::who::SignedIn;

/// Rows of one page.
const ROWS: usize = 100;

/// The list of layers.
pub(super) async fn list(State(doors): State<Doors>, who: SignedIn) -> Result<Response, Refusal> {
    let app = &doors.app;
    let atlas = match ready(app).await {
        Ok(atlas) => atlas,
        Err(problem) => return Ok(problem.into_response()),
    };
    let view = LayersView {
        layers: atlas.sheets().iter().map(link).collect(),
        credits: app
            .town()
            .attribution
            .iter()
            .map(|a| format!("{}: {}", a.what, a.source))
            .collect(),
        notes: app
            .town()
            .notes
            .iter()
            .map(|note| note.ja.clone())
            .collect(),
    };
    Ok(Html(page::layers(&frame::officers(app, &who, None)?, &view)).into_response())
}

/// One layer as a table.
pub(super) async fn table(
    State(doors): State<Doors>,
    who: SignedIn,
    Path(key): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(asked) = asked.map_err(|why| Refusal::BadForm(why.to_string()))?;
    let app = &doors.app;
    let atlas = match ready(app).await {
        Ok(atlas) => atlas,
        Err(problem) => return Ok(problem.into_response()),
    };
    let sheet = atlas.sheet(&key).ok_or(Refusal::Unknown)?;
    let asked = asked.limited(ROWS);
    let found = match asked.found(sheet) {
        Ok(found) => found,
        Err(_) => return Err(Refusal::BadForm("bbox".to_owned())),
    };
    let theme = sheet.theme();
    let view = LayerView {
        layer: link(sheet),
        heads: theme
            .columns
            .iter()
            .map(|column| LayerHead {
                ja: column.ja.to_owned(),
                en: column.en.to_owned(),
            })
            .collect(),
        rows: found
            .items
            .iter()
            .map(|item| {
                (
                    u64::from(item.number),
                    item.values.iter().map(cell).collect(),
                )
            })
            .collect(),
        matched: found.total as u64,
        shown: found.items.len() as u64,
        area: asked.bbox.clone(),
        first: asked.after.is_some().then(|| match &asked.bbox {
            Some(bbox) => format!("/plain/layers/{key}?bbox={bbox}"),
            None => format!("/plain/layers/{key}"),
        }),
        next: asked
            .next(&found)
            .map(|query| format!("/plain/layers/{key}?{query}")),
    };
    Ok(Html(page::layer(&frame::officers(app, &who, None)?, &view)).into_response())
}

fn link(sheet: &Sheet) -> LayerLink {
    let theme = sheet.theme();
    let key = theme.key;
    LayerLink {
        title_ja: theme.title_ja.to_owned(),
        title_en: theme.title_en.to_owned(),
        things: theme.items.len() as u64,
        table: format!("/plain/layers/{key}"),
        geojson: format!("/plain/layers/{key}/features.geojson"),
        csv: format!("/plain/layers/{key}/table.csv"),
        json: format!("/plain/layers/{key}/table.json"),
        tiles: format!("/plain/tiles/{key}.json"),
    }
}

fn cell(value: &Value) -> LayerCell {
    match value {
        Value::Unknown => LayerCell::Unknown,
        Value::Text(text) => LayerCell::Text(text.clone()),
        Value::Whole(number) => LayerCell::Number(number.to_string()),
        Value::Measure(number) => LayerCell::Number(format!("{}", (number * 1e6).round() / 1e6)),
        Value::Flag(flag) => LayerCell::Flag(*flag),
    }
}
