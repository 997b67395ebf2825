# An include against the direction of the dependencies does not compile: each of these tries one, with the modules that
# its kind of code may use, and passes only when the compiler does not find the header.
function(forbidden_include name header)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/forbidden-${name}.c)
  file(WRITE ${source} "#include \"${header}\"\nint unused;\n")
  add_library(forbidden-${name} OBJECT EXCLUDE_FROM_ALL ${source})
  foreach(used IN LISTS ARGN)
    target_include_directories(forbidden-${name} PRIVATE ${CMAKE_BINARY_DIR}/include/${used})
  endforeach()
  add_test(NAME direction-${name} COMMAND ${CMAKE_COMMAND} --build ${CMAKE_BINARY_DIR} --target forbidden-${name})
  set_tests_properties(direction-${name} PROPERTIES LABELS unit PASS_REGULAR_EXPRESSION "${header}: No such file|'${header}' file not found"
                       RESOURCE_LOCK build)
endfunction()

forbidden_include(base-sees-edge edge/loop.h base)
forbidden_include(proto-sees-broker edge/amqp.h base config)
forbidden_include(host-sees-router router/rules.h mapping proto edge config base)
forbidden_include(router-sees-host host/adapter.h proto edge config base)
forbidden_include(adapter-sees-router router/record.h base config edge proto host)
forbidden_include(adapter-sees-host-inside host/host.h base config edge proto host)
