//! Reading `/metrics`.

/// The sum over all series of a counter whose labels contain `labels`, such as `reason="conflict"`.
#[must_use]
pub fn count(text: &str, name: &str, labels: &str) -> f64 {
    text.lines()
        .filter_map(|line| {
            let (series, value) = line.rsplit_once(' ')?;
            let (found, rest) = series.split_once('{').unwrap_or((series, ""));
            (found == name && rest.contains(labels)).then_some(value)
        })
        .filter_map(|value| value.parse::<f64>().ok())
        .sum()
}

/// The sum over all series of a counter.
#[must_use]
pub fn total(text: &str, name: &str) -> f64 {
    count(text, name, "")
}
