//! From a file's text to criteria. Strict: whatever is not understood is refused, with line, key and what is accepted.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use thiserror::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{BYTES_MAX, CONDITIONS_MAX, Condition, Criteria, Kind, Posture, Stale, Test};
use crate::level::{JmaLevel, OrderLevel};
use crate::outlook::{Intensity, Mark, Product, ReportKind, RiskMap, TsunamiClass};

/// Groups within groups, at most.
const DEPTH_MAX: usize = 3;
/// Tests of one condition or group, at most.
const TESTS_MAX: usize = 16;
/// Characters of one text, at most.
const TEXT_MAX: usize = 400;

/// Why a criteria file is refused.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{path}:{line}: {key} = {found}: 受け付けるのは {accepted} / accepted: {accepted}")]
pub struct CriteriaError {
    /// The file.
    pub path: String,
    /// Line, from 1.
    pub line: usize,
    /// The key, with the condition it stands in.
    pub key: String,
    /// What was found there.
    pub found: String,
    /// What would be accepted.
    pub accepted: String,
}

pub(super) fn read(text: &str, path: &str) -> Result<Criteria, CriteriaError> {
    let file = File { text, path };
    if text.len() > BYTES_MAX {
        return Err(file.error(
            0..0,
            "file",
            format!("{} bytes", text.len()),
            format!("at most {BYTES_MAX} bytes"),
        ));
    }
    let table = DeTable::parse(text).map_err(|why| {
        file.error(
            why.span().unwrap_or(0..0),
            "TOML",
            why.message().to_owned(),
            "a file of TOML 1.1".to_owned(),
        )
    })?;
    let mut top = Fields::of(&file, "", table.span(), table.get_ref());
    let name = top.text("name")?;
    let version = top.text("version")?;
    let stale = {
        let mut stale = top.table("stale_after_min")?;
        let read = Stale {
            official_min: stale.whole("official", 5, 1440)?,
            risk_map_min: stale.whole("risk_map", 5, 1440)?,
            rain_min: stale.whole("rain", 5, 1440)?,
            forecast_min: stale.whole("forecast", 5, 1440)?,
        };
        stale.done()?;
        read
    };
    let conditions = top.tables("condition", CONDITIONS_MAX)?;
    let mut read_conditions = Vec::with_capacity(conditions.len());
    for fields in conditions {
        read_conditions.push(Arc::new(condition(fields)?));
    }
    let postures = top.tables("posture", CONDITIONS_MAX)?;
    let mut read_postures = Vec::with_capacity(postures.len());
    for fields in postures {
        read_postures.push(Arc::new(posture(fields)?));
    }
    top.done()?;
    Ok(Criteria {
        name,
        version,
        stale,
        conditions: read_conditions,
        postures: read_postures,
    })
}

fn condition(mut fields: Fields<'_>) -> Result<Condition, CriteriaError> {
    let id = fields.named()?;
    let kind = fields.one_of("kind", Kind::ALL, Kind::code)?;
    if kind == Kind::Earthquake {
        return Err(fields.refuse(
            "kind",
            "earthquake",
            "flood, landslide, surge and tsunami kinds; an earthquake has [[posture]] only",
        ));
    }
    let level_at = fields.span("level");
    let number = fields.whole("level", 1, 5)?;
    let level = u8::try_from(number)
        .ok()
        .and_then(OrderLevel::from_number)
        .ok_or_else(|| {
            fields.file.error(
                level_at,
                &fields.key("level"),
                number.to_string(),
                "3 (高齢者等避難), 4 (避難指示) or 5 (緊急安全確保); 1 and 2 are the agency's"
                    .to_owned(),
            )
        })?;
    let words = fields.text("words")?;
    let words_en = fields.text("words_en")?;
    let all = fields.tests("all", 0)?;
    fields.done()?;
    Ok(Condition {
        id,
        kind,
        level,
        words,
        words_en,
        all,
    })
}

fn posture(mut fields: Fields<'_>) -> Result<Posture, CriteriaError> {
    let id = fields.named()?;
    let kind = fields.one_of("kind", Kind::ALL, Kind::code)?;
    let words = fields.text("words")?;
    let words_en = fields.text("words_en")?;
    let opens_shelters = fields.flag("opens_shelters")?;
    let all = fields.tests("all", 0)?;
    fields.done()?;
    Ok(Posture {
        id,
        kind,
        words,
        words_en,
        opens_shelters,
        all,
    })
}

struct File<'f> {
    text: &'f str,
    path: &'f str,
}

impl File<'_> {
    fn error(&self, at: Range<usize>, key: &str, found: String, accepted: String) -> CriteriaError {
        CriteriaError {
            path: self.path.to_owned(),
            line: line_of(self.text, at.start),
            key: key.to_owned(),
            found,
            accepted,
        }
    }
}

/// The line of a position, from 1.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
    before
        .iter()
        .fold(1, |lines, byte| lines + usize::from(*byte == b'\n'))
}

/// One table while it is read: what was asked for is known, what is left over is refused.
struct Fields<'f> {
    file: &'f File<'f>,
    place: String,
    span: Range<usize>,
    table: &'f DeTable<'f>,
    known: BTreeSet<&'static str>,
}

impl<'f> Fields<'f> {
    fn of(file: &'f File<'f>, place: &str, span: Range<usize>, table: &'f DeTable<'f>) -> Self {
        Self {
            file,
            place: place.to_owned(),
            span,
            table,
            known: BTreeSet::new(),
        }
    }

    fn key(&self, key: &str) -> String {
        if self.place.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.place)
        }
    }

    fn span(&self, key: &str) -> Range<usize> {
        self.table
            .get(key)
            .map_or_else(|| self.span.clone(), Spanned::span)
    }

    fn refuse(&self, key: &str, found: &str, accepted: &str) -> CriteriaError {
        self.file.error(
            self.span(key),
            &self.key(key),
            found.to_owned(),
            accepted.to_owned(),
        )
    }

    fn find(&mut self, key: &'static str) -> Option<&'f Spanned<DeValue<'f>>> {
        self.known.insert(key);
        self.table.get(key)
    }

    fn need(
        &mut self,
        key: &'static str,
        accepted: &str,
    ) -> Result<&'f DeValue<'f>, CriteriaError> {
        match self.find(key) {
            Some(value) => Ok(value.get_ref()),
            None => Err(self.refuse(key, "なし missing", accepted)),
        }
    }

    /// The `id`, which names the table in errors from then on.
    fn named(&mut self) -> Result<String, CriteriaError> {
        let id = self.text("id")?;
        let plain = id
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        if !plain || id.len() > 64 {
            return Err(self.refuse("id", &id, "1 to 64 of A-Z a-z 0-9 - _ ."));
        }
        self.place = format!("{}[{id}]", self.place);
        Ok(id)
    }

    fn text(&mut self, key: &'static str) -> Result<String, CriteriaError> {
        let accepted = "a text of 1 to 400 characters";
        let value = self.need(key, accepted)?;
        let Some(text) = value.as_str() else {
            return Err(self.refuse(key, value.type_str(), accepted));
        };
        if text.trim().is_empty() || text.chars().count() > TEXT_MAX {
            return Err(self.refuse(
                key,
                &format!("{} characters", text.chars().count()),
                accepted,
            ));
        }
        Ok(text.to_owned())
    }

    fn flag(&mut self, key: &'static str) -> Result<bool, CriteriaError> {
        let value = self.need(key, "true or false")?;
        value
            .as_bool()
            .ok_or_else(|| self.refuse(key, value.type_str(), "true or false"))
    }

    fn flag_or(&mut self, key: &'static str, default: bool) -> Result<bool, CriteriaError> {
        if self.table.contains_key(key) {
            self.flag(key)
        } else {
            self.known.insert(key);
            Ok(default)
        }
    }

    fn number(&mut self, key: &'static str, low: f64, high: f64) -> Result<f64, CriteriaError> {
        let accepted = format!("a number from {low} to {high}");
        let value = self.need(key, &accepted)?;
        let written = match value {
            DeValue::Float(float) => float.as_str().replace('_', ""),
            DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str().replace('_', ""),
            other => return Err(self.refuse(key, other.type_str(), &accepted)),
        };
        written
            .parse::<f64>()
            .ok()
            .filter(|number| (low..=high).contains(number))
            .ok_or_else(|| self.refuse(key, &written, &accepted))
    }

    fn whole(&mut self, key: &'static str, low: u32, high: u32) -> Result<u32, CriteriaError> {
        let accepted = format!("a whole number from {low} to {high}");
        let value = self.need(key, &accepted)?;
        let DeValue::Integer(integer) = value else {
            return Err(self.refuse(key, value.type_str(), &accepted));
        };
        let written = integer.as_str().replace('_', "");
        written
            .parse::<u32>()
            .ok()
            .filter(|number| integer.radix() == 10 && (low..=high).contains(number))
            .ok_or_else(|| self.refuse(key, &written, &accepted))
    }

    fn jma_level(&mut self, key: &'static str) -> Result<JmaLevel, CriteriaError> {
        let number = self.whole(key, 1, 5)?;
        u8::try_from(number)
            .ok()
            .and_then(JmaLevel::new)
            .ok_or_else(|| self.refuse(key, &number.to_string(), "1 to 5"))
    }

    fn one_of<T: Copy, const N: usize>(
        &mut self,
        key: &'static str,
        all: [T; N],
        code: fn(T) -> &'static str,
    ) -> Result<T, CriteriaError> {
        let accepted = list(all.iter().map(|one| code(*one)));
        let value = self.need(key, &accepted)?;
        let Some(text) = value.as_str() else {
            return Err(self.refuse(key, value.type_str(), &accepted));
        };
        all.into_iter()
            .find(|one| code(*one) == text)
            .ok_or_else(|| self.refuse(key, text, &accepted))
    }

    /// One word or several.
    fn some_of<T: Copy + PartialEq, const N: usize>(
        &mut self,
        key: &'static str,
        all: [T; N],
        code: fn(T) -> &'static str,
    ) -> Result<Vec<T>, CriteriaError> {
        let accepted = format!(
            "one or a list of {}",
            list(all.iter().map(|one| code(*one)))
        );
        let value = self.need(key, &accepted)?;
        let words: Vec<&str> = match value {
            DeValue::String(word) => vec![word],
            DeValue::Array(array) => array
                .iter()
                .map(|item| item.get_ref().as_str().unwrap_or("(not a text)"))
                .collect(),
            other => return Err(self.refuse(key, other.type_str(), &accepted)),
        };
        let mut found = Vec::with_capacity(words.len());
        for word in words {
            let one = all.iter().copied().find(|one| code(*one) == word);
            match one {
                Some(one) if !found.contains(&one) => found.push(one),
                _ => return Err(self.refuse(key, word, &format!("{accepted}, each once"))),
            }
        }
        if found.is_empty() {
            return Err(self.refuse(key, "[]", &accepted));
        }
        Ok(found)
    }

    fn table(&mut self, key: &'static str) -> Result<Self, CriteriaError> {
        let value = self.need(key, "a table")?;
        let Some(table) = value.as_table() else {
            return Err(self.refuse(key, value.type_str(), "a table"));
        };
        Ok(Self::of(self.file, &self.key(key), self.span(key), table))
    }

    fn tables(&mut self, key: &'static str, max: usize) -> Result<Vec<Self>, CriteriaError> {
        let accepted = format!("at most {max} tables");
        let Some(value) = self.find(key) else {
            return Ok(Vec::new());
        };
        let Some(array) = value.get_ref().as_array() else {
            return Err(self.refuse(key, value.get_ref().type_str(), &accepted));
        };
        if array.len() > max {
            return Err(self.refuse(key, &array.len().to_string(), &accepted));
        }
        array
            .iter()
            .map(|item| match item.get_ref().as_table() {
                Some(table) => Ok(Self::of(self.file, &self.key(key), item.span(), table)),
                None => Err(self.file.error(
                    item.span(),
                    &self.key(key),
                    item.get_ref().type_str().to_owned(),
                    "a table".to_owned(),
                )),
            })
            .collect()
    }

    fn tests(&mut self, key: &'static str, depth: usize) -> Result<Vec<Test>, CriteriaError> {
        let tables = self.tables(key, TESTS_MAX)?;
        if tables.is_empty() {
            return Err(self.refuse(key, "なし nothing", "at least one test: { is = \"…\" }"));
        }
        tables
            .into_iter()
            .map(|fields| test(fields, depth))
            .collect()
    }

    fn done(self) -> Result<(), CriteriaError> {
        let unknown = self
            .table
            .iter()
            .find(|(key, _)| !self.known.contains(key.get_ref().as_ref()));
        match unknown {
            Some((key, _)) => Err(self.file.error(
                key.span(),
                &self.key(key.get_ref()),
                "知らないキー unknown key".to_owned(),
                list(self.known.iter().copied()),
            )),
            None => Ok(()),
        }
    }
}

fn list<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let mut text = String::new();
    for word in words {
        let between = if text.is_empty() { "" } else { ", " };
        // Writing to a String never fails.
        let _ = write!(text, "{between}{word}");
    }
    text
}

/// The names of tests.
const TESTS: [&str; 19] = [
    "gauge-at",
    "level-at",
    "rising",
    "rise",
    "forecast",
    "deadline",
    "river",
    "warning",
    "night",
    "overnight",
    "expected",
    "storm",
    "risk-map",
    "rain",
    "record-rain",
    "report",
    "tsunami",
    "shaking",
    "any-of",
];

fn test(mut fields: Fields<'_>, depth: usize) -> Result<Test, CriteriaError> {
    let accepted = format!("{}, all-of", TESTS.join(", "));
    let value = fields.need("is", &accepted)?;
    let Some(is) = value.as_str() else {
        return Err(fields.refuse("is", value.type_str(), &accepted));
    };
    let found = match is {
        "gauge-at" => Test::GaugeAt {
            marks: fields.some_of("mark", Mark::ALL, Mark::code)?,
        },
        "level-at" => Test::LevelAt {
            gauge: fields.text("gauge")?,
            level_m: fields.number("level_m", -100.0, 9000.0)?,
        },
        "rising" => Test::Rising,
        "rise" => Test::Rise {
            m_per_h: fields.number("m_per_h", 0.01, 20.0)?,
        },
        "forecast" => Test::Forecast {
            marks: fields.some_of("mark", Mark::ALL, Mark::code)?,
            within_h: fields.whole("within_h", 1, 48)?,
            chance: fields.number("chance", 0.01, 0.99)?,
        },
        "deadline" => Test::Deadline {
            within_min: fields.whole("within_min", 0, 720)?,
            chance: fields.number("chance", 0.01, 0.99)?,
        },
        "river" => Test::River {
            level: fields.jma_level("level")?,
        },
        "warning" => Test::Warning {
            product: fields.one_of("product", Product::ALL, Product::code)?,
            level: fields.jma_level("level")?,
        },
        "night" => Test::Night {
            product: fields.one_of("product", Product::ALL, Product::code)?,
            level: fields.jma_level("level")?,
            before_sunset_min: fields.whole("before_sunset_min", 10, 360)?,
        },
        "overnight" => Test::Overnight {
            product: fields.one_of("product", Product::ALL, Product::code)?,
            level: fields.jma_level("level")?,
        },
        "expected" => Test::Expected {
            product: fields.one_of("product", Product::ALL, Product::code)?,
            level: fields.jma_level("level")?,
        },
        "storm" => Test::Storm,
        "risk-map" => Test::RiskMap {
            map: fields.one_of("map", RiskMap::ALL, RiskMap::code)?,
            level: fields.jma_level("level")?,
        },
        "rain" => Test::Rain {
            hours: fields.whole("hours", 1, 72)?,
            mm: fields.number("mm", 1.0, 3000.0)?,
            ahead: fields.flag_or("ahead", false)?,
        },
        "record-rain" => Test::RecordRain,
        "report" => Test::Report {
            of: fields
                .some_of("of", ReportKind::ALL, ReportKind::code)?
                .into_iter()
                .collect(),
        },
        "tsunami" => Test::Tsunami {
            class: fields.one_of("class", TsunamiClass::ALL, TsunamiClass::code)?,
        },
        "shaking" => Test::Shaking {
            intensity: fields.one_of("intensity", Intensity::ALL, Intensity::code)?,
        },
        "any-of" | "all-of" if depth >= DEPTH_MAX => {
            return Err(fields.refuse("is", is, "groups at most 3 deep"));
        }
        "any-of" => Test::AnyOf {
            tests: fields.tests("tests", depth + 1)?,
        },
        "all-of" => Test::AllOf {
            tests: fields.tests("tests", depth + 1)?,
        },
        other => return Err(fields.refuse("is", other, &accepted)),
    };
    fields.done()?;
    Ok(found)
}
