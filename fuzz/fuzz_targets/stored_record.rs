//! Everything that a node reads from its store: another release, or a damaged store, may have written it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use session_authority::{
    domain::UnixMillis,
    store::{AlertPosition, FindingEntry, alerts::StreamedAlert, record},
};

fuzz_target!(|data: &[u8]| {
    let Some((&kind, bytes)) = data.split_first() else { return };
    match kind % 8 {
        0 => {
            if let Ok((decoded, generation)) = record::decode(bytes) {
                // A record of another release may be larger than this one writes. Compared in their stored form, in which
                // a coordinate that is not a number equals itself.
                let Ok(encoded) = record::encode(&decoded, generation) else { return };
                let (again, same) = record::decode(&encoded).expect("its own form");
                assert!(same == generation && record::encode(&again, same).is_ok_and(|again| again == encoded));
            }
        }
        1 => drop(record::decode_clock(bytes)),
        2 => {
            if let Ok(history) = record::decode_history(bytes) {
                let encoded = record::encode_history(&history);
                assert!(record::decode_history(&encoded).is_ok_and(|again| record::encode_history(&again) == encoded));
            }
        }
        3 => {
            if let Ok(alert) = record::decode_alert(bytes) {
                assert!(record::decode_alert(&record::encode_alert(&alert)).is_ok());
            }
        }
        4 => drop(record::decode_cause(bytes)),
        5 => {
            let (alert, evicted_record) = bytes.split_at(bytes.len() / 2);
            let entry =
                FindingEntry { alert: alert.to_vec(), count: 1, evicted: 1, evicted_record: evicted_record.to_vec() };
            drop(entry.decode());
        }
        6 => {
            let position = AlertPosition { major: UnixMillis::MAX.get(), minor: 0 };
            let streamed = StreamedAlert::from_record(position, AlertPosition::START, bytes.to_vec());
            assert_eq!(bytes.is_empty(), streamed.record.is_empty());
        }
        _ => {
            if let Ok(jwts) = record::decode_denied_jwts(bytes) {
                let encoded = record::encode_denied_jwts(jwts.iter());
                assert_eq!(record::decode_denied_jwts(&encoded).expect("its own form"), jwts);
            }
        }
    }
});
