//! Districts and hours as an officer types them into a form.

use super::decide::half_width;
use crate::app::App;
use crate::desk::Declined;

/// The word for every district of the town.
const ALL: &str = "全地区";

/// District ids behind names or ids that are parted by commas or spaces, each once, in the order typed.
///
/// # Errors
/// [`Declined::Incomplete`] names what is no district, or which districts share a name.
pub(super) fn named(app: &App, typed: &str) -> Result<Vec<String>, Declined> {
    let districts = &app.town().districts;
    let mut ids: Vec<String> = Vec::new();
    let names = typed
        .split(['、', ',', '，', ' ', '　', '\n', '\r', '\t'])
        .map(str::trim)
        .filter(|name| !name.is_empty());
    for name in names {
        if name == ALL {
            return Ok(districts.iter().map(|of| of.id.clone()).collect());
        }
        let mut found: Vec<&str> = districts
            .iter()
            .filter(|of| of.name == name || of.id == name)
            .map(|of| of.id.as_str())
            .collect();
        match (found.pop(), found.is_empty()) {
            (Some(id), true) => {
                if !ids.iter().any(|known| known == id) {
                    ids.push(id.to_owned());
                }
            }
            (Some(last), false) => {
                found.push(last);
                return Err(Declined::Incomplete(format!(
                    "{name}: この名前の地区は{}つあります。番号で書いてください({})",
                    found.len(),
                    found.join("、")
                )));
            }
            (None, _) => {
                let name: String = name.chars().take(80).collect();
                return Err(Declined::Incomplete(format!(
                    "{name}: この名前の地区はありません"
                )));
            }
        }
    }
    Ok(ids)
}

/// Whole hours; nothing where nothing was typed. Full-width digits count.
///
/// # Errors
/// [`Declined::Incomplete`] repeats what is no number.
pub(super) fn hours(typed: &str) -> Result<Option<u32>, Declined> {
    let typed = half_width(typed);
    if typed.is_empty() {
        return Ok(None);
    }
    typed.parse().map(Some).map_err(|_| {
        let typed: String = typed.chars().take(80).collect();
        Declined::Incomplete(format!("有効期間は、時間を数字で入力してください({typed})"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_whole_numbers_in_any_width_and_nothing_is_no_wish() {
        assert_eq!(hours(" ").ok(), Some(None));
        assert_eq!(hours("６").ok(), Some(Some(6)));
        for wrong in ["-1", "1.5", "六", "99999999999"] {
            let said = hours(wrong).expect_err("no whole hours").to_string();
            assert!(said.contains(wrong), "{said}");
        }
    }
}
