use super::{AlertLevel, CheckNumber, Filled, NoticeText};

/// The last page before publication: the final bytes and one button.
#[derive(Clone, Debug)]
pub struct ConfirmView {
    /// What is being confirmed.
    pub action: Confirmed,
    /// As whom the officer approves.
    pub approving: Approving,
    /// The level; for a lifting the level that ends.
    pub level: AlertLevel,
    /// Where in one phrase, such as `札内川沿い`.
    pub place: String,
    /// The districts.
    pub districts: Vec<String>,
    /// The reason as it goes on record.
    pub reason: String,
    /// Where the form is sent; the same address that led here.
    pub post_to: String,
    /// Where one goes to start over.
    pub back_to: String,
    /// The answers, carried along as hidden fields.
    pub filled: Filled,
    /// The texts, byte for byte as they will be sent.
    pub texts: Vec<NoticeText>,
    /// Digest of exactly these bytes, hexadecimal.
    pub digest: String,
    /// Where it will be sent.
    pub channels: Vec<ChannelPlan>,
    /// What the officer should see before pressing, such as a level that differs from the proposal.
    pub cautions: Vec<String>,
    /// The number the officer must still type, where no sheet before this page asked for it.
    pub check: Option<CheckNumber>,
    /// What was wrong with the number typed before.
    pub check_error: Option<String>,
}

/// What is being confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// A new notice, or a higher level.
    Issue,
    /// 解除: the danger is over.
    Lift,
    /// 取消: issued in error.
    Cancel,
}

/// A channel the notice will go to.
#[derive(Clone, Debug)]
pub struct ChannelPlan {
    /// Its name, such as 公開ページ or CAPフィード.
    pub name: String,
    /// Its condition in words, such as `接続中` or `外部回線なし・復旧後に送信`.
    pub condition: String,
}

/// As whom an officer approves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approving {
    /// One person is enough for this notice.
    Alone,
    /// The first of two: it then waits.
    FirstOfTwo,
    /// The second of two: it leaves.
    SecondOfTwo,
    /// 単独発令: the first, because the second did not come.
    Lone,
}
