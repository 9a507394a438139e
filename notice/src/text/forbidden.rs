//! Words that no notice may carry: names that the law abolished, and what only the Meteorological Agency may say.

use super::{EASY_JAPANESE, JAPANESE};

/// A forbidden word as found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forbidden {
    /// The word.
    pub word: &'static str,
    /// Why, Japanese.
    pub why: &'static str,
    /// Why, English.
    pub why_en: &'static str,
}

struct Rule {
    languages: &'static [&'static str],
    word: &'static str,
    /// Longer words in which it is right.
    allowed_in: &'static [&'static str],
    why: &'static str,
    why_en: &'static str,
}

const JA: &[&str] = &[JAPANESE, EASY_JAPANESE];
const ABOLISHED: (&str, &str) = ("廃止された用語です", "the law abolished this term");
const NOT_OURS: (&str, &str) = (
    "自治体の避難情報では使えない用語です(気象庁の用語・予測)",
    "not for a municipality to say (a term or a prediction of the Meteorological Agency)",
);
const VAGUE: (&str, &str) = ("時刻や場所がはっきりしません", "leaves open when or where");

const RULES: &[Rule] = &[
    rule(JA, "避難勧告", &[], ABOLISHED),
    rule(JA, "避難準備", &[], ABOLISHED),
    rule(JA, "避難指示(緊急)", &[], ABOLISHED),
    rule(JA, "避難指示（緊急）", &[], ABOLISHED),
    rule(JA, "災害発生情報", &[], ABOLISHED),
    rule(JA, "要避難準備", &[], ABOLISHED),
    rule(&["en"], "evacuation advisory", &[], ABOLISHED),
    rule(&["en"], "evacuation recommendation", &[], ABOLISHED),
    rule(JA, "確率", &[], NOT_OURS),
    rule(JA, "見込み", &[], NOT_OURS),
    rule(JA, "予測", &[], NOT_OURS),
    rule(JA, "予想", &[], NOT_OURS),
    rule(&["en"], "probability", &[], NOT_OURS),
    rule(&["en"], "forecast", &[], NOT_OURS),
    rule(JA, "さっき", &[], VAGUE),
    rule(JA, "まもなく", &[], VAGUE),
    rule(JA, "のあたり", &[], VAGUE),
    rule(JA, "など各地", &[], VAGUE),
];

const fn rule(
    languages: &'static [&'static str],
    word: &'static str,
    allowed_in: &'static [&'static str],
    why: (&'static str, &'static str),
) -> Rule {
    Rule {
        languages,
        word,
        allowed_in,
        why: why.0,
        why_en: why.1,
    }
}

/// Forbidden words in a text of this language, each once, in the order of the list.
#[must_use]
pub fn found(language: &str, text: &str) -> Vec<Forbidden> {
    let lower = text.to_lowercase();
    RULES
        .iter()
        .filter(|rule| rule.languages.contains(&language))
        .filter(|rule| {
            let mut rest = lower.clone();
            for allowed in rule.allowed_in {
                rest = rest.replace(allowed, "");
            }
            rest.contains(rule.word)
        })
        .map(|rule| Forbidden {
            word: rule.word,
            why: rule.why,
            why_en: rule.why_en,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_the_old_law_are_found_in_every_spelling() {
        for old in [
            "避難勧告",
            "避難準備・高齢者等避難開始",
            "避難指示（緊急）",
            "災害発生情報",
        ] {
            assert!(
                !found(JAPANESE, &format!("A地区に{old}を発令")).is_empty(),
                "{old}"
            );
        }
        assert_eq!(found("en", "An Evacuation Advisory was issued").len(), 1);
        assert!(found(JAPANESE, "避難の準備をし、避難指示に従ってください").is_empty());
    }
}
