//! Metrics whose series differ by a label.

use std::{fmt, marker::PhantomData, sync::Arc};

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeMetric, MetricEncoder},
    metrics::{MetricType, TypedMetric},
};

/// A label with a closed set of values, one for each series of a metric.
pub(crate) trait MetricLabel: Copy + Send + Sync + 'static {
    type Labels: EncodeLabelSet;

    /// Returns every value, in the order of [`MetricLabel::index`].
    fn all() -> impl Iterator<Item = Self>;

    /// Returns the position of this value in [`MetricLabel::all`].
    fn index(self) -> usize;

    fn labels(self) -> Self::Labels;
}

/// A label name with its value.
pub(crate) type LabelPair = [(&'static str, &'static str); 1];

/// An instrument for each value of a label. Clones share the instruments.
pub(crate) struct MetricFamily<L, M> {
    instruments: Arc<[M]>,
    label: PhantomData<fn(L)>,
}

impl<L: MetricLabel, M> MetricFamily<L, M> {
    /// Returns the instrument of a value. This is an array access.
    #[must_use]
    pub(crate) fn get(&self, label: L) -> &M {
        &self.instruments[label.index()]
    }
}

impl<L: MetricLabel, M: Default> Default for MetricFamily<L, M> {
    fn default() -> Self {
        Self { instruments: L::all().map(|_| M::default()).collect(), label: PhantomData }
    }
}

impl<L, M> Clone for MetricFamily<L, M> {
    fn clone(&self) -> Self {
        Self { instruments: Arc::clone(&self.instruments), label: PhantomData }
    }
}

impl<L, M> fmt::Debug for MetricFamily<L, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MetricFamily({} series)", self.instruments.len())
    }
}

impl<L: MetricLabel, M: EncodeMetric + TypedMetric> EncodeMetric for MetricFamily<L, M> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        for (label, instrument) in L::all().zip(self.instruments.iter()) {
            instrument.encode(encoder.encode_family(&label.labels())?)?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        M::TYPE
    }
}

/// Defines an enum whose variants are the values of one label, each with its name.
macro_rules! metric_label {
    (
        $(#[$about:meta])*
        $name:ident by $key:literal { $($(#[$what:meta])* $variant:ident = $text:literal,)+ }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum $name { $($(#[$what])* $variant,)+ }

        impl $name {
            const ALL: &'static [Self] = &[$(Self::$variant,)+];

            #[must_use]
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl $crate::telemetry::metrics::MetricLabel for $name {
            type Labels = $crate::telemetry::metrics::label::LabelPair;

            fn all() -> impl Iterator<Item = Self> {
                Self::ALL.iter().copied()
            }

            fn index(self) -> usize {
                self as usize
            }

            fn labels(self) -> Self::Labels {
                [($key, self.name())]
            }
        }
    };
}

/// Implements [`MetricLabel`] for an enum of another layer that has `ALL` and `name`. The position of a value in `ALL` is
/// that of its variant, unless it is given.
macro_rules! metric_label_for {
    ($name:ty, $key:literal) => {
        $crate::telemetry::metrics::label::metric_label_for!($name, $key, |value| value as usize);
    };
    ($name:ty, $key:literal, |$value:ident| $index:expr) => {
        impl $crate::telemetry::metrics::MetricLabel for $name {
            type Labels = $crate::telemetry::metrics::label::LabelPair;

            fn all() -> impl Iterator<Item = Self> {
                Self::ALL.into_iter()
            }

            fn index(self) -> usize {
                let $value = self;
                $index
            }

            fn labels(self) -> Self::Labels {
                [($key, self.name())]
            }
        }
    };
}

pub(super) use {metric_label, metric_label_for};
