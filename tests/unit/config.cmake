foreach(name config_tree config_settings config_os)
  unit_test(${name} SOURCES ${CMAKE_CURRENT_LIST_DIR}/${name}.c USES config base)
endforeach()
