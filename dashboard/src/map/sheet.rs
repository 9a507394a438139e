//! How the sheet is divided: one large drawing, and beside it the whole town where that reaches much further.

use super::{
    plane::Plane,
    room::{Arrangement, Kind, Patch, Wish, arrange},
};
use crate::view::{AlertLevel, DistrictState, GaugePin, MapView};

/// Width of the sheet.
pub(super) const WIDTH: f64 = 480.0;
/// Width of the large drawing beside an overview, and of the overview.
const MAIN_WIDTH: f64 = 356.0;
const OVERVIEW_WIDTH: f64 = 118.0;
/// Heights as parts of the widths, at least and at most.
const ALONE: [f64; 2] = [0.55, 1.15];
const MAIN: [f64; 2] = [0.9, 1.3];
const OVERVIEW: [f64; 2] = [0.6, 3.4];
/// Room below an overview for its caption and the scale of the large drawing.
const BELOW_OVERVIEW: f64 = 52.0;
/// Widths of marks, the best first.
const MARKS: [f64; 5] = [26.0, 22.0, 19.0, 17.0, 15.0];
const OVERVIEW_MARKS: [f64; 2] = [14.0, 11.0];
/// With more calm districts than this their names would crowd the map; the table has them all.
const NAMED_CALM: usize = 16;

/// The sheet.
pub(super) struct Sheet {
    pub(super) main: Plane,
    pub(super) overview: Option<Plane>,
}

impl Sheet {
    /// `None` when there is nothing to draw.
    pub(super) fn of(view: &MapView) -> Option<Self> {
        let Some(whole) = view.overview else {
            return Some(Self {
                main: Plane::of(view.bounds, WIDTH, ALONE)?,
                overview: None,
            });
        };
        let main = Plane::of(view.bounds, MAIN_WIDTH, MAIN)?;
        let tallest =
            ((main.height - BELOW_OVERVIEW) / OVERVIEW_WIDTH).clamp(OVERVIEW[0], OVERVIEW[1]);
        Some(Self {
            overview: Plane::of(whole, OVERVIEW_WIDTH, [OVERVIEW[0], tallest]),
            main,
        })
    }

    /// Where the overview begins.
    pub(super) fn overview_left(&self) -> f64 {
        WIDTH - OVERVIEW_WIDTH
    }

    /// What wants a mark or a name on the large drawing: its districts, then its named gauges.
    pub(super) fn wishes<'a>(&self, view: &'a MapView) -> Vec<Wish<'a>> {
        let calm = |state| state == DistrictState::Calm;
        let name_calm = view.districts.iter().filter(|d| calm(d.state)).count() <= NAMED_CALM;
        let districts = view
            .districts
            .iter()
            .filter(|district| self.main.shows(district.label_point))
            .filter(|district| name_calm || !calm(district.state))
            .map(|district| {
                let (x, y) = self.main.place(district.label_point);
                Wish {
                    name: &district.name,
                    x,
                    y,
                    kind: district
                        .state
                        .level()
                        .map_or(Kind::Calm, |level| Kind::Level {
                            level,
                            in_force: district.state.is_in_force(),
                        }),
                    people: district.people.unwrap_or(0),
                }
            });
        let gauges = self.gauges(view).filter(|gauge| gauge.named).map(|gauge| {
            let (x, y) = self.main.place(gauge.point);
            Wish {
                name: &gauge.name,
                x,
                y: y - 7.0,
                kind: Kind::Sign,
                people: 0,
            }
        });
        districts.chain(gauges).collect()
    }

    /// Marks and names of the large drawing. Gauges and the scale are covered by nothing; shelters only by marks.
    pub(super) fn arrangement(&self, view: &MapView, wishes: &[Wish<'_>]) -> Arrangement {
        let gauges = self.gauges(view).map(|gauge| {
            let (x, y) = self.main.place(gauge.point);
            Patch::around(x, y - 7.5, 18.0, 16.0)
        });
        let solid: Vec<Patch> = gauges.chain(self.scale_patch()).collect();
        let shelters: Vec<Patch> = view
            .shelters
            .iter()
            .filter(|shelter| shelter.usable && self.main.shows(shelter.point))
            .map(|shelter| {
                let (x, y) = self.main.place(shelter.point);
                Patch::around(x, y, 11.0, 11.0)
            })
            .collect();
        arrange(
            wishes,
            &MARKS,
            [self.main.width, self.main.height],
            &solid,
            &shelters,
        )
    }

    /// What wants a mark on the overview: districts with a level that the large drawing does not show.
    pub(super) fn overview_wishes<'a>(&self, view: &'a MapView) -> Vec<Wish<'a>> {
        let Some(plane) = &self.overview else {
            return Vec::new();
        };
        view.districts
            .iter()
            .filter(|district| !self.main.shows(district.label_point))
            .filter(|district| plane.shows(district.label_point))
            .filter_map(|district| {
                let (x, y) = plane.place(district.label_point);
                Some(Wish {
                    name: "",
                    x,
                    y,
                    kind: Kind::Level {
                        level: district.state.level()?,
                        in_force: district.state.is_in_force(),
                    },
                    people: district.people.unwrap_or(0),
                })
            })
            .collect()
    }

    /// Marks of the overview.
    pub(super) fn overview_arrangement(&self, wishes: &[Wish<'_>]) -> Arrangement {
        let Some(plane) = &self.overview else {
            return Arrangement::default();
        };
        arrange(
            wishes,
            &OVERVIEW_MARKS,
            [plane.width, plane.height],
            &[],
            &[],
        )
    }

    /// Where the scale stands on the large drawing; beside an overview it stands below that.
    pub(super) fn scale_patch(&self) -> Option<Patch> {
        let (_, units) = self.main.scale_bar();
        self.overview.is_none().then_some(Patch {
            left: 4.0,
            top: self.main.height - 30.0,
            right: 14.0 + units + 88.0,
            bottom: self.main.height - 4.0,
        })
    }

    /// Gauges on the large drawing.
    pub(super) fn gauges<'a, 'b>(
        &'b self,
        view: &'a MapView,
    ) -> impl Iterator<Item = &'a GaugePin> + use<'a, 'b> {
        let main = &self.main;
        view.gauges
            .iter()
            .filter(move |gauge| main.shows(gauge.point))
    }

    /// Districts with a level outside the large drawing, and those inside for which no mark found room: the worst
    /// level first, each level in words.
    pub(super) fn elsewhere(&self, view: &MapView) -> Vec<String> {
        let wishes = self.wishes(view);
        let unmarked = self.arrangement(view, &wishes).unmarked;
        let mut told: Vec<(AlertLevel, bool, &str)> = view
            .districts
            .iter()
            .filter(|district| !self.main.shows(district.label_point))
            .filter_map(|district| {
                let level = district.state.level()?;
                Some((level, district.state.is_in_force(), district.name.as_str()))
            })
            .chain(unmarked.iter().filter_map(|wish| match wishes[*wish].kind {
                Kind::Level { level, in_force } => Some((level, in_force, wishes[*wish].name)),
                Kind::Calm | Kind::Sign => None,
            }))
            .collect();
        told.sort_by_key(|(level, in_force, _)| std::cmp::Reverse((*level, *in_force)));
        told.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1))
            .map(|same| {
                let names: Vec<&str> = same.iter().map(|(_, _, name)| *name).collect();
                let kind = if same[0].1 { "発令中" } else { "推奨" };
                format!("{kind} {}: {}", same[0].0.title(), names.join("、"))
            })
            .collect()
    }
}
