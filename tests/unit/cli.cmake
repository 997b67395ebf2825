unit_test(cli_notice SOURCES ${CMAKE_CURRENT_LIST_DIR}/cli_notice.c USES notice base)
unit_test(cli_status SOURCES ${CMAKE_CURRENT_LIST_DIR}/cli_status.c USES status_words edge config base)
unit_test(cli_held SOURCES ${CMAKE_CURRENT_LIST_DIR}/cli_held.c USES held_words edge config base)
unit_test(cli_why SOURCES ${CMAKE_CURRENT_LIST_DIR}/cli_why.c USES why_words edge config base)

# `tidegate up` as a person starts and stops it; skipped only where RabbitMQ is not installed.
find_program(SYSTEM_PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH REQUIRED)
add_test(NAME up COMMAND ${SYSTEM_PYTHON} tests/unit/up_test.py $<TARGET_FILE_DIR:tidegate> WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(up PROPERTIES LABELS "unit;broker" SKIP_RETURN_CODE 77 TIMEOUT 300)

add_test(NAME policy COMMAND ${SYSTEM_PYTHON} tests/unit/policy_test.py $<TARGET_FILE_DIR:tidegate> WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(policy PROPERTIES LABELS unit TIMEOUT 120)
