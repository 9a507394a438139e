//! Whatever bytes come: they are read as packets of either version, or refused; and a publish that was read is sent on
//! as the same publish.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    hinan_broker::read_packets(bytes, 4);
    hinan_broker::read_packets(bytes, 5);
});
