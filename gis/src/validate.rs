//! Whether the parts of a town fit together.

use std::collections::BTreeSet;

use crate::load::{map_part, town_part};
use crate::refusal::LoadError;
use crate::{Town, town_file};

const UPSTREAM_MAX: usize = 6;
const CHARACTERS_MAX: usize = 400;

impl Town {
    /// Checks that the parts of the town fit together: names present, identifiers unique, levels rising, every gauge that
    /// is named known, and the people of each district adding up. Loading does this; do it again after changing a part.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn validate(&self) -> Result<(), LoadError> {
        if !has_right_check_digit(&self.code) {
            let accepted =
                "six digits, the last one the check digit of the five before (JIS X 0402)";
            return Err(LoadError::refused(
                town_file::PART,
                "code",
                &self.code,
                accepted,
            ));
        }
        for (key, text) in [
            ("name", &self.name),
            ("name_en", &self.name_en),
            ("prefecture", &self.prefecture),
        ] {
            written_text(town_file::PART, key, text)?;
        }
        self.validate_gauges()?;
        self.validate_rivers()?;
        self.validate_districts()?;
        self.validate_stages()?;
        let mut seen = BTreeSet::new();
        for (n, shelter) in self.shelters.iter().enumerate() {
            let part = format!("{}[{n}]", map_part("shelters"));
            identifier(&part, &shelter.id, &mut seen)?;
            written_text(&part, "name", &shelter.name)?;
            written_text(&part, "address", &shelter.address)?;
            optional_text(&part, "name_en", shelter.name_en.as_deref())?;
            optional_text(&part, "note", shelter.note.as_deref())?;
        }
        self.validate_words()
    }

    fn validate_gauges(&self) -> Result<(), LoadError> {
        let known: BTreeSet<&str> = self.gauges.iter().map(|gauge| gauge.id.as_str()).collect();
        let mut seen = BTreeSet::new();
        for (n, gauge) in self.gauges.iter().enumerate() {
            let part = format!("{}[{n}]", town_part("gauge"));
            // Gauges of the ministry have 12 to 15 digits, the small ones for floods alone (危機管理型水位計) ten.
            if !(10..=15).contains(&gauge.id.len()) || !gauge.id.bytes().all(|b| b.is_ascii_digit())
            {
                return Err(LoadError::refused(part, "id", &gauge.id, "10 to 15 digits"));
            }
            identifier(&part, &gauge.id, &mut seen)?;
            for (key, text) in [
                ("name", &gauge.name),
                ("name_en", &gauge.name_en),
                ("river", &gauge.river),
                ("river_en", &gauge.river_en),
            ] {
                written_text(&part, key, text)?;
            }
            optional_text(&part, "kana", gauge.kana.as_deref())?;
            if let Some(km) = gauge.river_km.filter(|km| !(0.0..=400.0).contains(km)) {
                return Err(LoadError::refused(
                    part,
                    "river_km",
                    km,
                    "kilometres from 0 to 400",
                ));
            }
            gauge.levels.validate(&format!("{part}.levels"))?;
            if gauge.upstream.len() > UPSTREAM_MAX {
                let value = format!("a list of {}", gauge.upstream.len());
                return Err(LoadError::refused(
                    part,
                    "upstream",
                    value,
                    format!("at most {UPSTREAM_MAX} gauges"),
                ));
            }
            gauges_known(&part, "upstream", &gauge.upstream, &known)?;
            if gauge.upstream.contains(&gauge.id) {
                return Err(LoadError::refused(
                    part,
                    "upstream",
                    &gauge.id,
                    "gauges above this one, not itself",
                ));
            }
        }
        Ok(())
    }

    fn validate_rivers(&self) -> Result<(), LoadError> {
        let known: BTreeSet<&str> = self.gauges.iter().map(|gauge| gauge.id.as_str()).collect();
        let mut seen = BTreeSet::new();
        for (n, river) in self.rivers.iter().enumerate() {
            let part = format!("{}[{n}]", town_part("river"));
            written_text(&part, "name", &river.name)?;
            written_text(&part, "name_en", &river.name_en)?;
            if !seen.insert(&river.name) {
                return Err(LoadError::refused(
                    part,
                    "name",
                    &river.name,
                    "each river once",
                ));
            }
            if river.gauges.is_empty() {
                return Err(LoadError::refused(
                    part,
                    "gauges",
                    "an empty list",
                    "at least one gauge that decides",
                ));
            }
            gauges_known(&part, "gauges", &river.gauges, &known)?;
        }
        Ok(())
    }

    fn validate_districts(&self) -> Result<(), LoadError> {
        let known: BTreeSet<&str> = self.gauges.iter().map(|gauge| gauge.id.as_str()).collect();
        let mut seen = BTreeSet::new();
        for (n, district) in self.districts.iter().enumerate() {
            let part = format!("{}[{n}]", map_part("districts"));
            identifier(&part, &district.id, &mut seen)?;
            written_text(&part, "name", &district.name)?;
            optional_text(&part, "kana", district.kana.as_deref())?;
            optional_text(&part, "name_en", district.name_en.as_deref())?;
            let by_rank: u64 = district
                .people_by_rank
                .iter()
                .map(|people| u64::from(*people))
                .sum();
            if by_rank != u64::from(district.people) {
                let accepted = format!(
                    "seven counts that add up to people, which is {}",
                    district.people
                );
                return Err(LoadError::refused(
                    part,
                    "people_by_rank",
                    by_rank,
                    accepted,
                ));
            }
            let in_zone = by_rank - u64::from(district.people_by_rank[0]);
            let by_river = district.reaches.iter().map(|reach| reach.people_in_zone);
            if let Some(by_river) = by_river.max().filter(|people| u64::from(*people) > in_zone) {
                let accepted = format!("each at most the people inside a zone, {in_zone}");
                return Err(LoadError::refused(
                    part,
                    "people_by_river",
                    by_river,
                    accepted,
                ));
            }
            for reach in &district.reaches {
                gauges_known(&part, "reaches", &reach.gauges, &known)?;
            }
        }
        Ok(())
    }

    fn validate_words(&self) -> Result<(), LoadError> {
        for (n, note) in self.notes.iter().enumerate() {
            let part = format!("{}[{n}]", town_part("note"));
            written_text(&part, "ja", &note.ja)?;
            written_text(&part, "en", &note.en)?;
        }
        for (n, credit) in self.attribution.iter().enumerate() {
            let part = format!("{}[{n}]", town_part("attribution"));
            for (key, text) in [
                ("what", &credit.what),
                ("source", &credit.source),
                ("licence", &credit.licence),
            ] {
                written_text(&part, key, text)?;
            }
        }
        Ok(())
    }
}

/// Identifiers reach addresses and records: they are short, have no blanks, and each is used once.
fn identifier<'a>(part: &str, id: &'a str, seen: &mut BTreeSet<&'a str>) -> Result<(), LoadError> {
    const BYTES_MAX: usize = 40;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if id.is_empty() || id.len() > BYTES_MAX || !id.bytes().all(plain) {
        return Err(LoadError::refused(
            part,
            "id",
            id,
            format!("1 to {BYTES_MAX} of the letters a-z A-Z 0-9 - _"),
        ));
    }
    if !seen.insert(id) {
        return Err(LoadError::refused(part, "id", id, "each identifier once"));
    }
    Ok(())
}

/// Texts that people read: present, not endless, and without control characters.
fn written_text(part: &str, key: &str, text: &str) -> Result<(), LoadError> {
    let length = text.chars().count();
    if text.trim().is_empty() || length > CHARACTERS_MAX || text.chars().any(char::is_control) {
        let accepted = format!("1 to {CHARACTERS_MAX} characters on one line");
        return Err(LoadError::refused(part, key, format!("{text:?}"), accepted));
    }
    Ok(())
}

fn optional_text(part: &str, key: &str, text: Option<&str>) -> Result<(), LoadError> {
    text.map_or(Ok(()), |text| written_text(part, key, text))
}

fn gauges_known(
    part: &str,
    key: &str,
    gauges: &[String],
    known: &BTreeSet<&str>,
) -> Result<(), LoadError> {
    let mut seen = BTreeSet::new();
    for id in gauges {
        if !known.contains(id.as_str()) {
            return Err(LoadError::refused(
                part,
                key,
                id,
                "identifiers of gauges of town.toml",
            ));
        }
        if !seen.insert(id) {
            return Err(LoadError::refused(part, key, id, "each gauge once"));
        }
    }
    Ok(())
}

/// The sixth digit makes up the difference from the weighted sum of the five before to a multiple of eleven.
fn has_right_check_digit(code: &str) -> bool {
    let digits: Vec<u32> = code.chars().filter_map(|c| c.to_digit(10)).collect();
    if digits.len() != 6 || code.len() != 6 {
        return false;
    }
    let sum: u32 = digits[..5]
        .iter()
        .zip([6, 5, 4, 3, 2])
        .map(|(digit, weight)| digit * weight)
        .sum();
    (11 - sum % 11) % 10 == digits[5]
}

#[cfg(test)]
mod tests {
    use super::has_right_check_digit;

    #[test]
    fn the_codes_of_real_towns_have_the_right_check_digit() {
        for code in ["012076", "131016", "432032", "331007", "011002"] {
            assert!(has_right_check_digit(code), "{code}");
        }
    }

    #[test]
    fn a_mistyped_code_is_noticed() {
        for code in [
            "012075",
            "012706",
            "01207",
            "0120761",
            "01207a",
            "",
            "０１２０７６",
        ] {
            assert!(!has_right_check_digit(code), "{code}");
        }
    }
}
