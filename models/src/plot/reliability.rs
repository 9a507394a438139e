use super::canvas::Canvas;
use crate::evaluate::GaugeLeadScore;
use crate::score::count_f64;

/// What was said against what happened, one line per lead; `None` when no threshold was counted.
#[must_use]
pub fn reliability_plot(title: &str, scores: &[GaugeLeadScore]) -> Option<String> {
    if scores.iter().all(|score| score.reliability.is_none()) {
        return None;
    }
    let colours = ["#0b5cad", "#2a8a3e", "#b8860b", "#b3261e"];
    let mut canvas = Canvas::new([520.0, 520.0], [0.0, 1.0], [0.0, 1.0], title);
    let tenths: Vec<(f64, String)> = (0..=5)
        .map(|n| {
            let share = f64::from(n) / 5.0;
            (share, format!("{:.0} %", 100.0 * share))
        })
        .collect();
    canvas.axes(
        &tenths,
        &tenths,
        [
            "言った確率 what was said",
            "起きた割合 what happened (点の大きさ＝回数 size = how often)",
        ],
    );
    canvas.line(
        &[(0.0, 0.0), (1.0, 1.0)],
        "stroke=\"#888\" stroke-dasharray=\"4 4\"",
    );
    for (score, colour) in scores.iter().zip(colours) {
        let Some(reliability) = &score.reliability else {
            continue;
        };
        let points: Vec<(f64, f64)> = reliability
            .bins
            .iter()
            .map(|bin| (bin.said, bin.happened))
            .collect();
        canvas.line(&points, &format!("stroke=\"{colour}\" stroke-width=\"2\""));
        for bin in &reliability.bins {
            let words = format!(
                "{} h: {:.0} % said, {:.0} % happened, {} times",
                score.lead_h,
                100.0 * bin.said,
                100.0 * bin.happened,
                bin.count
            );
            canvas.dot(
                bin.said,
                bin.happened,
                2.0 + count_f64(bin.count).log10(),
                &words,
            );
        }
        if let Some((x, y)) = points.last() {
            canvas.note(*x, *y, &format!("{} h", score.lead_h));
        }
    }
    Some(canvas.finish())
}
