unit_test(loop_test SOURCES ${CMAKE_CURRENT_SOURCE_DIR}/loop_test.c USES edge base)
