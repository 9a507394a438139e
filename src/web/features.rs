//! GET /plain/layers/{theme}/features.geojson, table.json and table.csv: the things of a map as data.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use geo::{Coord, Rect};
use hinan_gis::tile::{Found, Sheet, Theme, Value};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::problem::Problem;
use super::refusal::Refusal;
use super::router::Doors;
use super::tiles::{no_theme, ready};
use super::who::SignedIn;

/// Things of one answer, at most, and when nothing is said.
const LIMIT_MAX: usize = 1_000;
const LIMIT_DEFAULT: usize = 200;

/// Which things.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// West, south, east, north in degrees.
    pub(super) bbox: Option<String>,
    /// Go on after this number.
    pub(super) after: Option<u32>,
    /// At most so many.
    limit: Option<usize>,
}

/// The things of a page in the form that the file's name asks for.
pub(super) async fn data(
    State(doors): State<Doors>,
    who: Result<SignedIn, Refusal>,
    Path((key, file)): Path<(String, String)>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Problem> {
    who?;
    let Query(asked) = asked.map_err(|why| {
        Problem::bad(
            "使えるのは bbox、after、limit です。after と limit は0以上の整数です",
            format!("There are bbox, after and limit; after and limit are whole numbers. {why}"),
        )
    })?;
    let atlas = ready(&doors.app).await?;
    let sheet = atlas.sheet(&key).ok_or_else(|| no_theme(atlas, &key))?;
    let found = asked.found(sheet)?;
    let theme = sheet.theme();
    let next = asked
        .next(&found)
        .map(|query| format!("/plain/layers/{key}/{file}?{query}"));
    let (kind, body) = match file.as_str() {
        "features.geojson" => (
            "application/geo+json",
            geojson(theme, &found, next.as_deref()).to_string(),
        ),
        "table.json" => (
            "application/json",
            rows(theme, &found, next.as_deref()).to_string(),
        ),
        "table.csv" => (
            "text/csv; charset=utf-8",
            csv(theme, &found).map_err(|why| Problem::failed(&why))?,
        ),
        _ => {
            return Err(Problem::unknown(
                "あるのは features.geojson、table.json、table.csv です",
                "There are features.geojson, table.json and table.csv.",
            ));
        }
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, body).into_response())
}

impl Asked {
    /// The things asked for.
    ///
    /// # Errors
    /// A box or a limit that cannot be read, with what is accepted.
    pub(super) fn found<'a>(&self, sheet: &'a Sheet) -> Result<Found<'a>, Problem> {
        let bounds = self.bbox.as_deref().map(bounds).transpose()?;
        let limit = self.limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(Problem::bad(
                format!("limit は1から{LIMIT_MAX}までです"),
                format!("limit is 1 to {LIMIT_MAX}."),
            ));
        }
        Ok(sheet.within(bounds, self.after.unwrap_or(0), limit))
    }

    /// A page of so many, whatever the address says.
    pub(super) fn limited(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    /// The query of the next page; nothing at the end.
    pub(super) fn next(&self, found: &Found<'_>) -> Option<String> {
        let mut query = format!("after={}", found.next?);
        if let Some(bbox) = &self.bbox {
            // Numbers and commas: it has been read as such.
            query += &format!("&bbox={bbox}");
        }
        if let Some(limit) = self.limit {
            query += &format!("&limit={limit}");
        }
        Some(query)
    }
}

fn bounds(text: &str) -> Result<Rect<f64>, Problem> {
    let wrong = || {
        Problem::bad(
            "bbox は 西,南,東,北 の4つの数(度)です。西は東より、南は北より小さくなければなりません",
            "bbox is four numbers in degrees: west,south,east,north; west before east, south before north.",
        )
    };
    let plain = |byte: u8| byte.is_ascii_digit() || b"+-.,eE".contains(&byte);
    if text.len() > 100 || !text.bytes().all(plain) {
        return Err(wrong());
    }
    let numbers: Vec<f64> = text
        .split(',')
        .map(str::parse)
        .collect::<Result<_, _>>()
        .map_err(|_| wrong())?;
    let [west, south, east, north] = numbers[..] else {
        return Err(wrong());
    };
    let on_earth = |number: f64, max: f64| (-max..=max).contains(&number);
    let right = west <= east
        && south <= north
        && [west, east].iter().all(|n| on_earth(*n, 180.0))
        && [south, north].iter().all(|n| on_earth(*n, 90.0));
    right
        .then(|| Rect::new(Coord { x: west, y: south }, Coord { x: east, y: north }))
        .ok_or_else(wrong)
}

fn geojson(theme: &Theme, found: &Found<'_>, next: Option<&str>) -> Json {
    let features: Vec<Json> = found.items.iter().map(|item| theme.feature(item)).collect();
    json!({
        "type": "FeatureCollection",
        "features": features,
        "numberMatched": found.total,
        "numberReturned": found.items.len(),
        "next": next,
    })
}

fn rows(theme: &Theme, found: &Found<'_>, next: Option<&str>) -> Json {
    let columns: Vec<Json> = theme
        .columns
        .iter()
        .map(|column| json!({ "key": column.key, "ja": column.ja, "en": column.en }))
        .collect();
    let rows: Vec<Json> = found
        .items
        .iter()
        .map(|item| {
            let values = theme.columns.iter().zip(&item.values);
            let row: serde_json::Map<String, Json> =
                std::iter::once(("number".to_owned(), json!(item.number)))
                    .chain(values.map(|(column, value)| (column.key.to_owned(), value.json())))
                    .collect();
            Json::Object(row)
        })
        .collect();
    json!({
        "theme": theme.key,
        "columns": columns,
        "rows": rows,
        "numberMatched": found.total,
        "numberReturned": found.items.len(),
        "next": next,
    })
}

/// With the mark by which spreadsheets know UTF-8.
fn csv(theme: &Theme, found: &Found<'_>) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(std::iter::once("number").chain(theme.columns.iter().map(|c| c.key)))?;
    for item in &found.items {
        let values = item.values.iter().map(cell);
        writer.write_record(std::iter::once(item.number.to_string()).chain(values))?;
    }
    let bytes = writer.into_inner().map_err(|why| why.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A text that a spreadsheet would run as a formula gets a mark before it that makes it a text.
fn cell(value: &Value) -> String {
    let plain = value.plain();
    let formula =
        matches!(value, Value::Text(_)) && plain.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{plain}") } else { plain }
}

#[cfg(test)]
mod tests {
    use hinan_gis::tile::Value;

    use super::{bounds, cell};

    #[test]
    fn a_box_is_four_numbers_in_their_order() {
        assert!(bounds("143.1,42.8,143.3,43.0").is_ok());
        for wrong in [
            "",
            "1,2,3",
            "1,2,3,4,5",
            "143.3,42.8,143.1,43.0",
            "143.1,43.0,143.3,42.8",
            "a,b,c,d",
            "NaN,0,1,1",
            "inf,0,1,1",
            "-181,0,1,1",
            "0,0,1,91",
            "0,0,1,1&x=2",
        ] {
            assert!(bounds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_text_that_looks_like_a_formula_stays_a_text() {
        assert_eq!(cell(&Value::Text("=1+1".to_owned())), "'=1+1");
        assert_eq!(cell(&Value::Measure(-1.5)), "-1.5");
        assert_eq!(cell(&Value::Text("西4条".to_owned())), "西4条");
        assert_eq!(cell(&Value::Unknown), "");
    }
}
