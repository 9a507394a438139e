//! Which ways people may walk, and what is special about them.
//!
//! | Tags | Rule |
//! |---|---|
//! | `highway` = `footway` `pedestrian` `path` `steps` `living_street` `residential` `unclassified` `service` `track` `road` `tertiary` `secondary` `primary` `trunk` (and their `_link`), `cycleway`, `bridleway`, `platform`, `corridor`, `crossing` | walkable |
//! | `highway` = `motorway` `motorway_link` `busway` `bus_guideway` `raceway`, or any way with `motorroad=yes` | only with `foot=yes`, `designated` or `permissive` |
//! | `highway` = `construction` `proposed` `abandoned` `razed` `disused` `elevator` `escape` `rest_area` `services`, or any other word | never: not there, or not to be relied on |
//! | `foot` = `no` `private` `use_sidepath`, or `access` = `no` `private` `permit` `military` without a `foot` that allows | never: a notice must not send people through a closed gate |
//! | `sidewalk=separate` | walkable: the drawn footway lies beside it, and an evacuation may use the road |
//! | `area=yes` | walkable along its outline; the short cut across a square is not made up |
//! | `oneway`, `oneway:foot`, `conveying` | not obeyed: they order traffic on ordinary days |
//! | `highway=steps` | [`Trait::Steps`]; closed to wheelchairs unless `ramp:wheelchair=yes` or `wheelchair=yes` |
//! | `wheelchair=no` | closed to wheelchairs |
//! | `bridge` (except `no`) | [`Trait::Bridge`] |
//! | `tunnel` (except `no` and `building_passage`) | [`Trait::Tunnel`]: an underpass is the first place to fill with water |
//! | `highway=corridor`, `indoor` (except `no`) | [`Trait::Indoor`]: buildings may be locked |
//! | `ford` (except `no`), `flood_prone=yes` | [`Trait::Ford`] |
//! | node with `highway=elevator` | nobody passes: an elevator stops in a disaster |
//! | node with `locked=yes`, `foot=no`, `foot=private`, or a `barrier` with `access=no` or `private` without a `foot` that allows | nobody passes |
//!
//! Relations (areas of several rings, turn restrictions) are not read.

/// What kind of way it is, the most important first. Decides from which zoom it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum RoadClass {
    /// 国道などの幹線: trunk and primary roads.
    Trunk = 0,
    /// 主要な道: secondary and tertiary roads.
    Main = 1,
    /// 生活道路: streets between houses.
    Street = 2,
    /// 通路: service roads and tracks.
    Service = 3,
    /// 歩道: ways for walking.
    Foot = 4,
}

impl RoadClass {
    /// All classes, the most important first.
    pub const ALL: [Self; 5] = [
        Self::Trunk,
        Self::Main,
        Self::Street,
        Self::Service,
        Self::Foot,
    ];

    /// The word used in tiles and tables.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Trunk => "trunk",
            Self::Main => "main",
            Self::Street => "street",
            Self::Service => "service",
            Self::Foot => "foot",
        }
    }

    pub(crate) fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|class| *class as u8 == byte)
    }
}

/// What is special about a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Trait {
    /// 階段
    Steps = 0,
    /// 橋
    Bridge = 1,
    /// トンネル・地下道・アンダーパス
    Tunnel = 2,
    /// 屋内通路
    Indoor = 3,
    /// 渡渉部、冠水しやすい道
    Ford = 4,
    /// 車椅子では通れない
    NoWheelchair = 5,
}

impl Trait {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Steps,
        Self::Bridge,
        Self::Tunnel,
        Self::Indoor,
        Self::Ford,
        Self::NoWheelchair,
    ];

    /// The word used in tiles and tables.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Steps => "steps",
            Self::Bridge => "bridge",
            Self::Tunnel => "tunnel",
            Self::Indoor => "indoor",
            Self::Ford => "ford",
            Self::NoWheelchair => "no_wheelchair",
        }
    }
}

/// A set of [`Trait`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Traits(u8);

impl Traits {
    /// The same set with one more.
    #[must_use]
    pub fn with(self, one: Trait) -> Self {
        Self(self.0 | 1 << one as u8)
    }

    /// Whether it is in the set.
    #[must_use]
    pub fn has(self, one: Trait) -> bool {
        self.0 & 1 << one as u8 != 0
    }

    /// Those in the set, in their order.
    pub fn iter(self) -> impl Iterator<Item = Trait> {
        Trait::ALL.into_iter().filter(move |one| self.has(*one))
    }

    pub(crate) fn byte(self) -> u8 {
        self.0
    }

    pub(crate) fn from_byte(byte: u8) -> Option<Self> {
        (byte < 1 << Trait::ALL.len()).then_some(Self(byte))
    }
}

/// The tags of one way or node that matter here. Others are not kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tags {
    highway: Word,
    foot: Word,
    access: Word,
    motorroad: Word,
    bridge: Word,
    tunnel: Word,
    indoor: Word,
    ford: Word,
    flood_prone: Word,
    wheelchair: Word,
    ramp: Word,
    barrier: Word,
    locked: Word,
}

type Word = Option<Box<str>>;

/// Longer values mean nothing to us.
const WORD_BYTES_MAX: usize = 32;

impl Tags {
    /// Notes a tag, if it matters.
    pub(crate) fn note(&mut self, key: &str, value: &str) {
        let word = match key {
            "highway" => &mut self.highway,
            "foot" => &mut self.foot,
            "access" => &mut self.access,
            "motorroad" => &mut self.motorroad,
            "bridge" => &mut self.bridge,
            "tunnel" => &mut self.tunnel,
            "indoor" => &mut self.indoor,
            "ford" => &mut self.ford,
            "flood_prone" => &mut self.flood_prone,
            "wheelchair" => &mut self.wheelchair,
            "ramp:wheelchair" => &mut self.ramp,
            "barrier" => &mut self.barrier,
            "locked" => &mut self.locked,
            _ => return,
        };
        if value.len() <= WORD_BYTES_MAX {
            *word = Some(value.into());
        }
    }

    /// What a way with these tags is to people on foot; nothing where they may not walk.
    pub(crate) fn walkable(&self) -> Option<(RoadClass, Traits)> {
        let highway = self.highway.as_deref()?;
        let (class, needs_permission) = class(highway)?;
        let needs_permission = needs_permission || yes(&self.motorroad);
        if !self.foot_allowed(needs_permission) {
            return None;
        }
        let steps = highway == "steps";
        let ramp = yes(&self.ramp) || yes(&self.wheelchair);
        let closed_to_wheelchairs = steps && !ramp || self.wheelchair.as_deref() == Some("no");
        let underground =
            present(&self.tunnel) && self.tunnel.as_deref() != Some("building_passage");
        let traits = [
            (steps, Trait::Steps),
            (present(&self.bridge), Trait::Bridge),
            (underground, Trait::Tunnel),
            (
                present(&self.indoor) || highway == "corridor",
                Trait::Indoor,
            ),
            (present(&self.ford) || yes(&self.flood_prone), Trait::Ford),
            (closed_to_wheelchairs, Trait::NoWheelchair),
        ];
        let traits = traits
            .into_iter()
            .filter(|(is, _)| *is)
            .fold(Traits::default(), |traits, (_, one)| traits.with(one));
        Some((class, traits))
    }

    /// Whether a node with these tags stops people on foot.
    pub(crate) fn stops_people(&self) -> bool {
        let foot = self.foot.as_deref();
        let closed = matches!(foot, Some("no" | "private"))
            || yes(&self.locked)
            || self.highway.as_deref() == Some("elevator");
        let shut =
            self.barrier.is_some() && matches!(self.access.as_deref(), Some("no" | "private"));
        closed || shut && !allows(foot)
    }

    fn foot_allowed(&self, needs_permission: bool) -> bool {
        let foot = self.foot.as_deref();
        if matches!(foot, Some("no" | "private" | "use_sidepath")) {
            return false;
        }
        if allows(foot) {
            return true;
        }
        let closed = matches!(
            self.access.as_deref(),
            Some("no" | "private" | "permit" | "military")
        );
        !closed && !needs_permission
    }
}

fn allows(foot: Option<&str>) -> bool {
    matches!(foot, Some("yes" | "designated" | "permissive"))
}

fn yes(word: &Word) -> bool {
    word.as_deref() == Some("yes")
}

fn present(word: &Word) -> bool {
    word.as_deref().is_some_and(|word| word != "no")
}

/// The class of a `highway`, and whether walking there needs an express permission; nothing for what is no way.
fn class(highway: &str) -> Option<(RoadClass, bool)> {
    let class = match highway {
        "trunk" | "trunk_link" | "primary" | "primary_link" => RoadClass::Trunk,
        "secondary" | "secondary_link" | "tertiary" | "tertiary_link" => RoadClass::Main,
        "residential" | "unclassified" | "living_street" | "road" => RoadClass::Street,
        "service" | "track" => RoadClass::Service,
        "footway" | "pedestrian" | "path" | "steps" | "cycleway" | "bridleway" | "platform"
        | "corridor" | "crossing" => RoadClass::Foot,
        "motorway" | "motorway_link" | "busway" | "bus_guideway" | "raceway" => {
            return Some((RoadClass::Trunk, true));
        }
        _ => return None,
    };
    Some((class, false))
}

#[cfg(test)]
mod tests {
    use super::{RoadClass, Tags, Trait, Traits};

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        let mut tags = Tags::default();
        for (key, value) in pairs {
            tags.note(key, value);
        }
        tags
    }

    fn walkable(pairs: &[(&str, &str)]) -> bool {
        tags(pairs).walkable().is_some()
    }

    fn traits(pairs: &[(&str, &str)]) -> Vec<Trait> {
        let traits = tags(pairs)
            .walkable()
            .map_or(Traits::default(), |way| way.1);
        traits.iter().collect()
    }

    #[test]
    fn people_walk_on_streets_and_not_on_motorways() {
        assert!(walkable(&[("highway", "residential")]));
        assert!(walkable(&[("highway", "trunk")]));
        assert!(!walkable(&[("highway", "trunk"), ("motorroad", "yes")]));
        assert!(!walkable(&[("highway", "motorway")]));
        assert!(walkable(&[("highway", "motorway"), ("foot", "designated")]));
        assert!(!walkable(&[("waterway", "river")]));
    }

    #[test]
    fn what_is_not_built_or_not_there_any_more_is_no_way() {
        for highway in [
            "construction",
            "proposed",
            "razed",
            "elevator",
            "street_lamp",
            "",
        ] {
            assert!(!walkable(&[("highway", highway)]), "{highway}");
        }
    }

    #[test]
    fn a_private_way_is_closed_unless_it_is_open_to_people_on_foot() {
        assert!(!walkable(&[("highway", "service"), ("access", "private")]));
        assert!(walkable(&[
            ("highway", "service"),
            ("access", "private"),
            ("foot", "yes")
        ]));
        assert!(walkable(&[("highway", "service"), ("access", "customers")]));
        assert!(!walkable(&[
            ("highway", "primary"),
            ("foot", "use_sidepath")
        ]));
        assert!(!walkable(&[("highway", "footway"), ("foot", "no")]));
    }

    #[test]
    fn steps_are_closed_to_wheelchairs_unless_there_is_a_ramp() {
        assert_eq!(
            traits(&[("highway", "steps")]),
            [Trait::Steps, Trait::NoWheelchair]
        );
        assert_eq!(
            traits(&[("highway", "steps"), ("ramp:wheelchair", "yes")]),
            [Trait::Steps]
        );
        assert_eq!(
            traits(&[("highway", "footway"), ("wheelchair", "no")]),
            [Trait::NoWheelchair]
        );
    }

    #[test]
    fn a_passage_through_a_building_is_no_tunnel() {
        assert_eq!(
            traits(&[("highway", "footway"), ("tunnel", "yes")]),
            [Trait::Tunnel]
        );
        assert_eq!(
            traits(&[("highway", "service"), ("tunnel", "building_passage")]),
            []
        );
        assert_eq!(traits(&[("highway", "footway"), ("bridge", "no")]), []);
        assert_eq!(
            traits(&[("highway", "footway"), ("bridge", "viaduct")]),
            [Trait::Bridge]
        );
    }

    #[test]
    fn nobody_passes_a_locked_gate_or_an_elevator() {
        assert!(tags(&[("highway", "elevator")]).stops_people());
        assert!(tags(&[("barrier", "gate"), ("locked", "yes")]).stops_people());
        assert!(tags(&[("barrier", "gate"), ("access", "private")]).stops_people());
        assert!(
            !tags(&[("barrier", "gate"), ("access", "private"), ("foot", "yes")]).stops_people()
        );
        assert!(!tags(&[("barrier", "bollard")]).stops_people());
        assert!(!tags(&[("highway", "crossing")]).stops_people());
    }

    #[test]
    fn a_set_of_traits_keeps_what_was_put_in_and_only_that() {
        let set = Traits::default().with(Trait::Bridge).with(Trait::Ford);
        assert_eq!(set.iter().collect::<Vec<_>>(), [Trait::Bridge, Trait::Ford]);
        assert_eq!(Traits::from_byte(set.byte()), Some(set));
        assert_eq!(Traits::from_byte(64), None);
    }

    #[test]
    fn every_byte_of_a_class_leads_back_to_it() {
        for class in RoadClass::ALL {
            assert_eq!(RoadClass::from_byte(class as u8), Some(class));
        }
        assert_eq!(RoadClass::from_byte(5), None);
    }
}
