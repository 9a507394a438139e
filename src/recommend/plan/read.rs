//! From a plan's text to a checked plan.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use hinan_gis::{District, Town};
use hinan_recommend::{
    Exposure, Facility, FacilityId, Group, Kind, SourceId, Span, TsunamiClass, UnitId,
};
use toml::Spanned;

use super::file::{self, File};
use super::{AgencyNames, BYTES_MAX, Homes, Plan, PlanError, PlannedFacility, RainGauge, Threat};
use crate::recommend::core::threat_exposure;
use crate::recommend::homes::with_dry_room;

/// Tables of one kind, at most.
const TABLES_MAX: usize = 5_000;
/// Characters of one text, at most.
const TEXT_MAX: usize = 200;
/// People in one facility, at most.
const PEOPLE_MAX: u32 = 100_000;

/// By district and river.
type ByReach = BTreeMap<(String, String), Homes>;

/// Threats that no map of rivers says.
const KINDS: [Kind; 4] = [
    Kind::InlandFlood,
    Kind::Landslide,
    Kind::StormSurge,
    Kind::Tsunami,
];

pub(super) fn read(text: &str, path: &str, town: &Town) -> Result<Plan, PlanError> {
    let reader = Reader { text, path, town };
    if text.len() > BYTES_MAX {
        return Err(reader.refused(
            0..0,
            "file",
            format!("{} bytes", text.len()),
            &format!("{BYTES_MAX}バイトまで"),
            &format!("at most {BYTES_MAX} bytes"),
        ));
    }
    let file: File = toml::from_str(text).map_err(|why| {
        let span = why.span().unwrap_or(0..0);
        let line = text
            .lines()
            .nth(line_of(text, span.start) - 1)
            .unwrap_or("");
        reader.refused(
            span,
            line.trim(),
            why.message().replace('\n', " "),
            "この計画の書式(docs/town-plan.md)",
            "the keys and kinds of values of docs/town-plan.md",
        )
    })?;
    let counts = [
        ("river", file.river.len()),
        ("rain", file.rain.len()),
        ("threat", file.threat.len()),
        ("home", file.home.len()),
        ("name", file.name.len()),
        ("facility", file.facility.len()),
    ];
    if let Some((key, number)) = counts.into_iter().find(|(_, number)| *number > TABLES_MAX) {
        return Err(reader.refused(
            0..0,
            key,
            number.to_string(),
            &format!("{TABLES_MAX}件まで"),
            &format!("at most {TABLES_MAX} tables"),
        ));
    }
    let threats = reader.threats(&file.threat)?;
    let homes = reader.homes(&file.home)?;
    Ok(Plan {
        path: Some(path.to_owned()),
        agency: reader.agency(&file.agency, &file.river)?,
        rain: reader.rain(&file.rain)?,
        groups: reader.groups(&file.name)?,
        facilities: reader.facilities(&file.facility, &threats, &homes)?,
        threats,
        homes,
    })
}

/// The line of a position, from 1.
fn line_of(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
    before
        .iter()
        .fold(1, |lines, byte| lines + usize::from(*byte == b'\n'))
}

struct Reader<'r> {
    text: &'r str,
    path: &'r str,
    town: &'r Town,
}

impl Reader<'_> {
    fn refused(
        &self,
        at: Range<usize>,
        key: &str,
        found: String,
        accepted_ja: &str,
        accepted: &str,
    ) -> PlanError {
        PlanError::Refused {
            path: self.path.into(),
            line: line_of(self.text, at.start),
            key: key.into(),
            found: found.into(),
            accepted_ja: accepted_ja.into(),
            accepted: accepted.into(),
        }
    }

    fn words(&self, key: &str, text: &Spanned<String>) -> Result<String, PlanError> {
        let words = text.get_ref().trim();
        if words.is_empty() || words.chars().count() > TEXT_MAX {
            return Err(self.refused(
                text.span(),
                key,
                format!("{} 字", words.chars().count()),
                &format!("1〜{TEXT_MAX}字"),
                &format!("1 to {TEXT_MAX} characters"),
            ));
        }
        Ok(words.to_owned())
    }

    fn digits(
        &self,
        key: &str,
        list: &[Spanned<String>],
        long: usize,
    ) -> Result<BTreeSet<String>, PlanError> {
        list.iter()
            .map(|code| {
                let digits = code.get_ref();
                let good = digits.len() == long && digits.bytes().all(|byte| byte.is_ascii_digit());
                if good {
                    Ok(digits.clone())
                } else {
                    Err(self.refused(
                        code.span(),
                        key,
                        digits.clone(),
                        &format!("{long}桁の数字"),
                        &format!("{long} digits"),
                    ))
                }
            })
            .collect()
    }

    fn district(&self, key: &str, id: &Spanned<String>) -> Result<&District, PlanError> {
        self.town.district(id.get_ref()).ok_or_else(|| {
            self.refused(
                id.span(),
                key,
                id.get_ref().clone(),
                "町の発令単位のid",
                "the id of one of the town's districts",
            )
        })
    }

    fn districts(
        &self,
        key: &str,
        list: &[Spanned<String>],
    ) -> Result<BTreeSet<String>, PlanError> {
        list.iter()
            .map(|id| Ok(self.district(key, id)?.id.clone()))
            .collect()
    }

    fn river(&self, key: &str, name: &Spanned<String>) -> Result<String, PlanError> {
        let known = self.town.rivers.iter().map(|river| river.name.as_str());
        if known.clone().any(|known| known == name.get_ref()) {
            return Ok(name.get_ref().clone());
        }
        let known = known.collect::<Vec<_>>().join(", ");
        Err(self.refused(
            name.span(),
            key,
            name.get_ref().clone(),
            &format!("町の川の名前({known})"),
            "the name of one of the town's rivers",
        ))
    }

    fn kind(&self, key: &str, code: &Spanned<String>) -> Result<Kind, PlanError> {
        let found = KINDS
            .into_iter()
            .find(|kind| kind.code() == code.get_ref().as_str());
        found.ok_or_else(|| {
            let codes = KINDS.map(Kind::code).join(", ");
            self.refused(code.span(), key, code.get_ref().clone(), &codes, &codes)
        })
    }

    fn agency(
        &self,
        agency: &file::Agency,
        rivers: &[file::River],
    ) -> Result<AgencyNames, PlanError> {
        let mut by_code: BTreeMap<String, String> = BTreeMap::new();
        for river in rivers {
            let name = self.river("river.name", &river.name)?;
            for code in &river.codes {
                self.digits("river.codes", std::slice::from_ref(code), 12)?;
                let before = by_code.insert(code.get_ref().clone(), name.clone());
                if let Some(before) = before.filter(|before| *before != name) {
                    return Err(self.refused(
                        code.span(),
                        "river.codes",
                        code.get_ref().clone(),
                        &format!("一つの川だけの符号({before}にもあります)"),
                        "a code of one river only",
                    ));
                }
            }
        }
        Ok(AgencyNames {
            tsunami_areas: self.digits("agency.tsunami_areas", &agency.tsunami_areas, 3)?,
            shaking_areas: self.digits("agency.shaking_areas", &agency.shaking_areas, 3)?,
            record_rain_areas: self.digits(
                "agency.record_rain_areas",
                &agency.record_rain_areas,
                6,
            )?,
            rivers: by_code,
        })
    }

    fn rain(&self, list: &[file::Rain]) -> Result<Vec<RainGauge>, PlanError> {
        let mut seen = BTreeSet::new();
        list.iter()
            .map(|gauge| {
                self.digits("rain.station", std::slice::from_ref(&gauge.station), 5)?;
                let station = gauge.station.get_ref();
                if !seen.insert(station.clone()) {
                    return Err(self.once("rain.station", &gauge.station));
                }
                if gauge.districts.is_empty() && gauge.rivers.is_empty() {
                    return Err(self.refused(
                        gauge.station.span(),
                        "rain.districts",
                        "[]".to_owned(),
                        "districtsかriversに一つ以上",
                        "at least one of districts or rivers",
                    ));
                }
                let rivers = gauge
                    .rivers
                    .iter()
                    .map(|name| self.river("rain.rivers", name));
                Ok(RainGauge {
                    station: SourceId::new(station.as_str()),
                    name: self.words("rain.name", &gauge.name)?,
                    districts: self.districts("rain.districts", &gauge.districts)?,
                    rivers: rivers.collect::<Result<_, _>>()?,
                })
            })
            .collect()
    }

    fn once(&self, key: &str, found: &Spanned<String>) -> PlanError {
        self.refused(
            found.span(),
            key,
            found.get_ref().clone(),
            "一度だけの名前",
            "each once",
        )
    }

    fn threats(&self, list: &[file::Threat]) -> Result<BTreeMap<String, Vec<Threat>>, PlanError> {
        let mut by_district: BTreeMap<String, Vec<Threat>> = BTreeMap::new();
        for threat in list {
            let kind = self.kind("threat.kind", &threat.kind)?;
            let district = self.district("threat.district", &threat.district)?;
            let most = district.people.max(1);
            let people_at_risk = *threat.people_at_risk.get_ref();
            if people_at_risk == 0 || people_at_risk > most {
                return Err(self.refused(
                    threat.people_at_risk.span(),
                    "threat.people_at_risk",
                    people_at_risk.to_string(),
                    &format!("1〜{most}人(地区の人口まで)"),
                    &format!("1 to {most}: no more than live there"),
                ));
            }
            let of = by_district.entry(district.id.clone()).or_default();
            if of.iter().any(|known| known.kind == kind) {
                return Err(self.once("threat.kind", &threat.kind));
            }
            of.push(Threat {
                kind,
                people_at_risk,
                gauges: self.gauges(kind, threat)?,
                tsunami_from: self.tsunami_from(kind, threat)?,
                depth_max_m: self.depth(threat)?,
                source: self.words("threat.source", &threat.source)?,
            });
        }
        Ok(by_district)
    }

    fn gauges(&self, kind: Kind, threat: &file::Threat) -> Result<Vec<SourceId>, PlanError> {
        threat
            .gauges
            .iter()
            .map(|gauge| {
                let known = self.town.gauge(gauge.get_ref()).is_some();
                if kind == Kind::InlandFlood && known {
                    return Ok(SourceId::new(gauge.get_ref().as_str()));
                }
                Err(self.refused(
                    gauge.span(),
                    "threat.gauges",
                    gauge.get_ref().clone(),
                    "inland-floodについて、町の水位計のid",
                    "for inland-flood, the id of one of the town's gauges",
                ))
            })
            .collect()
    }

    fn tsunami_from(
        &self,
        kind: Kind,
        threat: &file::Threat,
    ) -> Result<Option<TsunamiClass>, PlanError> {
        let Some(code) = &threat.tsunami_from else {
            return Ok(None);
        };
        let found = TsunamiClass::ALL
            .into_iter()
            .find(|class| class.code() == code.get_ref().as_str());
        match found {
            Some(class) if kind == Kind::Tsunami => Ok(Some(class)),
            _ => Err(self.refused(
                code.span(),
                "threat.tsunami_from",
                code.get_ref().clone(),
                "tsunamiについて、advisory(津波注意報)・warning(津波警報)・major(大津波警報)",
                "for tsunami: advisory, warning, major",
            )),
        }
    }

    fn depth(&self, threat: &file::Threat) -> Result<Option<f64>, PlanError> {
        let Some(depth) = &threat.depth_max_m else {
            return Ok(None);
        };
        let depth_m = *depth.get_ref();
        if (0.0..=100.0).contains(&depth_m) {
            return Ok(Some(depth_m));
        }
        Err(self.refused(
            depth.span(),
            "threat.depth_max_m",
            depth_m.to_string(),
            "0〜100 m",
            "0 to 100 metres",
        ))
    }

    fn homes(&self, list: &[file::Home]) -> Result<ByReach, PlanError> {
        let mut known = ByReach::new();
        for home in list {
            let district = self.district("home.district", &home.district)?;
            let Some(reach) = district
                .reaches
                .iter()
                .find(|reach| reach.river == *home.river.get_ref())
            else {
                return Err(self.no_reach("home.river", &home.river, district));
            };
            let at_risk = reach.people_in_zone.min(district.people.max(1));
            let part = |key: &str, people: &Option<Spanned<u32>>| match people {
                Some(people) if *people.get_ref() > at_risk => Err(self.refused(
                    people.span(),
                    key,
                    people.get_ref().to_string(),
                    &format!("0〜{at_risk}人(浸水想定区域の人口まで)"),
                    &format!("0 to {at_risk}: no more than live in the river's zone"),
                )),
                people => Ok(people.as_ref().map(|people| *people.get_ref())),
            };
            let number = |key: &str, of: &Option<Spanned<f64>>, from: f64, to: f64| match of {
                Some(of) if !(from..=to).contains(of.get_ref()) => Err(self.refused(
                    of.span(),
                    key,
                    of.get_ref().to_string(),
                    &format!("{from}〜{to}"),
                    &format!("{from} to {to}"),
                )),
                of => Ok(of.as_ref().map(|of| *of.get_ref())),
            };
            if let Some(road) = home.road_cut_m.as_ref().filter(|_| reach.gauges.is_empty()) {
                return Err(self.refused(
                    road.span(),
                    "home.road_cut_m",
                    road.get_ref().to_string(),
                    "水位計のある川だけ",
                    "only along a river with a gauge, whose level it is",
                ));
            }
            let counted = part("home.people_with_dry_room", &home.people_with_dry_room)?;
            let dry = match &home.storeys_percent {
                Some(storeys) => Some(self.dry_room(storeys, counted, district, at_risk)?),
                None => counted,
            };
            let homes = Homes {
                people_in_collapse_zone: part(
                    "home.people_in_collapse_zone",
                    &home.people_in_collapse_zone,
                )?,
                people_with_dry_room: dry,
                isolation_h: number("home.isolation_h", &home.isolation_h, 0.0, 8760.0)?,
                road_cut_m: number("home.road_cut_m", &home.road_cut_m, -20.0, 3776.0)?,
                source: self.words("home.source", &home.source)?,
            };
            let key = (district.id.clone(), reach.river.clone());
            if known.insert(key, homes).is_some() {
                return Err(self.once("home.river", &home.river));
            }
        }
        Ok(known)
    }

    fn dry_room(
        &self,
        storeys: &Spanned<file::Storeys>,
        counted: Option<u32>,
        district: &District,
        at_risk: u32,
    ) -> Result<u32, PlanError> {
        let file::Storeys { one, two, three } = *storeys.get_ref();
        let parts = [one, two, three];
        let whole = parts.iter().all(|part| (0.0..=100.0).contains(part))
            && (parts.iter().sum::<f64>() - 100.0).abs() < 0.5;
        if !whole || counted.is_some() {
            return Err(self.refused(
                storeys.span(),
                "home.storeys_percent",
                format!("{one}, {two}, {three}"),
                "one・two・threeの合計が100、people_with_dry_roomとはどちらか一つ",
                "one, two and three that add up to 100, and no people_with_dry_room beside it",
            ));
        }
        Ok(with_dry_room(district, at_risk, parts))
    }

    fn no_reach(&self, key: &str, river: &Spanned<String>, district: &District) -> PlanError {
        let known: Vec<&str> = district
            .reaches
            .iter()
            .map(|reach| reach.river.as_str())
            .collect();
        self.refused(
            river.span(),
            key,
            river.get_ref().clone(),
            &format!("その地区に浸水が及ぶ川({})", known.join(", ")),
            "a river whose flood reaches its district",
        )
    }

    fn groups(&self, list: &[file::Name]) -> Result<Vec<Group>, PlanError> {
        let mut seen = BTreeSet::new();
        list.iter()
            .map(|group| {
                let name = self.words("name.name", &group.name)?;
                if !seen.insert(name.clone()) {
                    return Err(self.once("name.name", &group.name));
                }
                let districts = self.districts("name.districts", group.districts.get_ref())?;
                if districts.len() < 2 {
                    return Err(self.refused(
                        group.districts.span(),
                        "name.districts",
                        format!("{} 地区", districts.len()),
                        "二つ以上の地区",
                        "two districts or more: a bigger name is one for several",
                    ));
                }
                Ok(Group {
                    name,
                    name_en: self.words("name.name_en", &group.name_en)?,
                    units: districts
                        .iter()
                        .map(|id| UnitId::new(id.as_str()))
                        .collect(),
                })
            })
            .collect()
    }

    fn facilities(
        &self,
        list: &[file::Facility],
        threats: &BTreeMap<String, Vec<Threat>>,
        homes: &ByReach,
    ) -> Result<Vec<PlannedFacility>, PlanError> {
        let mut seen = BTreeSet::new();
        list.iter()
            .map(|facility| {
                let id = self.words("facility.id", &facility.id)?;
                if !seen.insert(id.clone()) {
                    return Err(self.once("facility.id", &facility.id));
                }
                let district = self.district("facility.district", &facility.district)?;
                let people = *facility.people.get_ref();
                if people == 0 || people > PEOPLE_MAX {
                    return Err(self.refused(
                        facility.people.span(),
                        "facility.people",
                        people.to_string(),
                        &format!("1〜{PEOPLE_MAX}人"),
                        &format!("1 to {PEOPLE_MAX}"),
                    ));
                }
                Ok(PlannedFacility {
                    name_en: facility
                        .name_en
                        .as_ref()
                        .map(|name| self.words("facility.name_en", name))
                        .transpose()?,
                    source: self.words("facility.source", &facility.source)?,
                    facility: Facility {
                        id: FacilityId::new(id.as_str()),
                        name: self.words("facility.name", &facility.name)?,
                        unit: UnitId::new(district.id.as_str()),
                        people,
                        lead_min: self.lead(facility)?,
                        exposures: self.exposures(facility, district, threats, homes)?,
                    },
                })
            })
            .collect()
    }

    fn lead(&self, facility: &file::Facility) -> Result<Span, PlanError> {
        let file::Lead {
            quick,
            middle,
            slow,
        } = *facility.lead_min.get_ref();
        let sound = quick >= 0.0 && quick <= middle && middle <= slow && slow <= 2880.0;
        if sound {
            return Ok(Span::new(quick, middle, slow));
        }
        Err(self.refused(
            facility.lead_min.span(),
            "facility.lead_min",
            format!("{quick}, {middle}, {slow}"),
            "0以上2880分以下で、quick ≤ middle ≤ slow",
            "0 <= quick <= middle <= slow <= 2880 minutes",
        ))
    }

    /// What threatens a facility threatens its district: the same gauges decide, and everybody in it is at risk.
    fn exposures(
        &self,
        facility: &file::Facility,
        district: &District,
        threats: &BTreeMap<String, Vec<Threat>>,
        homes: &ByReach,
    ) -> Result<Vec<Exposure>, PlanError> {
        let people = *facility.people.get_ref();
        let mut found = Vec::new();
        for river in &facility.rivers {
            let Some(reach) = district
                .reaches
                .iter()
                .find(|reach| reach.river == *river.get_ref())
            else {
                return Err(self.no_reach("facility.rivers", river, district));
            };
            let homes = homes.get(&(district.id.clone(), reach.river.clone()));
            found.push(Exposure {
                road_cut_m: homes.and_then(|homes| homes.road_cut_m),
                ..crate::recommend::core::facility_exposure(reach, people)
            });
        }
        for kind in &facility.threats {
            let known = threats.get(&district.id);
            let wanted = self.kind("facility.threats", kind)?;
            let threat = known.and_then(|of| of.iter().find(|threat| threat.kind == wanted));
            let Some(threat) = threat else {
                return Err(self.refused(
                    kind.span(),
                    "facility.threats",
                    kind.get_ref().clone(),
                    "その地区の[[threat]]にある種類",
                    "a kind that a [[threat]] names for its district",
                ));
            };
            found.push(Exposure {
                people_at_risk: people,
                ..threat_exposure(threat, Vec::new())
            });
        }
        if found.is_empty() {
            return Err(self.refused(
                facility.id.span(),
                "facility.rivers",
                "[]".to_owned(),
                "riversかthreatsに一つ以上",
                "at least one of rivers or threats",
            ));
        }
        Ok(found)
    }
}
