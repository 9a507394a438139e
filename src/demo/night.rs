//! What the towns really did, read from a timeline file, and what no gauge could have told.

use jiff::Timestamp;
use jiff::civil::DateTime;
use serde::Deserialize;

/// One thing that really happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// When.
    pub at: Timestamp,
    /// Municipality.
    pub town: String,
    /// evacuation, shelter, river, flood or levee.
    pub kind: String,
    /// What, Japanese.
    pub what: String,
    /// What, English.
    pub what_en: String,
    /// Where.
    pub place: String,
    /// People addressed, where known.
    pub persons: Option<u32>,
    /// Where it was read.
    pub source: String,
}

#[derive(Deserialize)]
struct Row {
    time_jst: DateTime,
    municipality: String,
    kind: String,
    what_ja: String,
    what_en: String,
    r#where: String,
    persons: Option<u32>,
    source_ref: String,
}

/// Reads a timeline: CSV with the columns `time_jst, municipality, kind, what_ja, what_en, where, persons,
/// source_ref`.
///
/// # Errors
/// The first line that cannot be read, with the reason.
pub fn read(timeline: &str) -> Result<Vec<Happened>, String> {
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(9));
    csv::Reader::from_reader(timeline.as_bytes())
        .deserialize::<Row>()
        .map(|row| {
            let row = row.map_err(|error| format!("timeline: {error}"))?;
            let at = zone
                .to_timestamp(row.time_jst)
                .map_err(|error| format!("timeline: {error}"))?;
            Ok(Happened {
                at,
                town: row.municipality,
                kind: row.kind,
                what: row.what_ja,
                what_en: row.what_en,
                place: row.r#where,
                persons: row.persons,
                source: row.source_ref,
            })
        })
        .collect()
}

/// The real evacuation rows that a proposal for this river can be held against.
#[must_use]
pub fn orders_along<'a>(night: &'a [Happened], river: &str) -> Vec<&'a Happened> {
    night
        .iter()
        .filter(|row| {
            row.kind == "evacuation" && row.place.contains(river) && row.what.contains("避難勧告")
        })
        .collect()
}

/// What a forecast of water levels could not have known that night.
pub const COULD_NOT_KNOW: [&str; 4] = [
    "堤防は3か所で決壊しました(札内川左岸KP25.0、音更川左岸KP21.2、札内川左岸KP40.5)。いずれも川の水位が堤防を越えたためではありません。水位の予測だけでは、どの決壊も予告できません",
    "札内川KP25.0の決壊は、先に決壊した戸蔦別川の水が堤内側から越えたものです。戸蔦別川の堤防の状態を知る計器は、この記録にありません",
    "18時の避難準備情報の理由になった内水氾濫は、河川水位のモデルには含まれません",
    "雨の観測・予報とダムの操作計画は、この再現には入っていません。当時の職員が見ていた気象情報も再現していません",
];
