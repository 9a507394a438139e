//! What an officer is told beside a text before the last click, in both languages: what it replaces, in what it differs from what was
//! asked, what goes on, and what the checks say.

use super::both::Both;
use super::lines::level_en;
use crate::app::App;
use crate::approve::facts::{Facts, Kind};
use crate::approve::rule::Needs;
use crate::desk;
use crate::publish::examine;
use crate::recommend::cause;
use crate::recommend::proposal::Proposal;
use crate::store::StoreError;
use crate::store::drafts::StoredDraft;

/// Everything that is said of a text, in the order in which it is read.
///
/// # Errors
/// The record's.
pub(super) fn of(app: &App, draft: &StoredDraft) -> Result<Vec<Both>, StoreError> {
    let facts = draft.notice.content().facts();
    let mut cautions = Vec::new();
    if facts.kind == Kind::Issue && !facts.replaces.is_empty() {
        let count = facts.replaces.len();
        cautions.push(Both::new(
            format!("発令中の{count}件の情報を、この発表で置き換えます"),
            format!("This notice takes the place of {count} in force"),
        ));
    }
    if draft.needs == Needs::OneThenReview {
        let within = app.config.approve.review_within_min;
        cautions.push(Both::new(
            format!(
                "1人で直ちに発表できます。{within}分以内に、別の承認者の確認が求められます"
            ),
            format!(
                "One person may publish at once. Another approver must look at it within {within} min"
            ),
        ));
    }
    let proposed = match &draft.proposal {
        Some(id) => app.store.read(|view| view.proposal(id))?,
        None => None,
    };
    if let Some(asked) = proposed.as_ref().map(|stored| &stored.proposal) {
        cautions.extend(otherwise(asked, facts));
    }
    if let Some(hours) = desk::judge::other_hours(app, draft) {
        let usual = app.config.publish.expires_after_h;
        cautions.push(Both::new(
            format!("有効期間は{hours}時間です(町の標準は{usual}時間)"),
            format!("It holds for {hours} h (the usual of the town is {usual} h)"),
        ));
    }
    if facts.kind != Kind::Issue {
        cautions.push(go_on(&others_in_force(app, facts)?));
    }
    if let Some(order) = &draft.prepared_for
        && facts.kind == Kind::Issue
    {
        cautions.push(differs(app, order.as_str(), facts)?);
    }
    cautions.extend(warnings(app, draft)?);
    Ok(cautions)
}

/// What the checks say of a text that may leave.
fn warnings(app: &App, draft: &StoredDraft) -> Result<Vec<Both>, StoreError> {
    let now = app.clock.now();
    let (live, stored, open) = app.store.read(|view| {
        let proposal = draft
            .proposal
            .as_deref()
            .map(|id| view.proposal(id))
            .transpose()?;
        let open = desk::open_proposals(view)?;
        Ok((view.live_notices(now)?, proposal.flatten(), open))
    })?;
    let beside = examine::Beside {
        live: &live,
        decided_on: stored.as_ref().map(|stored| &stored.proposal),
        open: &open,
        own_words: desk::own_words(&draft.reason_code, &draft.reason),
    };
    let warned = examine::warning(examine::findings(app, &draft.notice, &beside));
    Ok(warned
        .into_iter()
        .map(|finding| Both::new(finding.ja, finding.en))
        .collect())
}

/// In what a text differs from what was asked, and that nobody but an officer asked for it.
fn otherwise(asked: &Proposal, facts: &Facts) -> Vec<Both> {
    let (called, called_en) = match &asked.judgement {
        None => ("システムの推奨", "what the system recommends"),
        Some(_) => ("発令案", "the order that was asked for"),
    };
    let mut told = Vec::new();
    if let Some(of) = &asked.judgement {
        told.push(Both::new(
            format!(
                "システムの推奨ではありません。{}の判断による発令案です",
                of.display
            ),
            format!(
                "No recommendation of the system: it is asked for by {} of their own judgement",
                of.display
            ),
        ));
    }
    if asked.key.level != facts.level {
        told.push(Both::new(
            format!(
                "{called}は{}です。違うレベルを選んでいます",
                asked.key.level
            ),
            format!(
                "Another level is chosen here: {called_en} is {}",
                level_en(asked.key.level)
            ),
        ));
    }
    let edited = Edited::of(asked, facts);
    for (what, what_en, which) in [
        ("加えた地区", "added", &edited.added),
        ("除いた地区", "left out", &edited.dropped),
    ] {
        if !which.is_empty() {
            let names: Vec<&str> = which.iter().map(|one| one.name.as_str()).collect();
            let names_en: Vec<&str> = which.iter().map(Area::in_english).collect();
            told.push(Both::new(
                format!("{called}と違う地区です。{what}: {}", names.join("、")),
                format!(
                    "Other areas than {called_en}; {what_en}: {}",
                    names_en.join(", ")
                ),
            ));
        }
    }
    told
}

/// A district as it is named.
pub(super) struct Area {
    pub(super) id: String,
    pub(super) name: String,
    name_en: String,
}

impl Area {
    fn new(id: &str, name: &str, name_en: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            name_en: name_en.to_owned(),
        }
    }

    /// A place without an English name keeps its own.
    fn in_english(&self) -> &str {
        match self.name_en.as_str() {
            "" => &self.name,
            english => english,
        }
    }
}

/// Districts of a text that were not asked about, and those that were and are not in it.
pub(super) struct Edited {
    pub(super) added: Vec<Area>,
    pub(super) dropped: Vec<Area>,
}

impl Edited {
    /// Whether the districts are those that were asked about.
    pub(super) fn is_nothing(&self) -> bool {
        self.added.is_empty() && self.dropped.is_empty()
    }

    pub(super) fn of(asked: &Proposal, facts: &Facts) -> Self {
        let was_asked = |id: &str| asked.districts.iter().any(|one| one.id == id);
        let is_in = |id: &str| facts.districts.iter().any(|one| one.id == id);
        let added = facts.districts.iter().filter(|one| !was_asked(&one.id));
        let dropped = asked.districts.iter().filter(|one| !is_in(&one.id));
        Self {
            added: added
                .map(|one| Area::new(&one.id, &one.name, &one.name_en))
                .collect(),
            dropped: dropped
                .map(|one| Area::new(&one.id, &one.name, &one.name_en))
                .collect(),
        }
    }
}

/// What goes on for these districts when they are lifted or cancelled.
fn go_on(others: &[Both]) -> Both {
    if others.is_empty() {
        return Both::new(
            "これらの地区に、ほかに発令中の避難情報はありません",
            "No other order is in force for these areas",
        );
    }
    let ja: Vec<&str> = others.iter().map(|one| one.ja.as_str()).collect();
    let en: Vec<&str> = others
        .iter()
        .map(|one| one.en.as_deref().unwrap_or(&one.ja))
        .collect();
    Both::new(
        format!("次の発令は続きます: {}", ja.join("。")),
        format!("These stay in force: {}", en.join("; ")),
    )
}

/// Orders in force for some of the districts that this text does not end, each in one phrase of Japanese.
///
/// # Errors
/// The record's.
pub(super) fn also_in_force(app: &App, facts: &Facts) -> Result<Vec<String>, StoreError> {
    let others = others_in_force(app, facts)?;
    Ok(others.into_iter().map(|one| one.ja).collect())
}

fn others_in_force(app: &App, facts: &Facts) -> Result<Vec<Both>, StoreError> {
    let now = app.clock.now();
    let others = app
        .store
        .read(|view| desk::ending::also_in_force(view, facts, now))?;
    Ok(others
        .iter()
        .map(|other| goes_on(other.content().facts(), facts))
        .collect())
}

/// One order that goes on for some of the districts of a text.
fn goes_on(other: &Facts, facts: &Facts) -> Both {
    let shared: Vec<Area> = other
        .districts
        .iter()
        .filter(|one| facts.districts.iter().any(|two| two.id == one.id))
        .map(|one| Area::new(&one.id, &one.name, &one.name_en))
        .collect();
    let names: Vec<&str> = shared.iter().map(|one| one.name.as_str()).collect();
    let names_en: Vec<&str> = shared.iter().map(Area::in_english).collect();
    Both::new(
        format!(
            "{} {}({})",
            cause::place(cause::of_facts(other)),
            other.level,
            names.join("、")
        ),
        format!(
            "{}: {} ({})",
            cause::place_en_of(other),
            level_en(other.level),
            names_en.join(", ")
        ),
    )
}

/// In what a correction differs from the order that it corrects.
fn differs(app: &App, order: &str, facts: &Facts) -> Result<Both, StoreError> {
    let before = app.store.read(|view| view.notice(order))?;
    Ok(match before {
        Some(before) => corrected(before.content().facts(), facts),
        None => Both::new(
            "訂正する発表が見つかりません",
            "The notice that it corrects is not found",
        ),
    })
}

fn corrected(before: &Facts, facts: &Facts) -> Both {
    let mut told = Vec::new();
    let mut told_en = Vec::new();
    if before.level != facts.level {
        told.push(format!("レベル {} → {}", before.level, facts.level));
        told_en.push(format!(
            "{} → {}",
            level_en(before.level),
            level_en(facts.level)
        ));
    }
    let only = |one: &Facts, other: &Facts| -> Vec<Area> {
        let is_in = |id: &str| other.districts.iter().any(|d| d.id == id);
        let districts = one.districts.iter().filter(|d| !is_in(&d.id));
        districts
            .map(|d| Area::new(&d.id, &d.name, &d.name_en))
            .collect()
    };
    for (what, what_en, areas) in [
        ("除く地区", "areas left out", only(before, facts)),
        ("加える地区", "areas added", only(facts, before)),
    ] {
        if !areas.is_empty() {
            let names: Vec<&str> = areas.iter().map(|one| one.name.as_str()).collect();
            let names_en: Vec<&str> = areas.iter().map(Area::in_english).collect();
            told.push(format!("{what} {}", names.join("、")));
            told_en.push(format!("{what_en}: {}", names_en.join(", ")));
        }
    }
    if told.is_empty() {
        Both::new(
            "訂正: レベルと地区は先の発表と同じです。水位や避難所など、いまの内容で改めて発表します",
            "Correction: level and areas are those of the earlier notice. It is published anew with levels, shelters and the rest as they are now",
        )
    } else {
        Both::new(
            format!("訂正: {}", told.join("、")),
            format!("Correction: {}", told_en.join("; ")),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_is_said_in_both_languages_and_that_nothing_does_is_said_too() {
        let none = go_on(&[]);
        assert!(none.ja.contains("ほかに発令中の避難情報はありません"));
        assert_eq!(
            none.en.as_deref(),
            Some("No other order is in force for these areas")
        );
        let others = [
            Both::new(
                "札内川沿い 警戒レベル3 高齢者等避難(東町)",
                "Along the Satsunai River: Level 3 (Higashimachi)",
            ),
            // One without English keeps its Japanese.
            Both {
                ja: "土砂災害 警戒レベル4 避難指示(西町)".to_owned(),
                en: None,
            },
        ];
        let both = go_on(&others);
        assert_eq!(
            both.ja,
            "次の発令は続きます: 札内川沿い 警戒レベル3 高齢者等避難(東町)。土砂災害 警戒レベル4 避難指示(西町)"
        );
        assert_eq!(
            both.en.as_deref(),
            Some(
                "These stay in force: Along the Satsunai River: Level 3 (Higashimachi); 土砂災害 警戒レベル4 避難指示(西町)"
            )
        );
    }

    #[test]
    fn a_place_without_an_english_name_keeps_its_own() {
        assert_eq!(Area::new("a", "東町", "").in_english(), "東町");
        assert_eq!(
            Area::new("a", "東町", "Higashimachi").in_english(),
            "Higashimachi"
        );
    }
}
