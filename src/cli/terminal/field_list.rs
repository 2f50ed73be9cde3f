//! A list of fields.

use super::{TerminalStyle, escape};

/// Names and values, one pair per line, with the values aligned.
#[derive(Default)]
pub struct FieldList(Vec<(&'static str, String)>);

impl FieldList {
    /// Adds a field, unless its value is empty. The value is escaped for a terminal.
    pub fn add(&mut self, name: &'static str, value: impl AsRef<str>) {
        let value = escape(value.as_ref());
        if !value.is_empty() {
            self.0.push((name, value));
        }
    }

    /// Returns the fields, one per line.
    pub fn render(&self, style: TerminalStyle) -> String {
        let width = self.0.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        let line = |(name, value): &(&str, String)| format!("{}  {value}\n", style.dim(&format!("{name:<width$}")));
        self.0.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_line_up_and_what_is_not_known_is_left_out() {
        let mut facts = FieldList::default();
        facts.add("user", "ann\u{7}");
        facts.add("email", "");
        facts.add("device", "curl");
        assert_eq!(facts.render(TerminalStyle::PLAIN), "user    ann\\u{7}\ndevice  curl\n");
    }
}
