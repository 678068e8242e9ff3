//! A flame graph as one SVG: each function a box as wide as its share, on the box of whoever called it.
//!
//! Drawn here, since the picture is a hundred lines: it needs no script, so it may be shown where scripts are
//! forbidden, and follows the light or dark of the reader's screen. A box that is too narrow to be seen is left out.

use std::fmt::Write;

use crate::profile::Unit;

const WIDTH: f64 = 1_200.0;
const ROW: f64 = 17.0;
const TOP: f64 = 44.0;

/// A narrower box is not drawn: half a pixel is nothing to see.
const NARROWEST: f64 = 0.5;

/// Letters of the bundled look are about this wide.
const LETTER: f64 = 6.6;

/// One function in one place of the tree.
struct Flame<'a> {
    name: &'a str,
    weight: u64,
    children: Vec<Flame<'a>>,
}

/// Draws stacks that are sorted by their names.
pub(crate) fn draw(folded: &[(Vec<String>, u64)], title: &str, unit: Unit) -> String {
    let mut root = Flame { name: "all", weight: 0, children: Vec::new() };
    for (names, weight) in folded {
        let mut here = &mut root;
        here.weight += weight;
        for name in names {
            // Sorted stacks come one beside the other, so an equal one is always the last.
            if here.children.last().is_none_or(|last| last.name != name) {
                here.children.push(Flame { name, weight: 0, children: Vec::new() });
            }
            let place = here.children.len() - 1;
            here = &mut here.children[place];
            here.weight += weight;
        }
    }
    let scale = WIDTH / (root.weight.max(1) as f64);
    let rows = depth(&root, scale);
    let height = TOP + ROW * rows as f64 + 10.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"ui-monospace,monospace\" font-size=\"11\">\
         <style>svg{{background:#fff;color:#1a1a1a}}text{{fill:currentColor}}rect{{stroke:#fff;stroke-width:.5}}\
         g:hover>rect{{fill:#8ab4f8}}@media(prefers-color-scheme:dark){{svg{{background:#16181d;color:#e8e8e8}}rect{{stroke:#16181d}}\
         .f{{filter:brightness(.55) saturate(1.4)}}}}</style>"
    );
    let _ = write!(
        svg,
        "<text x=\"8\" y=\"18\" font-size=\"14\" font-weight=\"bold\">{}</text><text x=\"8\" y=\"34\">{} in all; wider is more, callers below</text>",
        escaped(title),
        amount(root.weight, unit)
    );
    boxes(&mut svg, &root, 0.0, height - ROW - 5.0, scale, root.weight.max(1), unit);
    svg.push_str("</svg>\n");
    svg
}

fn depth(flame: &Flame<'_>, scale: f64) -> usize {
    let inner = flame.children.iter().filter(|child| child.weight as f64 * scale >= NARROWEST);
    1 + inner.map(|child| depth(child, scale)).max().unwrap_or(0)
}

fn boxes(svg: &mut String, flame: &Flame<'_>, x: f64, y: f64, scale: f64, all: u64, unit: Unit) {
    let width = flame.weight as f64 * scale;
    if width < NARROWEST {
        return;
    }
    let share = 100.0 * flame.weight as f64 / all as f64;
    let _ = write!(
        svg,
        "<g><title>{} ({}, {share:.1}%)</title><rect class=\"f\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{:.1}\" rx=\"1\" fill=\"{}\"/>",
        escaped(flame.name),
        amount(flame.weight, unit),
        ROW - 1.0,
        colour(flame.name)
    );
    let room = ((width - 6.0) / LETTER).max(0.0) as usize;
    if room >= 3 {
        let shown = shortened(flame.name, room);
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" pointer-events=\"none\">{}</text>",
            x + 3.0,
            y + 12.0,
            escaped(&shown)
        );
    }
    svg.push_str("</g>");
    let mut x = x;
    for child in &flame.children {
        boxes(svg, child, x, y - ROW, scale, all, unit);
        x += child.weight as f64 * scale;
    }
}

/// The end of a path says more than its beginning.
fn shortened(name: &str, room: usize) -> String {
    let letters = name.chars().count();
    if letters <= room {
        return name.to_owned();
    }
    let kept: String = name.chars().skip(letters - room + 1).collect();
    format!("…{kept}")
}

/// Warm for what is ours, cool for what is not; a shade of its own for each crate.
fn colour(name: &str) -> String {
    let ours = ["mainstay", "shop", "<mainstay", "<shop"].iter().any(|own| name.starts_with(own));
    let crate_name = name.trim_start_matches('<').split("::").next().unwrap_or_default();
    let shade =
        crate_name.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) % 40;
    let hue = if ours { 18 + shade } else { 190 + shade };
    format!("hsl({hue},70%,78%)")
}

fn amount(weight: u64, unit: Unit) -> String {
    match unit {
        Unit::Cpu => format!("{:.0} ms", weight as f64 / 1e6),
        Unit::Bytes if weight >= 1 << 20 => format!("{:.1} MB", weight as f64 / f64::from(1 << 20)),
        Unit::Bytes => format!("{:.1} kB", weight as f64 / 1_024.0),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_as_wide_as_its_share_and_names_are_text() {
        let stack = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let folded = [
            (stack(&["main", "<a as b>::run"]), 300),
            (stack(&["main", "idle"]), 100),
            (stack(&["main", "never"]), 0),
        ];
        let svg = draw(&folded, "a & b", Unit::Bytes);
        assert!(svg.contains("&lt;a as b&gt;::run (0.3 kB, 75.0%)"), "{svg}");
        assert!(svg.contains("width=\"900.0\"") && svg.contains("width=\"300.0\""), "{svg}");
        assert!(svg.contains("a &amp; b") && !svg.contains("never"), "{svg}");
        assert!(!svg.contains("<script"));
    }
}
