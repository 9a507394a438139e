//! 対象区域と、含まれない地区: who is in the area of a proposal and why, and who is not and why.

use std::fmt::Write as _;

use hinan_gis::Town;
use hinan_recommend::LeftOut;

use crate::recommend::derivation::Areas;

/// In words and figures, enough to choose the smallest set again by hand.
pub(super) fn areas(of: &Areas, town: &Town) -> String {
    let mut text = String::new();
    let yes = |yes: bool| if yes { "○" } else { "―" };
    // Writing to a String never fails.
    let _ = writeln!(
        text,
        "■ 対象区域 areas: 危険のある人の{:.0}%以上を含む、住民の最も少ない組み合わせ。危険のある人が{}人以上の地区と、倒壊区域に人がいるかもしれない地区・報告のあった地区は必ず含める",
        of.cover * 100.0,
        of.never_left_out_people
    );
    let _ = writeln!(
        text,
        "  選んだ地区 chosen: 住民{}人、危険のある人{}人。基準を満たす全地区 all that qualify: 住民{}人、危険のある人{}人",
        of.chosen.0, of.chosen.1, of.all.0, of.all.1
    );
    for one in &of.qualify {
        let _ = writeln!(
            text,
            "  地区 unit {} {}: 対象 chosen {}、必ず含める must {}、住民{}人、危険のある人{}人、来る確率{}",
            one.id,
            one.name,
            yes(one.chosen),
            yes(one.must),
            one.people,
            one.at_risk,
            one.chance.map_or_else(
                || "不明".to_owned(),
                |chance| format!("{:.2}%", chance * 100.0)
            )
        );
    }
    let _ = writeln!(
        text,
        "■ 含まれない地区 complement: 選んだ地区、選ばなかった地区(―)と合わせて町の全地区になる"
    );
    for (why, units) in &of.complement {
        let names: Vec<&str> = units
            .iter()
            .map(|id| town.district(id).map_or(id.as_str(), |of| of.name.as_str()))
            .collect();
        let _ = writeln!(
            text,
            "  {} {}地区: {}",
            words(*why),
            names.len(),
            names.join("、")
        );
    }
    for (why, units) in &of.others {
        let _ = writeln!(
            text,
            "  {} {units}地区(上に名のない地区のうち)",
            words(*why)
        );
    }
    text
}

fn words(why: LeftOut) -> &'static str {
    match why {
        LeftOut::AsMuchAdvised => {
            "同じか、より高い段階が推奨されている as much is advised (理由が必要)"
        }
        LeftOut::AsLikely => "対象の地区と同じくらい起こりやすい as likely (理由が必要)",
        LeftOut::NothingKnown => "何も分からない nothing is known (安全とはみなさない)",
        LeftOut::Less => "より低い段階か、推奨なし less is advised",
        LeftOut::NotThreatened => "この災害は及ばない not threatened",
    }
}
