# Benchmark a: decode, decide, encode in memory; and the same through SQLite.
set(here ${CMAKE_CURRENT_SOURCE_DIR})
program(bench_decide SOURCES ${here}/decide.c ${here}/workload.c USES router proto edge config base)
set_target_properties(bench_decide PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
