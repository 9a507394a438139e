//! How many people will come to the shelters (避難需要), as ranges.
//!
//! Exposed is not ordered, ordered is not leaving, leaving is not in a public shelter: six counts with six types, and one
//! [`Split`] whose sums hold. Rates come from a [`RateModel`]: a wide prior and the few rates that were ever published,
//! fitted on the logit scale; in the event an [`EventRates`] is brought up to date with the counts of the shelters. Later
//! days are the matter of [`OccupancyModel`].
//!
//! # A low figure never argues against an order
//!
//! Demand is what follows from an order: [`Call`], the order in force or the one that would be issued, goes in. Nothing
//! leads back. There is no way from a demand to a level, and demands cannot be compared with a limit:
//!
//! ```compile_fail,E0277
//! use hinan_models::demand::{CallLevel, Demand};
//! fn level_of(demand: Demand) -> CallLevel {
//!     CallLevel::from(demand)
//! }
//! ```
//!
//! ```compile_fail,E0369
//! use hinan_models::demand::Demand;
//! fn not_worth_it(demand: &Demand, least: &Demand) -> bool {
//!     demand < least
//! }
//! ```
//!
//! # Example
//!
//! ```
//! use hinan_models::demand::{Call, CallLevel, Conditions, LiveCount, RateModel, Upstairs, UnderOrder};
//! # fn show() -> Result<(), Box<dyn std::error::Error>> {
//! let model = RateModel::of_published()?;
//! let tonight = Conditions { announced_days_ahead: true, ..Conditions::default() };
//! let call = Call { level: CallLevel::EveryoneLeaves, under_order: UnderOrder::new(12_000) };
//! let before = model.rates(call.level, tonight);
//! let demand = before.demand(call, Upstairs::Allowed);
//! assert_eq!(demand.likely.leaving().persons(), demand.likely.public_shelter().persons() + demand.likely.elsewhere().persons());
//! // One hour after the order the shelters hold 150 people.
//! let counts = [LiveCount { minutes_since_order: 60.0, persons: 150 }];
//! let after = before.updated(UnderOrder::new(12_000), &counts)?;
//! assert!(after.shelter_range().ratio() < before.shelter_range().ratio(), "counts make the range narrower");
//! # Ok(())
//! # }
//! # show().unwrap();
//! ```

mod arrive;
mod call;
mod card;
mod event;
mod line;
mod occupancy;
mod persons;
mod published;
mod rates;
mod trial;

pub use arrive::{Arrivals, ArrivalsAt};
pub use call::{Call, CallLevel, Conditions, Upstairs};
pub use card::{DemandCard, RateFigures};
pub use event::{Demand, EventRates, LiveCount, LiveError, RateRange};
pub use line::LineError;
pub use occupancy::{CountSeries, MAX_GAP_DAYS, OccupancyError, OccupancyModel, PersonsRange};
pub use persons::{
    Elsewhere, Exposed, Leaving, PublicShelter, Split, SplitError, Staying, UnderOrder,
    UpstairsPeople,
};
pub use published::{Base, Measure, PUBLISHED, Published};
pub use rates::{RateModel, rate_figures};
pub use trial::{EventSeries, FixedRate, SeriesFigures, SeriesKind, leave_one_event_out};
