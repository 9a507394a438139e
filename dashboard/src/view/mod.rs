//! What each page is told. Plain owned data: the service fills it, the page shows it.
//!
//! Units are in the names (`level_m`, `ahead_h`, `percent`). Times are moments; the pages show
//! them in Japan Standard Time. Positions on maps are metres, east and north.

mod audit;
mod chart;
mod concern;
mod confirm;
mod decision;
mod decline;
mod devices;
mod end_notice;
mod error;
mod evidence;
mod frame;
mod gauge;
mod inbox;
mod layers;
mod level;
mod map;
mod notice;
mod public;
mod published;
mod recommendation;
mod review;
mod shelter;
mod sign_in;
mod situation;
mod slip;
mod span;

pub use audit::{AuditRow, AuditView, ChainCheck};
pub use chart::{FanPoint, Hydrograph, LevelMark, Reading};
pub use concern::{
    ConcernCase, ConcernDistrict, ConcernPanel, ConcernRow, FloodingRow, FloodingTable,
};
pub use confirm::{Approving, ChannelPlan, ConfirmView, Confirmed};
pub use decision::{
    CheckNumber, DecisionSheet, Draft, FieldErrors, Filled, LevelChoice, NoticeText, ReasonChoice,
    TextKind,
};
pub use decline::DeclineView;
pub use devices::{DeviceRow, DeviceState, DeviceStep, DeviceView, DevicesView};
pub use end_notice::{EndNoticeView, Ending};
pub use error::ErrorView;
pub use evidence::{Evidence, OfficialWarning};
pub use frame::{Frame, LinkView, Realm, Who};
pub use gauge::{Chance, GaugeRow, GaugeState, NextMark, Quality, Tier};
pub use inbox::{InboxItem, InboxView, ItemState};
pub use layers::{LayerCell, LayerHead, LayerLink, LayerView, LayersView};
pub use level::AlertLevel;
pub use map::{
    Bounds, DepthRank, DistrictOutline, DistrictState, GaugePin, MapPolygon, MapView, ShelterPin,
};
pub use notice::{NoticeEvent, NoticeView};
pub use public::{
    FeedLink, PublicFrame, PublicHome, PublicNotice, PublicNoticePage, PublicShelter, Successor,
};
pub use published::{Delivery, DeliveryCell, NoticeRow, NoticeState, PublishedView};
pub use recommendation::{
    ChanceFact, DeadlineFact, Exposed, RecommendationView, TimeTerm, WaitingRow,
};
pub use review::{ReviewEvent, ReviewFact, ReviewRow, ReviewSide, ReviewView};
pub use shelter::{ShelterRow, ShelterState};
pub use sign_in::{PasskeyAsk, SignInView};
pub use situation::{
    Broken, Change, Danger, DangerKind, ExternalGroup, ExternalItem, Headline, OfficialBoard,
    OfficialItem, Said, Situation,
};
pub use slip::{SlipField, SlipForm, SlipList, SlipTable, SlipText, SlipView};
pub use span::Span;
