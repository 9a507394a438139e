//! Block names such as 西二条南五丁目, taken apart.

/// A block of the grid town: its side (東, 西 or 大通), 条 (0 for 大通), 北 or 南, and 丁目.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Block<'a> {
    pub(crate) side: &'a str,
    pub(crate) jo: u32,
    pub(crate) half: &'a str,
    pub(crate) chome: u32,
}

/// The block a town name means, if it is a name of the grid.
pub(crate) fn block(town: &str) -> Option<Block<'_>> {
    let side = ["東", "西", "大通"]
        .into_iter()
        .find(|side| town.starts_with(side))?;
    let rest = &town[side.len()..];
    let (jo, rest) = if side == "大通" {
        (0, rest)
    } else {
        number_before(rest, "条")?
    };
    let half = ["北", "南"]
        .into_iter()
        .find(|half| rest.starts_with(half))?;
    let (chome, rest) = number_before(&rest[half.len()..], "丁目")?;
    rest.is_empty().then_some(Block {
        side,
        jo,
        half,
        chome,
    })
}

fn number_before<'a>(text: &'a str, word: &str) -> Option<(u32, &'a str)> {
    let (digits, rest) = text.split_once(word)?;
    Some((kanji_number(digits)?, rest))
}

/// Numbers from 一 to 九十九.
fn kanji_number(text: &str) -> Option<u32> {
    let digit = |c: char| {
        "一二三四五六七八九"
            .chars()
            .zip(1..)
            .find(|(kanji, _)| *kanji == c)
            .map(|(_, n)| n)
    };
    let one = |text: &str| -> Option<u32> {
        let mut chars = text.chars();
        let only = digit(chars.next()?)?;
        chars.next().is_none().then_some(only)
    };
    match text.split_once('十') {
        None => one(text),
        Some((tens, ones)) => {
            let tens = if tens.is_empty() { 1 } else { one(tens)? };
            let ones = if ones.is_empty() { 0 } else { one(ones)? };
            Some(tens * 10 + ones)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Block, block};

    #[test]
    fn a_block_of_the_grid_is_taken_apart() {
        assert_eq!(
            block("西二条南五丁目"),
            Some(Block {
                side: "西",
                jo: 2,
                half: "南",
                chome: 5
            })
        );
        assert_eq!(
            block("東十条北二丁目"),
            Some(Block {
                side: "東",
                jo: 10,
                half: "北",
                chome: 2
            })
        );
        assert_eq!(
            block("西十二条南四十一丁目"),
            Some(Block {
                side: "西",
                jo: 12,
                half: "南",
                chome: 41
            })
        );
        assert_eq!(
            block("大通南二十丁目"),
            Some(Block {
                side: "大通",
                jo: 0,
                half: "南",
                chome: 20
            })
        );
    }

    #[test]
    fn other_names_are_no_blocks() {
        for name in [
            "大正本町西一条一丁目",
            "西",
            "西条南一丁目",
            "愛国町南九線",
            "東一条南十一十丁目",
            "",
        ] {
            assert_eq!(block(name), None, "{name}");
        }
    }
}
