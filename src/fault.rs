//! A fault of the program itself (panic): one line of the log, with the place in the program and nothing of what was being worked on.

use std::panic::PanicHookInfo;

/// From now on a panic is told to the log as everything else is. What it says itself may repeat what somebody sent, so only words that
/// stand in the program are passed on; the place tells the rest.
pub fn tell_the_log() {
    std::panic::set_hook(Box::new(tell));
}

fn tell(info: &PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string);
    let place = place.unwrap_or_else(|| "unknown".to_owned());
    let words = info.payload().downcast_ref::<&'static str>();
    let words = words.copied().unwrap_or("not repeated here");
    tracing::error!(place, words, "the program panicked");
}
