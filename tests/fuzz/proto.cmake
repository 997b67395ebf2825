if(COMMAND fuzz_target)
  fuzz_target(fuzz_message USES proto config base)
  foreach(target fuzz_message fuzz_message_replay) # msgpack-c's own unpacker is the judge
    if(TARGET ${target})
      target_link_libraries(${target} PRIVATE lib::msgpack)
    endif()
  endforeach()
endif()
