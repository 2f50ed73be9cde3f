//! The common part of the lists of rules: a handle for each rule of a list, and the set of those that are enabled.

/// Defines the handle of the rules in `$rules`, a position in that list, and the set of enabled rules.
macro_rules! rule_list {
    ($(#[$about:meta])* $rule:ident, $(#[$about_set:meta])* $set:ident: $spec:ty = $rules:ident) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $rule(usize);

        impl $rule {
            /// The number of rules.
            pub const COUNT: usize = $rules.len();

            /// Returns every rule, in the order in which they are evaluated.
            pub fn all() -> impl Iterator<Item = Self> {
                (0..Self::COUNT).map(Self)
            }

            /// Returns the rule at a position in [`Self::all`].
            pub(in crate::detection) const fn at(index: usize) -> Self {
                Self(index)
            }

            /// Returns the position of the rule in [`Self::all`].
            #[must_use]
            pub const fn index(self) -> usize {
                self.0
            }

            /// Returns the name of the rule in alerts.
            #[must_use]
            pub const fn name(self) -> &'static str {
                self.spec().name
            }

            /// Returns the key of the setting that enables the rule.
            #[must_use]
            pub fn setting(self) -> String {
                format!("detection.rules.{}", self.name().to_ascii_lowercase())
            }

            pub(super) const fn spec(self) -> &'static $spec {
                &$rules[self.0]
            }
        }

        impl std::fmt::Debug for $rule {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        $(#[$about_set])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $set([bool; $rule::COUNT]);

        impl $set {
            #[must_use]
            pub const fn all() -> Self {
                Self([true; $rule::COUNT])
            }

            #[must_use]
            pub fn contains(self, rule: $rule) -> bool {
                self.0[rule.0]
            }

            #[must_use]
            pub fn is_empty(self) -> bool {
                self.0 == [false; $rule::COUNT]
            }
        }

        impl FromIterator<$rule> for $set {
            fn from_iter<I: IntoIterator<Item = $rule>>(rules: I) -> Self {
                rules.into_iter().fold(Self([false; $rule::COUNT]), |mut set, rule| {
                    set.0[rule.0] = true;
                    set
                })
            }
        }
    };
}

pub(in crate::detection) use rule_list;
