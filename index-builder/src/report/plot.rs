//! Plots in SVG, without a script.

use maud::{Markup, html};

/// The size of a plot in its own units; how large it is shown is up to the page.
const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 240.0;
/// Room for the numbers of the axes.
const LEFT: f64 = 60.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 46.0;
/// The most numbers below the bars of a histogram.
const MOST_LABELS: usize = 8;
/// The widest that a bar is drawn.
const WIDEST: f64 = 64.0;

/// A line through points whose x is a width: each doubling takes as much room as any other.
#[derive(Debug)]
pub struct Curve<'a> {
    /// What it shows, for who cannot see it.
    pub title: &'a str,
    /// What is on the x axis.
    pub x: &'a str,
    /// What is on the y axis.
    pub y: &'a str,
    /// x ascending and above 0, and y.
    pub points: Vec<(f64, f64)>,
    /// Where y begins and ends.
    pub range: (f64, f64),
    /// How a y is written.
    pub format: fn(f64) -> String,
    /// An x that is marked, and what it is.
    pub marked: Option<(f64, &'a str)>,
}

/// Bars beside each other.
#[derive(Debug)]
pub struct Bars<'a> {
    /// What they show, for who cannot see it.
    pub title: &'a str,
    /// What is on the x axis.
    pub x: &'a str,
    /// What is on the y axis.
    pub y: &'a str,
    /// Each with its name and its height, and how that is written.
    pub bars: Vec<(String, f64, String)>,
    /// Whether names stand for the beginning of a bar and not for all of it.
    pub at_edges: bool,
}

/// Where something is in a plot.
struct Frame {
    y: (f64, f64),
}

impl Frame {
    fn y(&self, value: f64) -> f64 {
        let (low, high) = self.y;
        let share = if high > low { (value - low) / (high - low) } else { 0.0 };
        HEIGHT - BOTTOM - share.clamp(0.0, 1.0) * (HEIGHT - TOP - BOTTOM)
    }

    /// The lines across, with their numbers.
    fn grid(&self, format: impl Fn(f64) -> String) -> Markup {
        const LINES: u32 = 4;
        let (low, high) = self.y;
        let values = (0..=LINES).map(|line| low + (high - low) * f64::from(line) / f64::from(LINES));
        html! {
            @for value in values {
                @let y = number(self.y(value));
                line.grid x1=(LEFT) x2=(WIDTH - RIGHT) y1=(y) y2=(y) {}
                text.end x=(LEFT - 6.0) y=(y) dy="0.32em" { (format(value)) }
            }
        }
    }
}

fn plot(title: &str, x: &str, y: &str, content: &Markup) -> Markup {
    html! {
        figure {
            figcaption { (title) }
            svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(format!("{title}: {y} against {x}")) {
                (content)
                text.axis.middle x=((LEFT + WIDTH - RIGHT) / 2.0) y=(HEIGHT - 6.0) { (x) }
                text.axis.middle transform=(format!("translate(11 {}) rotate(-90)", (TOP + HEIGHT - BOTTOM) / 2.0)) { (y) }
            }
        }
    }
}

/// Draws a curve.
pub fn curve(curve: &Curve<'_>) -> Markup {
    let frame = Frame { y: curve.range };
    let ends = curve.points.first().zip(curve.points.last());
    let (first, last) = ends.map_or((1.0, 2.0), |(first, last)| (first.0.log2(), last.0.log2()));
    let place = |x: f64| {
        let share = if last > first { (x.log2() - first) / (last - first) } else { 0.5 };
        number(LEFT + 8.0 + share * (WIDTH - LEFT - RIGHT - 16.0))
    };
    let line: Vec<String> =
        curve.points.iter().map(|&(x, y)| format!("{},{}", place(x), number(frame.y(y)))).collect();
    let mut labelled = f64::NEG_INFINITY;
    let content = html! {
        (frame.grid(curve.format))
        @if let Some((x, what)) = curve.marked {
            @let at = place(x);
            line.mark x1=(at) x2=(at) y1=(TOP) y2=(HEIGHT - BOTTOM) { title { (what) } }
        }
        polyline.curve points=(line.join(" ")) {}
        @for &(x, y) in &curve.points {
            circle.point cx=(place(x)) cy=(number(frame.y(y))) r="3.2" {
                title { (format!("{} {x}: {} {}", curve.x, curve.y, (curve.format)(y))) }
            }
            @if far_enough(place(x), &mut labelled) {
                text.middle x=(place(x)) y=(HEIGHT - BOTTOM + 16.0) { (x) }
            }
        }
    };
    plot(curve.title, curve.x, curve.y, &content)
}

/// Whether there is room for a number here, behind the last one.
fn far_enough(at: f64, last: &mut f64) -> bool {
    const ROOM: f64 = 34.0;
    let is_far = at - *last >= ROOM;
    if is_far {
        *last = at;
    }
    is_far
}

/// Draws bars.
pub fn bars(bars: &Bars<'_>) -> Markup {
    let highest = bars.bars.iter().map(|bar| bar.1).fold(0.0, f64::max);
    let frame = Frame { y: (0.0, round_up(highest)) };
    let width = (WIDTH - LEFT - RIGHT) / bars.bars.len().max(1) as f64;
    let gap = (width * 0.12).clamp(0.0, 3.0).max(width - WIDEST);
    let step = bars.bars.len().div_ceil(MOST_LABELS).max(1);
    let content = html! {
        (frame.grid(short))
        @for (number_of, (name, height, written)) in bars.bars.iter().enumerate() {
            @let left = LEFT + width * number_of as f64;
            @let top = frame.y(*height);
            rect.bar x=(number(left + gap / 2.0)) y=(number(top)) width=(number(width - gap))
                height=(number(HEIGHT - BOTTOM - top)) rx="1.5" {
                title { (name) ": " (written) }
            }
            @if number_of % step == 0 {
                @let at = if bars.at_edges { left } else { left + width / 2.0 };
                text.middle x=(number(at)) y=(HEIGHT - BOTTOM + 16.0) { (name) }
            }
        }
        line.base x1=(LEFT) x2=(WIDTH - RIGHT) y1=(HEIGHT - BOTTOM) y2=(HEIGHT - BOTTOM) {}
    };
    plot(bars.title, bars.x, bars.y, &content)
}

/// The next number of one or two digits that is a multiple of four, so that the lines are whole.
pub fn round_up(highest: f64) -> f64 {
    const STEPS: [f64; 9] = [1.2, 1.6, 2.0, 2.4, 3.2, 4.0, 6.0, 8.0, 10.0];
    if highest <= 4.0 {
        return 4.0;
    }
    let unit = 10f64.powf(highest.log10().floor());
    STEPS.iter().map(|step| step * unit).find(|&rounded| rounded >= highest).unwrap_or(highest)
}

/// A number of an axis in few characters.
fn short(value: f64) -> String {
    let (value, unit) = match value {
        value if value >= 1e6 => (value / 1e6, "M"),
        value if value >= 1e4 => (value / 1e3, "k"),
        value => (value, ""),
    };
    format!("{}{unit}", (value * 100.0).round() / 100.0)
}

/// A place, to a hundredth.
fn number(place: f64) -> f64 {
    (place * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_above_what_they_show() {
        for highest in [0.0, 1.0, 4.0, 5.0, 9.0, 11.0, 99.0, 100.0, 1_234.0, 999_999.0] {
            let end = round_up(highest);
            assert!(end >= highest && end <= (2.0 * highest).max(4.0), "{highest}: {end}");
        }
        assert_eq!([0.0, 30.0, 12_500.0, 2_400_000.0].map(short), ["0", "30", "12.5k", "2.4M"]);
    }

    #[test]
    fn text_is_escaped_and_one_point_is_drawn_too() {
        let drawn = curve(&Curve {
            title: "<b>",
            x: "ef",
            y: "\"&",
            points: vec![(64.0, 0.5)],
            range: (0.0, 1.0),
            format: |y| format!("{y}"),
            marked: None,
        })
        .into_string();
        assert!(drawn.contains("&lt;b&gt;") && !drawn.contains("<b>") && !drawn.contains("NaN"), "{drawn}");
    }
}
