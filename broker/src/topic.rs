//! Topic names and filters: what is well-formed, what matches, what covers.

/// More levels than any town needs, few enough to walk down a tree of them.
const LEVELS_MAX: usize = 128;

/// Whether a message on `topic` belongs to `filter`. Both must be well-formed.
///
/// `#` includes the parent level (`a/#` matches `a`), and a wildcard at the beginning never matches a
/// topic that begins with `$`.
pub fn matches(filter: &str, topic: &str) -> bool {
    if topic.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let mut levels = topic.split('/');
    for part in filter.split('/') {
        if part == "#" {
            return true;
        }
        match levels.next() {
            Some(level) if part == "+" || part == level => {}
            _ => return false,
        }
    }
    levels.next().is_none()
}

/// Whether every topic that belongs to `asked` also belongs to `granted`. Both must be well-formed filters.
///
/// Cautious: it may say no to an odd pair that is equal in effect (`+/#` for `#`), never a wrong yes.
pub fn covers(granted: &str, asked: &str) -> bool {
    if asked.starts_with('$') && granted.starts_with(['+', '#']) {
        return false;
    }
    let mut levels = asked.split('/');
    for part in granted.split('/') {
        if part == "#" {
            return true;
        }
        match levels.next() {
            Some("#") => return false,
            Some(level) if part == "+" || part == level => {}
            _ => return false,
        }
    }
    levels.next().is_none()
}

/// Checks a topic name, as in a publish or a will.
pub(crate) fn check_name(name: &str, max_bytes: usize) -> Result<(), TopicError> {
    check_size(name, max_bytes)?;
    if name.contains(['+', '#']) {
        Err(TopicError::WildcardInName)
    } else {
        Ok(())
    }
}

/// The group and the filter proper of a shared subscription (`$share/GROUP/FILTER`); no group for any other.
pub(crate) fn shared(filter: &str) -> (Option<&str>, &str) {
    filter
        .strip_prefix("$share/")
        .and_then(|rest| rest.split_once('/'))
        .map_or((None, filter), |(group, filter)| (Some(group), filter))
}

/// Checks a topic filter, as in a subscription or a grant.
pub(crate) fn check_filter(filter: &str, max_bytes: usize) -> Result<(), TopicError> {
    check_size(filter, max_bytes)?;
    let (group, filter) = shared(filter);
    match group {
        Some(group) if group.is_empty() || group.contains(['+', '#']) || filter.is_empty() => {
            return Err(TopicError::Group);
        }
        None if filter.starts_with("$share/") || filter == "$share" => {
            return Err(TopicError::Group);
        }
        _ => {}
    }
    let mut levels = filter.split('/').peekable();
    while let Some(level) = levels.next() {
        let alone = level.len() == 1;
        if level.contains('#') && !(alone && levels.peek().is_none()) {
            return Err(TopicError::HashNotLast);
        }
        if level.contains('+') && !alone {
            return Err(TopicError::PlusNotAlone);
        }
    }
    Ok(())
}

fn check_size(text: &str, max_bytes: usize) -> Result<(), TopicError> {
    if text.is_empty() {
        return Err(TopicError::Empty);
    }
    if text.contains('\0') {
        return Err(TopicError::Nul);
    }
    if text.len() > max_bytes {
        return Err(TopicError::TooLong {
            bytes: text.len(),
            max_bytes,
        });
    }
    match text.split('/').count() {
        levels if levels > LEVELS_MAX => Err(TopicError::TooDeep {
            levels,
            levels_max: LEVELS_MAX,
        }),
        _ => Ok(()),
    }
}

/// What is wrong with a topic name or filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TopicError {
    /// It has no character at all.
    #[error("empty topic")]
    Empty,
    /// It contains the character U+0000, which MQTT forbids.
    #[error("topic contains U+0000")]
    Nul,
    /// It is longer than the limit.
    #[error("topic of {bytes} bytes: at most {max_bytes} are accepted")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        max_bytes: usize,
    },
    /// It has more levels than the limit.
    #[error("topic of {levels} levels: at most {levels_max} are accepted")]
    TooDeep {
        /// Its levels.
        levels: usize,
        /// The limit.
        levels_max: usize,
    },
    /// A name to publish on contains `+` or `#`.
    #[error("a topic name cannot contain + or #")]
    WildcardInName,
    /// `#` is not a whole last level.
    #[error("# must be the whole last level of a filter")]
    HashNotLast,
    /// A shared subscription without a group, without a filter, or with a wildcard in its group.
    #[error("a shared subscription is $share/GROUP/FILTER, without + or # in its group")]
    Group,
    /// `+` is not a whole level.
    #[error("+ must be a whole level of a filter")]
    PlusNotAlone,
}

impl TopicError {
    /// A limit of ours, not a mistake of the client.
    pub(crate) fn is_limit(&self) -> bool {
        matches!(self, Self::TooLong { .. } | Self::TooDeep { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{Strategy, prop, prop_assert, proptest};

    #[test]
    fn wildcards_match_as_the_standard_says() {
        let table = [
            ("sport/tennis/player1/#", "sport/tennis/player1", true),
            (
                "sport/tennis/player1/#",
                "sport/tennis/player1/ranking",
                true,
            ),
            (
                "sport/tennis/player1/#",
                "sport/tennis/player1/score/wimbledon",
                true,
            ),
            ("sport/tennis/player1/#", "sport/tennis/player2", false),
            ("sport/#", "sport", true),
            ("sport/#", "sporting", false),
            ("#", "sport", true),
            ("#", "/", true),
            ("sport/tennis/+", "sport/tennis/player1", true),
            ("sport/tennis/+", "sport/tennis/player1/ranking", false),
            ("sport/+", "sport", false),
            ("sport/+", "sport/", true),
            ("+/+", "/finance", true),
            ("/+", "/finance", true),
            ("+", "/finance", false),
            ("+/tennis/#", "sport/tennis", true),
            ("a/b", "a/b", true),
            ("a/b", "a/b/c", false),
            ("a/b/c", "a/b", false),
            ("a/b", "A/b", false),
            ("a//b", "a/b", false),
            ("a/+/b", "a//b", true),
            ("#", "$SYS/uptime", false),
            ("+/uptime", "$SYS/uptime", false),
            ("$SYS/#", "$SYS/uptime", true),
            ("$SYS/+", "$SYS/uptime", true),
            ("a/#", "a/$b", true),
            ("a/+", "a/$b", true),
            ("+", "避難", true),
            ("水位/+/観測", "水位/人吉/観測", true),
        ];
        for (filter, topic, expected) in table {
            assert_eq!(matches(filter, topic), expected, "{filter} and {topic}");
        }
    }

    #[test]
    fn a_grant_covers_what_lies_wholly_inside_it() {
        let table = [
            ("#", "#", true),
            ("#", "a/+/b", true),
            ("#", "$SYS/#", false),
            ("+/b", "$SYS/b", false),
            ("$SYS/#", "$SYS/#", true),
            ("a/#", "a/#", true),
            ("a/#", "a", true),
            ("a/#", "a/b/#", true),
            ("a/#", "#", false),
            ("a/#", "+/b", false),
            ("a/+", "a/#", false),
            ("a/+", "a/+", true),
            ("a/+", "a/b", true),
            ("a/b", "a/+", false),
            ("a/+/c", "a/b/c", true),
            ("a/+/c", "a/+/+", false),
            ("a/b", "a/b/c", false),
            ("a/b/c", "a/b", false),
        ];
        for (granted, asked, expected) in table {
            assert_eq!(covers(granted, asked), expected, "{granted} over {asked}");
        }
    }

    #[test]
    fn names_and_filters_are_checked_with_the_reason() {
        assert_eq!(check_name("a/b", 10), Ok(()));
        assert_eq!(check_name("", 10), Err(TopicError::Empty));
        assert_eq!(check_name("a/+", 10), Err(TopicError::WildcardInName));
        assert_eq!(check_name("a\0b", 10), Err(TopicError::Nul));
        assert_eq!(
            check_name("abc", 2),
            Err(TopicError::TooLong {
                bytes: 3,
                max_bytes: 2
            })
        );
        assert_eq!(
            check_name(&"/".repeat(200), 1_000),
            Err(TopicError::TooDeep {
                levels: 201,
                levels_max: LEVELS_MAX
            })
        );
        for good in ["#", "+", "a/#", "+/a/+/#", "/", "a//b"] {
            assert_eq!(check_filter(good, 100), Ok(()), "{good}");
        }
        for bad in ["a#", "#/a", "a/#/b", "a/b#", "##"] {
            assert_eq!(
                check_filter(bad, 100),
                Err(TopicError::HashNotLast),
                "{bad}"
            );
        }
        assert_eq!(check_filter("$share/group/a/+", 100), Ok(()));
        for bad in [
            "$share",
            "$share/x",
            "$share//x",
            "$share/g+/x",
            "$share/g/",
        ] {
            assert_eq!(check_filter(bad, 100), Err(TopicError::Group), "{bad}");
        }
        for bad in ["a+", "+a/b", "a/b+/c", "++"] {
            assert_eq!(
                check_filter(bad, 100),
                Err(TopicError::PlusNotAlone),
                "{bad}"
            );
        }
    }

    fn levels() -> impl Strategy<Value = Vec<&'static str>> {
        prop::collection::vec(prop::sample::select(vec!["a", "b", "", "$x", "+"]), 1..4)
    }

    fn filter() -> impl Strategy<Value = String> {
        (levels(), prop::bool::ANY).prop_map(|(mut levels, hash)| {
            if hash {
                levels.push("#");
            }
            levels.join("/")
        })
    }

    fn name() -> impl Strategy<Value = String> {
        prop::collection::vec(prop::sample::select(vec!["a", "b", "", "$x"]), 1..5)
            .prop_map(|levels| levels.join("/"))
    }

    proptest! {
        #[test]
        fn nothing_gets_through_a_grant_that_it_does_not_match(granted in filter(), asked in filter(), topic in name()) {
            if covers(&granted, &asked) && matches(&asked, &topic) {
                prop_assert!(matches(&granted, &topic), "{granted} {asked} {topic}");
            }
        }
    }
}
