//! Types of settings.

use std::{net::SocketAddr, time::Duration};

use toml::Value;

use super::durations;

/// A type that a setting can have.
pub(super) trait SettingType: Sized {
    /// The name of the type.
    const NAME: &'static str;

    /// The expected value, which completes "is not …".
    const EXPECTED: &'static str;

    fn from_value(value: &Value) -> Option<Self>;

    /// Formats a value for messages about bounds.
    fn describe(&self) -> String {
        String::new()
    }
}

impl SettingType for String {
    const NAME: &'static str = "string";
    const EXPECTED: &'static str = "a string";

    fn from_value(value: &Value) -> Option<Self> {
        value.as_str().map(|text| text.trim().to_owned())
    }
}

impl SettingType for Vec<String> {
    const NAME: &'static str = "list of strings";
    const EXPECTED: &'static str = "a list of strings such as [\"a\", \"b\"]";

    fn from_value(value: &Value) -> Option<Self> {
        value.as_array()?.iter().map(String::from_value).collect()
    }
}

impl SettingType for bool {
    const NAME: &'static str = "true or false";
    const EXPECTED: &'static str = "true or false";

    fn from_value(value: &Value) -> Option<Self> {
        value.as_bool()
    }
}

impl SettingType for f64 {
    const NAME: &'static str = "number";
    const EXPECTED: &'static str = "a number";

    fn from_value(value: &Value) -> Option<Self> {
        let whole = || value.as_integer().and_then(|n| i32::try_from(n).ok()).map(Self::from);
        value.as_float().or_else(whole)
    }

    fn describe(&self) -> String {
        self.to_string()
    }
}

/// Implements [`SettingType`] for integers. Each width has its own implementation, which rejects numbers that do not
/// fit.
macro_rules! integer_settings {
    ($($number:ty),*) => {$(
        impl SettingType for $number {
            const NAME: &'static str = "integer";
            const EXPECTED: &'static str = "an integer in range";

            fn from_value(value: &Value) -> Option<Self> {
                value.as_integer().and_then(|number| Self::try_from(number).ok())
            }

            fn describe(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

integer_settings!(u16, u32, u64, usize);

impl SettingType for Duration {
    const NAME: &'static str = "duration";
    const EXPECTED: &'static str = "a duration such as \"250ms\", \"1h 30m\" or \"30d\"";

    fn from_value(value: &Value) -> Option<Self> {
        value.as_str().and_then(durations::parse_duration)
    }

    fn describe(&self) -> String {
        durations::format_duration(*self)
    }
}

impl SettingType for SocketAddr {
    const NAME: &'static str = "address and port";
    const EXPECTED: &'static str = "an address and port such as \"127.0.0.1:50051\" or \"[::]:50051\"";

    fn from_value(value: &Value) -> Option<Self> {
        value.as_str().and_then(|text| text.trim().parse().ok())
    }
}

/// A size in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ByteSize(pub usize);

impl ByteSize {
    pub(super) const fn kib(n: usize) -> Self {
        Self(n * 1024)
    }
}

impl SettingType for ByteSize {
    const NAME: &'static str = "size";
    const EXPECTED: &'static str = "a size such as \"64KiB\" or \"1MiB\"";

    fn from_value(value: &Value) -> Option<Self> {
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

    fn describe(&self) -> String {
        match self.0 {
            n if n != 0 && n % (1 << 20) == 0 => format!("{}MiB", n >> 20),
            n if n != 0 && n % (1 << 10) == 0 => format!("{}KiB", n >> 10),
            n => n.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text<T: SettingType>(text: &str) -> Option<T> {
        T::from_value(&Value::String(text.to_owned()))
    }

    #[test]
    fn sizes_have_units_of_1024() {
        assert_eq!(text("64KiB"), Some(ByteSize(65_536)));
        assert_eq!(text("1 MiB"), Some(ByteSize(1 << 20)));
        assert_eq!(text("100"), Some(ByteSize(100)));
        assert_eq!(ByteSize::from_value(&Value::Integer(8192)), Some(ByteSize::kib(8)));
        for wrong in ["", "KiB", "1KB", "-1", "1.5MiB", "99999999999999999999GiB"] {
            assert_eq!(text::<ByteSize>(wrong), None, "{wrong}");
        }
        assert_eq!(ByteSize::kib(2048).describe(), "2MiB");
        assert_eq!(ByteSize(1500).describe(), "1500");
    }

    #[test]
    fn a_number_that_does_not_fit_is_refused() {
        assert_eq!(u16::from_value(&Value::Integer(70_000)), None);
        assert_eq!(u32::from_value(&Value::Integer(-1)), None);
        assert_eq!(f64::from_value(&Value::Integer(1)), Some(1.0));
        assert_eq!(text::<bool>("true"), None);
    }

    /// Returns the size that a text states by the documented form: a whole number and a unit.
    fn expected_size(text: &str) -> Option<ByteSize> {
        let units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("B", 0), ("", 0)];
        let (number, shift) = units.into_iter().find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, shift)))?;
        let number = number.trim_end();
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let bytes = number.parse::<u128>().ok().filter(|_| is_number)? << shift;
        usize::try_from(bytes).ok().map(ByteSize)
    }

    proptest! {
        #[test]
        fn every_size_reads_back(bytes: usize, shift in 0..40_u32) {
            let size = ByteSize(bytes >> shift << (shift / 2));
            prop_assert_eq!(text(&size.describe()), Some(size));
        }

        #[test]
        fn a_size_is_a_whole_number_and_a_unit(written in "\\PC{0,12}|[0-9+.-]{1,22} {0,2}(B|KiB|MiB|GiB|KB|kib|K|)") {
            prop_assert_eq!(text(&written), expected_size(written.trim()));
        }

        #[test]
        fn any_text_is_a_setting_or_none(written in "\\PC{0,40}|[0-9:.\\[\\]]{0,30}") {
            let value = Value::String(written.clone());
            prop_assert_eq!(SocketAddr::from_value(&value), written.trim().parse().ok());
            prop_assert_eq!(u64::from_value(&value), None);
            prop_assert_eq!(bool::from_value(&value), None);
        }
    }
}
