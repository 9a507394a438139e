//! Whatever bytes come as a bundle, with the right digest or not: a bundle or a refusal; and what was read is written and read again.
#![no_main]

use hinan_gis::Bundle;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: Vec<u8>| {
    let _ = Bundle::open(&bytes);
    // Behind the digest, which would stop nearly everything.
    let sealed = Bundle::sealed(&bytes);
    if let Ok(bundle) = Bundle::open(&sealed) {
        let written = bundle.write().expect("what was read can be written");
        let again = Bundle::open(&written).expect("what was written can be read");
        assert_eq!(again.write().expect("twice"), written);
        let _ = again.town();
    }
});
