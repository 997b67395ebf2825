set(here ${CMAKE_CURRENT_SOURCE_DIR})
foreach(part rules identity record)
  unit_test(router_${part} SOURCES ${here}/router_${part}.c USES router proto edge config base)
endforeach()
foreach(part decide rules flight identity match held)
  unit_test(router_desk_${part} SOURCES ${here}/router_desk_${part}.c ${here}/router_world.c
            USES router proto edge config base)
endforeach()

# Random histories of the whole desk; router_histories SEED shows one.
unit_test(router_histories SOURCES ${here}/router_histories.c ${here}/router_model.c USES router proto edge config base
          ARGS 1 10000)
unit_test(router_why SOURCES ${here}/router_why.c ${here}/router_world.c USES router proto edge config base)

# The process, killed again and again, against a RabbitMQ of its own; skipped only where none is installed.
unit_test(router_process_test SOURCES ${here}/router_process_test.c ${here}/broker.c USES router proto edge config base
          ARGS $<TARGET_FILE:tidegate-router>)
set_tests_properties(router_process_test PROPERTIES LABELS "unit;broker" SKIP_RETURN_CODE 77 TIMEOUT 300)
add_dependencies(router_process_test tidegate-router)
