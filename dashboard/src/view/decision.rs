use jiff::Timestamp;

use super::{AlertLevel, InboxItem};

/// The decision sheet: left the officer's answers, right what would be sent.
#[derive(Clone, Debug)]
pub struct DecisionSheet {
    /// The recommendation in question.
    pub item: InboxItem,
    /// The moment of the data it rests on.
    pub data_as_of: Timestamp,
    /// The levels that can be chosen, in the order shown.
    pub levels: Vec<LevelChoice>,
    /// Evidence lines that can be adopted as the reason.
    pub reasons: Vec<ReasonChoice>,
    /// Whether an officer asks for it of their own accord, and no recommendation does.
    pub judged: bool,
    /// Hours for which a notice holds where nobody says otherwise, and the most that can be chosen.
    pub valid_h: [u32; 2],
    /// The number the officer must type.
    pub check: CheckNumber,
    /// What would be sent for each level, the proposed one first.
    pub drafts: Vec<Draft>,
    /// Digest of the recommendation and the drafts shown; sent back with the form.
    pub digest: String,
    /// What the officer had already typed when a first attempt was refused. Empty at first sight.
    pub filled: Filled,
    /// What was wrong with a first attempt. Empty at first sight.
    pub errors: FieldErrors,
    /// Why no decision can be taken just now. Locks the button.
    pub locked: Option<String>,
}

/// A level that can be chosen.
#[derive(Clone, Debug)]
pub struct LevelChoice {
    /// The level: three, four or five.
    pub level: AlertLevel,
    /// Whether this is what the service proposes; it is only labelled, never preselected.
    pub proposed: bool,
    /// Why it cannot be chosen, if so, such as a lower level than the one in force.
    pub barred: Option<String>,
}

/// An evidence line that can be adopted as the reason.
#[derive(Clone, Debug)]
pub struct ReasonChoice {
    /// The value sent.
    pub value: String,
    /// The line.
    pub text: String,
}

/// The number that can be known only by reading the message.
#[derive(Clone, Debug)]
pub struct CheckNumber {
    /// The question, such as `この文面に書かれた対象地区は何地区ですか`.
    pub question: String,
    /// A hint, such as `数字だけ。全角でもかまいません`.
    pub hint: String,
}

/// Everything that would be sent for one level.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The level.
    pub level: AlertLevel,
    /// Its texts.
    pub texts: Vec<NoticeText>,
}

/// One text, byte for byte as it will be sent.
#[derive(Clone, Debug)]
pub struct NoticeText {
    /// What kind of text.
    pub kind: TextKind,
    /// The text.
    pub body: String,
}

/// What kind of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TextKind {
    /// 日本語.
    Japanese,
    /// やさしい日本語.
    EasyJapanese,
    /// English.
    English,
    /// Any further language of the town.
    Further,
    /// The text for telephones (緊急速報メール).
    AreaMail,
    /// The CAP document.
    Cap,
}

/// What the officer typed before.
#[derive(Clone, Debug, Default)]
pub struct Filled {
    /// The level that was chosen, kept only after a refused attempt.
    pub level: Option<AlertLevel>,
    /// The value of the reason that was chosen.
    pub reason: Option<String>,
    /// The officer's own words.
    pub reason_text: String,
    /// The number that was typed.
    pub check: String,
    /// Other districts, as typed; empty = as asked.
    pub areas: String,
    /// Other hours, as typed; empty = as asked.
    pub valid_h: String,
}

/// What was wrong, field by field, each one sentence.
#[derive(Clone, Debug, Default)]
pub struct FieldErrors {
    /// Not tied to a field, such as a picture that changed meanwhile.
    pub form: Option<String>,
    /// The level.
    pub level: Option<String>,
    /// The reason.
    pub reason: Option<String>,
    /// The number.
    pub check: Option<String>,
}
