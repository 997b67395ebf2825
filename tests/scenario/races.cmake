# What meets on the way between the systems, and what a stop or a crash leaves: whole nodes.
foreach(name races restarts)
  add_test(NAME scenario-${name} COMMAND ${SYSTEM_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/${name}.py)
  set_tests_properties(scenario-${name} PROPERTIES LABELS scenario RUN_SERIAL TRUE TIMEOUT 600
                       ENVIRONMENT TIDEGATE_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
endforeach()
