# module() and program(): see the head of the top CMakeLists.txt.
add_compile_options(-Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wvla
                    -fno-common -fno-omit-frame-pointer)
add_compile_definitions(_GNU_SOURCE)
# Asserts stay in Release: a process that has made a mistake must end, and its messages be delivered again.
set(CMAKE_C_FLAGS_RELEASE "-O2")
add_link_options(-Wl,--as-needed)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-fstack-protector-strong)
  add_compile_definitions($<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
endif()
if(TIDEGATE_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -g)
  add_link_options(-fsanitize=address,undefined)
endif()
if(TIDEGATE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link -g) # everything tells libFuzzer which branches it takes
  add_link_options(-fsanitize=fuzzer-no-link)
endif()

# The exported headers of a module, as links under ${CMAKE_BINARY_DIR}/include/<module>/<folder>/.
function(module_export name)
  get_filename_component(folder ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  set(root ${CMAKE_BINARY_DIR}/include/${name})
  file(MAKE_DIRECTORY ${root}/${folder})
  foreach(header IN LISTS ARGN)
    file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/${header} ${root}/${folder}/${header} SYMBOLIC)
  endforeach()
endfunction()

function(module_uses target)
  foreach(used IN LISTS ARGN)
    target_include_directories(${target} PRIVATE ${CMAKE_BINARY_DIR}/include/${used})
    target_link_libraries(${target} PRIVATE ${used})
  endforeach()
endfunction()

# A static library. HEADERS are exported; USES are the only modules whose headers it sees; LIBS are lib::NAME.
function(module name)
  cmake_parse_arguments(M "" "" "SOURCES;HEADERS;USES;LIBS" ${ARGN})
  add_library(${name} STATIC ${M_SOURCES})
  module_export(${name} ${M_HEADERS})
  module_uses(${name} ${M_USES})
  if(M_LIBS)
    target_link_libraries(${name} PRIVATE ${M_LIBS})
  endif()
endfunction()

# An executable in ${CMAKE_BINARY_DIR}/bin, under the same rule.
function(program name)
  cmake_parse_arguments(P "" "" "SOURCES;USES;LIBS" ${ARGN})
  add_executable(${name} ${P_SOURCES})
  module_uses(${name} ${P_USES})
  if(P_LIBS)
    target_link_libraries(${name} PRIVATE ${P_LIBS})
  endif()
endfunction()
