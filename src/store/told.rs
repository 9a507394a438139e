//! What was told by a moment: orders, reports, words of the shelter desk.

use std::collections::{BTreeMap, BTreeSet};

use hinan_recommend::UnitId;
use jiff::{SignedDuration, Timestamp};
use rusqlite::params;

use super::{StoreError, Tx, View, instant, millis};
use crate::approve::facts::Kind;
use crate::recommend::cause;
use crate::recommend::level::advised;
use crate::recommend::told::{Lifted, Ordered, ShelterState, ShelterWord, Told};

/// A lifting older than this ends nothing any more.
const LIFTED_SINCE: SignedDuration = SignedDuration::from_hours(72);
/// Reports that advice looks at, at most; more cannot be typed in while they stand.
pub(crate) const REPORTS_MAX: u32 = 1000;

impl Tx<'_> {
    /// Keeps what the shelter desk says of a shelter.
    ///
    /// # Errors
    /// The database's.
    pub fn put_shelter_word(&self, shelter: &str, word: &ShelterWord) -> Result<(), StoreError> {
        self.happened(word.at);
        self.0.execute(
            "INSERT INTO shelter_word (shelter, state, occupancy, note, at_ms, officer, places) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                shelter,
                word.state.word(),
                word.occupancy,
                word.note,
                millis(word.at),
                word.by,
                word.places
            ],
        )?;
        Ok(())
    }
}

impl View<'_> {
    /// Until when what was told by a moment stays the same, if nobody tells anything: the next order to expire, or lifting to be
    /// forgotten.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn told_until(&self, told: &Told, now: Timestamp) -> Result<Timestamp, StoreError> {
        let expires: Option<i64> = self
            .0
            .prepare_cached("SELECT min(expires_ms) FROM in_force WHERE expires_ms > ?1")?
            .query_row([millis(now)], |row| row.get(0))?;
        // Rounded up to the second in the table: the second before it is looked at again.
        let expires = expires.map(|ms| instant(ms - 2_000)).transpose()?;
        let forgotten = told
            .lifted
            .iter()
            .filter_map(|lifted| lifted.at.checked_add(LIFTED_SINCE).ok());
        Ok(forgotten.chain(expires).min().unwrap_or(Timestamp::MAX))
    }

    /// Everything but the agency's word, which the engine hears for itself.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn told(&self, now: Timestamp) -> Result<Told, StoreError> {
        // An order for one hazard or river is none for another.
        let mut orders: BTreeMap<(UnitId, String), Ordered> = BTreeMap::new();
        for notice in self.live_notices(now)? {
            let (facts, at) = (notice.content().facts(), notice.state().at());
            for district in &facts.districts {
                let unit = UnitId::new(district.id.as_str());
                let order = Ordered {
                    unit: unit.clone(),
                    river: cause::of_facts(facts).to_owned(),
                    level: advised(facts.level),
                    at,
                };
                let key = (unit, order.river.clone());
                let known = orders.entry(key).or_insert_with(|| order.clone());
                if order.level > known.level {
                    *known = order;
                }
            }
        }
        let mut lifted: BTreeMap<(UnitId, String), Timestamp> = BTreeMap::new();
        for notice in
            self.approved_since(now.saturating_sub(LIFTED_SINCE).unwrap_or(Timestamp::MIN))?
        {
            let facts = notice.content().facts();
            if facts.kind != Kind::Lift {
                continue;
            }
            for district in &facts.districts {
                let at = lifted
                    .entry((
                        UnitId::new(district.id.as_str()),
                        cause::of_facts(facts).to_owned(),
                    ))
                    .or_insert(notice.state().at());
                *at = (*at).max(notice.state().at());
            }
        }
        let reports = self.open_reports(REPORTS_MAX)?;
        let abouts: BTreeSet<&str> = orders.values().map(|order| order.river.as_str()).collect();
        let mut confirmed = Vec::new();
        for about in abouts {
            confirmed.extend(self.confirmed(about)?);
        }
        Ok(Told {
            orders: orders.into_values().collect(),
            lifted: lifted
                .into_iter()
                .map(|((unit, river), at)| Lifted {
                    unit,
                    river: Some(river),
                    at,
                })
                .collect(),
            reports: reports.into_iter().map(|one| one.new.report).collect(),
            shelters: self.shelter_words()?,
            confirmed,
            judgements: self.open_judgements()?,
            ..Told::default()
        })
    }

    /// The last word on each shelter, by its identifier.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn shelter_words(&self) -> Result<BTreeMap<String, ShelterWord>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT shelter, state, occupancy, note, at_ms, officer, \
             coalesce(places, (SELECT b.places FROM shelter_word b WHERE b.shelter = a.shelter AND b.places IS NOT NULL \
             ORDER BY b.id DESC LIMIT 1)) FROM shelter_word a \
             WHERE id IN (SELECT max(id) FROM shelter_word GROUP BY shelter)",
        )?;
        let rows = statement.query_map([], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, Option<u32>>(2)?,
                row.get::<_, String>(3)?,
                row.get::<_, i64>(4)?,
                row.get::<_, String>(5)?,
                row.get::<_, Option<u32>>(6)?,
            ))
        })?;
        rows.map(|row| {
            let (shelter, state, occupancy, note, at_ms, by, places) = row?;
            let state = ShelterState::from_word(&state).ok_or_else(|| StoreError::Damaged {
                what: format!("a word on shelter {shelter}"),
                why: format!("unknown state {state}"),
            })?;
            let word = ShelterWord {
                state,
                occupancy,
                places,
                at: instant(at_ms)?,
                by,
                note,
            };
            Ok((shelter, word))
        })
        .collect()
    }
}
