#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kindred_fuzz::keys_file::run(data));
