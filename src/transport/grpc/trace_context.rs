//! W3C Trace Context (<https://www.w3.org/TR/trace-context/>): the trace that a call belongs to.

use data_encoding::HEXLOWER;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The position of a call in a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TraceContext {
    pub(super) trace: [u8; 16],
    pub(super) span: [u8; 8],
    pub(super) flags: u8,
}

impl TraceContext {
    /// Parses a `traceparent` header. Returns `None` if it is invalid; a new trace begins then.
    pub(super) fn parse(header: &str) -> Option<Self> {
        let mut parts = header.split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let version = hex::<1>(version)?[0];
        // Version ff is forbidden. Later versions may append fields; version 00 must not.
        if version == 0xff || (version == 0 && parts.next().is_some()) {
            return None;
        }
        let context = Self { trace: hex(trace)?, span: hex(span)?, flags: hex::<1>(flags)?[0] };
        (context.trace != [0; 16] && context.span != [0; 8]).then_some(context)
    }

    /// Returns the context of `span`, or `None` if traces are not collected.
    pub(super) fn from_span(span: &Span) -> Option<Self> {
        let context = span.context();
        let span = context.span();
        let own = span.span_context();
        own.is_valid().then(|| Self {
            trace: own.trace_id().to_bytes(),
            span: own.span_id().to_bytes(),
            flags: own.trace_flags().to_u8(),
        })
    }

    /// Returns the `traceparent` header of this context.
    pub(super) fn header(&self) -> [u8; 55] {
        let mut header = *b"00-00000000000000000000000000000000-0000000000000000-00";
        HEXLOWER.encode_mut(&self.trace, &mut header[3..35]);
        HEXLOWER.encode_mut(&self.span, &mut header[36..52]);
        HEXLOWER.encode_mut(&[self.flags], &mut header[53..]);
        header
    }

    /// Returns this context in the form that the parent of a span is set from.
    pub(super) fn remote_parent(&self) -> SpanContext {
        SpanContext::new(
            TraceId::from_bytes(self.trace),
            SpanId::from_bytes(self.span),
            TraceFlags::new(self.flags),
            true,
            TraceState::default(),
        )
    }
}

fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_header_reads_back() {
        assert_eq!(
            TraceContext::parse(HEADER).map(|context| context.header()).as_ref().map(<[u8; 55]>::as_slice),
            Some(HEADER.as_bytes())
        );
    }

    #[test]
    fn what_the_standard_forbids_begins_a_new_trace() {
        let zero_trace = HEADER.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32));
        let upper = HEADER.to_uppercase();
        let longer = format!("{HEADER}-more");
        let forbidden = HEADER.replacen("00", "ff", 1);
        for wrong in ["", "00", &zero_trace, &upper, &longer, &forbidden, &HEADER[..54]] {
            assert_eq!(TraceContext::parse(wrong), None, "{wrong}");
        }
        assert!(TraceContext::parse(&longer.replacen("00", "01", 1)).is_some());
    }

    proptest! {
        #[test]
        fn every_context_reads_back(trace: [u8; 16], span: [u8; 8], flags: u8) {
            let context = TraceContext { trace, span, flags };
            let header = context.header();
            let is_valid = trace != [0; 16] && span != [0; 8];
            prop_assert_eq!(TraceContext::parse(std::str::from_utf8(&header).expect("text")), is_valid.then_some(context));
        }

        #[test]
        fn any_text_is_refused_or_is_the_header_of_its_context(
            text in "\\PC{0,60}|00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-[0-9a-f]{0,2})?|[0-9a-f-]{55}",
        ) {
            if let Some(context) = TraceContext::parse(&text) {
                let header = context.header();
                prop_assert!(!text.starts_with("00-") || text.as_bytes() == header);
                prop_assert_eq!(&text.as_bytes()[3..55], &header[3..]);
            }
        }
    }
}
