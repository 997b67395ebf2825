# Each benchmark at its smallest, so that none rots. No time is looked at here.
foreach(letter a b c d)
  add_test(NAME bench_${letter} COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/bench.py --tiny --only ${letter}
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(bench_${letter} PROPERTIES LABELS "bench;broker" TIMEOUT 300 RUN_SERIAL TRUE
                       ENVIRONMENT "TIDEGATE_BENCH_BUILD=${CMAKE_BINARY_DIR}")
endforeach()
set_tests_properties(bench_a PROPERTIES LABELS bench)
