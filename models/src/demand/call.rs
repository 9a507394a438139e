use super::persons::UnderOrder;
use serde::{Deserialize, Serialize};

/// An order that is in force or would be issued, and the people in its area. It is decided before anybody asks how many
/// will come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// What people are called on to do.
    pub level: CallLevel,
    /// Everybody in the area.
    pub under_order: UnderOrder,
}

/// What an order calls on people to do. Level 5 sends nobody to a shelter, so it has no demand of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallLevel {
    /// 警戒レベル3 高齢者等避難
    ElderlyLeave,
    /// 警戒レベル4 避難指示
    EveryoneLeaves,
}

/// What is known of an event before it comes, and moves people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Conditions {
    /// Announced days ahead, as a typhoon is; not a sudden rain.
    pub announced_days_ahead: bool,
    /// The own danger is plain: overflow of the own river or a release from its dam is forecast, water is already seen.
    pub danger_plain: bool,
    /// It is dark.
    pub night: bool,
}

/// Whether going upstairs is a way to be safe here (屋内安全確保); never for landslide or tsunami.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Upstairs {
    /// It is.
    Allowed,
    /// It is not, so nobody is counted there.
    Never,
}
