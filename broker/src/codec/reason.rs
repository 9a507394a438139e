//! Reason codes: what a client is told about what it asked for.

/// A reason code of MQTT 5. Where 3.1.1 has a code of its own, `connect_code` says which.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reason(pub(crate) u8);

impl Reason {
    pub(crate) const SUCCESS: Self = Self(0x00);
    pub(crate) const UNSPECIFIED: Self = Self(0x80);
    pub(crate) const MALFORMED: Self = Self(0x81);
    pub(crate) const PROTOCOL_ERROR: Self = Self(0x82);
    pub(crate) const NOT_ACCEPTED_HERE: Self = Self(0x83);
    pub(crate) const VERSION: Self = Self(0x84);
    pub(crate) const CLIENT_ID: Self = Self(0x85);
    pub(crate) const CREDENTIALS: Self = Self(0x86);
    pub(crate) const NOT_AUTHORIZED: Self = Self(0x87);
    pub(crate) const UNAVAILABLE: Self = Self(0x88);
    pub(crate) const SHUTTING_DOWN: Self = Self(0x8B);
    pub(crate) const AUTHENTICATION_METHOD: Self = Self(0x8C);
    pub(crate) const KEEP_ALIVE: Self = Self(0x8D);
    pub(crate) const TAKEN_OVER: Self = Self(0x8E);
    pub(crate) const FILTER: Self = Self(0x8F);
    pub(crate) const TOPIC_NAME: Self = Self(0x90);
    pub(crate) const IDENTIFIER: Self = Self(0x92);
    pub(crate) const RECEIVE_MAX: Self = Self(0x93);
    pub(crate) const TOPIC_ALIAS: Self = Self(0x94);
    pub(crate) const TOO_LARGE: Self = Self(0x95);
    pub(crate) const RATE: Self = Self(0x96);
    pub(crate) const QUOTA: Self = Self(0x97);
    pub(crate) const ADMINISTRATIVE: Self = Self(0x98);
    pub(crate) const CONNECTION_RATE: Self = Self(0x9F);

    /// The CONNACK code of 3.1.1 that says the same.
    pub(crate) fn connect_code(self) -> u8 {
        match self {
            Self::SUCCESS => 0,
            Self::VERSION => 1,
            Self::CLIENT_ID => 2,
            Self::CREDENTIALS => 4,
            Self::NOT_AUTHORIZED | Self::AUTHENTICATION_METHOD => 5,
            _ => 3,
        }
    }
}

impl std::fmt::Debug for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reason(0x{:02X})", self.0)
    }
}
