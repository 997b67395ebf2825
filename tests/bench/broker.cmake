# Benchmark b: what is put into the broker, the bare mover, and the look at the queues. tests/bench/run calls them.
set(here ${CMAKE_CURRENT_SOURCE_DIR})
function(bench_program name)
  program(bench_${name} SOURCES ${ARGN} USES proto edge config base)
  set_target_properties(bench_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
endfunction()
bench_program(feed ${here}/feed.c ${here}/door.c ${here}/workload.c)
bench_program(mover ${here}/mover.c ${here}/door.c)
bench_program(gauge ${here}/gauge.c ${here}/door.c)
