fuzz_target(fuzz_text USES base)
fuzz_target(fuzz_config USES config base)
