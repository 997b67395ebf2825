# What Tidegate needs of Debian 12 and 13, for ./run and ./test ("a|b": the one that this Debian has).
packages_build=(cmake make gcc libc6-dev pkgconf librabbitmq-dev libcurl4-openssl-dev "libmsgpack-c-dev|libmsgpack-dev"
    libconfig-dev libjq-dev libmicrohttpd-dev libsqlite3-dev libssl-dev)
packages_broker=(rabbitmq-server)
packages_standins=(python3 openssl)
packages_test=(clang libclang-rt-dev libcmocka-dev python3-msgpack)
