//! What every stretch costs one group under one set of conditions, and which are closed.

use super::exposure::{Exposure, RoadExposure};
use super::graph::{RoadGraph, Stretch, StretchId};
use super::rules::Trait;
use super::walking::{Gate, WalkConditions, WalkSettings};
use super::weight::Weight;

/// Why a stretch is closed to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Closure {
    /// 階段・車椅子不可
    Steps,
    /// 屋内通路
    Indoor,
    /// トンネル・地下道
    Tunnel,
    /// 渡渉部・冠水しやすい道
    Ford,
    /// 橋
    Bridge,
    /// 浸水想定区域
    Zone,
    /// 浸水
    Water,
}

impl Closure {
    /// In Japanese.
    #[must_use]
    pub fn words_ja(self) -> &'static str {
        match self {
            Self::Steps => "階段があり通れない",
            Self::Indoor => "建物の中の通路は使えないとみなす",
            Self::Tunnel => "地下道・アンダーパスは使えないとみなす",
            Self::Ford => "冠水しやすい道は使えないとみなす",
            Self::Bridge => "橋は使えないとみなす",
            Self::Zone => "浸水想定区域の中",
            Self::Water => "水が深く通れない",
        }
    }

    /// In English.
    #[must_use]
    pub fn words_en(self) -> &'static str {
        match self {
            Self::Steps => "steps",
            Self::Indoor => "a passage inside a building counts as closed",
            Self::Tunnel => "an underpass counts as closed",
            Self::Ford => "a road known to flood counts as closed",
            Self::Bridge => "bridges count as closed",
            Self::Zone => "inside the flood zone",
            Self::Water => "the water is too deep",
        }
    }

    /// Whether the way is closed as such, so that people start from another one beside it; water and zones lie there
    /// whichever way they take.
    fn of_the_way_itself(self) -> bool {
        !matches!(self, Self::Zone | Self::Water)
    }
}

/// What every stretch of a network costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    weights: Vec<Weight>,
    closures: Vec<Option<Closure>>,
    speed_m_per_s: f64,
    wet: bool,
}

impl Passage {
    /// Works it out. `exposure` must be of the same network.
    #[must_use]
    pub fn new(
        graph: &RoadGraph,
        settings: &WalkSettings,
        conditions: WalkConditions,
        exposure: &RoadExposure,
    ) -> Self {
        let speed_m_per_s = settings.speed_m_per_s(conditions);
        let (closures, weights) = graph
            .stretches()
            .iter()
            .zip(exposure.stretches())
            .map(|(stretch, exposure)| {
                let closure = closure(stretch, *exposure, settings, conditions);
                let weight = match closure {
                    Some(_) => Weight::CLOSED,
                    None => weight(stretch, *exposure, settings, speed_m_per_s),
                };
                (closure, weight)
            })
            .unzip();
        Self {
            weights,
            closures,
            speed_m_per_s,
            wet: exposure.stretches().iter().any(|of| of.water_m > 0.0),
        }
    }

    /// Why a stretch is closed; nothing where it is open.
    ///
    /// # Panics
    /// When there is no such stretch.
    #[must_use]
    pub fn closure(&self, stretch: StretchId) -> Option<Closure> {
        self.closures[stretch as usize]
    }

    /// How long a stretch takes, milliseconds; nothing where it is closed.
    ///
    /// # Panics
    /// When there is no such stretch.
    #[must_use]
    pub fn time_ms(&self, stretch: StretchId) -> Option<u32> {
        self.weights[stretch as usize].time_ms()
    }

    /// What a stretch counts as when ways are compared, milliseconds; nothing where it is closed.
    ///
    /// # Panics
    /// When there is no such stretch.
    #[must_use]
    pub fn cost_ms(&self, stretch: StretchId) -> Option<u32> {
        self.weights[stretch as usize].cost_ms()
    }

    /// Metres a second on the flat, dry.
    pub(super) fn speed_m_per_s(&self) -> f64 {
        self.speed_m_per_s
    }

    /// Whether there is water on any stretch.
    pub(super) fn is_wet(&self) -> bool {
        self.wet
    }

    pub(super) fn weights(&self) -> &[Weight] {
        &self.weights
    }

    /// Whether people can set foot on the stretch at all, so that a place beside it begins there.
    pub(super) fn may_begin(&self, stretch: StretchId) -> bool {
        self.closures[stretch as usize].is_none_or(|closure| !closure.of_the_way_itself())
    }

    /// From a place to the way beside it.
    pub(super) fn leg(&self, leg_m: f64) -> Weight {
        Weight::of(leg_m / self.speed_m_per_s * 1_000.0, 1.0)
    }
}

fn closure(
    stretch: &Stretch,
    exposure: Exposure,
    settings: &WalkSettings,
    conditions: WalkConditions,
) -> Option<Closure> {
    let pace = settings.pace(conditions.group);
    let is = |one: Trait| stretch.traits.has(one);
    let shut = |gate: Gate| gate == Gate::Closed;
    let zone = settings
        .closed_rank()
        .is_some_and(|from| exposure.rank.is_some_and(|rank| rank >= from));
    [
        (!pace.steps && is(Trait::NoWheelchair), Closure::Steps),
        (
            shut(conditions.indoor) && is(Trait::Indoor),
            Closure::Indoor,
        ),
        (
            shut(conditions.tunnels) && is(Trait::Tunnel),
            Closure::Tunnel,
        ),
        (shut(conditions.fords) && is(Trait::Ford), Closure::Ford),
        (
            shut(conditions.bridges) && is(Trait::Bridge),
            Closure::Bridge,
        ),
        (exposure.water_m > pace.water_max_m, Closure::Water),
        (zone, Closure::Zone),
    ]
    .into_iter()
    .find_map(|(closed, why)| closed.then_some(why))
}

fn weight(
    stretch: &Stretch,
    exposure: Exposure,
    settings: &WalkSettings,
    speed_m_per_s: f64,
) -> Weight {
    let on_steps = if stretch.traits.has(Trait::Steps) {
        settings.steps_factor
    } else {
        1.0
    };
    // A quarter of the speed at half a metre.
    let in_water = (1.0 - 1.5 * exposure.water_m.max(0.0)).max(0.1);
    let penalty = if exposure.water_m > 0.0 {
        settings.water_penalty
    } else if exposure.rank.is_some() {
        settings.zone_penalty
    } else {
        1.0
    };
    let time_s = stretch.length_m() / (speed_m_per_s * on_steps * in_water);
    Weight::of(time_s * 1_000.0, penalty)
}
