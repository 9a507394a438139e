#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hinan_sensors_fuzz::payloads::senml_json(bytes));
