//! The reference's way of joining flags.

use super::{Flag, Refused, same_length};

/// Joins the flags of several tests as the reference does: missing < not evaluated < good < suspect < fail, so that one
/// passed test hides any number that were not made. Decisions use [`super::super::Verdict`], which does not hide them.
///
/// ```
/// use hinan_sensors::quality::Flag::{Bad, Good, Missing, NotChecked, Suspect};
/// use hinan_sensors::quality::qartod::compare;
/// let joined = compare(&[&[Good, NotChecked, Missing], &[NotChecked, Suspect, Bad]]);
/// assert_eq!(joined, Ok(vec![Good, Suspect, Bad]));
/// ```
///
/// # Errors
/// Tests that did not flag equally many values.
pub fn compare(tests: &[&[Flag]]) -> Result<Vec<Flag>, Refused> {
    let length = tests.first().map_or(0, |flags| flags.len());
    let mut joined = vec![Flag::Missing; length];
    for flags in tests {
        same_length("qartod_compare", "vectors", flags.len(), length)?;
        for (joined, &flag) in joined.iter_mut().zip(*flags) {
            if rank(flag) > rank(*joined) {
                *joined = flag;
            }
        }
    }
    Ok(joined)
}

fn rank(flag: Flag) -> u8 {
    match flag {
        Flag::Missing => 0,
        Flag::NotChecked => 1,
        Flag::Good => 2,
        Flag::Suspect => 3,
        Flag::Bad => 4,
    }
}
