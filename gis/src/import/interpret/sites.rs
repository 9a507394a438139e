//! Places to flee to and to stay at, from the national list, the prefectures' lists and the municipal standard data set.

use std::collections::BTreeSet;

use super::{Interpreter, Unclear};
use crate::import::raw::{RawFeature, Value, half_width};
use crate::import::report::FileReport;
use crate::{Hazard, SiteFacts};

const ID: [&str; 6] = [
    "共通ID",
    "common_id",
    "ID",
    "shelter_id",
    "portal_shelter_id",
    "P20_000",
];
const NAME: [&str; 8] = [
    "施設・場所名",
    "名称",
    "避難先名称",
    "name",
    "shelter_name",
    "P20_002",
    "施設名",
    "避難所名",
];
const ADDRESS: [&str; 8] = [
    "住所",
    "所在地_連結表記",
    "所在地",
    "address",
    "P20_003",
    "施設住所",
    "所在地住所",
    "住所_表記",
];
const MUNICIPALITY: [&str; 6] = [
    "都道府県名及び市町村名",
    "管轄市町村名",
    "muni_name",
    "地方公共団体名",
    "municipality",
    "所在地_市区町村",
];
const CAPACITY: [&str; 6] = [
    "想定収容人数",
    "収容人数",
    "capacity",
    "capacity_persons",
    "portal_capacity_persons",
    "P20_005",
];
const ELEVATION: [&str; 3] = ["標高", "標高（メートル）", "elevation_m"];
const BOTH: [&str; 5] = [
    "指定避難所との住所同一",
    "指定緊急避難場所との住所同一",
    "指定避難所との重複",
    "same_as_designated",
    "same_as_emergency",
];
/// Columns that list hazards in one text.
const LISTS: [&str; 2] = ["災害区分", "災害種別"];

impl Interpreter {
    pub(super) fn site(
        &mut self,
        raw: &RawFeature,
        report: &mut FileReport,
    ) -> Result<SiteFacts, Unclear> {
        let name = one_line(&self.required_text(raw, "name", &NAME)?);
        let municipality = self
            .text(raw, "municipality", &MUNICIPALITY)
            .map(|text| one_line(&text));
        let address = self
            .text(raw, "address", &ADDRESS)
            .map(|text| one_line(&text))
            .or_else(|| municipality.clone())
            .ok_or_else(|| Unclear::feature("住所がありません", "it has no address"))?;
        let approved_for = self.hazards(raw, report);
        let mut notes: Vec<String> = [
            "備考",
            "備考1",
            "備考２-１",
            "備考２-２",
            "その他市町村長が必要と認める事項",
            "note",
        ]
        .iter()
        .filter_map(|column| self.text(raw, "note", &[column]))
        .map(|text| one_line(&text))
        .collect();
        if let Some(kind) = self.text(raw, "site_kind", &["避難種別", "facility_type", "P20_004"])
        {
            notes.insert(0, one_line(&kind));
        }
        notes.extend(self.not_understood(raw));
        notes.dedup();
        let note = Some(notes.join("; ")).filter(|note| !note.is_empty());
        let yes = |value: Option<&Value>| value.and_then(flag) == Some(true);
        Ok(SiteFacts {
            id: self.identifier(raw, &ID, &report.file)?,
            name,
            kana: self.text(raw, "kana", &["名称_カナ", "name_kana", "かな"]),
            name_en: self.text(raw, "name_en", &["名称_英字", "name_en"]),
            address,
            municipality,
            approved_for,
            capacity: self.capacity(raw),
            elevation_m: self
                .find(raw, "elevation_m", &ELEVATION)
                .and_then(Value::number),
            both_kinds: yes(self.find(raw, "both_kinds", &BOTH)),
            accepts: self
                .text(
                    raw,
                    "accepts",
                    &["受入対象者", "accepts", "対象となる町会・自治会"],
                )
                .map(|text| one_line(&text)),
            note: note.map(|note| note.chars().take(400).collect()),
        })
    }

    /// Nothing for zero and for -1: lists write these where they do not know. Of 「屋内191人／屋外0人」 the people indoors count,
    /// because it rains when these figures are needed.
    pub(super) fn capacity(&self, raw: &RawFeature) -> Option<u32> {
        let value = self.find(raw, "capacity", &CAPACITY)?;
        value
            .count()
            .or_else(|| indoors(&value.text()?))
            .filter(|people| *people > 0)
    }

    /// Figures that are no plain number are kept in the words of the list.
    fn not_understood(&self, raw: &RawFeature) -> impl Iterator<Item = String> {
        let capacity = self
            .find_named(raw, "capacity", &CAPACITY)
            .filter(|(_, value)| value.count().is_none());
        let elevation = self
            .find_named(raw, "elevation_m", &ELEVATION)
            .filter(|(_, value)| value.number().is_none());
        [capacity, elevation]
            .into_iter()
            .flatten()
            .filter_map(|(column, value)| Some((column.to_owned(), value.text()?)))
            .filter(|(_, words)| !matches!(words.as_str(), "―" | "-" | "－" | "-1"))
            .map(|(column, words)| format!("{column}: {}", one_line(&words)))
            .collect::<Vec<_>>()
            .into_iter()
    }

    fn hazards(&self, raw: &RawFeature, report: &mut FileReport) -> BTreeSet<Hazard> {
        let mut approved = BTreeSet::new();
        for (column, value) in &raw.fields {
            if LISTS.contains(&&**column) {
                approved.extend(Self::listed(column, value, report));
                continue;
            }
            let Some(hazard) = hazard_of_column(column) else {
                continue;
            };
            match flag(value) {
                Some(true) => {
                    approved.insert(hazard);
                }
                Some(false) => {}
                None => Self::unknown(report, column, value),
            }
        }
        approved
    }

    /// Hazards written one after the other, separated by blanks of either width.
    fn listed(column: &str, value: &Value, report: &mut FileReport) -> Vec<Hazard> {
        let text = value.text().unwrap_or_default();
        let words = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '/' | ';'));
        let mut found = Vec::new();
        for word in words.filter(|word| !word.is_empty()) {
            match hazard_of_column(word) {
                Some(hazard) => found.push(hazard),
                None => Self::unknown(report, column, &Value::Text(word.to_owned())),
            }
        }
        found
    }
}

/// The hazard a column is about. The longest of the law's words has commas of either width, or points, inside.
fn hazard_of_column(column: &str) -> Option<Hazard> {
    let plain = |text: &str| -> String {
        half_width(text)
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '、' | '・' | ',' | '，' | '_'))
            .collect()
    };
    let name = plain(column);
    let name = name.strip_prefix("災害種別").unwrap_or(&name);
    let by_words = Hazard::ALL
        .into_iter()
        .find(|hazard| plain(hazard.words_ja()) == name);
    by_words.or_else(|| match column {
        "fire" | "大規模火災" | "大火事" => Some(Hazard::LargeFire),
        "がけ崩れ、土石流及び地滑り" | "土砂災害" => Some(Hazard::Landslide),
        "P20_007" => Some(Hazard::Earthquake),
        "P20_008" => Some(Hazard::Tsunami),
        "P20_009" => Some(Hazard::Flood),
        "P20_010" => Some(Hazard::Volcano),
        key => Hazard::from_key(key),
    })
}

/// Yes, no, or something else.
fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Nothing => Some(false),
        Value::Flag(flag) => Some(*flag),
        Value::Whole(number) => match number {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        },
        Value::Number(number) => match number.to_bits() {
            bits if bits == 1.0_f64.to_bits() => Some(true),
            bits if bits == 0.0_f64.to_bits() => Some(false),
            _ => None,
        },
        Value::Text(text) => match half_width(text.trim()).trim() {
            "" | "0" | "-" | "×" | "✕" | "無" | "false" | "なし" => Some(false),
            "1" | "○" | "〇" | "◯" | "◎" | "●" | "有" | "true" | "あり" => Some(true),
            _ => None,
        },
    }
}

/// The people indoors of a text such as 「屋内1,371人／屋外5,470人（面積の1/2）」.
fn indoors(words: &str) -> Option<u32> {
    let plain = half_width(words).replace(',', "");
    let (_, rest) = plain.split_once("屋内")?;
    let end = rest.find(|c: char| !c.is_ascii_digit())?;
    rest[..end]
        .parse()
        .ok()
        .filter(|_| rest[end..].starts_with('人'))
}

/// Published texts have line breaks in them; what people read here is one line.
fn one_line(text: &str) -> String {
    text.split(char::is_control)
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::{flag, hazard_of_column, indoors, one_line};
    use crate::Hazard;
    use crate::import::raw::Value;

    #[test]
    fn every_way_lists_write_the_landslide_column_is_the_same_hazard() {
        for column in [
            "崖崩れ、土石流及び地滑り",
            "災害種別_崖崩れ、土石流及び地滑り",
            "崖崩れ・土石流及び地滑り",
            "崖崩れ，土石流及び地滑り",
            "landslide",
        ] {
            assert_eq!(
                hazard_of_column(column),
                Some(Hazard::Landslide),
                "{column}"
            );
        }
        assert_eq!(
            hazard_of_column("災害種別_内水氾濫"),
            Some(Hazard::InlandFlood)
        );
        assert_eq!(hazard_of_column("fire"), Some(Hazard::LargeFire));
        assert_eq!(hazard_of_column("住所"), None);
    }

    #[test]
    fn a_sign_that_is_neither_yes_nor_no_is_not_taken_for_one() {
        let read = |text: &str| flag(&Value::Text(text.to_owned()));
        assert_eq!(read("1"), Some(true));
        assert_eq!(read("１"), Some(true));
        assert_eq!(read("◎"), Some(true));
        assert_eq!(read(""), Some(false));
        assert_eq!(read("△"), None);
        assert_eq!(read("2階以上"), None);
    }

    #[test]
    fn of_people_indoors_and_outdoors_those_indoors_are_read() {
        assert_eq!(indoors("屋内1,371人／屋外5,470人（面積の1/2）"), Some(1371));
        assert_eq!(indoors("屋外5,470人"), None);
        assert_eq!(indoors("屋内は不明"), None);
    }

    #[test]
    fn a_line_break_inside_a_name_becomes_a_blank() {
        assert_eq!(
            one_line("第一小学校\r\n（体育館）"),
            "第一小学校 （体育館）"
        );
    }
}
