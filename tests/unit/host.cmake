set(here ${CMAKE_CURRENT_SOURCE_DIR})
unit_test(mapping_test SOURCES ${here}/mapping_test.c USES mapping proto edge config base)
unit_test(mapping_lint_test SOURCES ${here}/mapping_lint_test.c USES mapping proto edge config base)

# The host as it runs: host_fake is a small adapter, the tests are its broker's other side and its API.
program(host_fake SOURCES ${here}/host_fake.c USES host proto edge config base)
set_target_properties(host_fake PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
foreach(name host_capture_test host_delivery_test)
  unit_test(${name} SOURCES ${here}/${name}.c ${here}/host_suite.c ${here}/host_world.c ${here}/host_api.c ${here}/broker.c
            USES proto edge config base ARGS $<TARGET_FILE:host_fake>)
  add_dependencies(${name} host_fake)
  set_tests_properties(${name} PROPERTIES LABELS "unit;broker" SKIP_RETURN_CODE 77 TIMEOUT 600)
endforeach()
unit_test(node_config_test SOURCES ${here}/node_config_test.c USES config base)
unit_test(host_news SOURCES ${here}/host_news.c USES host mapping proto edge config base)
unit_test(host_calls SOURCES ${here}/host_calls.c ${here}/peer.c USES host mapping proto edge config base)
foreach(name host_news host_calls)
  target_include_directories(${name} PRIVATE ${here}/../../node/host) # its private headers
endforeach()
