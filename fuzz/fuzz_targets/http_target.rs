#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kindred_fuzz::http_target::run(data));
