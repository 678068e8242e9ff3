//! How a line looks on standard error.

use std::fmt::Write;

use tracing::Level;

use crate::log::Line;
use crate::text::Value;

/// One JSON object and a line feed; fields stand beside the line's own keys.
pub(super) fn json(line: &Line) -> String {
    let mut text = String::with_capacity(256);
    let _ = write!(text, r#"{{"timestamp":"{}","level":"{}","message":"#, line.at, line.level);
    quote(&mut text, &line.message);
    for (name, value) in &line.fields {
        text.push(',');
        // A field may have a name that the line uses itself.
        let is_taken = ["timestamp", "level", "message", "target", "trace"].contains(&&**name);
        quote(&mut text, &if is_taken { format!("field.{name}") } else { name.to_string() });
        text.push(':');
        match value {
            Value::Text(value) => quote(&mut text, value),
            Value::Real(number) if !number.is_finite() => quote(&mut text, &number.to_string()),
            Value::Id(id) => quote(&mut text, &id.to_string()),
            Value::Integer(_) | Value::Real(_) | Value::Flag(_) => {
                let _ = write!(text, "{value}");
            }
        }
    }
    let _ = write!(text, r#","target":"{}""#, line.target);
    if let Some(trace) = line.trace_id {
        let _ = write!(text, r#","trace":"{trace:032x}""#);
    }
    text.push_str("}\n");
    text
}

/// For a person; nothing that came from outside can move the cursor or begin a line of its own.
pub(super) fn text(line: &Line, coloured: bool) -> String {
    let mut text = String::with_capacity(256);
    let (dim, plain) = if coloured { ("\x1b[2m", "\x1b[0m") } else { ("", "") };
    let colour = match line.level {
        _ if !coloured => "",
        Level::ERROR => "\x1b[31m",
        Level::WARN => "\x1b[33m",
        Level::INFO => "\x1b[32m",
        Level::DEBUG | Level::TRACE => "\x1b[34m",
    };
    let _ = write!(
        text,
        "{dim}{}{plain} {colour}{:>5}{plain} {dim}{}:{plain} ",
        line.at, line.level, line.target
    );
    escape(&mut text, &line.message);
    for (name, value) in &line.fields {
        let _ = write!(text, " {dim}{name}={plain}");
        escape(&mut text, &value.to_string());
    }
    if let Some(trace) = line.trace_id {
        let _ = write!(text, " {dim}trace={trace:032x}{plain}");
    }
    text.push('\n');
    text
}

fn escape(text: &mut String, given: &str) {
    for letter in given.chars() {
        if letter.is_control() {
            text.extend(letter.escape_default());
        } else {
            text.push(letter);
        }
    }
}

fn quote(text: &mut String, given: &str) {
    text.push('"');
    for letter in given.chars() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            letter if letter.is_control() => {
                let _ = write!(text, "\\u{:04x}", u32::from(letter));
            }
            letter => text.push(letter),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use mainstay_core::Timestamp;

    use super::*;

    fn line(message: &str) -> Line {
        Line {
            at: Timestamp::from_micros(0),
            level: Level::WARN,
            target: "shop".into(),
            message: message.to_owned(),
            fields: vec![("level".into(), "deep \"sea\"".into()), ("count".into(), Value::Integer(3))],
            trace_id: Some(0xabc),
            span_id: None,
        }
    }

    #[test]
    fn a_line_is_one_object_whatever_is_in_it() {
        let text = json(&line("two\nlines \u{1b}[31m\u{7f}"));
        assert_eq!(text.lines().count(), 1);
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["message"], "two\nlines \u{1b}[31m\u{7f}");
        assert_eq!((&read["level"], &read["field.level"]), (&"WARN".into(), &"deep \"sea\"".into()));
        assert_eq!(read["trace"], format!("{:032x}", 0xabc));
    }

    #[test]
    fn nobody_forges_a_second_line_or_moves_the_cursor() {
        let text = text(&line("hello\n1970-01-01T00:00:00Z ERROR all is lost \u{1b}[2J"), false);
        assert_eq!(text.lines().count(), 1);
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }
}
