//! Places to flee to (指定緊急避難場所), each approved hazard by hazard.

use std::collections::BTreeSet;

use geo::Point;
use serde::{Deserialize, Serialize};

use crate::{DepthRank, SiteFacts};

/// A designated emergency evacuation site (指定緊急避難場所).
#[derive(Clone, Debug)]
pub struct Shelter {
    /// The common identifier (共通ID) of the national list. Not to be taken apart.
    pub id: String,
    /// Japanese name, with building or ground in brackets as published.
    pub name: String,
    /// Name in Latin letters, where a source gives one.
    pub name_en: Option<String>,
    /// Address as published.
    pub address: String,
    /// Longitude and latitude, degrees.
    pub at: Point<f64>,
    /// Hazards for which it is designated.
    pub approved_for: BTreeSet<Hazard>,
    /// The deepest flood zone at its own site; computed at loading.
    pub depth_rank: Option<DepthRank>,
    /// People it can take, where a source says so.
    pub capacity: Option<u32>,
    /// Whether it stands inside the municipality. A site just across the border is real, not an error.
    pub in_town: bool,
    /// Remark as published, such as 「洪水時：２階以上に避難」.
    pub note: Option<String>,
}

impl Shelter {
    /// A site of a list, with what is known of its place.
    pub(crate) fn of_site(
        facts: &SiteFacts,
        at: Point<f64>,
        depth_rank: Option<DepthRank>,
        in_town: bool,
    ) -> Self {
        Self {
            id: facts.id.clone(),
            name: facts.name.clone(),
            name_en: facts.name_en.clone(),
            address: facts.address.clone(),
            at,
            approved_for: facts.approved_for.clone(),
            depth_rank,
            capacity: facts.capacity,
            in_town,
            note: facts.note.clone(),
        }
    }

    /// Whether people may be sent here for this hazard under this rule.
    ///
    /// A site that is not designated for the hazard never is. For a flood it must also stand outside the flood zone,
    /// or not deeper in it than the rule allows.
    #[must_use]
    pub fn usable_for(&self, hazard: Hazard, rule: ShelterRule) -> bool {
        let approved = self.approved_for.contains(&hazard);
        let dry = hazard != Hazard::Flood || self.depth_rank <= rule.flood_depth_rank_max;
        approved && dry
    }
}

/// What makes an approved site usable. The default accepts only sites outside every flood zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShelterRule {
    /// Deepest zone in which an approved site may still be used in a flood; nothing means none at all.
    pub flood_depth_rank_max: Option<DepthRank>,
}

/// Kinds of disaster for which a site is designated (災害種別), as in the law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Hazard {
    /// 洪水
    Flood,
    /// 崖崩れ、土石流及び地滑り
    Landslide,
    /// 高潮
    StormSurge,
    /// 地震
    Earthquake,
    /// 津波
    Tsunami,
    /// 大規模な火事
    LargeFire,
    /// 内水氾濫
    InlandFlood,
    /// 火山現象
    Volcano,
}

impl Hazard {
    /// All kinds, in the order of the national list.
    pub const ALL: [Self; 8] = [
        Self::Flood,
        Self::Landslide,
        Self::StormSurge,
        Self::Earthquake,
        Self::Tsunami,
        Self::LargeFire,
        Self::InlandFlood,
        Self::Volcano,
    ];

    /// The word used in files.
    #[must_use]
    pub fn key(self) -> &'static str {
        self.words().0
    }

    /// The kind with this word, if there is one.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hazard| hazard.key() == key)
    }

    /// The law's word in Japanese; also the column name in the national list.
    #[must_use]
    pub fn words_ja(self) -> &'static str {
        self.words().1
    }

    /// In English.
    #[must_use]
    pub fn words_en(self) -> &'static str {
        self.words().2
    }

    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Flood => ("flood", "洪水", "flood"),
            Self::Landslide => (
                "landslide",
                "崖崩れ、土石流及び地滑り",
                "slope failure, debris flow and landslide",
            ),
            Self::StormSurge => ("storm_surge", "高潮", "storm surge"),
            Self::Earthquake => ("earthquake", "地震", "earthquake"),
            Self::Tsunami => ("tsunami", "津波", "tsunami"),
            Self::LargeFire => ("large_fire", "大規模な火事", "large fire"),
            Self::InlandFlood => ("inland_flood", "内水氾濫", "inland flooding"),
            Self::Volcano => ("volcano", "火山現象", "volcanic phenomena"),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use geo::Point;

    use super::{Hazard, Shelter, ShelterRule};
    use crate::DepthRank;

    fn school(approved_for: &[Hazard], rank: u8) -> Shelter {
        Shelter {
            id: "E1".into(),
            name: "学校".into(),
            name_en: None,
            address: "町".into(),
            at: Point::new(143.2, 42.9),
            approved_for: approved_for.iter().copied().collect(),
            depth_rank: DepthRank::new(rank),
            capacity: None,
            in_town: true,
            note: None,
        }
    }

    #[test]
    fn a_dry_site_that_is_not_approved_is_never_usable() {
        let school = school(&[Hazard::Earthquake], 0);
        for rank in 0..=6 {
            let rule = ShelterRule {
                flood_depth_rank_max: DepthRank::new(rank),
            };
            assert!(!school.usable_for(Hazard::Flood, rule));
        }
    }

    #[test]
    fn an_approved_site_in_the_zone_is_usable_only_if_the_rule_allows_its_depth() {
        let school = school(&[Hazard::Flood], 2);
        let usable: Vec<u8> = (0..=6)
            .filter(|rank| {
                school.usable_for(
                    Hazard::Flood,
                    ShelterRule {
                        flood_depth_rank_max: DepthRank::new(*rank),
                    },
                )
            })
            .collect();
        assert_eq!(usable, [2, 3, 4, 5, 6]);
    }

    #[test]
    fn the_flood_zone_does_not_matter_to_an_earthquake() {
        assert!(
            school(&[Hazard::Earthquake], 4).usable_for(Hazard::Earthquake, ShelterRule::default())
        );
    }

    #[test]
    fn every_word_used_in_files_leads_back_to_its_kind() {
        for hazard in Hazard::ALL {
            assert_eq!(Hazard::from_key(hazard.key()), Some(hazard));
        }
        assert_eq!(Hazard::from_key("洪水"), None);
    }
}
