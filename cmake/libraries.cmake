# The foreign libraries, under the names that Debian 12 and Debian 13 give them. Each becomes one interface
# target lib::NAME; which of node/edge or proto includes its header is said in the CMakeLists.txt there.
find_package(PkgConfig REQUIRED)
pkg_check_modules(RABBITMQ REQUIRED IMPORTED_TARGET librabbitmq)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(CONFIG REQUIRED IMPORTED_TARGET libconfig)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)

find_library(MSGPACK_LIBRARY NAMES msgpack-c msgpackc REQUIRED) # Debian 13's msgpack-c.pc names a folder that is not there
find_path(MSGPACK_INCLUDE msgpack.h REQUIRED)
add_library(lib::msgpack INTERFACE IMPORTED)
target_include_directories(lib::msgpack SYSTEM INTERFACE ${MSGPACK_INCLUDE})
target_link_libraries(lib::msgpack INTERFACE ${MSGPACK_LIBRARY})

find_library(JQ_LIBRARY jq REQUIRED) # Debian 12 ships no libjq.pc
find_path(JQ_INCLUDE jq.h REQUIRED)
add_library(lib_jq INTERFACE)
target_include_directories(lib_jq SYSTEM INTERFACE ${JQ_INCLUDE})
target_link_libraries(lib_jq INTERFACE ${JQ_LIBRARY} m) # m: its doubles are looked at (jq_value.c)

foreach(pair rabbitmq:RABBITMQ curl:CURL config:CONFIG microhttpd:MICROHTTPD sqlite:SQLITE crypto:CRYPTO)
  string(REPLACE ":" ";" pair ${pair})
  list(GET pair 0 name)
  list(GET pair 1 package)
  add_library(lib::${name} ALIAS PkgConfig::${package})
endforeach()
add_library(lib::jq ALIAS lib_jq)

include(CheckIncludeFile)
set(CMAKE_REQUIRED_INCLUDES ${RABBITMQ_INCLUDE_DIRS})
check_include_file(rabbitmq-c/amqp.h HAVE_RABBITMQ_C_DIR) # librabbitmq 0.12 and later
