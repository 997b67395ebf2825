# A whole node at work, compared by the oracle: over a generated set, and over Northwind where its CSV files are beside the
# checkout or where TIDEGATE_NORTHWIND says (skipped elsewhere). With --chaos, everything is killed (-9) again and again
# meanwhile. Those of full size have the label "long" and run by `./test --long`.
function(flow_test name label timeout)
  add_test(NAME ${name} COMMAND ${SYSTEM_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/flow.py ${ARGN})
  set_tests_properties(${name} PROPERTIES LABELS ${label} RUN_SERIAL TRUE TIMEOUT ${timeout} SKIP_RETURN_CODE 77
                       ENVIRONMENT TIDEGATE_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
endfunction()

flow_test(flow-small scenario 900 --set generated --seed 5 --size 12,10,60)
flow_test(flow-generated long 1500 --set generated)
flow_test(flow-northwind long 1500 --set northwind)
flow_test(chaos-generated long 2400 --set generated --chaos 50)
flow_test(chaos-northwind long 2400 --set northwind --chaos 50)
