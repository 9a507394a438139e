//! The devices that may speak, and taking one out of use.

use askama::Template;

use super::show::Show;
use crate::view::{DeviceState, DeviceView, DevicesView, Frame};

/// The devices that may speak.
pub fn devices(frame: &Frame, view: &DevicesView) -> String {
    List {
        frame,
        view,
        here: "devices",
        show: Show::beside(frame.now),
    }
    .render()
    .expect("writing to a string cannot fail")
}

/// One device: taking it out of use, in two steps, and what came of it.
pub fn device(frame: &Frame, view: &DeviceView) -> String {
    One {
        frame,
        view,
        here: "device",
        show: Show::beside(frame.now),
    }
    .render()
    .expect("writing to a string cannot fail")
}

impl DeviceState {
    /// Its word.
    fn word(&self) -> &'static str {
        match self {
            Self::InUse => "使用中",
            Self::NotEnrolled => "未登録(使用中)",
            Self::OutOfUse { .. } => "使用停止",
            Self::Revoked { .. } => "失効",
        }
    }

    /// Whether it may speak.
    fn speaks(&self) -> bool {
        matches!(self, Self::InUse | Self::NotEnrolled)
    }
}

#[derive(Template)]
#[template(path = "devices.html")]
struct List<'a> {
    frame: &'a Frame,
    view: &'a DevicesView,
    here: &'static str,
    show: Show,
}

#[derive(Template)]
#[template(path = "device.html")]
struct One<'a> {
    frame: &'a Frame,
    view: &'a DeviceView,
    here: &'static str,
    show: Show,
}
