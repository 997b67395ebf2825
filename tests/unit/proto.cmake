set(here ${CMAKE_CURRENT_SOURCE_DIR})
foreach(part codec schema_files schema_check schema_meaning message)
  unit_test(proto_${part} SOURCES ${here}/proto_${part}.c ${here}/proto_support.c USES proto edge config base)
endforeach()

# Another implementation reads our bytes, and we read its bytes: Debian's python3-msgpack.
program(proto_interop SOURCES ${here}/proto_interop.c ${here}/proto_support.c USES proto edge config base)
set_target_properties(proto_interop PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
add_test(NAME proto_interop_python COMMAND /usr/bin/python3 ${here}/interop.py $<TARGET_FILE:proto_interop>
         WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(proto_interop_python PROPERTIES LABELS unit TIMEOUT 120)

# docs/entities.md says what the entity files say.
program(entities_page SOURCES ${CMAKE_SOURCE_DIR}/proto/entities_page.c USES proto config base)
set_target_properties(entities_page PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
add_test(NAME entities_page COMMAND entities_page proto/entities --check docs/entities.md
         WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(entities_page PROPERTIES LABELS unit TIMEOUT 120)
