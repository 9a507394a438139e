//! Names of the form fields and steps, shared by the pages that show them and the service that
//! reads them.
//!
//! Why Enter publishes nothing, without a script. HTML submits a form on Enter through its
//! *default button*, the first submit button in tree order, and does nothing when that button is
//! disabled. Every form that decides something therefore begins with a disabled, hidden submit
//! button. For Enter on a radio button one browser family passes over disabled buttons to the first
//! enabled one; so the second button is hidden too and submits by the method `dialog`, which outside
//! a dialog is defined to do nothing. Beyond that, publishing takes two separate requests: the sheet
//! only leads to the confirmation page, whose first visible button goes back and which has no field in which
//! Enter could be pressed, except for a text that stood ready: there the number is typed on this page, behind the same two buttons.

/// The anti-forgery token of the session.
pub const CSRF: &str = "csrf";
/// Hexadecimal digest of exactly what the officer had on screen.
pub const DIGEST: &str = "digest";
/// The level the officer chose: `3`, `4` or `5`.
pub const LEVEL: &str = "level";
/// Value of the chosen reason line, or [`REASON_OWN`].
pub const REASON: &str = "reason";
/// The value of [`REASON`] that says: my own words, see [`REASON_TEXT`].
pub const REASON_OWN: &str = "own";
/// The officer's own words.
pub const REASON_TEXT: &str = "reason_text";
/// Districts by name, where an officer wants others than were asked about, or asks of their own accord.
pub const AREAS: &str = "areas";
/// Hours for which a notice shall hold.
pub const VALID_H: &str = "valid_h";
/// What an officer asks for of their own accord: the river, or the word of the hazard.
pub const ABOUT: &str = "about";
/// How to be safe, where the hazard leaves a choice.
pub const WAY: &str = "way";
/// The number that can be known only by reading the message.
pub const CHECK: &str = "check";
/// On the confirmation page: `approve` publishes, `back` does not. Absent means: show the
/// confirmation page.
pub const STEP: &str = "step";
/// The value of [`STEP`] that approves.
pub const STEP_APPROVE: &str = "approve";
/// The value of [`STEP`] that goes back to the sheet.
pub const STEP_BACK: &str = "back";
/// The value of [`STEP`] that says: one person let it out, and I agree.
pub const REVIEW_AGREES: &str = "agrees";
/// The value of [`STEP`] that says: I do not.
pub const REVIEW_OBJECTS: &str = "objects";
/// What is done to a notice in force: `cancel` (issued in error) or `lift` (danger over).
pub const ENDING: &str = "ending";
/// What helps when a notice was wrong: `correct` or `cancel`, as it stands ready.
pub const REMEDY: &str = "remedy";
/// The channel to which a notice is to be sent once more.
pub const CHANNEL: &str = "channel";
/// The moment from which on readings of a device are not believed, as typed.
pub const SINCE: &str = "since";
/// Name of the officer's account on the sign-in page.
pub const USER: &str = "user";
/// The code of the second factor on the sign-in page, and where one is added.
pub const CODE: &str = "code";
/// What the second person thinks should be done, chosen before they see what the first chose.
pub const CHOICE: &str = "choice";
/// In the address of a page that loaded itself again: nobody clicked, so it does not count as activity.
pub const AUTO: &str = "auto";
/// The password on the sign-in page.
pub const PASSWORD: &str = "password";
