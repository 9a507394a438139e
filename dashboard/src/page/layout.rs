//! What the frame of each page needs beyond the frame itself.

use crate::{
    markup::Markup,
    view::{Frame, LinkView, PublicFrame, Realm},
};

/// The officers' style sheet, ready to be embedded.
pub(crate) fn css() -> Markup {
    Markup::made(crate::stylesheet().to_owned())
}

/// The residents' style sheet, ready to be embedded.
pub(crate) fn public_css() -> Markup {
    Markup::made(crate::public_stylesheet().to_owned())
}

impl Realm {
    /// The class that frames the whole page.
    pub(crate) fn class(&self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Demo { .. } => "demo",
            Self::Exercise => "exercise",
        }
    }

    /// What stands before every page title.
    pub(crate) fn title_prefix(&self) -> &'static str {
        match self {
            Self::Live => "",
            Self::Demo { .. } => "【再現】",
            Self::Exercise => "【訓練】",
        }
    }

    /// The standing banner; live pages have none.
    pub(crate) fn banner(&self) -> Option<Banner> {
        match self {
            Self::Live => None,
            Self::Demo { speed } => Some(Banner {
                word: "再現",
                speed: speed.clone(),
                ja: "記録された洪水の再現です。実際の避難情報ではありません。",
                en: "Recorded flood replayed, not a real alert.",
            }),
            Self::Exercise => Some(Banner {
                word: "訓練",
                speed: String::new(),
                ja: "訓練です。実際の避難情報ではありません。",
                en: "Exercise, not a real alert.",
            }),
        }
    }
}

/// A banner that no page of its realm can be without.
pub(crate) struct Banner {
    pub(crate) word: &'static str,
    pub(crate) speed: String,
    pub(crate) ja: &'static str,
    pub(crate) en: &'static str,
}

impl Frame {
    /// The moment since which the broker has been away, if it is.
    pub(crate) fn down_since(&self) -> Option<jiff::Timestamp> {
        match self.link {
            LinkView::Connected { .. } => None,
            LinkView::Down { since } => Some(since),
        }
    }

    /// The anti-forgery field of a form, empty without a session.
    pub(crate) fn csrf_value(&self) -> &str {
        self.csrf.as_deref().unwrap_or_default()
    }

    /// Whether the realm is an exercise, whose buttons speak another sentence.
    pub(crate) fn is_exercise(&self) -> bool {
        self.realm != Realm::Live
    }
}

impl PublicFrame {
    /// The name of the page's owner and its subject.
    pub(crate) fn site(&self) -> String {
        format!("{} 避難情報", self.town)
    }
}
