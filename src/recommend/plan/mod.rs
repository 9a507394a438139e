//! 町の避難計画: what a town lays down beforehand and no map says. How agencies name its places, rain gauges, threats besides rivers,
//! bigger names for several districts, facilities with people who need time.
//!
//! One file of TOML, strict: what is not understood is refused with file, line, key, what was found and what is accepted.

mod file;
mod read;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use hinan_gis::Town;
use hinan_recommend::{Facility, Group, Input, Kind, SourceId, TsunamiClass};
use thiserror::Error;

use crate::config::Config;
use crate::demo::obihiro;

/// The name of a town's plan in its folder.
pub const PLAN_FILE: &str = "plan.toml";
/// Bytes of one file, at most.
const BYTES_MAX: usize = 1 << 20;

/// A checked plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Where it was read; nothing where the town has none.
    pub path: Option<String>,
    /// How agencies name the town's places.
    pub agency: AgencyNames,
    /// Rain gauges that decide for somebody, in the order of the file.
    pub rain: Vec<RainGauge>,
    /// Threats besides rivers, by district, in the order of the file.
    pub threats: BTreeMap<String, Vec<Threat>>,
    /// What is known of homes and of the way out, by district and river.
    pub homes: BTreeMap<(String, String), Homes>,
    /// Bigger names.
    pub groups: Vec<Group>,
    /// Facilities, with what is said of them.
    pub facilities: Vec<PlannedFacility>,
}

/// How agencies name the town's places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgencyNames {
    /// 津波予報区, three digits.
    pub tsunami_areas: BTreeSet<String>,
    /// 地震情報の細分区域, three digits: what a flash report speaks of before the municipalities are known.
    pub shaking_areas: BTreeSet<String>,
    /// Areas of 記録的短時間大雨情報, six digits.
    pub record_rain_areas: BTreeSet<String>,
    /// The town's river by a code of 指定河川洪水予報: that of the forecast area or of the river.
    pub rivers: BTreeMap<String, String>,
}

/// A rain gauge and for whom it decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RainGauge {
    /// The agency's number of the station.
    pub station: SourceId,
    /// As an officer says it.
    pub name: String,
    /// Districts.
    pub districts: BTreeSet<String>,
    /// Districts along these rivers.
    pub rivers: BTreeSet<String>,
}

/// What threatens a district besides its rivers.
#[derive(Clone, Debug, PartialEq)]
pub struct Threat {
    /// Inland flood, landslide, storm surge or tsunami.
    pub kind: Kind,
    /// People whose home would be in the water or the slide.
    pub people_at_risk: u32,
    /// Gauges of the drains, for inland floods.
    pub gauges: Vec<SourceId>,
    /// The weakest class that reaches it, for tsunami.
    pub tsunami_from: Option<TsunamiClass>,
    /// Deepest water assumed, metres.
    pub depth_max_m: Option<f64>,
    /// Which map or plan says so.
    pub source: String,
}

/// What a town knows of the homes of a district along a river, for 屋内安全確保, and of the way out. What is not said stays unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Homes {
    /// People in a house-collapse zone (家屋倒壊等氾濫想定区域).
    pub people_in_collapse_zone: Option<u32>,
    /// People with a room above the water.
    pub people_with_dry_room: Option<u32>,
    /// How long the water stays, hours.
    pub isolation_h: Option<f64>,
    /// Level at the main gauge from which the way out is cut off, metres.
    pub road_cut_m: Option<f64>,
    /// Which map, survey or plan says so.
    pub source: String,
}

/// A facility, and whose word it is.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedFacility {
    /// As the core of the advice knows it.
    pub facility: Facility,
    /// Its name in English, where the town gives one.
    pub name_en: Option<String>,
    /// Which plan or contract says how long it needs; invented ones say that they are.
    pub source: String,
}

/// Why a plan cannot be used.
#[derive(Debug, Error)]
pub enum PlanError {
    /// It cannot be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Something in it is not accepted.
    #[error("{path}:{line}: {key} = {found}: 受け付けるのは{accepted_ja} / accepted: {accepted}")]
    Refused {
        /// The file.
        path: Box<str>,
        /// Line, from 1.
        line: usize,
        /// The key, with the table it stands in.
        key: Box<str>,
        /// What was found there.
        found: Box<str>,
        /// What would be accepted, in Japanese.
        accepted_ja: Box<str>,
        /// The same in English.
        accepted: Box<str>,
    },
}

impl Plan {
    /// The plan named in the configuration, else the one in the town's folder, else of the built-in town its own, else an empty one.
    ///
    /// # Errors
    /// [`PlanError`] names the file, its line and key.
    pub fn load(config: &Config, town: &Town) -> Result<Self, PlanError> {
        let named = &config.recommend.plan;
        if !named.as_os_str().is_empty() {
            return from_file(named, town);
        }
        let dir = &config.town.dir;
        if dir.as_os_str().is_empty() {
            return Self::read(obihiro::PLAN, "config/obihiro/plan.toml", town);
        }
        let own = dir.join(PLAN_FILE);
        if dir.is_dir() && is_there(&own)? {
            return from_file(&own, town);
        }
        Ok(Self::default())
    }

    /// Reads and checks a plan's text against the town; `path` names it in errors.
    ///
    /// # Errors
    /// [`PlanError::Refused`], the first thing that is not accepted.
    pub fn read(text: &str, path: &str, town: &Town) -> Result<Self, PlanError> {
        read::read(text, path, town)
    }

    /// What nobody tells a service with this plan: no feed reads risk maps, and what is told of places that nobody named is told of
    /// somewhere else.
    #[must_use]
    pub fn unheard(&self) -> BTreeSet<Input> {
        let mut unheard = BTreeSet::from([
            Input::LandslideMap,
            Input::InundationMap,
            Input::FloodMap,
            Input::RiverLine,
        ]);
        if self.rain.is_empty() {
            unheard.insert(Input::Rain);
        }
        if self.agency.tsunami_areas.is_empty() {
            unheard.insert(Input::Tsunami);
        }
        if self.agency.record_rain_areas.is_empty() {
            unheard.insert(Input::RecordRain);
        }
        unheard
    }

    /// Rain gauges that decide for a district, along this river or for its other threats.
    #[must_use]
    pub fn rain_of(&self, district: &str, river: Option<&str>) -> Vec<SourceId> {
        let decides = |gauge: &&RainGauge| {
            gauge.districts.contains(district)
                || river.is_some_and(|river| gauge.rivers.contains(river))
        };
        self.rain
            .iter()
            .filter(decides)
            .map(|gauge| gauge.station.clone())
            .collect()
    }
}

fn from_file(path: &Path, town: &Town) -> Result<Plan, PlanError> {
    let text = std::fs::read_to_string(path).map_err(|source| PlanError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    Plan::read(&text, &path.display().to_string(), town)
}

/// A file that cannot be asked for is not taken for one that is not there.
fn is_there(path: &Path) -> Result<bool, PlanError> {
    let unreadable = |source| PlanError::Unreadable {
        path: path.to_owned(),
        source,
    };
    // A link that leads nowhere is meant to be a file.
    match std::fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(why) => Err(unreadable(why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn town() -> Town {
        crate::town::town(&Config::defaults()).expect("the built-in town loads")
    }

    fn refused(text: &str) -> (usize, String, String) {
        match Plan::read(text, "plan.toml", &town()) {
            Err(PlanError::Refused {
                line, key, found, ..
            }) => (line, key.into(), found.into()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_demo_towns_plan_is_sound_and_every_facility_in_it_says_that_it_is_invented() {
        let plan = Plan::load(&Config::defaults(), &town()).expect("it is sound");
        assert_eq!((plan.facilities.len(), plan.groups.len()), (3, 2));
        for planned in &plan.facilities {
            assert!(planned.facility.name.contains("訓練用の架空"));
            assert!(planned.source.contains("訓練用の架空"));
            let name_en = planned.name_en.as_deref().expect("the demo names it");
            assert!(
                name_en.is_ascii() && name_en.contains("invented"),
                "{name_en}"
            );
        }
        let unheard = plan.unheard();
        assert!(unheard.contains(&Input::Tsunami) && unheard.contains(&Input::FloodMap));
        assert!(!unheard.contains(&Input::RecordRain), "its area is named");
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_line_and_key() {
        let facility = |lead: &str, rivers: &str| {
            format!(
                "[[facility]]\nid = \"a\"\nname = \"a\"\ndistrict = \"inada\"\npeople = 5\nlead_min = {lead}\nrivers = [{rivers}]\nsource = \"s\"\n"
            )
        };
        let sound = "{ quick = 1, middle = 2, slow = 3 }";
        let home = |river: &str, more: &str| {
            format!("[[home]]\ndistrict = \"inada\"\nriver = \"{river}\"\nsource = \"s\"\n{more}\n")
        };
        for (text, line, key, found) in [
            (
                "[[name]]\nname = \"a\"\nname_en = \"a\"\ndistricts = [\"nowhere\"]\n",
                4,
                "name.districts",
                "nowhere",
            ),
            (
                "[[name]]\nname = \"a\"\nname_en = \"a\"\ndistricts = [\"inada\"]\n",
                4,
                "name.districts",
                "1 地区",
            ),
            (
                "[agency]\ntsunami_areas = [\"10\"]\n",
                2,
                "agency.tsunami_areas",
                "10",
            ),
            (
                "[[river]]\nname = \"テムズ川\"\ncodes = []\n",
                2,
                "river.name",
                "テムズ川",
            ),
            (
                "[[rain]]\nstation = \"20432\"\nname = \"a\"\n",
                2,
                "rain.districts",
                "[]",
            ),
            (
                "[[threat]]\nkind = \"flood\"\ndistrict = \"inada\"\npeople_at_risk = 1\nsource = \"s\"\n",
                2,
                "threat.kind",
                "flood",
            ),
            (
                "[[threat]]\nkind = \"landslide\"\ndistrict = \"inada\"\npeople_at_risk = 0\nsource = \"s\"\n",
                4,
                "threat.people_at_risk",
                "0",
            ),
            (
                "[[threat]]\nkind = \"landslide\"\ndistrict = \"inada\"\npeople_at_risk = 1\nsource = \"s\"\ntsunami_from = \"major\"\n",
                6,
                "threat.tsunami_from",
                "major",
            ),
            (
                &facility("{ quick = 9, middle = 2, slow = 3 }", "\"札内川\""),
                6,
                "facility.lead_min",
                "9, 2, 3",
            ),
            (
                &facility(sound, "\"音更川\""),
                7,
                "facility.rivers",
                "音更川",
            ),
            (&facility(sound, ""), 2, "facility.rivers", "[]"),
            (&home("音更川", ""), 3, "home.river", "音更川"),
            (
                &home("札内川", "people_with_dry_room = 4000000000"),
                5,
                "home.people_with_dry_room",
                "4000000000",
            ),
            (
                &home(
                    "札内川",
                    "storeys_percent = { one = 50, two = 60, three = 10 }",
                ),
                5,
                "home.storeys_percent",
                "50, 60, 10",
            ),
            (
                &home(
                    "札内川",
                    "people_with_dry_room = 5\nstoreys_percent = { one = 50, two = 40, three = 10 }",
                ),
                6,
                "home.storeys_percent",
                "50, 40, 10",
            ),
            (
                &home("札内川", "isolation_h = -1.0"),
                5,
                "home.isolation_h",
                "-1",
            ),
            (
                &home("札内川", "road_cut_m = 9999.0"),
                5,
                "home.road_cut_m",
                "9999",
            ),
        ] {
            assert_eq!(
                refused(text),
                (line, key.to_owned(), found.to_owned()),
                "{text}"
            );
        }
        let (line, key, found) = refused("[agency]\nareas = []\n");
        assert_eq!((line, key.as_str()), (2, "areas = []"));
        assert!(
            found.contains("unknown field") && found.contains("tsunami_areas"),
            "{found}"
        );
        let twice = facility(sound, "\"札内川\"").repeat(2);
        assert_eq!(refused(&twice).1, "facility.id");
    }

    #[test]
    fn a_plan_that_is_there_and_cannot_be_read_is_an_error_and_none_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = Config::defaults();
        config.town.dir = folder.path().to_owned();
        let town = town();
        let none = Plan::load(&config, &town).expect("a town may have no plan");
        assert_eq!((none.path, none.facilities.len()), (None, 0));
        std::fs::create_dir(folder.path().join(PLAN_FILE)).expect("a folder in its place");
        assert!(matches!(
            Plan::load(&config, &town),
            Err(PlanError::Unreadable { .. })
        ));
    }
}
