//! A lint for easy Japanese (やさしい日本語): short sentences, readings, no hard forms.

use super::grade::{is_kanji, learned_by_the_second_year};

/// Longest sentence, signs without spaces, readings and names.
pub const SENTENCE_MAX: usize = 30;

/// What is not easy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotEasy {
    /// A sentence is too long.
    Long {
        /// The sentence.
        sentence: String,
        /// Its signs.
        signs: usize,
    },
    /// A kanji beyond the second year stands without its reading.
    NoReading {
        /// The kanji run.
        word: String,
        /// The sentence.
        sentence: String,
    },
    /// A form that learners do not know.
    Hard {
        /// The form.
        form: &'static str,
        /// What to say instead.
        instead: &'static str,
        /// The sentence.
        sentence: String,
    },
}

const HARD: &[(&str, &str)] = &[
    ("なければなりません", "〜て ください"),
    ("ないわけではない", "肯定の文"),
    ("ないことはない", "肯定の文"),
    ("ざるを得", "〜て ください"),
    ("られたい", "〜て ください"),
    ("いたします", "します"),
    ("ございます", "です・あります"),
    ("していただ", "〜て ください"),
    ("おそれがあ", "〜かもしれません"),
    ("速やかに", "早(はや)く"),
    ("直ちに", "すぐに"),
    ("可能性", "〜かもしれません"),
    ("身の安全", "いのち"),
    ("徒歩", "あるいて"),
    ("最寄り", "近(ちか)く"),
];

/// What is not easy in a text. `names` are proper names (places, people): they stand as they are.
#[must_use]
pub fn lint(text: &str, names: &[&str]) -> Vec<NotEasy> {
    let mut found = Vec::new();
    for sentence in text
        .split(['。', '\n'])
        .map(str::trim)
        .filter(|s| !s.is_empty())
    {
        for (form, instead) in HARD {
            if sentence.contains(form) {
                found.push(NotEasy::Hard {
                    form,
                    instead,
                    sentence: sentence.to_owned(),
                });
            }
        }
        let mut plain = sentence.to_owned();
        // Longer names first, or a short one would take a piece out of a long one.
        let mut names: Vec<&str> = names
            .iter()
            .copied()
            .filter(|name| !name.is_empty())
            .collect();
        names.sort_by_key(|name| std::cmp::Reverse(name.chars().count()));
        for name in names {
            plain = plain.replace(name, "");
        }
        let (spoken, unread) = without_readings(&plain);
        for word in unread {
            found.push(NotEasy::NoReading {
                word,
                sentence: sentence.to_owned(),
            });
        }
        // Separators of lists are no words.
        let signs = spoken
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '、' | '。' | ':'))
            .count();
        if signs > SENTENCE_MAX {
            found.push(NotEasy::Long {
                sentence: sentence.to_owned(),
                signs,
            });
        }
    }
    found
}

/// The sentence without its readings, and runs of kanji that need one and have none.
fn without_readings(sentence: &str) -> (String, Vec<String>) {
    let (mut spoken, mut unread, mut run) = (String::new(), Vec::new(), String::new());
    let mut rest = sentence;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if is_kanji(c) {
            run.push(c);
            spoken.push(c);
            continue;
        }
        if c == '('
            && !run.is_empty()
            && let Some((reading, after)) = rest.split_once(')')
            && !reading.is_empty()
            && reading.chars().all(is_kana)
        {
            run.clear();
            rest = after;
            continue;
        }
        needs_reading(&mut run, &mut unread);
        spoken.push(c);
    }
    needs_reading(&mut run, &mut unread);
    (spoken, unread)
}

fn needs_reading(run: &mut String, unread: &mut Vec<String>) {
    if run.chars().any(|c| !learned_by_the_second_year(c)) {
        unread.push(run.clone());
    }
    run.clear();
}

fn is_kana(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_sentence_a_bare_kanji_and_a_hard_form_are_each_found() {
        assert!(lint("川(かわ)に 行(い)かないで ください。", &[]).is_empty());
        assert!(
            matches!(&lint("避難して ください。", &[])[..], [NotEasy::NoReading { word, .. }] if word == "避難")
        );
        assert!(
            lint("山に 行って ください。", &[]).is_empty(),
            "the second year knows these"
        );
        let long = "あ".repeat(SENTENCE_MAX + 1);
        assert!(matches!(
            &lint(&long, &[])[..],
            [NotEasy::Long { signs: 31, .. }]
        ));
        assert!(matches!(
            &lint("すぐに にげなければなりません", &[])[..],
            [NotEasy::Hard {
                form: "なければなりません",
                ..
            }]
        ));
    }

    #[test]
    fn names_of_places_stand_as_they_are_and_readings_do_not_count() {
        assert!(lint("札内川の 水(みず)", &["札内川"]).is_empty());
        let reading = "(".to_owned() + &"あ".repeat(40) + ")";
        assert!(lint(&format!("避難{reading}"), &[]).is_empty());
    }
}
