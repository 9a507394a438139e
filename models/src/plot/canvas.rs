use std::fmt::Write as _;

/// An SVG with axes. Data coordinates go in, two decimals come out.
pub(crate) struct Canvas {
    body: String,
    width: f64,
    height: f64,
    x: [f64; 2],
    y: [f64; 2],
}

/// Room for numbers and words about the plot: left, right, top, bottom.
const MARGIN: [f64; 4] = [64.0, 16.0, 48.0, 56.0];

impl Canvas {
    pub(crate) fn new(size: [f64; 2], x: [f64; 2], y: [f64; 2], title: &str) -> Self {
        let mut canvas = Self {
            body: String::new(),
            width: size[0],
            height: size[1],
            x: widened(x),
            y: widened(y),
        };
        canvas.text_at([MARGIN[0], 20.0], "start", 15, title);
        canvas
    }

    pub(crate) fn place(&self, x: f64, y: f64) -> (f64, f64) {
        let [left, right, top, bottom] = MARGIN;
        let across = self.width - left - right;
        let down = self.height - top - bottom;
        (
            left + across * (x - self.x[0]) / (self.x[1] - self.x[0]),
            top + down * (self.y[1] - y) / (self.y[1] - self.y[0]),
        )
    }

    /// Ticks with their labels, and a frame.
    pub(crate) fn axes(&mut self, x: &[(f64, String)], y: &[(f64, String)], words: [&str; 2]) {
        let (x0, y0) = self.place(self.x[0], self.y[0]);
        let (x1, y1) = self.place(self.x[1], self.y[1]);
        self.push(&format!(
            "<rect x=\"{x0:.2}\" y=\"{y1:.2}\" width=\"{:.2}\" height=\"{:.2}\" fill=\"none\" stroke=\"#555\"/>",
            x1 - x0,
            y0 - y1
        ));
        for (value, label) in x {
            let (px, _) = self.place(*value, self.y[0]);
            self.push(&format!(
                "<path d=\"M{px:.2} {y0:.2}V{y1:.2}\" stroke=\"#ddd\"/>"
            ));
            self.text_at([px, y0 + 18.0], "middle", 11, label);
        }
        for (value, label) in y {
            let (_, py) = self.place(self.x[0], *value);
            self.push(&format!(
                "<path d=\"M{x0:.2} {py:.2}H{x1:.2}\" stroke=\"#ddd\"/>"
            ));
            self.text_at([x0 - 6.0, py + 4.0], "end", 11, label);
        }
        self.text_at([f64::midpoint(x0, x1), y0 + 40.0], "middle", 12, words[0]);
        self.text_at([x0, y1 - 8.0], "start", 12, words[1]);
    }

    /// A line through the points; a gap where one is not finite.
    pub(crate) fn line(&mut self, points: &[(f64, f64)], style: &str) {
        let mut path = String::new();
        let mut drawing = false;
        for (x, y) in points {
            if !(x.is_finite() && y.is_finite()) {
                drawing = false;
                continue;
            }
            let (px, py) = self.place(*x, *y);
            let pen = if drawing { 'L' } else { 'M' };
            let _ = write!(path, "{pen}{px:.2} {py:.2}");
            drawing = true;
        }
        self.push(&format!("<path d=\"{path}\" fill=\"none\" {style}/>"));
    }

    /// An area between two lines.
    pub(crate) fn area(&mut self, low: &[(f64, f64)], high: &[(f64, f64)], style: &str) {
        let mut path = String::new();
        for (i, (x, y)) in low.iter().chain(high.iter().rev()).enumerate() {
            let (px, py) = self.place(*x, *y);
            let pen = if i == 0 { 'M' } else { 'L' };
            let _ = write!(path, "{pen}{px:.2} {py:.2}");
        }
        self.push(&format!("<path d=\"{path}Z\" {style}/>"));
    }

    pub(crate) fn dot(&mut self, x: f64, y: f64, radius: f64, title: &str) {
        let (px, py) = self.place(x, y);
        let title = escaped(title);
        self.push(&format!(
            "<circle cx=\"{px:.2}\" cy=\"{py:.2}\" r=\"{radius:.2}\" fill=\"#0b5cad\"><title>{title}</title></circle>"
        ));
    }

    pub(crate) fn note(&mut self, x: f64, y: f64, text: &str) {
        let (px, py) = self.place(x, y);
        self.text_at([px + 4.0, py - 4.0], "start", 11, text);
    }

    pub(crate) fn finish(self) -> String {
        let (w, h) = (self.width, self.height);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" font-family=\"sans-serif\" role=\"img\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{}</svg>\n",
            self.body
        )
    }

    fn text_at(&mut self, at: [f64; 2], anchor: &str, size: u32, text: &str) {
        let text = escaped(text);
        self.push(&format!(
            "<text x=\"{:.2}\" y=\"{:.2}\" text-anchor=\"{anchor}\" font-size=\"{size}\" fill=\"#222\">{text}</text>",
            at[0], at[1]
        ));
    }

    fn push(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }
}

/// About six round ticks.
pub(crate) fn ticks(low: f64, high: f64) -> Vec<(f64, String)> {
    let rough = (high - low).max(1e-6) / 6.0;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|step| *step >= rough)
        .unwrap_or(10.0 * power);
    let digits = if step >= 1.0 {
        0
    } else if step >= 0.1 {
        1
    } else {
        2
    };
    let mut found = Vec::new();
    let mut value = (low / step).ceil() * step;
    while value <= high + step * 1e-9 && found.len() < 20 {
        found.push((value, format!("{value:.digits$}")));
        value += step;
    }
    found
}

fn widened([low, high]: [f64; 2]) -> [f64; 2] {
    if high - low > 1e-9 {
        [low, high]
    } else {
        [low - 0.5, high + 0.5]
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
