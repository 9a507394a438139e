//! The head of a telegram (電文): who said it, when, about what, and whether it is meant.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use super::xml::{Element, cut};

/// Characters of a headline that are kept.
const HEADLINE_MAX_CHARS: usize = 4000;
/// Characters of every other text of the head that are kept.
const TEXT_MAX_CHARS: usize = 300;

pub(crate) const REPORT: &str = "http://xml.kishou.go.jp/jmaxml1/";
const HEAD: &str = "http://xml.kishou.go.jp/jmaxml1/informationBasis1/";
const BODIES: [&str; 3] = [
    "http://xml.kishou.go.jp/jmaxml1/body/meteorology1/",
    "http://xml.kishou.go.jp/jmaxml1/body/seismology1/",
    "http://xml.kishou.go.jp/jmaxml1/body/volcanology1/",
];

/// Everything a telegram says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// 電文種別コード, such as `VPWW55`; empty when neither name nor title told it.
    pub telegram_type: String,
    /// What told the type.
    pub type_from: TypeFrom,
    /// `Control/Status`.
    pub status: Status,
    /// 発表, 訂正 or 取消.
    pub info_type: InfoType,
    /// `Control/Title`: what the agency calls this kind of telegram.
    pub control_title: String,
    /// `Control/DateTime`: when it was sent.
    pub sent_at: Timestamp,
    /// 編集官署: the office that wrote it.
    pub office: String,
    /// 発表官署: the office or offices in whose name it was sent.
    pub publishing_office: String,
    /// `Head/Title`.
    pub title: String,
    /// 発表時刻: the official time of issue.
    pub report_at: Timestamp,
    /// 基点時刻: the time it speaks of.
    pub target_at: Option<Timestamp>,
    /// 失効時刻: after this it no longer holds.
    pub valid_until: Option<Timestamp>,
    /// `Head/EventID`. What it means differs by type, and it may be empty: never an episode's key by itself.
    pub event_id: String,
    /// `Head/Serial`, as written; may be empty.
    pub serial: String,
    /// `Head/InfoKind`.
    pub info_kind: String,
    /// `Head/InfoKindVersion`: version of the form.
    pub info_kind_version: String,
    /// `Head/Headline/Text`; cut after 4000 characters.
    pub headline: String,
}

/// What told the type of a telegram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TypeFrom {
    /// The file's, feed entry's or topic's name: sure.
    Name,
    /// `Control/Title`: older names live on there, so weaker.
    Title,
    /// Nothing: kept and shown with its envelope.
    Unknown,
}

/// `Control/Status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// 通常: sent for real.
    Normal,
    /// 訓練: a drill.
    Drill,
    /// 試験: a test of the line.
    Test,
}

impl Status {
    /// The agency's word.
    #[must_use]
    pub fn japanese(self) -> &'static str {
        match self {
            Self::Normal => "通常",
            Self::Drill => "訓練",
            Self::Test => "試験",
        }
    }
}

/// `Head/InfoType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InfoType {
    /// 発表: issued. Also says that something is over.
    Issue,
    /// 訂正: replaces the report with the same event and serial.
    Correction,
    /// 取消: the report should never have been sent; what held before it holds again.
    Retraction,
}

impl InfoType {
    /// The agency's word.
    #[must_use]
    pub fn japanese(self) -> &'static str {
        match self {
            Self::Issue => "発表",
            Self::Correction => "訂正",
            Self::Retraction => "取消",
        }
    }
}

/// Reads `Control/Status` and nothing else. The gate: it is asked before anything in the telegram is believed.
pub(crate) fn status(report: &Element) -> Result<Status, Refusal> {
    let control = only(report, "Control", REPORT, "Control")?;
    match single(control, "Status", "Control/Status")? {
        "通常" => Ok(Status::Normal),
        "訓練" => Ok(Status::Drill),
        "試験" => Ok(Status::Test),
        other => Err(Refusal::unknown(
            "Control/Status",
            other,
            "通常, 訓練, 試験",
        )),
    }
}

/// Reads the envelope and finds the body.
pub(crate) fn open<'e>(
    report: &'e Element,
    name: Option<&str>,
) -> Result<(Envelope, &'e Element), Refusal> {
    let status = status(report)?;
    let control = only(report, "Control", REPORT, "Control")?;
    let head = only(report, "Head", HEAD, "Head")?;
    let body = body(report)?;
    let control_title = required(control, "Title", "Control/Title")?;
    let (telegram_type, type_from) = telegram_type(name, control_title);
    let info_type = match single(head, "InfoType", "Head/InfoType")? {
        "発表" => InfoType::Issue,
        "訂正" => InfoType::Correction,
        "取消" => InfoType::Retraction,
        other => return Err(Refusal::unknown("Head/InfoType", other, "発表, 訂正, 取消")),
    };
    let envelope = Envelope {
        telegram_type,
        type_from,
        status,
        info_type,
        control_title: cut(control_title, TEXT_MAX_CHARS),
        sent_at: time(
            "Control/DateTime",
            required(control, "DateTime", "Control/DateTime")?,
        )?,
        office: cut(
            required(control, "EditorialOffice", "Control/EditorialOffice")?,
            TEXT_MAX_CHARS,
        ),
        publishing_office: cut(control.text_of("PublishingOffice"), TEXT_MAX_CHARS),
        title: cut(head.text_of("Title"), TEXT_MAX_CHARS),
        report_at: time(
            "Head/ReportDateTime",
            required(head, "ReportDateTime", "Head/ReportDateTime")?,
        )?,
        target_at: optional_time(head, "TargetDateTime", "Head/TargetDateTime")?,
        valid_until: optional_time(head, "ValidDateTime", "Head/ValidDateTime")?,
        event_id: cut(
            single_or_empty(head, "EventID", "Head/EventID")?,
            TEXT_MAX_CHARS,
        ),
        serial: cut(
            single_or_empty(head, "Serial", "Head/Serial")?,
            TEXT_MAX_CHARS,
        ),
        info_kind: cut(head.text_of("InfoKind"), TEXT_MAX_CHARS),
        info_kind_version: cut(head.text_of("InfoKindVersion"), TEXT_MAX_CHARS),
        headline: cut(head.text_at(&["Headline", "Text"]), HEADLINE_MAX_CHARS),
    };
    Ok((envelope, body))
}

fn body(report: &Element) -> Result<&Element, Refusal> {
    let body = report
        .child("Body")
        .ok_or(Refusal::Missing { what: "Body" })?;
    // An empty <Body/> may be written without its namespace.
    if BODIES.contains(&&*body.namespace) || body.children.is_empty() {
        Ok(body)
    } else {
        Err(Refusal::unknown(
            "namespace of Body",
            &body.namespace,
            "…/body/meteorology1/, …/body/seismology1/, …/body/volcanology1/",
        ))
    }
}

/// `VPWW55` from the name of a file, an entry or a topic; from the title otherwise.
fn telegram_type(name: Option<&str>, control_title: &str) -> (String, TypeFrom) {
    if let Some(found) = name.and_then(type_in_name) {
        return (found.to_owned(), TypeFrom::Name);
    }
    match type_of_title(control_title) {
        Some(found) => (found.to_owned(), TypeFrom::Title),
        None => (String::new(), TypeFrom::Unknown),
    }
}

/// The first part of a name that has the shape of a type: two capital letters of its kind, two more, two characters.
#[must_use]
pub fn type_in_name(name: &str) -> Option<&str> {
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .find(|part| is_type(part))
}

fn is_type(part: &str) -> bool {
    let bytes = part.as_bytes();
    bytes.len() == 6
        && bytes[0] == b'V'
        && bytes[1..4].iter().all(u8::is_ascii_uppercase)
        && (bytes[4..].iter().all(u8::is_ascii_digit) || &bytes[4..] == b"ii")
}

/// The titles that stand for one type only, or whose body decides nothing between the types that share it.
const TITLES: &[(&str, &str)] = &[
    ("気象特別警報・警報・注意報", "VPWW53"),
    ("気象警報・注意報（Ｈ２７）", "VPWW54"),
    ("気象警報・注意報", "VPWW50"),
    ("気象警報・注意報（Ｒ０６）（大雨）", "VPWW55"),
    ("気象警報・注意報（Ｒ０６）（土砂）", "VPWW56"),
    ("気象警報・注意報（Ｒ０６）（高潮）", "VPWW57"),
    ("気象警報・注意報（Ｒ０６）（暴風）", "VPWW58"),
    ("気象警報・注意報（Ｒ０６）（波浪）", "VPWW59"),
    ("気象警報・注意報（Ｒ０６）（大雪）", "VPWW60"),
    ("気象警報・注意報（Ｒ０６）（その他注意報）", "VPWW61"),
    ("気象警報・注意報時系列情報（Ｒ０６）", "VPWP50"),
    ("気象特別警報報知", "VPNO50"),
    ("土砂災害警戒情報", "VXWW50"),
    ("指定河川洪水予報", "VXKOii"),
    ("記録的短時間大雨情報", "VPOA50"),
    ("竜巻注意情報", "VPHW50"),
    ("竜巻注意情報（目撃情報付き）", "VPHW51"),
    ("府県気象防災速報", "VPBS50"),
    ("府県気象情報", "VPFJ50"),
    ("府県気象解説情報", "VPFJ51"),
    ("地方気象解説情報", "VPCJ51"),
    ("全般気象情報", "VPZJ50"),
    ("全般気象解説情報", "VPZJ51"),
    ("全般台風情報", "VPTI50"),
    ("全般台風情報（定型）", "VPTI51"),
    ("全般台風情報（詳細）", "VPTI52"),
    ("震度速報", "VXSE51"),
    ("震源に関する情報", "VXSE52"),
    ("震源・震度に関する情報", "VXSE53"),
    ("地震の活動状況等に関する情報", "VXSE56"),
    ("地震回数に関する情報", "VXSE60"),
    ("顕著な地震の震源要素更新のお知らせ", "VXSE61"),
    ("長周期地震動に関する観測情報", "VXSE62"),
    ("緊急地震速報（警報）", "VXSE43"),
    ("緊急地震速報（予報）", "VXSE44"),
    ("緊急地震速報（地震動予報）", "VXSE45"),
    ("津波警報・注意報・予報", "VTSE41"),
    ("津波情報", "VTSE51"),
    ("沖合の津波観測に関する情報", "VTSE52"),
    ("噴火警報・予報", "VFVO50"),
    ("火山の状況に関する解説情報", "VFVO51"),
    ("噴火に関する火山観測報", "VFVO52"),
    ("噴火速報", "VFVO56"),
    ("南海トラフ地震臨時情報", "VYSE50"),
    ("南海トラフ地震関連解説情報", "VYSE51"),
    ("北海道・三陸沖後発地震注意情報", "VYSE60"),
    ("地震・津波に関するお知らせ", "VZSE40"),
];

fn type_of_title(control_title: &str) -> Option<&'static str> {
    // Tsunami titles end in a stray letter "a".
    let plain = control_title.strip_suffix('a').unwrap_or(control_title);
    TITLES
        .iter()
        .find(|(title, _)| *title == plain)
        .map(|(_, found)| *found)
}

fn only<'e>(
    parent: &'e Element,
    name: &'static str,
    namespace: &'static str,
    what: &'static str,
) -> Result<&'e Element, Refusal> {
    let mut found = parent.all(name);
    let first = found.next().ok_or(Refusal::Missing { what })?;
    if found.next().is_some() {
        return Err(Refusal::Repeated { what });
    }
    if &*first.namespace != namespace {
        return Err(Refusal::unknown(what, &first.namespace, namespace));
    }
    Ok(first)
}

fn single_or_empty<'e>(
    parent: &'e Element,
    name: &'static str,
    what: &'static str,
) -> Result<&'e str, Refusal> {
    let mut found = parent.all(name);
    let first = found.next().map_or("", Element::text);
    if found.next().is_some() {
        return Err(Refusal::Repeated { what });
    }
    Ok(first)
}

fn single<'e>(
    parent: &'e Element,
    name: &'static str,
    what: &'static str,
) -> Result<&'e str, Refusal> {
    single_or_empty(parent, name, what)
}

fn required<'e>(
    parent: &'e Element,
    name: &'static str,
    what: &'static str,
) -> Result<&'e str, Refusal> {
    match single_or_empty(parent, name, what)? {
        "" => Err(Refusal::Missing { what }),
        text => Ok(text),
    }
}

/// A time with its offset. Without one it could be anywhere, so it is refused.
pub(crate) fn time(what: &'static str, text: &str) -> Result<Timestamp, Refusal> {
    text.parse().map_err(|_| {
        Refusal::unknown(
            what,
            text,
            "a time like 2026-08-30T18:00:00+09:00, with its offset",
        )
    })
}

fn optional_time(
    head: &Element,
    name: &'static str,
    what: &'static str,
) -> Result<Option<Timestamp>, Refusal> {
    match single_or_empty(head, name, what)? {
        "" => Ok(None),
        text => time(what, text).map(Some),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_type_is_found_in_the_name_of_a_file_an_entry_or_a_topic() {
        for (name, wanted) in [
            ("20260607033012_0_VXWW50_400000.xml", Some("VXWW50")),
            (
                "hinan/v1/official/jma/VPWW55/20260607_0_VPWW55_014030.xml",
                Some("VPWW55"),
            ),
            ("16_01_01_220728_VXKOii.xml", Some("VXKOii")),
            ("32-35_01_01_100806_VXSE51.xml", Some("VXSE51")),
            ("9b43a982-fecf-3866-95e7-c375226a7c87.xml", None),
            ("VPWW5", None),
            ("XVPWW55", None),
        ] {
            assert_eq!(type_in_name(name), wanted, "{name}");
        }
    }

    #[test]
    fn the_stray_letter_of_a_tsunami_title_is_no_part_of_it() {
        assert_eq!(type_of_title("津波警報・注意報・予報a"), Some("VTSE41"));
        assert_eq!(type_of_title("津波情報a"), Some("VTSE51"));
    }
}
