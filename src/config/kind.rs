//! The types that settings have.

use std::{net::SocketAddr, time::Duration};

use toml::Value;

use super::span;

/// A type that a setting can have.
pub(super) trait Kind: Sized {
    /// What it is called.
    const NAME: &'static str;

    /// What a value must be, completing "is not …".
    const EXPECTED: &'static str;

    fn read(value: &Value) -> Option<Self>;

    /// Writes it as a person would, for messages about bounds.
    fn show(&self) -> String {
        String::new()
    }
}

impl Kind for String {
    const NAME: &'static str = "text";
    const EXPECTED: &'static str = "a text";

    fn read(value: &Value) -> Option<Self> {
        value.as_str().map(|text| text.trim().to_owned())
    }
}

impl Kind for Vec<String> {
    const NAME: &'static str = "list of texts";
    const EXPECTED: &'static str = "a list of texts such as [\"a\", \"b\"]";

    fn read(value: &Value) -> Option<Self> {
        value.as_array()?.iter().map(String::read).collect()
    }
}

impl Kind for bool {
    const NAME: &'static str = "true or false";
    const EXPECTED: &'static str = "true or false";

    fn read(value: &Value) -> Option<Self> {
        value.as_bool()
    }
}

impl Kind for f64 {
    const NAME: &'static str = "number";
    const EXPECTED: &'static str = "a number";

    fn read(value: &Value) -> Option<Self> {
        let whole = || value.as_integer().and_then(|n| i32::try_from(n).ok()).map(Self::from);
        value.as_float().or_else(whole)
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// Each width reads for itself, so that a number that does not fit is refused here.
macro_rules! whole_numbers {
    ($($number:ty),*) => {$(
        impl Kind for $number {
            const NAME: &'static str = "whole number";
            const EXPECTED: &'static str = "a whole number in range";

            fn read(value: &Value) -> Option<Self> {
                value.as_integer().and_then(|number| Self::try_from(number).ok())
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

whole_numbers!(u16, u32, u64, usize);

impl Kind for Duration {
    const NAME: &'static str = "span of time";
    const EXPECTED: &'static str = "a span of time such as \"250ms\", \"1h 30m\" or \"30d\"";

    fn read(value: &Value) -> Option<Self> {
        value.as_str().and_then(span::parse)
    }

    fn show(&self) -> String {
        span::show(*self)
    }
}

impl Kind for SocketAddr {
    const NAME: &'static str = "address and port";
    const EXPECTED: &'static str = "an address and port such as \"127.0.0.1:50051\" or \"[::]:50051\"";

    fn read(value: &Value) -> Option<Self> {
        value.as_str().and_then(|text| text.trim().parse().ok())
    }
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Size(pub usize);

impl Size {
    pub(super) const fn kib(n: usize) -> Self {
        Self(n * 1024)
    }
}

impl Kind for Size {
    const NAME: &'static str = "size";
    const EXPECTED: &'static str = "a size such as \"64KiB\" or \"1MiB\"";

    fn read(value: &Value) -> Option<Self> {
        if let Value::Integer(bytes) = value {
            return usize::try_from(*bytes).ok().map(Self);
        }
        let text = value.as_str()?.trim();
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let unit: usize = match unit.trim_start() {
            "" | "B" => 1,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            _ => return None,
        };
        number.parse::<usize>().ok()?.checked_mul(unit).map(Self)
    }

    fn show(&self) -> String {
        match self.0 {
            n if n != 0 && n % (1 << 20) == 0 => format!("{}MiB", n >> 20),
            n if n != 0 && n % (1 << 10) == 0 => format!("{}KiB", n >> 10),
            n => n.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text<T: Kind>(text: &str) -> Option<T> {
        T::read(&Value::String(text.to_owned()))
    }

    #[test]
    fn sizes_have_units_of_1024() {
        assert_eq!(text("64KiB"), Some(Size(65_536)));
        assert_eq!(text("1 MiB"), Some(Size(1 << 20)));
        assert_eq!(text("100"), Some(Size(100)));
        assert_eq!(Size::read(&Value::Integer(8192)), Some(Size::kib(8)));
        for wrong in ["", "KiB", "1KB", "-1", "1.5MiB", "99999999999999999999GiB"] {
            assert_eq!(text::<Size>(wrong), None, "{wrong}");
        }
        assert_eq!(Size::kib(2048).show(), "2MiB");
        assert_eq!(Size(1500).show(), "1500");
    }

    #[test]
    fn a_number_that_does_not_fit_is_refused() {
        assert_eq!(u16::read(&Value::Integer(70_000)), None);
        assert_eq!(u32::read(&Value::Integer(-1)), None);
        assert_eq!(f64::read(&Value::Integer(1)), Some(1.0));
        assert_eq!(text::<bool>("true"), None);
    }
}
