//! What each state is called. One match per state, and no other place has these words.

use crate::view::{
    AlertLevel, ChainCheck, Confirmed, DangerKind, Delivery, DepthRank, DistrictState, GaugeState,
    ItemState, NoticeState, Quality, Realm, ShelterState, TextKind, Tier,
};

impl AlertLevel {
    /// The level's number, 0 for calm.
    pub fn number(self) -> u8 {
        match self {
            Self::Normal => 0,
            Self::One => 1,
            Self::Two => 2,
            Self::Three => 3,
            Self::Four => 4,
            Self::Five => 5,
        }
    }

    /// The name of the order or information: 避難指示 for level 4.
    pub fn word(self) -> &'static str {
        match self {
            Self::Normal => "平常",
            Self::One => "早期注意情報",
            Self::Two => "注意報",
            Self::Three => "高齢者等避難",
            Self::Four => "避難指示",
            Self::Five => "緊急安全確保",
        }
    }

    /// The same in English.
    pub fn word_en(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::One => "Early Notice",
            Self::Two => "Advisory",
            Self::Three => "Evacuation of the Elderly, Etc.",
            Self::Four => "Evacuation Order",
            Self::Five => "Emergency Safety Measures",
        }
    }

    /// With number and name: `警戒レベル4 避難指示`.
    pub fn title(self) -> String {
        match self {
            Self::Normal => "平常".to_owned(),
            level => format!("警戒レベル{} {}", level.number(), level.word()),
        }
    }

    /// For measured or official states, which are no order: `レベル4相当`.
    pub fn equivalent(self) -> String {
        match self {
            Self::Normal => "平常".to_owned(),
            level => format!("レベル{}相当", level.number()),
        }
    }

    /// The class that colours marks, lines and hatches.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Normal => "lv0",
            Self::One => "lv1",
            Self::Two => "lv2",
            Self::Three => "lv3",
            Self::Four => "lv4",
            Self::Five => "lv5",
        }
    }
}

impl Realm {
    /// The realm in a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Live => "本番",
            Self::Demo { .. } => "再現",
            Self::Exercise => "訓練",
        }
    }
}

impl Quality {
    /// The class of the flag.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::NotChecked => "doubt",
            Self::Suspect | Self::Bad => "trouble",
        }
    }

    /// The flag in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "正常",
            Self::NotChecked => "未検査",
            Self::Suspect => "要確認",
            Self::Bad => "不正・不使用",
        }
    }
}

impl GaugeState {
    /// The state in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Live => "受信中",
            Self::QuietAsDesigned => "待機中(平常時は送信なし)",
            Self::Frozen => "固着の疑い",
            Self::Late => "遅延",
            Self::Silent => "途絶",
            Self::SuspectedSubmerged => "水没の疑い",
            Self::OutOfUse => "使用停止",
        }
    }

    /// The class of the flag.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Live => "good",
            Self::QuietAsDesigned | Self::OutOfUse => "doubt",
            Self::Frozen | Self::Late | Self::Silent | Self::SuspectedSubmerged => "trouble",
        }
    }

    /// Whether the gauge does what it should.
    pub(crate) fn works(self) -> bool {
        matches!(self, Self::Live | Self::QuietAsDesigned)
    }
}

impl Tier {
    /// The method in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Model => "モデル(全入力)",
            Self::UpstreamPartly => "モデル(上流の一部欠測)",
            Self::OwnOnly => "モデル(自地点のみ)",
            Self::RiseRate => "上昇率の延長",
            Self::Persistence => "いまの水位の継続",
            Self::MarksOnly => "予測なし(基準水位だけで判断)",
        }
    }

    /// The tier's number, 1 the best.
    pub fn number(self) -> u8 {
        match self {
            Self::Model => 1,
            Self::UpstreamPartly => 2,
            Self::OwnOnly => 3,
            Self::RiseRate => 4,
            Self::Persistence => 5,
            Self::MarksOnly => 6,
        }
    }
}

impl DangerKind {
    /// How it is known, in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Measured => "観測",
            Self::Forecast => "予測値(参考)",
            Self::Official => "公式情報",
        }
    }
}

impl ItemState {
    /// The state in a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::New => "未確認",
            Self::Seen { .. } => "確認済み",
            Self::Deciding { .. } => "判断中",
            Self::Approved { .. } => "承認済み",
            Self::Declined { .. } => "見送り",
            Self::Superseded => "更新済み",
            Self::Expired { .. } => "失効",
        }
    }

    /// Whether a decision can still be taken.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::New | Self::Seen { .. } | Self::Deciding { .. })
    }
}

impl ShelterState {
    /// The state in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "開設済み",
            Self::Preparing => "開設準備中",
            Self::Closed => "未開設",
            Self::Full => "満員",
            Self::NotReported => "開設状況の報告なし",
        }
    }
}

impl NoticeState {
    /// The state in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::InForce => "発令中",
            Self::Lifted => "解除済み",
            Self::Cancelled => "取消済み",
            Self::Replaced => "更新済み",
            Self::Expired => "失効",
        }
    }

    /// The class that tells ended notices from those in force.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::InForce => "inforce",
            Self::Lifted | Self::Cancelled | Self::Replaced | Self::Expired => "ended",
        }
    }
}

impl Delivery {
    /// The stage in a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Waiting => "送信待ち",
            Self::Sent => "送信済み",
            Self::Accepted => "受領済み",
            Self::Retrying { .. } => "再送中",
            Self::Failed { .. } => "失敗",
            Self::NotOwed => "対象外",
        }
    }

    /// The class and the sign that go with the word; the sign is not a colour.
    pub(crate) fn class(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent | Self::Accepted => "arrived",
            Self::Retrying { .. } => "retrying",
            Self::Failed { .. } => "failed",
            Self::NotOwed => "notowed",
        }
    }

    /// A sign beside the word.
    pub(crate) fn sign(&self) -> &'static str {
        match self {
            Self::Waiting => "…",
            Self::Sent => "✓",
            Self::Accepted => "✓✓",
            Self::Retrying { .. } => "↻",
            Self::Failed { .. } => "✕",
            Self::NotOwed => "–",
        }
    }
}

impl TextKind {
    /// What the text is called.
    pub fn word(self) -> &'static str {
        match self {
            Self::Japanese => "日本語",
            Self::EasyJapanese => "やさしい日本語",
            Self::English => "English",
            Self::Further => "その他の言語",
            Self::AreaMail => "緊急速報メール",
            Self::Cap => "CAP 1.2(機械用)",
        }
    }

    /// Its language tag.
    pub(crate) fn lang(self) -> &'static str {
        match self {
            Self::Japanese | Self::AreaMail => "ja",
            Self::Further => "und",
            Self::EasyJapanese => "ja-x-easy",
            Self::English | Self::Cap => "en",
        }
    }

    /// Whether it is a document for machines.
    pub(crate) fn is_cap(self) -> bool {
        matches!(self, Self::Cap)
    }
}

impl Confirmed {
    /// The page's title.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Issue => "最終確認",
            Self::Lift => "解除の最終確認",
            Self::Cancel => "取消の最終確認",
        }
    }

    /// What the last button says in live use.
    pub(crate) fn button(self) -> &'static str {
        match self {
            Self::Issue => "この内容で承認して発表する",
            Self::Lift => "この内容で解除を発表する",
            Self::Cancel => "この内容で取消を発表する",
        }
    }

    /// What the last button says in an exercise: another sentence, so that neither becomes a habit.
    pub(crate) fn exercise_button(self) -> &'static str {
        match self {
            Self::Issue => "訓練として承認する(住民には届きません)",
            Self::Lift => "訓練として解除する(住民には届きません)",
            Self::Cancel => "訓練として取り消す(住民には届きません)",
        }
    }
}

impl DepthRank {
    /// All ranks, shallow to deep.
    pub(crate) const ALL: [Self; 6] = [
        Self::UnderHalf,
        Self::HalfToThree,
        Self::ThreeToFive,
        Self::FiveToTen,
        Self::TenToTwenty,
        Self::TwentyAndMore,
    ];

    /// The depth in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::UnderHalf => "0.5 m未満",
            Self::HalfToThree => "0.5〜3 m",
            Self::ThreeToFive => "3〜5 m",
            Self::FiveToTen => "5〜10 m",
            Self::TenToTwenty => "10〜20 m",
            Self::TwentyAndMore => "20 m以上",
        }
    }

    /// The class that fills it.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::UnderHalf => "dp1",
            Self::HalfToThree => "dp2",
            Self::ThreeToFive => "dp3",
            Self::FiveToTen => "dp4",
            Self::TenToTwenty => "dp5",
            Self::TwentyAndMore => "dp6",
        }
    }
}

impl DistrictState {
    /// The state in words.
    pub fn word(self) -> String {
        match self {
            Self::Calm => "発令・推奨なし".to_owned(),
            Self::Proposed(level) => format!("推奨 {}", level.title()),
            Self::InForce(level) => format!("発令中 {}", level.title()),
            Self::Raise { in_force, proposed } => {
                format!("発令中 {}、推奨 {}", in_force.title(), proposed.title())
            }
        }
    }

    /// The level drawn: the higher one.
    pub(crate) fn level(self) -> Option<AlertLevel> {
        match self {
            Self::Calm => None,
            Self::Proposed(level) | Self::InForce(level) => Some(level),
            Self::Raise { in_force, proposed } => Some(in_force.max(proposed)),
        }
    }

    /// Whether anything is in force.
    pub(crate) fn is_in_force(self) -> bool {
        matches!(self, Self::InForce(_))
    }
}

impl ChainCheck {
    /// The class that tells a whole chain from a broken one.
    pub(crate) fn class(&self) -> &'static str {
        match self {
            Self::Whole { .. } => "whole",
            Self::Broken { .. } => "broken",
            Self::NotYet => "notyet",
        }
    }
}
