# A whole node at work, compared by the oracle: over a generated set, and over Northwind where its CSV files are beside the
# checkout or where TIDEGATE_NORTHWIND says (skipped elsewhere). With --chaos, everything is killed (-9) again and again
# meanwhile.
function(flow_test name timeout)
  add_test(NAME ${name} COMMAND ${SYSTEM_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/flow.py ${ARGN})
  set_tests_properties(${name} PROPERTIES LABELS scenario RUN_SERIAL TRUE TIMEOUT ${timeout} SKIP_RETURN_CODE 77
                       ENVIRONMENT TIDEGATE_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
endfunction()

flow_test(flow-small 900 --set generated --seed 5 --size 12,10,60)
flow_test(flow-generated 1500 --set generated --seed 6)
flow_test(flow-northwind 1500 --set northwind --seed 7)
flow_test(chaos-generated 2400 --set generated --seed 8 --chaos 50)
flow_test(chaos-northwind 2400 --set northwind --seed 9 --chaos 50)
