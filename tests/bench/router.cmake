# Benchmark a: decode, decide, encode in memory; and the same through SQLite. `decide --at-least 300000` is the goal.
program(bench_decide SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/decide.c USES router proto edge config base)
set_target_properties(bench_decide PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
