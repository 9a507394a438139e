//! The kanji of the first two years of school (学年別漢字配当表): 80 and 160.

const FIRST: &str = "一右雨円王音下火花貝学気九休玉金空月犬見五口校左三山子四糸字耳七車手十出女小上森人水正生青夕石赤千川先早草足村大男竹中虫町天田土二日入年白八百文木本名目立力林六";
const SECOND: &str = "引羽雲園遠何科夏家歌画回会海絵外角楽活間丸岩顔汽記帰弓牛魚京強教近兄形計元言原戸古午後語工公広交光考行高黄合谷国黒今才細作算止市矢姉思紙寺自時室社弱首秋週春書少場色食心新親図数西声星晴切雪船線前組走多太体台地池知茶昼長鳥朝直通弟店点電刀冬当東答頭同道読内南肉馬売買麦半番父風分聞米歩母方北毎妹万明鳴毛門夜野友用曜来里理話";

/// Whether a second-grader has learned this sign.
pub(super) fn learned_by_the_second_year(kanji: char) -> bool {
    FIRST.contains(kanji) || SECOND.contains(kanji)
}

/// Whether a sign is a kanji at all.
pub(super) fn is_kanji(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '々' | '〆')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_have_as_many_signs_as_the_ministry_gives() {
        assert_eq!(FIRST.chars().count(), 80);
        assert_eq!(SECOND.chars().count(), 160);
        let all: std::collections::BTreeSet<char> = FIRST.chars().chain(SECOND.chars()).collect();
        assert_eq!(all.len(), 240, "none stands there twice");
        assert!(learned_by_the_second_year('山') && !learned_by_the_second_year('避'));
    }
}
