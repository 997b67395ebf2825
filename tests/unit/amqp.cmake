set(here ${CMAKE_CURRENT_SOURCE_DIR})
unit_test(amqp_books_test SOURCES ${here}/amqp_books_test.c USES edge base)

# Against a RabbitMQ of its own (tests/broker); skipped only where rabbitmq-server is not installed.
unit_test(amqp_test SOURCES ${here}/amqp_test.c ${here}/amqp_client.c ${here}/broker.c USES edge base)
set_tests_properties(amqp_test PROPERTIES LABELS "unit;broker" SKIP_RETURN_CODE 77 TIMEOUT 300)
