# Benchmark c: sends the pushes, stands before the stand-ins, takes the times.
set(here ${CMAKE_CURRENT_SOURCE_DIR})
program(bench_way SOURCES ${here}/way.c ${here}/memo.c ${here}/mark.c USES edge config base)
set_target_properties(bench_way PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
