//! How a flood model is learnt.

pub(crate) mod abreast;
pub(crate) mod alarm;
pub(crate) mod blend;
pub(crate) mod blocks;
pub(crate) mod doubt;
pub(crate) mod fan;
pub(crate) mod lead;
pub(crate) mod lesson;
pub(crate) mod members;
pub(crate) mod nudge;
pub(crate) mod plain;
pub(crate) mod sides;
pub(crate) mod sums;
pub(crate) mod weighted;
