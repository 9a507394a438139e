//! Lines with places to fill: `{town}` and the like.

use std::collections::BTreeMap;

/// What fills the places of a template, by name.
pub(super) type Values<'v> = BTreeMap<&'static str, &'v str>;

/// Fills a line. A place that has no value stays as it stands, so that a check can see it; a template is looked at when it
/// is loaded, so that none of ours has such a place.
pub(super) fn filled(template: &str, values: &Values<'_>) -> String {
    let mut out = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        match after.split_once('}') {
            Some((name, next)) if values.contains_key(name) => {
                out.push_str(values[name]);
                rest = next;
            }
            _ => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The names of the places of a template, in their order.
pub(super) fn places(template: &str) -> Vec<&str> {
    template
        .split('{')
        .skip(1)
        .map(|rest| rest.split_once('}').map_or(rest, |(name, _)| name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_never_filled_again() {
        let values = Values::from([("town", "{river}"), ("river", "川")]);
        assert_eq!(
            filled("{town}の{river} {x} {", &values),
            "{river}の川 {x} {"
        );
        assert_eq!(places("{town}の{river}"), ["town", "river"]);
    }
}
