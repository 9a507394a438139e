//! One function per page: a view in, a whole HTML document out.

mod audit;
mod confirm;
mod decide;
mod decline;
mod devices;
mod end_notice;
mod error;
mod inbox;
mod layers;
mod layout;
mod notice;
mod public;
mod published;
mod recommendation;
mod review;
mod show;
mod sign_in;
mod situation;
mod slip;

pub use audit::audit;
pub use confirm::confirm;
pub use decide::decide;
pub use decline::decline;
pub use devices::{device, devices};
pub use end_notice::end_notice;
pub use error::{error, public_error};
pub use inbox::inbox;
pub use layers::{layer, layers};
pub use notice::notice;
pub use public::{public_home, public_notice};
pub use published::published;
pub use recommendation::recommendation;
pub use review::review;
pub use sign_in::sign_in;
pub use situation::situation;
pub use slip::slip;
