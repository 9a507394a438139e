//! What a town decides beforehand.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::action::ActionSettings;
use crate::criteria::{Criteria, Input};
use crate::deadline::{DeadlineSettings, SettingsError};

/// Everything that advice depends on besides town and outlook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// 発令基準
    pub criteria: Criteria,
    /// How long things take.
    pub deadline: DeadlineSettings,
    /// When staying can be borne.
    pub action: ActionSettings,
    /// When advice ends.
    pub latch: LatchSettings,
    /// What lifting needs.
    pub lift: LiftSettings,
    /// Which areas are named.
    pub area: AreaSettings,
    /// What nobody tells this service: conditions that ask for it stay unknown, and that is said.
    #[serde(default)]
    pub unheard: BTreeSet<Input>,
}

impl Policy {
    /// The national model criteria with the default settings.
    pub fn national() -> Self {
        Self {
            criteria: Criteria::national(),
            deadline: DeadlineSettings::default(),
            action: ActionSettings::default(),
            latch: LatchSettings::default(),
            lift: LiftSettings::default(),
            area: AreaSettings::default(),
            unheard: BTreeSet::new(),
        }
    }

    /// Whether another one is the same. Conditions that both share are not read again.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        // Every field by name: one that is added must be thought of here.
        let Self {
            criteria,
            deadline,
            action,
            latch,
            lift,
            area,
            unheard,
        } = self;
        criteria.is_same(&other.criteria)
            && *deadline == other.deadline
            && *action == other.action
            && *latch == other.latch
            && *lift == other.lift
            && *area == other.area
            && *unheard == other.unheard
    }

    /// Checks every setting against its range; criteria were checked when they were read.
    ///
    /// # Errors
    /// The first key out of its range.
    pub fn check(&self) -> Result<(), SettingsError> {
        self.deadline.check()?;
        let numbers = [
            (
                "isolation_max_h",
                self.action.isolation_max_h,
                0.0,
                720.0,
                "from 0 to 720 hours",
            ),
            (
                "hysteresis_m",
                self.latch.hysteresis_m,
                0.0,
                5.0,
                "from 0 to 5 metres",
            ),
            (
                "expire_after_h",
                self.latch.expire_after_h,
                1.0,
                72.0,
                "from 1 to 72 hours",
            ),
            (
                "below_for_h",
                self.lift.below_for_h,
                1.0,
                24.0,
                "from 1 to 24 hours",
            ),
            (
                "dam_word_h",
                self.lift.dam_word_h,
                0.5,
                24.0,
                "from 0.5 to 24 hours",
            ),
            ("cover", self.area.cover, 0.5, 1.0, "from 0.5 to 1"),
            (
                "group_share",
                self.area.group_share,
                0.5,
                1.0,
                "from 0.5 to 1",
            ),
        ];
        for (key, value, low, high, accepted) in numbers {
            if !(low..=high).contains(&value) {
                return Err(SettingsError {
                    key,
                    value: value.to_string(),
                    accepted,
                });
            }
        }
        Ok(())
    }
}

/// Escalate only: advice rises at once and does not fall by itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LatchSettings {
    /// A level counts as gone only so far below its threshold, metres.
    pub hysteresis_m: f64,
    /// Advice that nobody decided on and whose grounds are known to be gone for so long ends, hours.
    pub expire_after_h: f64,
}

impl Default for LatchSettings {
    fn default() -> Self {
        Self {
            hysteresis_m: 0.1,
            expire_after_h: 6.0,
        }
    }
}

/// What lifting needs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LiftSettings {
    /// The upper end of the forecast must stay below the level for so long, hours.
    pub below_for_h: f64,
    /// Whether dams upstream must be asked.
    pub asks_dam: bool,
    /// Whether somebody must have looked at the levees before a flood order is lifted. For the other hazards somebody always must.
    pub asks_inspection: bool,
    /// What a dam said counts for so long, hours.
    pub dam_word_h: f64,
}

impl Default for LiftSettings {
    fn default() -> Self {
        Self {
            below_for_h: 6.0,
            asks_dam: true,
            asks_inspection: false,
            dam_word_h: 3.0,
        }
    }
}

/// Which areas are named.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AreaSettings {
    /// The smallest set of units that holds this share of the people at risk is proposed; the others are named beside it with
    /// their people. 1 = nobody is left out.
    pub cover: f64,
    /// A unit with so many people at risk is never left out of the set.
    pub never_left_out_people: u32,
    /// When more than this share of a bigger area's units are concerned, its name is proposed.
    pub group_share: f64,
}

impl Default for AreaSettings {
    fn default() -> Self {
        Self {
            cover: 0.95,
            never_left_out_people: 50,
            group_share: 0.6,
        }
    }
}
