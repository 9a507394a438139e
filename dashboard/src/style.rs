//! The two style sheets, as they are embedded in each page.

/// The officers' style sheet: exactly the text inside the one style element of each officers' page.
pub fn stylesheet() -> &'static str {
    include_str!("../styles/officer.css")
}

/// The residents' style sheet: exactly the text inside the one style element of each public page.
pub fn public_stylesheet() -> &'static str {
    include_str!("../styles/public.css")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_sheets_can_stand_inside_an_element_and_fetch_nothing() {
        for css in [stylesheet(), public_stylesheet()] {
            assert!(!css.contains(['<', '&']), "would not parse as XML");
            assert!(!css.contains("url("), "would fetch something");
            assert!(!css.contains("@import"), "would fetch something");
        }
        assert!(
            public_stylesheet().len() < 6_000,
            "the public page has 30 kB in all"
        );
    }
}
