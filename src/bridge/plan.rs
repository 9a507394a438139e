//! Which entries of a feed are wanted, and what they are called. No clock, no network.

use std::collections::BTreeSet;

use hinan_sensors::official::envelope::type_in_name;
use hinan_sensors::official::feed::Entry;
use jiff::Timestamp;

use super::Settings;

/// A telegram that is to be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) id: String,
    pub(super) href: String,
    /// Name of its file.
    pub(super) file: String,
}

/// The entries that are wanted and not known, each once, oldest first.
pub(super) fn plan(
    entries: Vec<Entry>,
    known: &BTreeSet<String>,
    since: Timestamp,
    settings: &Settings,
) -> Vec<Wanted> {
    let mut seen = BTreeSet::new();
    let mut wanted: Vec<(Option<Timestamp>, Wanted)> = entries
        .into_iter()
        .filter(|entry| !known.contains(&entry.id))
        // An entry without a time may be new: it is wanted.
        .filter(|entry| entry.updated.is_none_or(|updated| updated >= since))
        .filter(|entry| is_asked_for(entry, settings))
        .filter(|entry| seen.insert(entry.id.clone()))
        .map(|entry| {
            let file = file_of(&entry.href);
            (
                entry.updated,
                Wanted {
                    id: entry.id,
                    href: entry.href,
                    file,
                },
            )
        })
        .collect();
    wanted.sort_by(|a, b| (a.0, &a.1.file).cmp(&(b.0, &b.1.file)));
    wanted.into_iter().map(|(_, wanted)| wanted).collect()
}

fn is_asked_for(entry: &Entry, settings: &Settings) -> bool {
    let type_is = settings.types.is_empty()
        || type_in_name(&file_of(&entry.href)).is_none_or(|found| {
            settings
                .types
                .iter()
                .any(|wanted| found.starts_with(wanted.as_str()))
        });
    let office_is = settings.offices.is_empty()
        || entry.author.starts_with("気象庁")
        || settings
            .offices
            .iter()
            .any(|office| entry.author.contains(office.as_str()));
    type_is && office_is
}

/// The last part of an address, of signs that a topic can carry.
fn file_of(href: &str) -> String {
    let last = href.rsplit('/').next().unwrap_or(href);
    let last = last.split(['?', '#']).next().unwrap_or(last);
    let file: String = last
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') {
                c
            } else {
                '_'
            }
        })
        .take(120)
        .collect();
    if file.is_empty() {
        "unnamed".to_owned()
    } else {
        file
    }
}

/// `{topic}/{TYPE}/{file}`.
pub(super) fn topic(topic: &str, telegram_type: &str, file: &str) -> String {
    let telegram_type = if telegram_type.is_empty() {
        type_in_name(file).unwrap_or("unknown")
    } else {
        telegram_type
    };
    format!("{topic}/{telegram_type}/{file}")
}

/// `…/regular_l.xml` of `…/regular.xml`.
pub(super) fn long_feed_of(feed: &str) -> Option<String> {
    let name = feed.strip_suffix(".xml")?;
    (!name.ends_with("_l")).then(|| format!("{name}_l.xml"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::bridge::Target;

    fn settings(types: &[&str], offices: &[&str]) -> Settings {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Settings {
            feeds: Vec::new(),
            interval: Duration::from_secs(60),
            backlog: jiff::SignedDuration::from_hours(24),
            types: list(types),
            offices: list(offices),
            broker: Target {
                host: "localhost".to_owned(),
                port: 1883,
                login: None,
                tls: None,
            },
            topic: "hinan/v1/official/jma".to_owned(),
            data_dir: "data".into(),
            timeout: Duration::from_secs(30),
            authorities: Vec::new(),
        }
    }

    fn entry(file: &str, minute: u8, author: &str) -> Entry {
        Entry {
            id: format!("https://example.org/{file}"),
            href: format!("https://example.org/data/{file}"),
            title: String::new(),
            updated: format!("2026-08-30T09:{minute:02}:00Z").parse().ok(),
            author: author.to_owned(),
        }
    }

    fn files(wanted: &[Wanted]) -> Vec<&str> {
        wanted.iter().map(|wanted| wanted.file.as_str()).collect()
    }

    #[test]
    fn entries_come_oldest_first_each_once_and_without_those_that_are_known() {
        let (a, b) = (
            entry("b_VPWW55.xml", 2, "釧路"),
            entry("a_VPWW55.xml", 1, "釧路"),
        );
        let known = BTreeSet::from(["https://example.org/c_VPWW55.xml".to_owned()]);
        let entries = vec![a.clone(), b, a, entry("c_VPWW55.xml", 3, "釧路")];
        let wanted = plan(entries, &known, Timestamp::MIN, &settings(&[], &[]));
        assert_eq!(files(&wanted), ["a_VPWW55.xml", "b_VPWW55.xml"]);
    }

    #[test]
    fn what_is_older_than_the_backlog_is_left_and_what_has_no_time_is_not() {
        let mut timeless = entry("t_VPWW55.xml", 0, "釧路");
        timeless.updated = None;
        let entries = vec![
            entry("a_VPWW55.xml", 1, "釧路"),
            entry("b_VPWW55.xml", 2, "釧路"),
            timeless,
        ];
        let since = "2026-08-30T09:02:00Z".parse().unwrap();
        let wanted = plan(entries, &BTreeSet::new(), since, &settings(&[], &[]));
        assert_eq!(files(&wanted), ["t_VPWW55.xml", "b_VPWW55.xml"]);
    }

    #[test]
    fn types_and_offices_narrow_it_but_the_agency_itself_always_speaks() {
        let entries = vec![
            entry("1_VPWW55_014030.xml", 1, "釧路地方気象台"),
            entry("2_VFVO53_010000.xml", 2, "気象庁"),
            entry("3_VXSE51_010000.xml", 3, "気象庁"),
            entry("4_VPWW55_260000.xml", 4, "京都地方気象台"),
            entry("9b43a982.xml", 5, "釧路地方気象台"),
        ];
        let wanted = plan(
            entries,
            &BTreeSet::new(),
            Timestamp::MIN,
            &settings(&["VPWW", "VXSE"], &["釧路"]),
        );
        assert_eq!(
            files(&wanted),
            ["1_VPWW55_014030.xml", "3_VXSE51_010000.xml", "9b43a982.xml"]
        );
    }

    #[test]
    fn a_topic_has_the_type_and_the_file_and_no_wildcard() {
        let topic_of = |href: &str| topic("hinan/v1/official/jma", "", &file_of(href));
        assert_eq!(
            topic_of("https://example.org/x/20260830_0_VPWW55_014030.xml?a=b"),
            "hinan/v1/official/jma/VPWW55/20260830_0_VPWW55_014030.xml"
        );
        assert_eq!(
            topic_of("https://example.org/#+/"),
            "hinan/v1/official/jma/unknown/unnamed"
        );
        assert_eq!(
            topic_of("https://example.org/a+b"),
            "hinan/v1/official/jma/unknown/a_b"
        );
    }

    #[test]
    fn a_short_feed_has_a_long_one_behind_it() {
        assert_eq!(
            long_feed_of("https://x/feed/extra.xml").unwrap(),
            "https://x/feed/extra_l.xml"
        );
        assert_eq!(long_feed_of("https://x/feed/extra_l.xml"), None);
    }
}
