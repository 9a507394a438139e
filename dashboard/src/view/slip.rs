/// A slip (用紙): one matter, what is known of it, and what can be done about it. Used where a page has no figures of its
/// own: the second person's choice, the wait for one, accounts.
#[derive(Clone, Debug, Default)]
pub struct SlipView {
    /// Heading, Japanese.
    pub title: String,
    /// Heading, English.
    pub title_en: String,
    /// Sentences under the heading.
    pub lead: Vec<String>,
    /// What was wrong with the last attempt.
    pub error: Option<String>,
    /// Name and value, in order.
    pub facts: Vec<[String; 2]>,
    /// Titled lists, side by side, each of the same size.
    pub lists: Vec<SlipList>,
    /// A table; without rows it is not shown.
    pub table: SlipTable,
    /// What can be done.
    pub forms: Vec<SlipForm>,
    /// Where one can go: address and words.
    pub links: Vec<[String; 2]>,
    /// What a browser is asked for a passkey; none on most pages.
    pub passkey: Option<super::PasskeyAsk>,
}

/// A titled list.
#[derive(Clone, Debug, Default)]
pub struct SlipList {
    /// Its title, Japanese.
    pub title: String,
    /// Its title, English.
    pub title_en: String,
    /// Its lines.
    pub lines: Vec<String>,
    /// What stands there when there is none.
    pub none: String,
}

/// A table.
#[derive(Clone, Debug, Default)]
pub struct SlipTable {
    /// Its caption.
    pub caption: String,
    /// Heads of its columns.
    pub head: Vec<String>,
    /// Its rows, one cell for each column.
    pub rows: Vec<Vec<String>>,
}

/// A form. Enter sends nothing.
#[derive(Clone, Debug, Default)]
pub struct SlipForm {
    /// Where it is sent.
    pub post_to: String,
    /// What it is about.
    pub legend: String,
    /// Its fields, in order.
    pub fields: Vec<SlipField>,
    /// Its buttons: value of the step field, and words.
    pub buttons: Vec<[String; 2]>,
}

/// A field of a form.
#[derive(Clone, Debug)]
pub enum SlipField {
    /// One of several answers; none is chosen beforehand.
    Choice {
        /// Name of the field.
        name: String,
        /// Value sent.
        value: String,
        /// Words.
        label: String,
    },
    /// Something to type.
    Text {
        /// Name of the field.
        name: String,
        /// Words.
        label: String,
        /// What is typed: `text`, `password` or `numeric`.
        kind: SlipText,
        /// What stands in it.
        value: String,
    },
    /// Carried along.
    Hidden {
        /// Name of the field.
        name: String,
        /// Value sent.
        value: String,
    },
}

/// What is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlipText {
    /// Words.
    Words,
    /// The account name of whoever types.
    OwnName,
    /// The password that is in use.
    Password,
    /// A password that is made now.
    NewPassword,
    /// The same two, shown as they are typed because somebody chose so.
    PasswordShown,
    /// See above.
    NewPasswordShown,
    /// Digits.
    Digits,
    /// A code that works once.
    Code,
}

impl SlipText {
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Password | Self::NewPassword => "password",
            Self::PasswordShown | Self::NewPasswordShown => "text",
            Self::Words | Self::OwnName | Self::Digits | Self::Code => "text",
        }
    }

    pub(crate) fn mode(self) -> &'static str {
        match self {
            Self::Digits | Self::Code => "numeric",
            Self::Words | Self::OwnName | Self::Password | Self::NewPassword => "text",
            Self::PasswordShown | Self::NewPasswordShown => "text",
        }
    }

    pub(crate) fn complete(self) -> &'static str {
        match self {
            Self::OwnName => "username",
            Self::Password | Self::PasswordShown => "current-password",
            Self::NewPassword | Self::NewPasswordShown => "new-password",
            Self::Code => "one-time-code",
            Self::Words | Self::Digits => "off",
        }
    }

    /// Whether no spelling checker may look at it, which may send it elsewhere.
    pub(crate) fn is_secret(self) -> bool {
        matches!(
            self,
            Self::Password | Self::NewPassword | Self::PasswordShown | Self::NewPasswordShown
        )
    }
}
