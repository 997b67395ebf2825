foreach(name base_text base_decimal base_moment base_hash base_memory base_value base_url base_log)
  unit_test(${name} SOURCES ${CMAKE_CURRENT_LIST_DIR}/${name}.c USES base)
endforeach()
