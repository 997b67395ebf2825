# What must be refused is refused in words, and nothing is lost by it: a whole node under bad input, and bad configurations.
program(scenario_publish SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/publish.c ${CMAKE_SOURCE_DIR}/tests/bench/door.c USES edge config base)
target_include_directories(scenario_publish PRIVATE ${CMAKE_SOURCE_DIR}/tests)
set_target_properties(scenario_publish PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/scenario)

add_test(NAME scenario-refusals COMMAND ${SYSTEM_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/refusals.py)
set_tests_properties(scenario-refusals PROPERTIES LABELS scenario RUN_SERIAL TRUE TIMEOUT 600
                     ENVIRONMENT TIDEGATE_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
