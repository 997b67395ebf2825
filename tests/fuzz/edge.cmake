fuzz_target(fuzz_json USES edge base)
