use jiff::Timestamp;

use super::FieldErrors;

/// The devices that may speak.
#[derive(Clone, Debug)]
pub struct DevicesView {
    /// Who may speak, in one sentence.
    pub rule_ja: String,
    /// All devices, by name.
    pub rows: Vec<DeviceRow>,
    /// Whether the officer may take one out of use.
    pub may_bar: bool,
}

/// One device.
#[derive(Clone, Debug)]
pub struct DeviceRow {
    /// Its name.
    pub name: String,
    /// Whether it may speak.
    pub state: DeviceState,
    /// Stations it speaks for, or what it publishes on.
    pub speaks_for: String,
    /// When it was last heard since the service started; none if it was not.
    pub heard_at: Option<Timestamp>,
    /// Connections open now.
    pub connections: u64,
    /// Messages taken since the service started.
    pub messages: u64,
    /// Messages refused since the service started.
    pub refused: u64,
    /// Times it was slowed down since the service started.
    pub throttled: u64,
}

/// Whether a device may speak.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceState {
    /// It was enrolled and may speak.
    InUse,
    /// It speaks without having been enrolled, as an open broker lets it.
    NotEnrolled,
    /// An officer took it out of use.
    OutOfUse {
        /// When.
        at: Timestamp,
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// Ended for good.
    Revoked {
        /// When.
        at: Timestamp,
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
}

/// Taking one device out of use: the form, the last look, or what came of it.
#[derive(Clone, Debug)]
pub struct DeviceView {
    /// The device.
    pub row: DeviceRow,
    /// What can be done here now.
    pub step: DeviceStep,
    /// What happened to it, newest first.
    pub events: Vec<(Timestamp, String)>,
}

/// What the page of a device offers.
#[derive(Clone, Debug)]
pub enum DeviceStep {
    /// Only to be read.
    Shown {
        /// What putting it out of use did, each one sentence; empty if it is in use.
        effects: Vec<String>,
    },
    /// A reason and a moment are asked for.
    Form {
        /// As typed before.
        reason: String,
        /// As typed before, or now.
        since: String,
        /// What was wrong with them.
        errors: FieldErrors,
    },
    /// What it will do; nothing was done yet.
    Confirm {
        /// The reason.
        reason: String,
        /// From when on readings are not believed.
        since: Timestamp,
        /// The moment as it is sent back.
        since_text: String,
        /// What it will do, each one sentence.
        effects: Vec<String>,
    },
}
